"""Samples hold every fraud, honest shares of the rest, and labels of their day."""

from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.fraud.experiments import sample
from sevensteps.cases.fraud.experiments.models import reported_days
from sevensteps.cases.fraud.features import FEATURES, feature_matrix, offline
from sevensteps.cases.fraud.world import DAY

from .conftest import by_hand

SPANS = [(42, 50, 0.3), (50, 60, 0.6)]


def slow_reported(history):
    """Day of each payment's chargeback, by dictionary."""
    rows = history.chargebacks.to_pylist()
    reported = {row["payment_id"]: row["reported_at"] // DAY for row in rows}
    return [reported.get(i, np.inf) for i in history.payments["payment_id"].to_pylist()]


def test_reported_days_are_the_dictionarys(history):
    rng = np.random.default_rng(0)
    payments = history.payments.take(rng.permutation(history.payments.num_rows))
    reported = history.chargebacks.take(rng.permutation(history.chargebacks.num_rows))
    mixed = replace(history, payments=payments, chargebacks=reported)
    for one in (history, mixed, replace(history, chargebacks=reported.slice(0, 0))):
        assert reported_days(one).tolist() == slow_reported(one)


def test_every_fraud_of_the_asked_days_is_there_as_in_the_history(history, drawn):
    reported = np.array(slow_reported(history))
    day = history.column("paid_at") // DAY
    wanted = np.flatnonzero(np.isfinite(reported) & (day >= 42))
    assert len(wanted) > 50
    assert set(drawn.row[drawn.label]) == set(wanted)
    assert drawn.day.min() == 42
    np.testing.assert_array_equal(drawn.day, day[drawn.row])
    np.testing.assert_array_equal(drawn.reported_day, reported[drawn.row])
    table = offline(history)
    np.testing.assert_array_equal(drawn.x, feature_matrix(table)[drawn.row])
    np.testing.assert_array_equal(drawn.amount, history.column("amount")[drawn.row])


def test_the_same_seed_takes_a_smaller_share_out_of_a_larger(history, drawn):
    fewer = sample(history, {50: 0.2})
    thinned = drawn.between(50, 60).labelled(honest=0.2)
    assert thinned.row.tolist() == fewer.row.tolist()
    every = sample(history)  # all from day thirty, unless asked otherwise
    late = history.column("paid_at") >= 30 * DAY
    assert every.row.tolist() == np.flatnonzero(late).tolist()
    assert (every.weight == 1).all()


@pytest.mark.parametrize("share", [0.0, 1.5, np.nan])
def test_impossible_shares_are_refused(history, drawn, share):
    with pytest.raises(ValueError, match=rf"must lie in \(0, 1\], not \[{share}\]"):
        sample(history, {30: 0.5, 40: share})
    with pytest.raises(ValueError, match=rf"must lie in \(0, 1\], not {share}"):
        drawn.labelled(by=50, honest=share)


def test_a_label_is_known_the_morning_after_its_report():
    rows = by_hand(4, reported_day=np.array([49, 50, 51, np.inf]))
    assert rows.labelled(by=50).label.tolist() == [True, False, False, False]
    assert rows.labelled(by=51).label.tolist() == [True, True, False, False]
    assert rows.labelled().label.tolist() == [True, True, True, False]


def test_a_fraud_that_nobody_reported_yet_is_thinned_like_the_honest():
    rows = by_hand(
        5,
        reported_day=np.array([60, 60, np.inf, np.inf, 45]),
        draw=np.array([0.1, 0.9, 0.1, 0.9, 0.9]),
        share=np.full(5, 0.5),
    )
    assert rows.labelled(by=50).row.tolist() == [0, 2, 4]
    assert rows.labelled().row.tolist() == [0, 1, 2, 4]
    assert rows.labelled(by=50, honest=0.05).row.tolist() == [4]
    again = rows.labelled(honest=0.05).labelled(honest=0.9)
    assert (again.share == 0.05).all()  # lowered, and never raised


@pytest.mark.parametrize(("by", "honest"), [(None, 1.0), (55, 1.0), (50, 0.2)])
def test_the_rows_stand_for_all_payments(history, drawn, by, honest):
    day = history.column("paid_at") // DAY
    rows = drawn.labelled(by=by, honest=honest)
    for first, end, share in SPANS:
        kept = min(share, honest)
        n = ((day >= first) & (day < end)).sum()
        spread = np.sqrt(n * (1 - kept) / kept)
        assert rows.between(first, end).weight.sum() == pytest.approx(n, abs=4 * spread)
    assert (rows.weight[rows.label] == 1).all()


def test_one_feature_can_be_replaced(drawn):
    before = drawn.x.copy()
    larger = drawn.replaced("amount", drawn.amount * 100)
    np.testing.assert_allclose(larger.amount, drawn.amount * 100, rtol=1e-6)
    others = [i for i, name in enumerate(FEATURES) if name != "amount"]
    np.testing.assert_array_equal(larger.x[:, others], drawn.x[:, others])
    np.testing.assert_array_equal(drawn.x, before)
