"""Each incident is there at its time and size, and nowhere before."""

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.fraud.world import DAY, Incident

START, DAYS = 30, 10


@pytest.fixture(scope="module")
def strike(known, join_truth):
    """Histories of the same world with an incident, by kind."""
    made = {}

    def strike(kind, size=1.0):
        if kind not in made:
            incident = Incident(kind, start_day=START, days=DAYS, size=size)
            world = known.world.inject(incident)
            log = world.history(days=50)
            made[kind] = join_truth(log.payments, world.truth(log))
        return made[kind]

    return strike


def during(rows: pd.DataFrame) -> pd.DataFrame:
    """The incident's own days."""
    return rows[(rows.day >= START) & (rows.day < START + DAYS)]


@pytest.mark.parametrize("kind", ["stale_feed", "unit_change"])
def test_a_broken_feed_changes_no_behaviour(known, strike, kind):
    broken = {"ip_risk", "amount", "action", "true_compromised"}
    columns = [c for c in known.rows if c not in broken]
    after = known.rows[known.rows.day < 50]
    assert strike(kind)[columns].equals(after[columns])
    fixed = strike(kind)[lambda r: r.day >= START + DAYS]
    usual = after[after.day >= START + DAYS]
    assert fixed.amount.equals(usual.amount)
    assert fixed.ip_risk.equals(usual.ip_risk)


def test_a_stale_feed_looks_usual_and_says_nothing(known, strike):
    def gap(rows):
        risk = rows.dropna(subset="ip_risk").groupby("true_is_fraud").ip_risk.mean()
        return risk[True] - risk[False]

    assert gap(known.rows) > 0.15
    assert abs(gap(during(strike("stale_feed")))) < 0.05
    honest = ~strike("stale_feed").true_is_fraud
    stale = during(strike("stale_feed")[honest]).ip_risk
    usual = during(known.rows[~known.rows.true_is_fraud]).ip_risk
    assert stale.isna().equals(usual.isna())
    assert stale.quantile(0.9) == pytest.approx(usual.quantile(0.9), abs=0.03)


def test_a_unit_change_multiplies_some_merchants_by_a_hundred(known, strike):
    now, usual = during(strike("unit_change")), during(known.rows)
    ratio = (now.amount / usual.amount).round(3)
    assert set(ratio) == {1.0, 100.0}
    struck = ratio.groupby(now.merchant_id).max() == 100
    assert ratio.groupby(now.merchant_id).nunique().max() == 1
    assert 0.005 < struck.mean() < 0.05


def test_a_new_method_spreads_at_half_the_usual_theft(known, strike):
    rows = strike("new_method")
    new = rows[rows.true_method == "new_method"]
    expected = 0.5 * known.world.draws.theft_rate * DAYS
    assert new.day.min() >= START
    assert abs(len(new) - expected) < 4 * np.sqrt(expected * 10)
    assert (new.channel == "contactless").mean() > 0.8
    assert new.amount.max() < 100


def test_a_breach_brings_twenty_days_of_theft(known, strike):
    extra = strike("breach").true_is_fraud.sum()
    extra -= known.rows[known.rows.day < 50].true_is_fraud.sum()
    campaigns = strike("breach").true_campaign
    event = campaigns[campaigns // 100_000 == (START + 70) * 10 + 2]
    victims = event[event % 100_000 >= 50_000]
    expected = 20 * known.world.draws.theft_rate
    assert len(victims) > 0.25 * expected  # not all comes before day 50
    assert abs(extra - len(victims)) < 0.1 * len(victims)


def test_a_holiday_brings_volume_and_travel(known, strike):
    now, usual = during(strike("holiday")), during(known.rows)
    assert len(now) / len(usual) == pytest.approx(1.8, rel=0.05)
    assert now.true_travelling.mean() > 1.8 * usual.true_travelling.mean()
    after = strike("holiday")[lambda r: r.day >= START + DAYS]
    assert len(after) == (known.rows.day.between(START + DAYS, 49)).sum()


def test_a_live_run_is_shown_cents_and_moves_euros(known, allow_all):
    world = known.world.inject(Incident("unit_change", start_day=62, days=2))
    outcome, calm = (
        each.live(allow_all, days=5, seed=1, history=known.history)
        for each in (world, known.world)
    )
    amount = outcome.payments["amount"].to_numpy()
    ratio = amount / calm.payments["amount"].to_numpy()
    day = outcome.payments["paid_at"].to_numpy() // DAY
    assert set(day[ratio > 50]) == {62, 63}
    assert outcome.daily().fraud_loss.equals(calm.daily().fraud_loss)
