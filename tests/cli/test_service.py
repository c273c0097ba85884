"""`sevensteps serve` and `load`: what they make, what they find, how they refuse.

What they do to a service that really runs stands in `test_service_runs`."""

import io
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner

from sevensteps.cases import registered
from sevensteps.cases.fraud import demo as fraud
from sevensteps.cases.fraud.features import FEATURES
from sevensteps.cases.fraud.service import ModelServer, OnlineStore
from sevensteps.cases.fraud.world import PaymentsWorld, Size
from sevensteps.cases.search import demo as search
from sevensteps.cases.video import demo as video
from sevensteps.cli import app
from sevensteps.commands import console, service
from sevensteps.serve.config import KEY_VARIABLE, Setup
from sevensteps.serve.run import READY

NOWHERE = "127.0.0.1:1"  # nobody listens on port 1


def call(*arguments):
    """Run the command in this process."""
    return CliRunner().invoke(app, arguments)


def loads(folder):
    """Whether the service would start with what is in the folder."""
    ModelServer(folder / "model", FEATURES)
    OnlineStore(folder / "store").close()
    return True


def setup(folder):
    """How the service is started there."""
    return Setup(folder, "a-key-for-tests-only", 0, 50.0)


@pytest.fixture
def small(monkeypatch):
    """A world that takes a second."""
    size = Size(n_cardholders=300, n_merchants=100, days=60)
    monkeypatch.setattr(fraud, "WORLD", PaymentsWorld(size, seed=7, base_rate=0.02))


@pytest.fixture
def made(small, tmp_path):
    fraud.fill(setup(tmp_path))
    return tmp_path


def test_what_is_there_is_not_made_again(made, monkeypatch):
    monkeypatch.setattr(fraud, "WORLD", None)  # no world to make anything of
    fraud.fill(setup(made))
    assert loads(made)


@pytest.mark.parametrize(
    "gone", ["model/manifest.json", "store/data.mdb", "both", "damaged"]
)
def test_what_was_half_made_is_made_again(made, gone):
    files = [made / "model/manifest.json", made / "store/data.mdb"]
    for file in files:
        if gone == "damaged":
            file.write_text("{")
        elif gone == "both" or file == made / gone:
            file.unlink()
    fraud.fill(setup(made))
    assert loads(made)


def test_traffic_is_new_each_time_and_never_ends(small):
    n = 5_000  # more than ten days of this world
    first, second = (fraud.traffic(n)["payment_id"].to_pylist() for _ in range(2))
    assert len(set(first) | set(second)) == 2 * n
    times = fraud.traffic(n)["paid_at"].to_pylist()
    assert times[0] >= fraud.KNOWN_DAYS * 86_400
    assert times == sorted(times)  # else cards have pasts that no card has


@pytest.mark.parametrize(
    ("name", "heavy"),
    [
        ("fraud", {"duckdb", "ibis", "lightgbm"}),
        ("video", {"jax", "optax"}),
        ("search", {"jax", "optax", "sevensteps.cases.search.experiments"}),
    ],
)
def test_serving_imports_what_training_needs_only_to_train(name, heavy):
    code = (
        f"import sys, sevensteps.commands.service, sevensteps.cases.{name}.demo\n"
        f"print({heavy!r} & set(sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("arguments", "status", "advice"),
    [
        (["serve", "--port", "99999"], 1, "port must lie in 0..65535"),
        (["load", "--url", f"http://{NOWHERE}"], 1, "sevensteps serve fraud"),
        (["load", "--url", "nowhere"], 1, "give its address with --url"),
        (["load", f"http://{NOWHERE}"], 2, "behind --url"),
        (["load", "--rate", "0"], 2, "or equal to 0.1"),
        (["load", "--seconds", "inf"], 2, "or equal to 3600"),
        (["serve", "video", "--port", "99999"], 1, "port must lie in 0..65535"),
        (["serve", "video", "--deadline-ms", "0"], 1, "deadline_ms must lie in"),
        (["load", "video", "--url", f"http://{NOWHERE}"], 1, "sevensteps serve video"),
        (["serve", "search", "--port", "99999"], 1, "port must lie in 0..65535"),
        (["serve", "search", "--deadline-ms", "0"], 1, "deadline_ms must lie in"),
        (["load", "search", "--url", f"http://{NOWHERE}"], 1, "serve search"),
        (["run", "fraud", "--data", "/nonexistent"], 2, "payments.csv"),
    ],
)
def test_what_cannot_be_done_is_told_at_once(
    arguments, status, advice, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for demo in (fraud, search, video):  # refused before anything is made
        monkeypatch.setattr(demo, "WORLD", None)
    told = call(*arguments)
    assert told.exit_code == status
    assert advice in " ".join(told.output.split())
    assert "Traceback" not in told.output
    made = (tmp_path / "data/cache").glob("*/*") if (tmp_path / "data").exists() else ()
    assert {path.name for path in made} <= {"key"}


def test_each_service_has_a_port_and_a_cache_of_its_own():
    faces = [case.service for case in registered().values() if case.service]
    for part in ("port", "path", "asks"):
        assert len({getattr(each, part) for each in faces}) == len(faces)


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.delenv(service.KEY_VARIABLE, raising=False)
    key = service.api_key(tmp_path / "new")
    assert service.api_key(tmp_path / "new") == key
    assert (tmp_path / "new/key").stat().st_mode & 0o077 == 0
    monkeypatch.setenv(service.KEY_VARIABLE, "given-from-outside")
    assert service.api_key(tmp_path / "new") == "given-from-outside"


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_seen_on_a_terminal_only(terminal, monkeypatch):
    screen = io.StringIO()
    errors = Console(file=screen, force_terminal=terminal)
    monkeypatch.setattr(console, "errors", errors)
    with console.progress("Baking") as report:
        report(1, 2)
    assert ("Baking" in screen.getvalue()) == terminal
    assert bool(screen.getvalue()) == terminal


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
