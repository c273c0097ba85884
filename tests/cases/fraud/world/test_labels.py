"""Labels come late, partly, and sometimes wrong."""

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.fraud.world import DAY, METHODS
from sevensteps.cases.fraud.world.kinds import DELAY_DAYS, P_REPORT


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
