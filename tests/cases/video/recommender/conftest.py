"""A small world and a recommender trained on its first days, made once."""

from dataclasses import dataclass

import numpy as np
import pytest

from sevensteps.cases.video.recommender import net_training, tower_training
from sevensteps.cases.video.recommender.examples import (
    Rows,
    ranker_rows,
    tower_examples,
)
from sevensteps.cases.video.recommender.items import Events, Floats, Items, Viewers
from sevensteps.cases.video.recommender.known import Known, known_after, look_curve
from sevensteps.cases.video.recommender.ranking import Net
from sevensteps.cases.video.recommender.towers import Towers
from sevensteps.cases.video.world import History, Size, VideoWorld
from sevensteps.rank.towers import TowerPlan

SIZE = Size(n_users=9_000, n_videos=12_000, n_creators=900, days=14)
HALF = 8  # the towers learn from the days before, the rankers from the others


@dataclass(frozen=True)
class Shop:
    """Everything that a company would have after two weeks."""

    world: VideoWorld
    history: History
    items: Items
    viewers: Viewers
    events: Events
    looks: Floats
    known: Known
    towers: Towers
    losses: list[float]
    rows: Rows
    net: Net


@pytest.fixture(scope="session")
def shop() -> Shop:
    """A company with a recommender."""
    world = VideoWorld(SIZE, seed=5)
    history = world.history()
    items, viewers = Items.of(history.videos), Viewers.of(history.users)
    events = Events.of(history.impressions, items)
    looks = look_curve(events)
    early = events.take(events.day < HALF)
    plan = TowerPlan(epochs=2)
    clicks = tower_examples(early, items, viewers)
    towers, losses = tower_training.train(plan, items, clicks)
    rows = ranker_rows(events, items, viewers, towers, looks, first=HALF, per_day=8_000)
    return Shop(
        world,
        history,
        items,
        viewers,
        events,
        looks,
        known_after(events, items, viewers, looks),
        towers,
        losses,
        rows,
        net_training.fit(rows),
    )


@pytest.fixture(scope="session")
def regulars(shop):
    """Users with at least five clicks in memory."""
    return np.flatnonzero((shop.known.last >= 0).sum(axis=1) >= 5).astype(np.int32)
