"""Each incident is there at its time and size, and nowhere before."""

from functools import cache

import numpy as np
import pytest

from sevensteps.cases.fraud.world import DAY, Incident

from .conftest import allow_all, joined

START, DAYS = 30, 10


@pytest.fixture(scope="module")
def strike(known):
    """Histories of the same world with an incident, by kind."""

    @cache
    def strike(kind):
        world = known.world.inject(Incident(kind, start_day=START, days=DAYS))
        log = world.history(days=50)
        return joined(log.payments, world.truth(log))

    return strike


def during(rows):
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
    rows = strike("breach")
    extra = (
        rows.true_is_fraud.sum() - known.rows[known.rows.day < 50].true_is_fraud.sum()
    )
    event = rows.true_campaign // 100_000 == (START + 70) * 10 + 2
    stolen = rows[event & (rows.true_campaign % 100_000 >= 50_000)]
    assert len(stolen) > 0.25 * 20 * known.world.draws.theft_rate  # by day 50
    assert abs(extra - len(stolen)) < 0.1 * len(stolen)


def test_a_holiday_brings_volume_and_travel(known, strike):
    now, usual = during(strike("holiday")), during(known.rows)
    assert len(now) / len(usual) == pytest.approx(1.8, rel=0.05)
    assert now.true_travelling.mean() > 1.8 * usual.true_travelling.mean()
    after = strike("holiday")[lambda r: r.day >= START + DAYS]
    assert len(after) == (known.rows.day.between(START + DAYS, 49)).sum()


def test_a_live_run_is_shown_cents_and_moves_euros(known):
    struck = known.world.inject(Incident("unit_change", start_day=62, days=2))
    outcome, calm = (known.live(allow_all, 5, w) for w in (struck, known.world))
    ratio = np.divide(*(each.payments["amount"].to_numpy() for each in (outcome, calm)))
    day = outcome.payments["paid_at"].to_numpy() // DAY
    assert set(day[ratio > 50]) == {62, 63}
    assert outcome.daily().fraud_loss.equals(calm.daily().fraud_loss)
