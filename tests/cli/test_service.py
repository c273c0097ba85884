"""`sevensteps serve` and `load`: what they make, what they find, how they refuse.

What they do to a service that really runs stands in `test_service_runs`.
"""

import io
import subprocess
import sys

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
from sevensteps.serve.config import Setup

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
