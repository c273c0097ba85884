"""What the contract tests run the payments on."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from sevensteps.cases.fraud.data.history import SCHEMA as SCHEMA
from sevensteps.cases.fraud.world import PaymentsWorld, Size

make = partial(PaymentsWorld, base_rate=0.05)
SIZE = Size(n_cardholders=600, n_merchants=120, days=4)
OTHER = {"base_rate": 0.04}
#: Of the world's tables, by generator 2: whoever means to change them raises it.
ROWS = {
    "history payments": "6f3cd0940b05d769",
    "history cardholders": "a7df2ad2bda922b8",
    "history cards": "89d0cd2f51faead1",
    "history merchants": "ab1979f8bcb0f1c1",
    "history chargebacks": "7a93a7fd60c940bd",
    "truth": "beb2c78b431ac3b6",
    "live": "9270059710cd3e9b",
    "live truth": "48089ba536aa7ae7",
    "arms": "da7fc5909e51a92b",
}
DEMO_WORLD = PaymentsWorld(Size(300, 100, 70), seed=7, base_rate=0.02)


def fixed(batch, view):
    """A limit on the amount."""
    return np.where(batch["amount"].to_numpy() > 200, 3, 0).astype(np.int8)


def simulation():
    """Two hundred cardholders, of whose payments one in fifty is stolen."""
    from sevensteps.cases.fraud import experiments as fraud

    def careful(batch, view):
        return np.where(batch["amount"].to_numpy() > 40, 3, 0).astype(np.int8)

    world = PaymentsWorld(Size(200, 100, 66), seed=7, base_rate=0.02)
    drill = fraud.incident_drill(world, lambda x: np.full(len(x), 0.001), 60)
    suspects = {"everybody": lambda policy, day: lambda x: np.ones(len(x))}
    return {
        "simulation": fraud.PaymentsSimulation(world, world.history(50)),
        "today": fraud.allow_everything,
        "rival": careful,
        "log": "payments",
        "drill": replace(
            drill, faults={"nothing": lambda policy, day: policy} | suspects
        ),
        "loud": ("everybody", "scores"),
    }


def tables():
    """A small folder for `--data`."""
    n = 200
    payments = {
        "payment_id": [f"p{i}" for i in range(n)],
        "paid_at": pd.date_range("2026-01-07", periods=n, freq="h"),
        "card_id": [f"c{i % 9}" for i in range(n)],
        "merchant_id": [f"m{i % 5}" for i in range(n)],
        "amount": [1.5 + i % 7 for i in range(n)],
        "is_fraud": [int(i % 20 == 0) for i in range(n)],
    }
    return {"payments": pd.DataFrame(payments)}
