"""Small worlds, and what `sevensteps serve` makes of them."""

import pytest

from sevensteps.cases.search import demo as search
from sevensteps.cases.search.world import SearchWorld
from sevensteps.cases.search.world import Size as ShopSize
from sevensteps.cases.video import demo as video
from sevensteps.cases.video.world import Size, VideoWorld
from sevensteps.serve.config import Setup

KEY = "a-key-for-tests-only"
SMALL = VideoWorld(Size(n_users=2_000, n_videos=4_000, n_creators=300, days=14), seed=7)
SHOP = SearchWorld(ShopSize(2_000, 1_500, 1_000, 40, days=6), seed=7)


def filled(demo, world, folder):
    """The folder of a demonstration in a small world."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "WORLD", world)
        demo.fill(Setup(folder, KEY, 0, 200.0))
    return next(folder.iterdir())


@pytest.fixture(scope="session")
def small_engine(tmp_path_factory):
    """The folder; not to be changed."""
    return filled(search, SHOP, tmp_path_factory.mktemp("search-service"))


@pytest.fixture(scope="session")
def small_morning(tmp_path_factory):
    """The folder; not to be changed."""
    return filled(video, SMALL, tmp_path_factory.mktemp("video-service"))


@pytest.fixture
def small_worlds(monkeypatch):
    """Whatever is made again is made of the small worlds."""
    monkeypatch.setattr(search, "WORLD", SHOP)
    monkeypatch.setattr(video, "WORLD", SMALL)
