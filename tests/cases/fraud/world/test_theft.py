"""Each way to steal leaves its marks, at the stated size."""

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.fraud.world import METHODS
from sevensteps.cases.fraud.world.kinds import SHARE


def stolen(known, method):
    """A method's payments."""
    return known.rows[known.rows.true_method == method]


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
    rows = stolen(known, method)
    expected = known.world.draws.theft_rate * SHARE[method] * known.world.size.days
    assert far(rows, expected) < 3.5
    assert len(rows) > 0.4 * expected


@pytest.mark.parametrize(
    ("method", "low", "high", "mark"),
    [
        ("lost_stolen", 0, 0.05, lambda r: (r.channel == "online").mean()),
        ("takeover", 200, 300, lambda r: r.amount.median()),
        ("takeover", 1, 1, lambda r: r.channel.eq("online").mean()),
        ("friendly", 1, 1, lambda r: r.channel.eq("online").mean()),
        ("breach", 8, 25, lambda r: days_since(r).median()),  # weeks later
        ("breach", 2, 10, lambda r: days_since(r).min()),
        ("ring", 1, 2, lambda r: by_campaign(r).merchant_id.nunique().max()),
        ("ring", 5, 12, lambda r: by_campaign(r).card_id.nunique().max()),
        ("ring", 3, 12, lambda r: by_device(r).card_id.nunique().quantile(0.75)),
    ],
)
def test_a_method_leaves_its_mark(known, method, low, high, mark):
    assert low <= mark(stolen(known, method)) <= high


def days_since(rows):
    """Days since a payment's campaign began."""
    return rows.day - (rows.true_campaign // 1_000_000 - 70)


def by_campaign(rows):
    return rows.groupby("true_campaign")


def by_device(rows):
    return rows.groupby(["true_campaign", "device_id"])


def test_card_testing_is_tiny_sums_in_minutes(known):
    rows = stolen(known, "card_testing")
    runs = by_campaign(rows).filter(lambda r: len(r) >= 8)
    assert runs.amount.median() < 3
    assert by_campaign(runs).paid_at.agg(np.ptp).median() < 30 * 60
    assert by_campaign(runs).merchant_id.nunique().max() == 1
    cash = rows[~rows.true_campaign.isin(runs.true_campaign)]
    assert cash.amount.median() > 50
    assert cash.card_id.isin(runs.card_id).mean() > 0.9


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
