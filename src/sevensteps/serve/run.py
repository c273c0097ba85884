"""Running the service: in this process, or as a subprocess while a block runs."""

import contextlib
import gc
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

READY = "listening on "
START_S = 60.0  # importing everything on a busy machine takes seconds
STOP_S = 15.0
#: Callers must hang up first, and proxies commonly do after 60 s. A service that hangs
#: up while they send loses what they send, and they report a 502.
KEEP_ALIVE_S = 75
KEY_VARIABLE = "SEVENSTEPS_API_KEY"


def answer(app: Any, host: str, port: int) -> None:
    """Run an ASGI application until SIGTERM or SIGINT; prints where once it listens."""
    import uvicorn

    listening = listen(host, port)
    host, port = listening.getsockname()[:2]
    print(f"{READY}http://{host}:{port}", flush=True)
    settings = uvicorn.Config(
        app,
        http="httptools",
        loop="asyncio",
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=10,
    )
    sys.setswitchinterval(5e-4)  # threads hand over often; by default each waits 5 ms
    gc.collect()
    gc.freeze()  # else each full collection walks all that was imported: 100s of ms
    try:
        uvicorn.Server(settings).run(sockets=[listening])
    finally:
        gc.unfreeze()  # else libraries complain at the exit of what was never freed


@contextlib.contextmanager
def process_of(
    module: str, options: Mapping[str, object]
) -> Iterator[tuple[str, str, int]]:
    """A service in a process of its own: its address, its key, its number.

    Raises
    ------
    RuntimeError
        if it does not start, with what it said
    """
    key = secrets.token_urlsafe(24)
    command = [sys.executable, "-m", module, "--port", "0"]
    command += [f"--{name}={value}" for name, value in options.items()]
    process = subprocess.Popen(
        command,
        env=os.environ | {KEY_VARIABLE: key},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield _url(process), key, process.pid
    finally:
        _stop(process)


def listen(host: str, port: int) -> socket.socket:
    """A socket for the server.

    The protocol is named, though it is the only one: asyncio switches Nagle's
    algorithm off for sockets that say TCP, and with it on, a reply waits 40 ms for
    the caller's delayed acknowledgement.

    Raises
    ------
    OSError
        if the address is taken; says what to do
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(1_024)  # from here on a caller waits, and is not refused
    except OSError as error:
        listening.close()
        raise OSError(
            error.errno,
            f"cannot listen on {host}:{port} ({error.strerror}); "
            "choose another --port, or 0 for a free one",
        ) from error
    return listening


def _url(process: "subprocess.Popen[str]") -> str:
    """Wait for the address; what a service says instead is the reason."""
    assert process.stdout is not None
    watchdog = threading.Timer(START_S, process.kill)
    watchdog.start()
    try:
        for line in process.stdout:
            if line.startswith(READY):
                return line.removeprefix(READY).strip()
    finally:
        watchdog.cancel()
    _, said = process.communicate()
    raise RuntimeError(
        f"the service did not start: {said.strip() or 'no reason given'}"
    )


def _stop(process: "subprocess.Popen[str]") -> None:
    """Ask it to finish, and insist if it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
