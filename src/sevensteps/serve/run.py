"""Running a service: in this process, or as a subprocess while a block runs."""

import asyncio
import contextlib
import gc
import os
import secrets
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import MISSING, dataclass, fields
from typing import Any

import uvicorn

from .app import App
from .bundle import ServiceError
from .config import KEY_VARIABLE, ServiceConfig, option_parser
from .door import Door
from .service import Service

READY = "listening on "
START_S = 60.0  # importing everything on a busy machine takes seconds
STOP_S = 15.0
#: Callers must hang up first, and proxies commonly do after 60 s. A service that hangs
#: up while they send loses what they send, and they report a 502.
KEEP_ALIVE_S = 75
#: Python hands the interpreter over when a thread has waited so long. By default 5 ms:
#: the event loop lets go of it three times a request, and would wait each time.
SWITCH_S = 5e-5
QUEUE, AT_A_TIME = 4_096, 16  # callers that wait to be taken in, and are at once
FEW = 24  # sockets that are handled in one turn of the loop


@dataclass(frozen=True, slots=True)
class Running:
    """A service that answers."""

    url: str
    api_key: str
    pid: int

    def __repr__(self) -> str:
        return f"Running(url={self.url!r}, pid={self.pid})"


@dataclass(frozen=True, slots=True)
class Program:
    """A service that a package of that name offers as its `PROGRAM`."""

    package: str
    config: type[ServiceConfig]
    service: Callable[[Any], Service]  # of a configuration; raises if it must not start

    def app(self, config: ServiceConfig) -> App:
        """The service, to be served."""
        return App(self.service(config), config)

    def running(
        self, *parts: object, **options: object
    ) -> AbstractContextManager[Running]:
        """The service in a process of its own, stopped at the end of the block.

        What is given is as for its configuration, `parts` in the order of the fields
        without a default, such as the bundle; raises as `process_of`.
        """
        _, *names = (f.name for f in fields(self.config) if f.default is MISSING)
        told = dict(zip(names[: len(parts)], parts, strict=True))  # the key is made
        return process_of(self.package, **told, **options)

    def main(self, arguments: list[str]) -> int:
        """Serve until stopped; 2 and a reason on standard error if it cannot start."""
        options = vars(option_parser(self.config).parse_args(arguments))
        key = os.environ.get(KEY_VARIABLE, "")
        try:
            if not key:
                raise ValueError(
                    f"set {KEY_VARIABLE} to the key that callers will send"
                )
            answer(self.app(self.config(api_key=key, **options)))
        except (ServiceError, OSError, ValueError) as error:
            print(f"refusing to start: {error}", file=sys.stderr)
            return 2
        return 0


def answer(app: App) -> None:
    """Answer requests until SIGTERM or SIGINT; then finish what was begun.

    Prints `listening on http://...` once it can be called.

    Raises an OSError if the port is taken.
    """
    listening = listen(app.config.host, app.config.port)
    host, port = listening.getsockname()[:2]
    print(f"{READY}http://{host}:{port}", flush=True)
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()  # else each full collection walks all that was imported: 100s of ms
    try:
        server(app).run(sockets=[listening])
    finally:
        gc.unfreeze()  # else libraries complain at the exit of what was never freed


class Server(uvicorn.Server):
    """uvicorn's, but new callers do not hold up those who are there.

    asyncio takes in as many callers at a time as may queue for it; a thousand of them
    cost it a fifth of a second.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; then let more of them queue in the kernel."""
        await super().startup(sockets)
        for each in sockets or []:
            each.listen(QUEUE)


def server(app: App) -> uvicorn.Server:
    """The server of an application, to be run with a socket."""
    settings = uvicorn.Config(
        app,
        http=Door,
        loop="sevensteps.serve.run:event_loop",
        ws="none",
        interface="asgi3",
        lifespan="on",
        access_log=False,
        log_level="error",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=AT_A_TIME,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=10,
    )
    return Server(settings)


def listen(host: str, port: int) -> socket.socket:
    """A socket for the server; an `OSError` says what to do if the address is taken.

    The protocol is named, though it is the only one: asyncio switches Nagle's
    algorithm off for sockets that say TCP, and with it on, a reply waits 40 ms for
    the caller's delayed acknowledgement.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(QUEUE)  # from here on a caller waits, and is not refused
    except OSError as error:
        listening.close()
        raise OSError(
            error.errno,
            f"cannot listen on {host}:{port} ({error.strerror}); "
            "choose another --port, or 0 for a free one",
        ) from error
    return listening


def event_loop() -> asyncio.AbstractEventLoop:
    """An event loop that takes in little at a time; without epoll, asyncio's own.

    asyncio's own handles all sockets that have something to say before anything else.
    In a flood that is hundreds, and an answer that is ready waits for all of them. Here
    a few are handled in a turn; the others wait in the kernel, where they cost nothing.
    """
    if not hasattr(select, "epoll"):
        return asyncio.new_event_loop()

    class FewAtATime(selectors.EpollSelector):
        """Hears of a few events, the longest ready first."""

        _selector_cls = FewEvents

    return asyncio.SelectorEventLoop(FewAtATime())


class FewEvents:
    """An epoll with a bound."""

    def __init__(self) -> None:
        self._epoll = select.epoll()

    def poll(self, timeout: float, most: int) -> list[tuple[int, int]]:
        """A few of those that are ready."""
        return self._epoll.poll(timeout, min(FEW, most))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._epoll, name)


def one_core() -> None:
    """Search on one core in the thread that calls this: requests are the parallelism.

    OpenMP keeps the number of threads by calling thread, so each thread of a pool must
    say so itself. Otherwise every search wakes a team that spins for the same cores.
    """
    import faiss  # not every service searches

    faiss.omp_set_num_threads(1)


@contextlib.contextmanager
def process_of(package: str, **options: object) -> Iterator[Running]:
    """A service in a process of its own, stopped at the end of the block.

    `package` offers its `PROGRAM`; the options are those of its configuration. Raises a
    RuntimeError if it does not start, with what it said.
    """
    key = secrets.token_urlsafe(24)
    told = {name.replace("_", "-"): value for name, value in options.items()}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", __package__, package, "--port=0"),
            *(f"--{name}={value}" for name, value in told.items()),
        ],
        env=os.environ | {KEY_VARIABLE: key},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Running(_url(process), key, process.pid)
    finally:
        _stop(process)


def _url(process: subprocess.Popen[str]) -> str:
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
    said = process.communicate()[1].strip()
    raise RuntimeError(f"the service did not start: {said or 'no reason given'}")


def _stop(process: subprocess.Popen[str]) -> None:
    """Ask it to finish, and insist if it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
