"""Each way to steal leaves its marks, at the stated size."""

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.fraud.world import METHODS, Incident
from sevensteps.cases.fraud.world.kinds import SHARE


def stolen(known, method: str) -> pd.DataFrame:
    """A method's payments."""
    return known.rows[known.rows.true_method == method]


def clusters(rows: pd.DataFrame) -> np.ndarray:
    """Payments by campaign; a breach is one campaign however many cards it took."""
    breach = rows.true_method == "breach"
    event = rows.true_campaign.where(~breach, -(rows.true_campaign // 100_000))
    friendly = rows.true_method == "friendly"
    event = event.where(~friendly, -rows.index.to_numpy() - 10**6)
    return event.value_counts().to_numpy()


def far(n: float, expected: float, sizes: np.ndarray) -> float:
    """Distance from a clustered Poisson count's expectation, in standard deviations."""
    each = (sizes**2).sum() / max(sizes.sum(), 1)
    return abs(n - expected) / np.sqrt(expected * each)


def test_the_base_rate_is_the_stated_one(known):
    rows = known.rows[known.rows.true_is_fraud]
    assert "new_method" not in set(rows.true_method)  # it needs its incident
    expected = known.world.base_rate * len(known.rows)
    assert far(len(rows), expected, clusters(rows)) < 3


@pytest.mark.parametrize("method", METHODS[1:7])
def test_each_method_has_its_share(known, method):
    rows = stolen(known, method)
    expected = known.world.draws.theft_rate * SHARE[method] * known.world.size.days
    assert far(len(rows), expected, clusters(rows)) < 3.5
    assert len(rows) > 0.4 * expected


def test_a_breach_has_one_common_point_of_purchase(quiet, join_truth):
    world = quiet.world.inject(Incident("breach", start_day=40, days=1, size=20))
    log = world.history()
    rows = join_truth(log.payments, world.truth(log))
    victims = set(rows.card_id[rows.true_method == "breach"])
    before = rows[(rows.day < 40) & (rows.channel == "online")]
    pairs = before[["card_id", "merchant_id"]].drop_duplicates()
    mine = pairs.card_id.isin(victims)
    among = pairs.merchant_id[mine].value_counts() / len(victims)
    usual = pairs.merchant_id[~mine].value_counts() / (world.size.n_cardholders * 1.2)
    assert len(victims) > 50
    assert among.iloc[0] > 0.7
    assert among.iloc[0] > 1.8 * usual[among.index[0]]
    assert among.iloc[1] < among.iloc[0]


def test_stolen_numbers_are_used_weeks_after_the_breach(known):
    rows = stolen(known, "breach")
    start = rows.true_campaign // 1_000_000 - 70
    assert 8 < (rows.day - start).median() < 25
    assert (rows.day - start).min() >= 2


def test_a_ring_shares_devices_and_two_merchants(known):
    rings = stolen(known, "ring").groupby("true_campaign")
    large = rings.filter(lambda r: len(r) >= 12).groupby("true_campaign")
    assert (large.merchant_id.nunique() <= 2).all()
    cards_by_device = (
        stolen(known, "ring")
        .dropna(subset="device_id")
        .groupby(["true_campaign", "device_id"])
        .card_id.nunique()
    )
    assert cards_by_device.quantile(0.75) >= 3
    assert (large.card_id.nunique() <= 12).all()
    honest = known.rows[~known.rows.true_is_fraud].dropna(subset="device_id")
    assert honest.groupby("device_id").cardholder_id.nunique().max() == 1


def test_the_merchants_of_a_ring_are_small(known):
    honest = known.rows[~known.rows.true_is_fraud & (known.rows.channel == "online")]
    sales = honest.merchant_id.value_counts()
    mules = stolen(known, "ring").merchant_id.unique()
    assert (sales.reindex(mules, fill_value=0) < sales.median()).mean() > 0.9


def test_card_testing_is_tiny_sums_in_minutes(known):
    rows = stolen(known, "card_testing")
    runs = rows.groupby("true_campaign").filter(lambda r: len(r) >= 8)
    span = runs.groupby("true_campaign").paid_at.agg(np.ptp)
    assert runs.amount.median() < 3
    assert span.median() < 30 * 60
    assert runs.groupby("true_campaign").merchant_id.nunique().max() == 1
    cash = rows[~rows.true_campaign.isin(runs.true_campaign)]
    assert cash.amount.median() > 50
    assert cash.card_id.isin(runs.card_id).mean() > 0.9


def test_a_takeover_buys_large_on_a_new_device(known):
    rows = stolen(known, "takeover")
    honest = known.rows[known.rows.channel.eq("online") & ~known.rows.true_is_fraud]
    assert rows.amount.median() > 3 * honest.amount.median()
    seen = set(honest.device_id.dropna())
    assert rows.device_id.dropna().isin(seen).mean() < 0.01


def test_a_lost_card_is_used_in_shops_near_home(known):
    rows = stolen(known, "lost_stolen")
    assert (rows.channel == "online").mean() < 0.05
    country = known.history.cardholders["country"].to_pandas()
    home = country.astype(str).to_numpy()[rows.cardholder_id]
    assert (rows.country.astype(str).to_numpy() == home).mean() > 0.9


def test_friendly_fraud_is_an_honest_customers_own_payment(known):
    rows = stolen(known, "friendly")
    assert (rows.channel == "online").all()
    assert (rows.true_campaign == -1).all()
    holders = known.world.people.disputes[rows.cardholder_id]
    assert holders.all()


def test_every_theft_belongs_to_a_campaign(known):
    theft = known.rows.true_is_fraud & (known.rows.true_method != "friendly")
    assert (known.rows.true_campaign[theft] >= 0).all()
    assert (known.rows.true_campaign[~theft] == -1).all()
    assert known.rows.true_compromised[theft].all()


def test_ids_do_not_tell_thieves(known):
    stolen_row = known.rows.true_is_fraud.to_numpy()
    ids = known.rows.payment_id.to_numpy()
    device = known.rows.dropna(subset="device_id").drop_duplicates("device_id")
    for number, theft, bits in (
        (ids, stolen_row, 47),
        (device.device_id.to_numpy(np.int64), device.true_is_fraud.to_numpy(), 31),
    ):
        set_bits = (number[:, None] >> np.arange(bits)) & 1
        gap = set_bits[theft].mean(0) - set_bits[~theft].mean(0)
        assert np.abs(gap).max() < 4.5 * np.sqrt(0.25 / theft.sum())


def test_payments_are_in_order_of_time_and_id(known):
    rows = known.rows[["paid_at", "payment_id"]]
    assert rows.equals(rows.sort_values(["paid_at", "payment_id"], kind="stable"))
    assert rows.payment_id.is_unique
