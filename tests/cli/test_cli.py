"""The command line: light help, plain errors, demonstrations that are made once."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from importlib import import_module
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest
from typer.testing import CliRunner

from sevensteps.cases import registered
from sevensteps.cases.search.service import read_search
from sevensteps.cases.video.service import read_morning
from sevensteps.cli import app
from sevensteps.commands import doctor
from sevensteps.serve.config import Setup
from sevensteps.serve.run import listen

from .conftest import KEY

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


FOLDERS = {"video": "morning", "search": "engine"}
READ = {"video": read_morning, "search": read_search}


@pytest.fixture(params=FOLDERS)
def made(request, small_morning, small_engine, small_worlds, tmp_path):
    """A case, and a copy of its parts, to be changed."""
    whole = {"video": small_morning, "search": small_engine}[request.param]
    return request.param, whole, shutil.copytree(whole, tmp_path / "cache" / whole.name)


def demo(name):
    return import_module(f"sevensteps.cases.{name}.demo")


def fill(name, folder):
    demo(name).fill(Setup(folder.parent, KEY, 0, 150.0))


def gist(name, folder):
    """What tells whether a bundle is the same."""
    read = READ[name](folder)
    return read.vector if name == "video" else read.lists(read.catalogue.titles[:20], 9)


def test_what_is_there_is_not_made_again(made, monkeypatch):
    name, whole, copy = made
    monkeypatch.setattr(demo(name), "WORLD", None)  # no world to make anything of
    fill(name, copy)
    assert np.array_equal(gist(name, copy), gist(name, whole))


def test_what_cannot_be_read_is_made_again(made):
    name, whole, copy = made
    next(copy.glob("*.index")).write_bytes(b"short")
    leftover = copy.parent / f".tmp-999999999-{copy.name}"
    leftover.mkdir()
    fill(name, copy)
    assert np.array_equal(gist(name, copy), gist(name, whole))
    assert not leftover.exists()


def test_a_port_that_is_taken_is_told_plainly(small_morning, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = registered()["video"].cache
    folder.mkdir(parents=True)
    (folder / "morning").symlink_to(small_morning)
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        told = CliRunner().invoke(app, ["serve", "video", "--port", port])
    assert told.exit_code == 1
    assert "choose another --port" in " ".join(told.output.split())


def asked(name, n):
    """What requests are about, one after the other."""
    key = {"video": "user_id", "search": "query"}[name]
    return [json.loads(body)[key] for body in demo(name).bodies(n)]


def test_whoever_came_more_often_asks_more_often(small_morning, small_worlds):
    chances = read_morning(small_morning).known.user.chances
    times = np.bincount(asked("video", 20_000), minlength=len(chances))
    often = np.argsort(-chances)[:200]
    assert times[often].mean() > 3 * times.mean()
    assert times[np.flatnonzero(chances == 0)].sum() == 0


def test_what_was_typed_more_often_is_asked_more_often(small_worlds):
    history = demo("search").WORLD.history()
    text = history.queries["text"].to_pylist()
    log = [text[each] for each in history.searches["query_id"].to_pylist()]
    head, n = Counter(log).most_common(1)[0]
    share = asked("search", 20_000).count(head) / 20_000
    assert share == pytest.approx(n / len(log), rel=0.25)


@pytest.mark.parametrize("name", FOLDERS)
def test_others_ask_each_time(name, small_worlds):
    assert asked(name, 500) != asked(name, 500)
