"""What honest people do, and what of it looks suspicious."""

import numpy as np
import pytest

from sevensteps.cases.fraud.world import DAY
from sevensteps.cases.fraud.world.calendar import season


@pytest.fixture(scope="module")
def honest(known):
    """Honest payments."""
    return known.rows[~known.rows.true_is_fraud]


def test_travellers_pay_in_the_country_visited(honest, known):
    abroad = honest[honest.true_travelling & (honest.channel != "online")]
    assert 0.01 < honest.true_travelling.mean() < 0.12
    away = known.world.draws.today(0, 30).away
    some = abroad[abroad.day == 30]
    codes = some.country.cat.codes.to_numpy()
    assert len(some) > 20
    assert (codes == away[some.cardholder_id]).all()
    assert (away[away > 0] != known.world.people.country[away > 0]).all()


def test_a_new_phone_is_a_device_not_seen_before(honest):
    rows = honest[(honest.day >= 40) & honest.device_id.notna()]
    before = set(honest.device_id[honest.day < 37].dropna())
    fresh = rows[rows.true_new_device & ~rows.true_travelling]
    assert 0.001 < honest.true_new_device.mean() < 0.012
    assert fresh.device_id.isin(before).mean() < 0.05


def test_bursts_are_many_small_payments_at_one_shop_within_an_hour(honest):
    hour = honest.paid_at // 3600
    small = honest[honest.amount < 6.01]
    groups = small.groupby([small.card_id, small.merchant_id, hour]).size()
    a_day = (groups >= 5).sum() / honest.day.nunique()
    expected = len(honest) / honest.day.nunique() * 0.0004
    assert 0.4 * expected < a_day < 2 * expected


def test_one_payment_in_five_hundred_is_four_to_twelve_times_larger(known):
    shops, people = known.world.people.merchants, known.world.people
    rows = known.rows[~known.rows.true_is_fraud & (known.rows.amount > 6)]
    usual = shops.log_mean[rows.merchant_id] + people.log_spend[rows.cardholder_id]
    z = (np.log(rows.amount) - usual) / shops.log_sd[rows.merchant_id]
    assert 3e-4 < (z > 3).mean() - 0.00135 < 2.0e-3


def test_amounts_are_cents_from_half_a_euro_to_nine_thousand_and_taps_small(known):
    amount = known.rows.amount.to_numpy(float)
    assert known.rows.amount[known.rows.channel == "contactless"].max() <= 50
    assert amount.min() >= 0.5
    assert amount.max() <= 9_000
    assert np.abs(amount * 100 - np.rint(amount * 100)).max() < 0.05


def test_hours_weeks_and_months_have_their_season(quiet):
    by_day = quiet.rows.groupby("day").size()
    expected = np.array([season(d) for d in by_day.index])
    level = by_day.sum() / expected.sum()
    sd = np.sqrt(by_day.to_numpy())
    assert (np.abs(by_day.to_numpy() - level * expected) < 4.5 * sd).all()
    saturday, sunday = by_day[by_day.index % 7 == 3], by_day[by_day.index % 7 == 4]
    assert saturday.mean() > 1.15 * sunday.mean()
    payday = np.isin(by_day.index % 30, (25, 26, 27, 28, 29, 0, 1, 2))
    assert by_day[payday].mean() > 1.04 * by_day[~payday].mean()
    assert season(350) > 1.1 * season(287)  # Wednesdays, one in December
    hour = quiet.rows.paid_at % DAY // 3600
    assert ((hour >= 1) & (hour < 5)).mean() < 0.03
    assert hour.between(11, 20).mean() > 0.7


def test_people_differ_in_how_often_and_where_they_pay(quiet):
    counts = quiet.rows.merchant_id.value_counts()
    top = counts.iloc[: len(counts) // 100 + 1].sum() / counts.sum()
    assert top > 0.15  # merchants are heavy-tailed
    by_card = quiet.rows.groupby("card_id").size()
    assert by_card.var() > 5 * by_card.mean()
    online = quiet.rows.channel.eq("online").groupby(quiet.rows.cardholder_id).mean()
    often = quiet.rows.groupby("cardholder_id").size() > 30
    assert online[often].quantile(0.9) > 2 * online[often].quantile(0.1)


def test_richer_people_pay_more(quiet):
    people = quiet.world.people
    mean = quiet.rows.groupby("cardholder_id").amount.median()
    income = people.income[mean.index]
    rich = income > np.median(income)
    assert mean[rich].mean() > 1.1 * mean[~rich].mean()
