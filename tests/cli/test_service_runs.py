"""`sevensteps serve` and `load` as they are called: made, asked, loaded, stopped."""

import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import httpx
import pytest
from typer.testing import CliRunner

from sevensteps.cases import registered
from sevensteps.cli import app
from sevensteps.serve.config import KEY_VARIABLE
from sevensteps.serve.run import READY

COMMAND = [sys.executable, "-c", "from sevensteps.cli import app; app()"]
START_S, STOP_S = 240, 30  # the first start trains; the machine may be busy
OTHER = {"fraud": "video", "video": "search", "search": "fraud"}
STAGES = {
    "fraud": ("fetch", "score"),
    "video": ("search", "rank"),
    "search": ("words", "meaning", "rank"),
}


@contextmanager
def serving(name, folder, *options):
    """The process, its key and its address; killed if it still runs at the end."""
    process = subprocess.Popen(
        [*COMMAND, "serve", name, "--port", "0", *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watchdog = threading.Timer(START_S, process.kill)
    watchdog.start()
    said = []
    try:
        for line in process.stdout:
            said.append(line.strip())
            if line.startswith(READY):
                break
        else:
            pytest.fail("it did not start: " + "\n".join(said))
        watchdog.cancel()
        yield process, said
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def load(name, url, rate=20, seconds=1.5):
    """What `sevensteps load` says, and its exit status."""
    options = ["--url", url, "--rate", str(rate), "--seconds", str(seconds)]
    told = CliRunner().invoke(app, ["load", name, *options])
    return told.exit_code, " ".join(told.output.split())


@pytest.mark.parametrize("name", registered())
def test_a_service_is_made_asked_loaded_and_stopped(name, tmp_path, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    case = registered()[name]
    service = case.service
    with serving(name, tmp_path) as (process, said):
        url = said[-1].removeprefix(READY)
        assert f"POST {service.path}, GET /health, /ready, /metrics" in said[-2]
        key = said[-3].removeprefix("Header X-API-Key: ").split()[-1]
        assert key == (tmp_path / case.cache / "key").read_text()
        assert httpx.get(f"{url}/ready", trust_env=False).json()["status"] == "ready"

        status, told = load(name, url)
        assert (status, "errors none" in told) == (0, True), told
        assert f"{service.asks} answered a second, 20 asked for" in told
        assert service.fallback in told
        assert all(stage in told for stage in STAGES[name])
        status, told = load(OTHER[name], url, 5, 1)
        assert (status, "knows no /v1/" in told) == (1, True), told
        monkeypatch.setenv(KEY_VARIABLE, "the-key-of-somebody-else")
        status, told = load(name, url, 5, 1)
        assert (status, "refused the key" in told) == (1, True), told

        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=STOP_S)
        assert (process.returncode, rest) == (128 + signal.SIGINT, "")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health", trust_env=False)


ASKED = {"video": {"user_id": 7}, "search": {"query": "a lamp", "places": 10}}


@pytest.mark.parametrize("name", ASKED)
def test_a_second_start_trains_nothing(name, small_morning, small_engine, tmp_path):
    whole = {"video": small_morning, "search": small_engine}[name]
    case = registered()[name]
    (tmp_path / case.cache).mkdir(parents=True)
    (tmp_path / case.cache / whole.name).symlink_to(whole)
    with serving(name, tmp_path) as (_, said):
        url, key = said[-1].removeprefix(READY), said[-3].split()[-1]
        head = {"X-API-Key": key}
        with httpx.Client(base_url=url, headers=head, trust_env=False) as caller:
            told = caller.post(case.service.path, json=ASKED[name]).json()
    assert (tmp_path / case.cache / whole.name).is_symlink()
    assert told["fallback"] is None
    assert told["deadline_ms"] == case.service.deadline_ms


@pytest.mark.parametrize("name", ASKED)
def test_a_service_runs_without_the_command_line(
    name, small_morning, small_engine, tmp_path
):
    whole = {"video": small_morning, "search": small_engine}[name]
    module = registered()[name].part("service")
    running = {"video": "running_pages", "search": "running_search"}[name]
    with getattr(module, running)(whole, deadline_ms=5_000) as service:
        head = {"X-API-Key": service.api_key}
        with httpx.Client(base_url=service.url, headers=head, trust_env=False) as one:
            told = one.post(module.PATH, json=ASKED[name]).json()
    assert (told["fallback"], told["deadline_ms"]) == (None, 5_000)
    copy = shutil.copytree(whole, tmp_path / "copy")
    next(copy.glob("*.index")).write_bytes(b"short")
    refuses = pytest.raises(RuntimeError, match=r"refusing to start: .*\.index")
    with refuses, getattr(module, running)(copy):
        pass
