"""A small town and a recommender for it, made once."""

from dataclasses import dataclass

import pytest

from sevensteps.cases.video.experiments import Town
from sevensteps.cases.video.recommender import net_training, tower_training
from sevensteps.cases.video.recommender.examples import (
    Rows,
    ranker_rows,
    tower_examples,
)
from sevensteps.cases.video.recommender.policy import TwoStage
from sevensteps.cases.video.recommender.ranking import Net, Value
from sevensteps.cases.video.recommender.towers import Plan, Towers
from sevensteps.cases.video.world import Size, VideoWorld

VALUE = Value(-1.0, 2.5, 1.5)
SHARES = {"near": 40, "popular": 20, "fresh": 10, "followed": 5}


@dataclass(frozen=True)
class Firm:
    """A town and what was trained in it."""

    town: Town
    towers: Towers
    rows: Rows
    net: Net

    def policy(self, **how) -> TwoStage:
        """Two stages by the survey's value."""
        told = {"shares": SHARES, "goal": VALUE.goal} | how
        return TwoStage(self.town.known, self.towers, self.net, **told)


@pytest.fixture(scope="session")
def firm() -> Firm:
    """Trained on ten days."""
    town = Town.of(VideoWorld(Size(6_000, 9_000, 600, 12), seed=4))
    early = town.events.take(town.events.day < 7)
    clicks = tower_examples(early, town.items, town.viewers)
    towers, _ = tower_training.train(Plan(epochs=1, batch=256), town.items, clicks)
    told = town.events, town.items, town.viewers, towers, town.looks
    rows = ranker_rows(*told, first=7, per_day=4_000)
    return Firm(town, towers, rows, net_training.fit(rows))
