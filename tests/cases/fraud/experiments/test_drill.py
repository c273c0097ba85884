"""What monitors of payments read, and a model in shadow that they watch."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.fraud.experiments import incident_drill
from sevensteps.cases.fraud.experiments.simulation import (
    INPUTS,
    ShadowDays,
    daily_numbers,
    odd_merchants,
)
from sevensteps.cases.fraud.features import FEATURES
from sevensteps.cases.fraud.world import DAY, Incident, PaymentsWorld, Size
from sevensteps.monitor import DriftReference

from .conftest import by_hand

INPUT_COLUMNS = [FEATURES.index(name) for name in INPUTS]
RISK, AMOUNT = FEATURES.index("ip_risk"), FEATURES.index("amount")
START = 62


def score(x):
    """A probability by hand."""
    risk = np.nan_to_num(x[:, RISK]) * np.minimum(x[:, AMOUNT] / 1_000, 1)
    return (0.2 * risk).astype(np.float64)


def shop(day, merchant, amounts, usual):
    """One merchant's payments of a day."""
    columns = {"day": day, "merchant": merchant, "amount": amounts, "usual": usual}
    return pd.DataFrame(columns)


def rows_of(table):
    """A sample of payments by hand."""
    rows = by_hand(len(table), day=table["day"].to_numpy(np.int32))
    rows = rows.replaced("amount", table["amount"])
    return rows.replaced("merchant_mean_30d", table["usual"])


def test_a_planted_merchant_is_found_and_no_other():
    rng = np.random.default_rng(0)
    usual = [
        shop(day, merchant, rng.lognormal(3, 0.7, 6), 25.0)
        for day in (4, 5, 6)
        for merchant in range(20)
    ]
    odd = [
        shop(5, 30, [1_000, 1_100, 900, 20], 10),  # cents as euros
        shop(5, 31, [1_000, 1_100], 10),  # too few to tell
        shop(5, 32, [10, 12, 5_000, 9, 11], 10),  # one large payment
        shop(5, 33, [1_000] * 5, 900),  # always dear
        shop(5, 34, [1_000] * 5, np.nan),  # has no last month
        shop(6, 31, [300, 300, 300], 10),
        shop(6, 30, [300, 300, 300], 10),
    ]
    table = pd.concat([*usual, *odd], ignore_index=True).sample(frac=1, random_state=1)
    found = odd_merchants(rows_of(table), table["merchant"].to_numpy())
    assert found.to_dict() == {4: 0.0, 5: 1.0, 6: 2.0}


@pytest.fixture(scope="module")
def drill():
    """Six days of incidents in a world of two hundred people."""
    world = PaymentsWorld(Size(200, 100, 68), seed=7, base_rate=0.02)
    return incident_drill(world, score, START)


@pytest.mark.parametrize("kind", [None, "unit_change", "breach"])
def test_days_in_shadow_are_the_history_that_follows(drill, kind):
    world, before = drill.simulation.world, drill.baseline()
    struck = world if kind is None else world.inject(Incident(kind, START, 6))
    history = struck.history()
    day = history.column("paid_at") // DAY
    after = drill.branch(before, kind).outcome
    for days, first, end in ((before.outcome, 45, START), (after, START, 68)):
        amount = history.column("amount")[(day >= first) & (day < end)]
        np.testing.assert_array_equal(days.rows.amount, amount)
        assert days.end == end


def test_the_numbers_of_a_day_by_hand():
    rng = np.random.default_rng(0)
    table = pd.concat([shop(day, 3, [10, 12, 9, 30], 10) for day in (60, 61, 62)])
    rows = rows_of(table).replaced("ip_risk", rng.random(12))
    rows = rows.replaced("amount", [*rows.amount[:8], *[5_000] * 4])
    reported, p = np.array([50, 55, 55, 61, 62, 70]), score(rows.x)
    days = ShadowDays(rows, table["merchant"].to_numpy(), p, reported, 63)
    usual = np.zeros((500, len(FEATURES)), np.float32)
    usual[:, INPUT_COLUMNS] = rng.normal(size=(500, len(INPUTS)))
    earlier = replace(days, rows=replace(rows, x=usual))
    numbers = daily_numbers(days, earlier)
    reference = DriftReference.fit(usual[::10][:, INPUT_COLUMNS], INPUTS)
    assert numbers.index.tolist() == [60, 61, 62]
    assert numbers["merchants"].tolist() == [0, 0, 1]
    assert numbers["chargebacks"].tolist() == [2, 3, 2]
    for day, today in numbers.iterrows():
        at = rows.day == day
        assert today["alerts"] == (p[at] > 0.01).sum()
        assert today["frauds"] == pytest.approx(p[at].sum())
        psi = reference.psi_by_day(rows.x[at][:, INPUT_COLUMNS], rows.day[at])
        assert today[list(INPUTS)].tolist() == psi.loc[day].tolist()
