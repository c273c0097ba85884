"""What honest people do, and three kinds of gaps in what is known of it.

That they travel, change phones, spend by income and in bursts is held row by row by the
checksums of the contract test.
"""

import numpy as np
import pytest

from sevensteps.cases.fraud.world.calendar import season


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
    shop = known.rows[known.rows.channel != "online"]
    nowhere = ["device_id", "ip_country", "address_match", "ip_risk"]
    assert shop[nowhere].isna().all(axis=None)
    assert online.ip_risk.between(0, 1).all()
