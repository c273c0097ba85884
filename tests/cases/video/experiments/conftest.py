"""A small world and a recommender for it, made once."""

from dataclasses import dataclass

import pytest

from sevensteps.cases.video.experiments import VideoSimulation
from sevensteps.cases.video.recommender import net_training, tower_training
from sevensteps.cases.video.recommender.examples import (
    Rows,
    ranker_rows,
    tower_examples,
)
from sevensteps.cases.video.recommender.policy import TwoStage
from sevensteps.cases.video.recommender.ranking import Net, Value
from sevensteps.cases.video.recommender.towers import Towers
from sevensteps.cases.video.world import Size, VideoWorld
from sevensteps.rank.towers import TowerPlan

VALUE = Value(-1.0, 2.5, 1.5)
SHARES = {"near": 40, "popular": 20, "fresh": 10, "followed": 5}


@dataclass(frozen=True)
class Firm:
    """A sim and what was trained in its world."""

    sim: VideoSimulation
    towers: Towers
    rows: Rows
    net: Net

    def policy(self, **how) -> TwoStage:
        """Two stages by the survey's value."""
        told = {"shares": SHARES, "goal": VALUE.goal} | how
        return TwoStage(self.sim.known, self.towers, self.net, **told)


@pytest.fixture(scope="session")
def firm() -> Firm:
    """Trained on ten days."""
    sim = VideoSimulation.after(VideoWorld(Size(6_000, 9_000, 600, 12), seed=4))
    early = sim.events.take(sim.events.day < 7)
    clicks = tower_examples(early, sim.items, sim.viewers)
    towers, _ = tower_training.train(TowerPlan(epochs=1, batch=256), sim.items, clicks)
    told = sim.events, sim.items, sim.viewers, towers, sim.examination
    rows = ranker_rows(*told, first=7, per_day=4_000)
    return Firm(sim, towers, rows, net_training.fit(rows))
