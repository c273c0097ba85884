"""The command line: its help is light, its errors say what to do."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import pytest
from typer.testing import CliRunner

from sevensteps.cli import app
from sevensteps.commands import doctor

HEAVY = {"numpy", "pandas", "sklearn", "lightgbm", "matplotlib", "duckdb", "nbformat"}


def call(*arguments):
    """The status and what is said, on one line, of a command in this process."""
    told = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return told.exit_code, told.output


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from sevensteps.cli import app\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize("command", ["doctor", "run", "check", "serve", "load", "new"])
def test_each_command_explains_itself(command):
    assert call(command, "--help")[0] == 0
    assert command in call("--help")[1]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("run", "no-such-chapter"), 1, "fraud_detection"),
        (("check", "no-such-chapter"), 1, "fraud_detection"),
        (("serve", "no-such-service"), 2, "fraud, video"),
        (("run", "fraud", "--data"), 1, "payments"),
        (("run", "10", "--data"), 1, "payments"),
        (("run", "99", "--data"), 1, "Known chapters: fraud_detection"),
        (("run", "fraud", "--letor"), 1, "--letor works with search"),
    ],
)
def test_what_cannot_be_done_is_told_with_what_can(arguments, status, said, tmp_path):
    folder = [tmp_path] * arguments[-1].startswith("--")
    code, told = call(*arguments, *folder)
    assert code == status
    assert said in told


def test_advice_in_brackets_is_told_whole(tmp_path):
    (tmp_path / "payments.csv").write_text("payment_id,price\n1,2\n")
    code, told = call("run", "fraud", "--data", tmp_path)
    assert code == 1
    assert '[payments]\n  paid_at = "name in your file"' in told


def test_judged_features_are_for_the_search_chapter(tmp_path):
    part = "".join(
        f"{n % 3 == 0:d} qid:{n // 10} 1:{n % 7} 2:{n % 3}\n" for n in range(60)
    )
    for name in ("train.txt", "test.txt"):
        (tmp_path / name).write_text(part)
    code, told = call("run", "search", "--letor", tmp_path)
    assert code == 0
    assert "6 test queries are training queries" in " ".join(told.split())
    assert call("run", "search", "--letor", tmp_path, "--data", tmp_path)[0] == 2


def test_the_doctor_names_what_is_missing_and_makes_no_world_then(monkeypatch):
    def found(name):
        if name == "optax":
            raise PackageNotFoundError
        return "9.9"

    monkeypatch.setattr(doctor, "version", found)
    code, told = call("doctor")
    assert code == 1
    assert "Not ready: optax." in told
    assert "run `make env`" in told
    assert "numpy" in told
    assert "world of" not in told
