"""The recommender's demonstration: made once, and again if it is not whole."""

import json
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from sevensteps.cases import registered
from sevensteps.cases.video import demo as video
from sevensteps.cases.video.service import read_morning
from sevensteps.cli import app
from sevensteps.serve.demo import Setup
from sevensteps.serve.run import listen


@pytest.fixture
def made(small_morning, small_video, tmp_path):
    """A copy of the morning, to be changed."""
    return shutil.copytree(small_morning, tmp_path / "cache" / "morning")


def users(bodies):
    return [json.loads(body)["user_id"] for body in bodies]


def test_a_morning_that_is_there_is_not_made_again(made, monkeypatch):
    monkeypatch.setattr(video, "WORLD", None)  # no world to make anything of
    video.fill(Setup(made.parent, "a-key-for-tests-only", 0, 150.0))
    assert read_morning(made).known.day == 14


def cut_short(folder):
    (folder / "vectors.index").write_bytes(b"short")


def without_a_manifest(folder):
    (folder / "manifest.json").unlink()


def of_another_version(folder):
    """The manifest is whole, but a field has another name."""
    path = folder / "manifest.json"
    told = json.loads(path.read_text())
    told["layout"] = {"spread": 1}
    path.write_text(json.dumps(told))


@pytest.mark.parametrize("harm", [cut_short, without_a_manifest, of_another_version])
def test_a_morning_that_cannot_be_read_is_made_again(made, small_morning, harm):
    harm(made)
    leftover = made.parent / ".tmp-999999999-morning"
    leftover.mkdir()
    video.fill(Setup(made.parent, "a-key-for-tests-only", 0, 150.0))
    again, before = read_morning(made), read_morning(small_morning)
    assert np.array_equal(again.vector, before.vector)
    assert not leftover.exists()


def test_a_port_that_is_taken_is_told_plainly(made, monkeypatch):
    monkeypatch.chdir(made.parent)
    folder = registered()["video"].cache
    folder.mkdir(parents=True)
    (folder / "morning").symlink_to(made)
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        told = CliRunner().invoke(app, ["serve", "video", "--port", port])
    assert told.exit_code == 1
    assert "choose another --port" in " ".join(told.output.split())


def test_those_who_came_more_often_ask_more_often(small_morning, small_video):
    chances = read_morning(small_morning).known.user.chances
    asked = np.bincount(users(video.bodies(20_000)), minlength=len(chances))
    often = np.argsort(-chances)[:200]
    assert asked[often].mean() > 3 * asked.mean()
    assert asked[np.flatnonzero(chances == 0)].sum() == 0


def test_others_ask_each_time(small_video):
    assert users(video.bodies(500)) != users(video.bodies(500))
