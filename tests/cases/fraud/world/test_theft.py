"""Thefts at their stated size, and nothing that gives them away.

How each method works is held row by row by the checksums of the contract test.
"""

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.fraud.world import METHODS
from sevensteps.cases.fraud.world.kinds import SHARE


def far(rows, expected):
    """Distance from a clustered Poisson count's expectation, in standard deviations.

    A breach is one campaign however many cards it took.
    """
    breach = rows.true_method == "breach"
    event = rows.true_campaign.where(~breach, -(rows.true_campaign // 100_000))
    friendly = rows.true_method == "friendly"
    event = event.where(~friendly, -rows.index.to_numpy() - 10**6)
    sizes = event.value_counts().to_numpy()
    each = (sizes**2).sum() / max(sizes.sum(), 1)
    return abs(len(rows) - expected) / np.sqrt(expected * each)


def test_the_base_rate_is_the_stated_one(known):
    rows = known.rows[known.rows.true_is_fraud]
    assert "new_method" not in set(rows.true_method)  # it needs its incident
    assert far(rows, known.world.base_rate * len(known.rows)) < 3


@pytest.mark.parametrize("method", METHODS[1:7])
def test_each_method_has_its_share(known, method):
    rows = known.rows[known.rows.true_method == method]
    expected = known.world.draws.theft_rate * SHARE[method] * known.world.size.days
    assert far(rows, expected) < 3.5
    assert len(rows) > 0.4 * expected


def test_every_theft_belongs_to_a_campaign_and_no_device_to_two_honest_people(known):
    theft = known.rows.true_is_fraud & (known.rows.true_method != "friendly")
    assert (known.rows.true_campaign[theft] >= 0).all()
    assert (known.rows.true_campaign[~theft] == -1).all()
    assert known.rows.true_compromised[theft].all()
    honest = known.rows[~theft].dropna(subset="device_id")
    assert honest.groupby("device_id").cardholder_id.nunique().max() == 1


def test_ids_do_not_tell_thieves(known):
    device = known.rows.dropna(subset="device_id").drop_duplicates("device_id")
    for number, theft, bits in (
        (known.rows.payment_id, known.rows.true_is_fraud, 47),
        (device.device_id, device.true_is_fraud, 31),
    ):
        set_bits = (number.to_numpy(np.int64)[:, None] >> np.arange(bits)) & 1
        gap = set_bits[theft].mean(0) - set_bits[~theft].mean(0)
        assert np.abs(gap).max() < 4.5 * np.sqrt(0.25 / theft.sum())


def test_payments_are_in_order_of_time_and_id(known):
    rows = known.rows[["paid_at", "payment_id"]]
    pd.testing.assert_frame_equal(rows, rows.sort_values([*rows], kind="stable"))
    assert rows.payment_id.is_unique
