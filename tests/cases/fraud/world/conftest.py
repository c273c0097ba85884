"""A small world with many thieves, made once: the tests look at its truth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.fraud.world import DAY, History, PaymentsWorld, Size


@dataclass(frozen=True)
class Known:
    """A world, its past, and its payments joined with their truth."""

    world: PaymentsWorld
    history: History
    rows: pd.DataFrame

    def live(self, policy, days=20, world=None, seed=1):
        """The days that follow, also of the same world with other parameters."""
        return (world or self.world).live(policy, days, seed, history=self.history)


def joined(payments, truth):
    """Payments beside their truth; `day` added."""
    rows = payments.to_pandas()
    rows = pd.concat([rows, truth.drop(["payment_id"]).to_pandas()], axis=1)
    rows["day"] = rows["paid_at"] // DAY
    return rows


def allow_all(batch, view):
    return np.zeros(batch.num_rows, np.int8)


@pytest.fixture(scope="session")
def known():
    """One payment in fifty is stolen."""
    size = Size(n_cardholders=4_000, n_merchants=800, days=60)
    world = PaymentsWorld(size, seed=7, base_rate=0.02)
    history = world.history()
    return Known(world, history, joined(history.payments, world.truth(history)))


@pytest.fixture(scope="session")
def allowed(known):
    """Twenty days in which everything goes through."""
    return known.live(allow_all)


@pytest.fixture(scope="session")
def oracle(known):
    """A policy that knows the thieves, from what they do when nobody stops them."""
    truth = known.live(allow_all, days=40).truth
    stolen = truth.filter(truth["true_is_fraud"])["payment_id"].to_numpy()

    def policy(batch, view):
        return np.where(np.isin(batch["payment_id"], stolen), 3, 0).astype(np.int8)

    return policy


@pytest.fixture(scope="session")
def stopped(known, oracle):
    """The same twenty days in which the oracle blocks."""
    return known.live(oracle)
