"""A small world with many thieves, and payments made by hand."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from sevensteps.cases.fraud.experiments import (
    PaymentsSimulation,
    RetrainingPolicy,
    TrainingLog,
    sample,
)
from sevensteps.cases.fraud.features import FEATURES
from sevensteps.cases.fraud.world import PaymentsWorld, Size

SHARES = {42: 0.3, 50: 0.6}


@pytest.fixture(scope="session")
def world() -> PaymentsWorld:
    """One payment in fifty is stolen."""
    return PaymentsWorld(Size(400, 120, 60), seed=7, base_rate=0.02)


@pytest.fixture(scope="session")
def simulation(world) -> PaymentsSimulation:
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


@dataclass
class Spy:
    """Learns nothing; keeps what it was given. The first feature is its score."""

    given: list[SimpleNamespace] = field(default_factory=list)

    def __call__(self, x, label, weight):
        ids = x[:, FEATURES.index("amount")].astype(int)
        self.given.append(
            SimpleNamespace(
                ids=ids.tolist(),
                label=dict(zip(ids.tolist(), label.tolist(), strict=True)),
                weight=dict(zip(ids.tolist(), weight.tolist(), strict=True)),
            )
        )
        return lambda asked: asked[:, -1].astype(np.float64)


class Seen:
    """Features by hand: the payment's id under "amount", its risk in the last one."""

    def step(self, batch, new_chargebacks):
        """As `LiveFeatures.step`."""
        x = np.zeros((len(batch), len(FEATURES)), np.float32)
        x[:, FEATURES.index("amount")] = batch["payment_id"].to_numpy()
        x[:, -1] = batch["risk"].to_numpy()
        return x


def payments_of(day: int, risk: list[float]) -> pa.Table:
    """A day's payments; the ids of day 12 are 1200, 1201, ..."""
    return pa.table(
        {
            "payment_id": np.arange(len(risk)) + 100 * day,
            "amount": np.full(len(risk), 10.0),
            "risk": risk,
        }
    )


def chargebacks_of(*ids: int) -> pa.Table:
    """A view's chargebacks."""
    return pa.table({"payment_id": pa.array(ids, pa.int64())})


def empty_log() -> TrainingLog:
    """A company without a past."""
    none = np.zeros(0)
    return TrainingLog(
        none.astype(np.int32),
        none.astype(np.int64),
        np.zeros((0, len(FEATURES)), np.float32),
        none.astype(bool),
        none,
    )


class Office:
    """A retraining policy that is fed by hand."""

    def __init__(self, **how) -> None:
        self.spy = Spy()
        self.policy = RetrainingPolicy(
            live=Seen(),
            fit=self.spy,
            decide=lambda p, amount: np.where(p > 0.5, 3, 0).astype(np.int8),
            log=how.pop("log", empty_log()),
            reported=how.pop("reported", np.zeros(0, np.int64)),
            **how,
        )

    def day(self, day: int, risk: list[float], *chargebacks: int) -> list[int]:
        """One day's actions; the chargebacks came in the day before."""
        view = SimpleNamespace(day=day, new_chargebacks=chargebacks_of(*chargebacks))
        return self.policy(payments_of(day, risk), view).tolist()

    @property
    def last(self) -> SimpleNamespace:
        """What the latest training was given."""
        return self.spy.given[-1]


@pytest.fixture
def office():
    """Makes policies that are fed by hand."""
    return Office
