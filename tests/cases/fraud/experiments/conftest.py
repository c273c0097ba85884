"""A small world with many thieves, and payments made by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sevensteps.cases.fraud.experiments import (
    PaymentsSimulation,
    RetrainingPolicy,
    Sample,
    TrainingLog,
    sample,
)
from sevensteps.cases.fraud.features import FEATURES
from sevensteps.cases.fraud.world import PaymentsWorld, Size

SHARES = {42: 0.3, 50: 0.6}


@pytest.fixture(scope="session")
def world():
    """One payment in fifty is stolen."""
    return PaymentsWorld(Size(400, 120, 60), seed=7, base_rate=0.02)


@pytest.fixture(scope="session")
def simulation(world):
    """The world after its past."""
    return PaymentsSimulation(world, world.history())


@pytest.fixture(scope="session")
def history(simulation):
    """Sixty days."""
    return simulation.history


@pytest.fixture(scope="session")
def drawn(history):
    """Some honest payments from day 42 on, more from day 50 on."""
    return sample(history, SHARES)


def by_hand(n, **columns):
    """Payments of which nothing is known but what is told."""
    plain = {
        "row": np.arange(n),
        "day": np.full(n, 40, np.int32),
        "x": np.zeros((n, len(FEATURES)), np.float32),
        "reported_day": np.full(n, np.inf),
        "draw": np.zeros(n),
        "share": np.ones(n),
        "label": np.zeros(n, bool),
    }
    return Sample(**plain | columns)


NOTHING = TrainingLog(
    day=np.zeros(0, np.int32),
    payment_id=np.zeros(0, np.int64),
    features=np.zeros((0, len(FEATURES)), np.float32),
    blocked=np.zeros(0, bool),
    weight=np.zeros(0),
)


class Office:
    """A retraining policy that is fed by hand.

    Of features it has a payment's id, under "amount", and its risk, the last, which is
    the score. What it was trained on is kept: labels and weights by id.
    """

    def __init__(self, log=NOTHING, reported=(), **how):
        self.trained = []
        self.policy = RetrainingPolicy(
            live=self,
            fit=self.fit,
            decide=lambda p, amount: np.where(p > 0.5, 3, 0).astype(np.int8),
            log=log,
            reported=np.array(reported, np.int64),
            **how,
        )

    def step(self, batch, new_chargebacks):
        """As `LiveFeatures.step`."""
        x = np.zeros((len(batch), len(FEATURES)), np.float32)
        x[:, FEATURES.index("amount")] = batch["payment_id"].to_numpy()
        x[:, -1] = batch["risk"].to_numpy()
        return x

    def fit(self, x, label, weight):
        """Learn nothing."""
        ids = x[:, FEATURES.index("amount")].astype(int)
        self.trained.append(pd.DataFrame({"label": label, "weight": weight}, ids))
        return lambda asked: asked[:, -1].astype(np.float64)

    def day(self, day, risk, *chargebacks):
        """One day's actions; ids of day 12 are 1200, 1201, ...; chargebacks came in."""
        ids = np.arange(len(risk)) + 100 * day
        batch = pa.table({"payment_id": ids, "amount": risk, "risk": risk})
        told = pa.table({"payment_id": pa.array(chargebacks, pa.int64())})
        view = SimpleNamespace(day=day, new_chargebacks=told)
        return self.policy(batch, view).tolist()

    @property
    def last(self):
        """What the latest training was given."""
        return self.trained[-1]

    @property
    def frauds(self):
        """Ids that were frauds to it."""
        return self.last.index[self.last["label"]].tolist()


@pytest.fixture
def office():
    return Office
