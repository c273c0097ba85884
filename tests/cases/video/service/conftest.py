"""A small world's morning, written once."""

import numpy as np
import pytest

from sevensteps.cases.video.recommender import net_training, tower_training
from sevensteps.cases.video.recommender.examples import ranker_rows, tower_examples
from sevensteps.cases.video.recommender.items import Events, Items, Viewers
from sevensteps.cases.video.recommender.known import known_after, look_curve
from sevensteps.cases.video.recommender.online import (
    ServingSnapshot,
    popular_by_country,
)
from sevensteps.cases.video.recommender.ranking import Value
from sevensteps.cases.video.service import export_morning
from sevensteps.cases.video.world import Size, VideoWorld
from sevensteps.rank.neighbours import build
from sevensteps.rank.towers import TowerPlan

KEY = "a-key-for-tests-only"


@pytest.fixture(scope="session")
def morning() -> ServingSnapshot:
    """What a company of a few thousand would serve."""
    history = VideoWorld(Size(8_000, 10_000, 800, 10), seed=5).history()
    items, viewers = Items.of(history.videos), Viewers.of(history.users)
    events = Events.of(history.impressions, items)
    looks = look_curve(events)
    early = tower_examples(events.take(events.day < 6), items, viewers)
    towers, _ = tower_training.train(TowerPlan(epochs=1, batch=256), items, early)
    told = events, items, viewers, towers, looks
    rows = ranker_rows(*told, first=6, per_day=4_000)
    known = known_after(events, items, viewers, looks)
    vector = towers.items(items, known.day)
    return ServingSnapshot(
        known=known,
        items=items,
        viewers=viewers,
        towers=towers,
        ranker=net_training.fit(rows),
        value=Value(-1.0, 3.0, 2.0),
        vector=vector,
        index=build("IVF64,SQ8", vector),
        countries=popular_by_country(events, viewers),
        shares={"near": 60, "popular": 30, "fresh": 10, "followed": 10},
        probes=16,
    )


@pytest.fixture(scope="session")
def bundle(morning, tmp_path_factory):
    """The morning on disk."""
    return export_morning(morning, tmp_path_factory.mktemp("slates") / "morning")


@pytest.fixture
def users(morning):
    """Some who have clicked."""
    return np.flatnonzero(morning.known.n_last > 3)[:50].tolist()
