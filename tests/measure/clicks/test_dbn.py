"""The dynamic Bayesian model recovers people who click as it says."""

import numpy as np
import pytest

from sevensteps.measure import click_log, fit_dbn, naive_evidence
from sevensteps.measure.clicks.dbn import DynamicBayesian

FITS = {"simplified": lambda log: fit_dbn(log, 1.0), "dynamic": fit_dbn}


@pytest.fixture(scope="module")
def logs(people):
    """One log for each kind of people, with the shop that it comes from."""
    rng = np.random.default_rng(0)
    shop = people.Shop.of(rng, n_queries=60)
    query, shown, own = shop.search(rng, 60_000)
    pull, sate = shop.pull[query[:, None], own], shop.sate[query[:, None], own]
    clicks = {
        "simplified": people.dynamic_bayesian(rng, pull, sate, 1.0),
        "dynamic": people.dynamic_bayesian(rng, pull, sate, 0.8),
    }
    return shop, {kind: click_log(shown, c, query) for kind, c in clicks.items()}


@pytest.mark.parametrize("kind", FITS)
def test_each_model_recovers_its_own_people(kind, logs):
    shop, log = logs[0], logs[1][kind]
    model = FITS[kind](log)
    seen = naive_evidence(log).exposure
    error = model.attractiveness - shop.of_pairs(shop.pull, log)
    assert abs(np.average(error, weights=seen)) < 0.01
    assert np.average(np.abs(error), weights=seen) < 0.03
    error = model.satisfaction - shop.of_pairs(shop.sate, log)
    clicks = naive_evidence(log).clicks
    assert abs(np.average(error, weights=clicks)) < 0.02
    assert np.average(np.abs(error), weights=clicks) < 0.08
    if kind == "dynamic":
        assert model.continuation == pytest.approx(0.8, abs=0.01)
        tired = fit_dbn(log, 0.6)  # fewer of those who stop were satisfied
        assert tired.continuation == 0.6
        assert (model.satisfaction - tired.satisfaction).mean() > 0.05


def test_probabilities_of_a_tiny_list_by_hand():
    log = click_log([[5, 6]], np.array([[True, False]]), [1])
    model = DynamicBayesian(log.pairs, np.array([0.5, 0.4]), np.array([0.6, 1]), 0.9)
    np.testing.assert_allclose(
        model.click_probability(log), [[0.5, 0.4 * 0.9 * (1 - 0.5 * 0.6)]]
    )
    np.testing.assert_allclose(model.relevance, [0.3, 0.4])


def test_short_lists_and_unseen_pairs(people):
    rng = np.random.default_rng(3)
    shop = people.Shop.of(rng, n_queries=20)
    query, shown, own = shop.search(rng, 20_000)
    pull, sate = shop.pull[query[:, None], own], shop.sate[query[:, None], own]
    empty = np.arange(6) >= rng.integers(2, 7, len(query))[:, None]
    clicked = people.dynamic_bayesian(rng, np.where(empty, 0, pull), sate, 0.8)
    log = click_log(np.where(empty, -1, shown), clicked, query)
    model = fit_dbn(log)
    assert model.continuation == pytest.approx(0.8, abs=0.03)
    assert (model.click_probability(log)[empty] == 0).all()
    for name, fit in FITS.items():
        part = fit(log.where(query < 10))
        new = naive_evidence(log.where(query < 10)).exposure == 0
        unseen = part.attractiveness[new]
        assert np.ptp(unseen) == pytest.approx(0), name
        assert 0.1 < unseen[0] < 0.6, name


def test_without_smoothing_what_cannot_be_told_takes_the_mean():
    """One click in each of three searches, nothing seen below the last: no 0 / 0."""
    clicked = np.zeros((3, 20), bool)
    clicked[[0, 1, 2], [2, 5, 16]] = True
    log = click_log(np.arange(20)[None].repeat(3, 0), clicked, [1, 1, 1], [0, 1, 2])
    for steps in (1, 30, 300):
        model = fit_dbn(log, strength=0, steps=steps)
        every = np.r_[model.attractiveness, model.satisfaction, model.continuation]
        assert ((every >= 0) & (every <= 1)).all()
