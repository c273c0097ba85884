"""`sevensteps serve` and `load`: what they make, what they find, how they refuse."""

import io
import subprocess
import sys

import pytest
from rich.console import Console
from typer.testing import CliRunner

from sevensteps.cli import app
from sevensteps.commands import console, demo, service
from sevensteps.features import FEATURES
from sevensteps.serve import ModelServer, StoreError, open_store
from sevensteps.worlds.payments import PaymentsWorld, Size

NOWHERE = "127.0.0.1:1"  # nobody listens on port 1


def call(*arguments):
    """Run the command in this process."""
    return CliRunner().invoke(app, arguments)


def loads(folder):
    """Whether the service would start with what is in the folder."""
    ModelServer(folder / "model", FEATURES)
    open_store(folder / "store").close()
    return True


@pytest.fixture
def small(monkeypatch):
    """A world that takes a second."""
    size = Size(n_cardholders=300, n_merchants=100, days=60)
    monkeypatch.setattr(demo, "WORLD", PaymentsWorld(size, seed=7, base_rate=0.02))


@pytest.fixture
def made(small, tmp_path):
    demo.prepare(tmp_path / "model", str(tmp_path / "store"), ours=True)
    return tmp_path


def test_what_is_there_is_not_made_again(made, monkeypatch):
    monkeypatch.setattr(demo, "WORLD", None)  # no world to make anything of
    demo.prepare(made / "model", str(made / "store"), ours=True)
    assert loads(made)


@pytest.mark.parametrize(
    "gone", ["model/manifest.json", "store/store.json", "both", "damaged"]
)
def test_what_was_half_made_is_made_again(made, gone):
    files = [made / "model/manifest.json", made / "store/store.json"]
    for file in files:
        if gone == "damaged":
            file.write_text("{")
        elif gone == "both" or file == made / gone:
            file.unlink()
    demo.prepare(made / "model", str(made / "store"), ours=True)
    assert loads(made)


def test_anothers_damaged_store_is_left_alone_and_told(made):
    (made / "store/store.json").write_text("{")
    with pytest.raises(StoreError, match="is damaged"):
        demo.prepare(made / "model", str(made / "store"), ours=False)
    assert (made / "store/store.json").read_text() == "{"


def test_traffic_is_new_each_time_and_never_ends(small):
    n = 5_000  # more than ten days of this world
    first, second = (demo.traffic(n)["payment_id"].to_pylist() for _ in range(2))
    assert len(set(first) | set(second)) == 2 * n
    assert min(demo.traffic(n)["paid_at"].to_pylist()) >= demo.KNOWN_DAYS * 86_400


def test_serving_imports_what_training_needs_only_to_train():
    code = (
        "import sys, sevensteps.commands.service\n"
        "print({'duckdb', 'ibis', 'pandera', 'lightgbm'} & set(sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("arguments", "status", "advice"),
    [
        (["serve", "--store", f"redis://{NOWHERE}"], 1, "Is redis-server running"),
        (["serve", "--store", "nonsense://"], 1, "Give a folder, redis://"),
        (["serve", "--port", "99999"], 1, "port must lie in 0..65535"),
        (["load", "--url", f"http://{NOWHERE}"], 1, "sevensteps serve fraud"),
        (["load", "--url", "nowhere"], 1, "give its address with --url"),
        (["load", f"http://{NOWHERE}"], 2, "behind --url"),
        (["run", "fraud", "--data", "/nonexistent"], 2, "payments.csv"),
    ],
)
def test_what_cannot_be_done_is_told_at_once(
    arguments, status, advice, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "WORLD", None)  # refused before anything is made
    told = call(*arguments)
    assert told.exit_code == status
    assert advice in " ".join(told.output.split())
    assert "Traceback" not in told.output
    assert not (tmp_path / "data/cache/fraud-service/model").exists()


def test_a_wrong_key_is_told_with_where_the_right_one_is(monkeypatch, capsys):
    refused = {"401": 7}
    report = type("Found", (), {"errors": refused})
    monkeypatch.setattr(service, "require_service", lambda url: None)
    monkeypatch.setattr(service, "send", lambda *args, **options: report)
    monkeypatch.setattr(service, "_show", lambda found: None)
    monkeypatch.setenv(service.KEY_VARIABLE, "a-key-that-is-not-the-service's")
    assert service.send_load("http://127.0.0.1:1", 1, 1) == 1
    assert service.KEY_VARIABLE in capsys.readouterr().err


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_seen_on_a_terminal_only(terminal, monkeypatch):
    screen = io.StringIO()
    errors = Console(file=screen, force_terminal=terminal)
    monkeypatch.setattr(console, "errors", errors)
    with console.progress("Baking") as report:
        report(1, 2)
    assert ("Baking" in screen.getvalue()) == terminal
    assert bool(screen.getvalue()) == terminal
