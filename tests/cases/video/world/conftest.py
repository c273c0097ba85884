"""A small world of videos, lived once: the tests look at its truth."""

from types import SimpleNamespace

import pandas as pd
import pytest

from sevensteps.cases.video.world import DAY, Size, VideoWorld

SIZE = Size(n_users=8_000, n_videos=40_000, n_creators=2_000, days=12)


def joined(history, world):
    """Impressions beside their truth; `day` added."""
    rows = history.impressions.to_pandas()
    truth = world.truth(history).drop(["request_id", "position"]).to_pandas()
    return pd.concat([rows, truth], axis=1).assign(day=rows["at"] // DAY)


@pytest.fixture(scope="session")
def known():
    world = VideoWorld(SIZE, seed=7)
    history = world.history()
    state = world.past(SIZE.days).state
    rows = joined(history, world)
    return SimpleNamespace(world=world, history=history, rows=rows, state=state)


@pytest.fixture(scope="session")
def stage(known):
    """The morning after the history."""
    return known.world.stage(known.state, known.history.days)
