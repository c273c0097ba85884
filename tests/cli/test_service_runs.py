"""`sevensteps serve` and `load` as they are called: made, asked, loaded, stopped."""

import json
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


def test_a_page_is_answered_and_a_second_start_trains_nothing(small_morning, tmp_path):
    folder = tmp_path / "data/cache/video-service"
    folder.mkdir(parents=True)
    (folder / "morning").symlink_to(small_morning)
    with serving("video", tmp_path) as (_, said):
        url, key = said[-1].removeprefix(READY), said[-3].split()[-1]
        told = httpx.post(
            f"{url}/v1/pages",
            headers={"X-API-Key": key},
            json={"user_id": 7},
            trust_env=False,
        ).json()
    manifest = json.loads((small_morning / "manifest.json").read_text())
    assert told["model"] == manifest["model"]
    assert len(set(told["video_ids"])) == 10
    assert told["deadline_ms"] == registered()["video"].service.deadline_ms


def test_a_search_is_answered_and_a_second_start_trains_nothing(small_engine, tmp_path):
    folder = tmp_path / "data/cache/search-service"
    folder.mkdir(parents=True)
    (folder / "engine").symlink_to(small_engine)
    with serving("search", tmp_path) as (_, said):
        url, key = said[-1].removeprefix(READY), said[-3].split()[-1]
        told = httpx.post(
            f"{url}/v1/search",
            headers={"X-API-Key": key},
            json={"query": "a lamp", "places": 10},
            trust_env=False,
        ).json()
    manifest = json.loads((small_engine / "manifest.json").read_text())
    assert told["bundle"] == manifest["bundle"]
    assert len({product["product_id"] for product in told["products"]}) == 10
    assert told["deadline_ms"] == registered()["search"].service.deadline_ms
