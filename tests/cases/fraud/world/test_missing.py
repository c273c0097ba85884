"""Three kinds of gaps: at random, by what is seen, by what is not."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency


@pytest.fixture(scope="module")
def online(known):
    """Online payments, with the country of the cardholder."""
    rows = known.rows[known.rows.channel == "online"].copy()
    home = known.history.cardholders["country"].to_pandas().astype(str).to_numpy()
    rows["home"] = home[rows.cardholder_id]
    return rows


def p_independent(missing, of) -> float:
    """Chi-squared probability that gaps do not depend on something."""
    table = np.array([np.bincount(of[missing]), np.bincount(of[~missing])])
    return float(chi2_contingency(table[:, table.sum(0) > 0]).pvalue)


def test_the_address_of_the_network_is_lost_completely_at_random(online):
    missing = online.ip_country.isna().to_numpy()
    assert abs(missing.mean() - 0.02) < 4 * np.sqrt(0.02 / len(online))
    for of in (
        online.true_is_fraud.astype(int),
        online.day % 7,
        (online.amount > online.amount.median()).astype(int),
        online.true_travelling.astype(int),
        online.device_id.isna().astype(int),
    ):
        assert p_independent(missing, of.to_numpy()) > 1e-4


def test_the_address_match_is_missing_by_the_merchants_country(online):
    foreign = online.country.astype(str) != online.home
    assert online.address_match.isna().equals(foreign)
    assert 0.1 < foreign.mean() < 0.6


def test_who_hides_the_device_is_more_often_a_thief(online):
    theft = online.true_is_fraud & (online.true_method != "friendly")
    missing = online.device_id.isna()
    assert 0.03 < missing[~theft].mean() < 0.10
    assert 0.28 < missing[theft].mean() < 0.42


def test_high_incomes_stay_silent(known):
    people, told = known.world.people, known.history.cardholders["declared_income"]
    silent = told.to_pandas().isna().to_numpy()
    high = people.income > np.quantile(people.income, 0.9)
    assert silent[high].mean() > 3 * silent[~high].mean()
    ratio = told.to_pandas().to_numpy()[~silent] / people.income[~silent]
    assert np.abs(ratio - 1).max() < 0.1


def test_in_a_shop_there_is_no_device_nor_network(known):
    shop = known.rows[known.rows.channel != "online"]
    for name in ("device_id", "ip_country", "address_match", "ip_risk"):
        assert shop[name].isna().all(), name
    assert known.rows.ip_risk[known.rows.channel == "online"].between(0, 1).all()
