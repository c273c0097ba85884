"""Demonstrations: made once, and again if they are not whole."""

import json
import shutil
from collections import Counter
from importlib import import_module

import numpy as np
import pytest
from typer.testing import CliRunner

from sevensteps.cases import registered
from sevensteps.cases.search.service import read_search
from sevensteps.cases.video.service import read_morning
from sevensteps.cli import app
from sevensteps.serve.config import Setup
from sevensteps.serve.run import listen

from .conftest import KEY

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
