"""A small world of videos, lived once: the tests look at its truth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.video.world import DAY, SLATE, History, Size, Slates, VideoWorld
from sevensteps.cases.video.world.live import VideoState

SIZE = Size(n_users=8_000, n_videos=40_000, n_creators=2_000, days=12)


@dataclass(frozen=True)
class Known:
    """A world, its past, its impressions beside their truth, and all its secrets."""

    world: VideoWorld
    history: History
    rows: pd.DataFrame
    state: VideoState


def joined(history: History, world: VideoWorld) -> pd.DataFrame:
    """Impressions beside their truth; `day` added."""
    rows = history.impressions.to_pandas()
    truth = world.truth(history).drop(["request_id", "position"]).to_pandas()
    return pd.concat([rows, truth], axis=1).assign(day=rows["at"] // DAY)


@pytest.fixture(scope="session")
def known() -> Known:
    """A world of 8,000 users and twelve days."""
    world = VideoWorld(SIZE, seed=7)
    history = world.history()
    state = world.past(SIZE.days).state
    return Known(world, history, joined(history, world), state)


def page_of(ids) -> Slates:
    """One page for everybody, from the ids given."""
    return Slates.fixed(np.asarray(ids, np.int32))


def even(requests, view) -> Slates:
    """Ten videos by lot, none twice on a page."""
    rng = np.random.default_rng([view.day, len(requests)])
    n, block = len(requests), len(view.videos) // SLATE
    draw = rng.integers(block, size=(n, SLATE)) + block * np.arange(SLATE)
    return page_of(rng.permuted(draw, axis=1))


@pytest.fixture(scope="session")
def by_lot():
    """The policy that knows nothing."""
    return even
