"""Small worlds with many thieves, made once: the tests look at their truth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.fraud.world import DAY, History, Outcome, PaymentsWorld, Size

SIZE = Size(n_cardholders=4_000, n_merchants=800, days=60)
BASE_RATE = 0.02


@dataclass(frozen=True)
class Known:
    """A world, its past, and its payments joined with their truth."""

    world: PaymentsWorld
    history: History
    rows: pd.DataFrame


def joined(payments, truth) -> pd.DataFrame:
    """Payments beside their truth; `day` added."""
    rows = payments.to_pandas()
    rows = pd.concat([rows, truth.drop(["payment_id"]).to_pandas()], axis=1)
    rows["day"] = rows["paid_at"] // DAY
    return rows


@pytest.fixture(scope="session")
def join_truth():
    """The joining of payments with their truth."""
    return joined


def known_of(base_rate: float) -> Known:
    """The same people with more or fewer thieves."""
    world = PaymentsWorld(SIZE, seed=7, base_rate=base_rate)
    history = world.history()
    return Known(world, history, joined(history.payments, world.truth(history)))


@pytest.fixture(scope="session")
def known() -> Known:
    """A world in which one payment in fifty is stolen."""
    return known_of(BASE_RATE)


@pytest.fixture(scope="session")
def quiet() -> Known:
    """One with hardly a thief."""
    return known_of(1e-4)


def allow(batch, view):
    """Let everything through."""
    return np.zeros(batch.num_rows, np.int8)


@pytest.fixture(scope="session")
def allow_all():
    """The policy that lets everything through."""
    return allow


@pytest.fixture(scope="session")
def allowed(known) -> Outcome:
    """Twenty days in which everything goes through."""
    return known.world.live(allow, days=20, seed=1, history=known.history)


@pytest.fixture(scope="session")
def oracle(known, allowed):
    """A policy that knows the thieves, from what they do when nobody stops them."""
    truth = known.world.live(allow, days=40, seed=1, history=known.history).truth
    stolen = truth.filter(truth["true_is_fraud"])["payment_id"].to_numpy()

    def policy(batch, view):
        return np.where(np.isin(batch["payment_id"], stolen), 3, 0).astype(np.int8)

    return policy


@pytest.fixture(scope="session")
def stopped(known, oracle) -> Outcome:
    """The same twenty days in which the oracle blocks."""
    return known.world.live(oracle, days=20, seed=1, history=known.history)
