"""A training run: towers see nothing of the ranker's days; the search is near."""

from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.video.recommender.items import Events, Items, Viewers
from sevensteps.cases.video.recommender.snapshot_training import (
    TrainingConfig,
    inverted,
    probes_of,
    train_snapshot,
    train_towers,
)
from sevensteps.cases.video.world import Size, VideoWorld
from sevensteps.rank import TowerPlan
from sevensteps.rank.neighbours import build, searched

CONFIG = TrainingConfig(towers=TowerPlan(epochs=1, batch=256))


@pytest.fixture(scope="module")
def history():
    return VideoWorld(Size(2_000, 4_000, 300, 14), seed=7).history()


@pytest.fixture(scope="module")
def morning(history):
    steps = []
    made = train_snapshot(history, CONFIG, lambda *step: steps.append(step))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    return made


def test_a_morning_is_of_the_day_after_the_log(history, morning):
    assert morning.known.day == history.days
    assert len(morning.vector) == history.videos.num_rows
    assert morning.value.share > 0  # who watches to the end gives more stars


def test_towers_see_nothing_of_the_days_that_the_ranker_learns_from(history, morning):
    items, viewers = Items.of(history.videos), Viewers.of(history.users)
    events = Events.of(history.impressions, items)
    late = events.day >= history.days - CONFIG.ranker_days
    other = replace(events, clicked=np.where(late, ~events.clicked, events.clicked))
    again = train_towers(CONFIG, other, items, viewers, history.days)
    assert np.array_equal(again.items(items, history.days), morning.vector)


def test_too_few_clicks_for_a_batch_are_told(history):
    with pytest.raises(ValueError, match="a batch needs 256 clicks; got 100"):
        train_snapshot(history, replace(CONFIG, max_clicks=100))


def test_the_index_finds_most_of_what_an_exact_search_finds(morning):
    users = np.flatnonzero(morning.known.n_last >= 3)[:100].astype(np.int32)
    told = morning.known, morning.viewers, morning.vector, users
    asks = morning.towers.of_users(*told)[:, 0]
    exact = build("Flat", morning.vector).search(asks, 50)
    found = searched(inverted(morning.vector), asks, exact, probes_of(4_000))
    assert found.recall > 0.8
