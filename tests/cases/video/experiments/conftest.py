"""A small world and a recommender for it, made once."""

from types import SimpleNamespace

import pytest

from sevensteps.cases.video.experiments import VideoSimulation
from sevensteps.cases.video.recommender import net_training, tower_training
from sevensteps.cases.video.recommender.examples import ranker_rows, tower_examples
from sevensteps.cases.video.recommender.policy import TwoStage
from sevensteps.cases.video.recommender.ranking import Value
from sevensteps.cases.video.world import Size, VideoWorld
from sevensteps.rank.towers import TowerPlan

VALUE = Value(-1.0, 2.5, 1.5)
SHARES = {"near": 40, "popular": 20, "fresh": 10, "followed": 5}


@pytest.fixture(scope="session")
def firm():
    """A simulation, what was trained in its world, and policies made of that."""
    sim = VideoSimulation.after(VideoWorld(Size(6_000, 9_000, 600, 12), seed=4))
    early = sim.events.take(sim.events.day < 7)
    clicks = tower_examples(early, sim.items, sim.viewers)
    towers, _ = tower_training.train(TowerPlan(epochs=1, batch=256), sim.items, clicks)
    told = sim.events, sim.items, sim.viewers, towers, sim.examination
    rows = ranker_rows(*told, first=7, per_day=4_000)
    net = net_training.fit(rows)

    def policy(**how):
        told = {"shares": SHARES, "goal": VALUE.goal} | how
        return TwoStage(sim.known, towers, net, **told)

    return SimpleNamespace(**locals())
