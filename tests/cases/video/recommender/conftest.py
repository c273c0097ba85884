"""A small world and a recommender trained on its first days, made once."""

from types import SimpleNamespace

import numpy as np
import pytest

from sevensteps.cases.video.recommender import net_training, tower_training
from sevensteps.cases.video.recommender.examples import ranker_rows, tower_examples
from sevensteps.cases.video.recommender.items import Events, Items, Viewers
from sevensteps.cases.video.recommender.known import known_after, look_curve
from sevensteps.cases.video.world import Size, VideoWorld
from sevensteps.rank.towers import TowerPlan

HALF = 8  # the towers learn from the days before, the rankers from the others
LAST = 12  # rankers are tested on the days from this one on


@pytest.fixture(scope="session")
def shop():
    """Everything that a company would have after two weeks, by its name."""
    world = VideoWorld(Size(9_000, 12_000, 900, days=14), seed=5)
    history = world.history()
    items, viewers = Items.of(history.videos), Viewers.of(history.users)
    events = Events.of(history.impressions, items)
    looks = look_curve(events)
    known = known_after(events, items, viewers, looks)
    clicks = tower_examples(events.take(events.day < HALF), items, viewers)
    towers, losses = tower_training.train(TowerPlan(epochs=2), items, clicks)
    vector = towers.items(items, known.day)
    rows = ranker_rows(events, items, viewers, towers, looks, first=HALF, per_day=8_000)
    net = net_training.fit(rows)
    return SimpleNamespace(**locals())


@pytest.fixture(scope="session")
def train(shop):
    return shop.rows.take(shop.rows.day < LAST)


@pytest.fixture(scope="session")
def test(shop):
    return shop.rows.take(shop.rows.day >= LAST)


@pytest.fixture(scope="session")
def regulars(shop):
    """Users with at least five clicks in memory."""
    return np.flatnonzero((shop.known.last >= 0).sum(axis=1) >= 5).astype(np.int32)
