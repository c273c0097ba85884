"""A small video world's morning, made as `sevensteps serve video` makes it."""

import pytest

from sevensteps.commands.demos import video
from sevensteps.worlds.video import Size, VideoWorld

SMALL = VideoWorld(Size(n_users=2_000, n_videos=4_000, n_creators=300, days=14), seed=7)


@pytest.fixture(scope="session")
def small_morning(tmp_path_factory):
    """The folder; not to be changed."""
    folder = tmp_path_factory.mktemp("video-service") / "morning"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(video, "WORLD", SMALL)
        video.fill(folder)
    return folder


@pytest.fixture
def small_video(monkeypatch):
    """Whatever is made again is made of the small world."""
    monkeypatch.setattr(video, "WORLD", SMALL)
