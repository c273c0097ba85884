"""What the past holds: honest payments, thefts at their stated size, late labels.

What people and thieves do in detail is held row by row by the checksums of the contract
test.
"""

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.fraud.world import DAY, METHODS
from sevensteps.cases.fraud.world.honest import season
from sevensteps.cases.fraud.world.schema import DELAY_DAYS, P_REPORT, SHARE


def test_amounts_are_cents_from_half_a_euro_to_nine_thousand_and_taps_small(known):
    amount = known.rows.amount.to_numpy(float)
    assert known.rows.amount[known.rows.channel == "contactless"].max() <= 50
    assert amount.min() >= 0.5
    assert amount.max() <= 9_000
    assert np.abs(amount * 100 - np.rint(amount * 100)).max() < 0.05


def test_weeks_months_and_december_have_their_season_by_hand(known):
    week = dict(enumerate([0.94, 0.94, 0.96, 0.98, 1.10, 1.16, 0.92]))
    assert [season(d) for d in range(12, 19)] == pytest.approx(
        [0.98 * week[(d + 2) % 7] for d in range(12, 19)]
    )
    month = [season(d) / week[(d + 2) % 7] for d in (24, 25, 32, 33)]
    assert month == pytest.approx([0.98, 1.08, 1.08, 0.98])
    assert season(350) == pytest.approx(0.98 * week[2] * 1.2)  # in December
    by_day = known.rows[~known.rows.true_is_fraud].groupby("day").size()
    assert np.corrcoef(by_day, [season(d) for d in by_day.index])[0, 1] > 0.8


def test_what_is_missing_depends_on_chance_on_what_is_seen_or_on_what_is_not(known):
    online = known.rows[known.rows.channel == "online"]
    lost = online.ip_country.isna()
    assert abs(lost.mean() - 0.02) < 4 * np.sqrt(0.02 / len(online))
    home = known.history.cardholders["country"].to_pandas()[online.cardholder_id]
    foreign = online.country.astype(str) != home.astype(str).to_numpy()
    assert online.address_match.isna().equals(foreign)
    theft = online.true_is_fraud & (online.true_method != "friendly")
    hidden = online.device_id.isna()
    assert 0.03 < hidden[~theft].mean() < 0.10
    assert 0.28 < hidden[theft].mean() < 0.42
    income, told = known.world.people.income, known.history.cardholders.to_pandas()
    silent = told.declared_income.isna().to_numpy()
    high = income > np.quantile(income, 0.9)
    assert silent[high].mean() > 3 * silent[~high].mean()


@pytest.mark.parametrize("method", METHODS[1:7])
def test_each_method_has_its_share_of_the_base_rate(known, method):
    """About: a breach takes many cards at once."""
    rows = known.rows[known.rows.true_method == method]
    expected = known.world.base_rate * SHARE[method] * len(known.rows)
    assert 0.6 < len(rows) / expected < (2.5 if method == "breach" else 1.6)
    assert rows.true_is_fraud.all()


def test_a_past_has_a_campaign_for_every_theft_and_no_new_method(known):
    theft = known.rows.true_is_fraud & (known.rows.true_method != "friendly")
    assert (known.rows.true_campaign[theft] >= 0).all()
    assert (known.rows.true_campaign[~theft] == -1).all()
    assert "new_method" not in set(known.rows.true_method)  # it needs its incident
    assert known.rows.payment_id.is_unique


@pytest.fixture(scope="module")
def labelled(known):
    """Payments with the days until a chargeback arrives, NaN if none ever does."""
    told = known.history.chargebacks.to_pandas().set_index("payment_id").reported_at
    reported_at = known.rows.payment_id.map(told)
    return known.rows.assign(delay=(reported_at - known.rows.paid_at) / DAY)


@pytest.mark.parametrize("method", METHODS[1:7])
def test_each_method_is_reported_as_often_and_as_late_as_stated(labelled, method):
    share, days = (each[METHODS.index(method)] for each in (P_REPORT, DELAY_DAYS))
    passed = labelled[(labelled.true_method == method) & (labelled.action == "allow")]
    spread = np.sqrt(share * (1 - share) / len(passed))
    assert abs(passed.delay.notna().mean() - share) <= 4 * spread
    assert passed.delay.median() == pytest.approx(days, rel=0.15)


def test_labels_come_within_120_days_and_some_are_wrong(labelled):
    delay = labelled.delay.dropna()
    assert 14 < delay.median() < 21
    assert delay.min() > 0
    assert 90 < delay.max() <= 120
    assert (delay > 119.9).mean() < 0.001  # cut, not piled up
    honest = labelled[~labelled.true_is_fraud]
    expected = 0.05 * 0.02 * len(honest)
    assert abs(honest.delay.notna().sum() - expected) < 4 * np.sqrt(expected)


def test_a_declined_payment_is_never_labelled(labelled, stopped):
    declined = labelled[labelled.action == "block"]
    assert len(declined) > 20
    assert declined.delay.isna().all()
    told = set(stopped.chargebacks["payment_id"].to_pylist())
    refused = stopped.payments.filter(np.logical_not(stopped.payments["approved"]))
    assert refused.num_rows > 100
    assert not told & set(refused["payment_id"].to_pylist())


def test_a_policy_is_told_each_report_once_and_none_early(known):
    told, start = [], known.history.days * DAY

    def watch(batch, view):
        new = view.new_chargebacks
        assert "action" not in batch.column_names  # nor what was done
        assert (new["reported_at"].to_numpy() < view.day * DAY).all()
        told.extend(new["payment_id"].to_pylist())
        assert (view.history.chargebacks["reported_at"].to_numpy() < start).all()
        return np.zeros(batch.num_rows, np.int8)

    outcome = known.live(watch, days=8, seed=3)
    reports = [known.history.chargebacks, outcome.chargebacks]
    every = pd.concat([table.to_pandas() for table in reports])
    due = every.payment_id[every.reported_at.between(start, start + 7 * DAY - 1)]
    assert sorted(told) == sorted(due)
