"""Click models recover people who click as they say, and lose on those who do not."""

import numpy as np
import pytest

from sevensteps.measure import (
    DynamicBayesian,
    PositionBased,
    click_log,
    fit_cascade,
    fit_dbn,
    fit_position_based,
    fit_simplified_dbn,
    harvested_propensity,
    naive_evidence,
    perplexity,
)

FITS = {
    "position": fit_position_based,
    "cascade": fit_cascade,
    "simplified": lambda log: fit_dbn(log, 1.0),
    "dynamic": fit_dbn,
}


@pytest.fixture(scope="module")
def logs(people):
    """One log for each kind of people, with the shop that it comes from."""
    rng = np.random.default_rng(0)
    shop = people.Shop.of(rng, n_queries=60)
    query, shown, own = shop.search(rng, 60_000)
    pull, sate = shop.pull[query[:, None], own], shop.sate[query[:, None], own]
    clicks = {
        "position": people.position_based(rng, pull, people.look),
        "cascade": people.cascade(rng, pull),
        "simplified": people.dynamic_bayesian(rng, pull, sate, 1.0),
        "dynamic": people.dynamic_bayesian(rng, pull, sate, 0.8),
    }
    return shop, {kind: click_log(shown, c, query) for kind, c in clicks.items()}


def halves(log):
    """Searches to fit on and searches to test on."""
    even = np.arange(len(log)) % 2 == 0
    return log.where(even), log.where(~even)


@pytest.mark.parametrize("kind", FITS)
def test_each_model_recovers_its_own_people(kind, logs):
    shop, log = logs[0], logs[1][kind]
    model = FITS[kind](log)
    seen = naive_evidence(log).exposure
    error = model.attractiveness - shop.of_pairs(shop.pull, log)
    assert abs(np.average(error, weights=seen)) < 0.01
    assert np.average(np.abs(error), weights=seen) < 0.03
    if kind in ("simplified", "dynamic"):
        error = model.satisfaction - shop.of_pairs(shop.sate, log)
        clicks = naive_evidence(log).clicks
        assert abs(np.average(error, weights=clicks)) < 0.02
        assert np.average(np.abs(error), weights=clicks) < 0.08
    if kind == "dynamic":
        assert model.continuation == pytest.approx(0.8, abs=0.01)


def test_the_closed_form_of_the_simplified_model_is_a_little_too_high(logs):
    """What was passed over after an unsatisfying last click goes uncounted."""
    shop, log = logs[0], logs[1]["simplified"]
    quick, exact = fit_simplified_dbn(log), fit_dbn(log, 1.0)
    seen = naive_evidence(log)
    for name, truth, weight in (
        ("attractiveness", shop.pull, seen.exposure),
        ("satisfaction", shop.sate, seen.clicks),
    ):
        off, near = (
            np.average(getattr(m, name) - shop.of_pairs(truth, log), weights=weight)
            for m in (quick, exact)
        )
        assert 0.01 < off < 0.2, name
        assert abs(near) < off / 3, name


@pytest.mark.parametrize("kind", FITS)
def test_the_right_model_has_the_least_perplexity(kind, logs):
    fit, test = halves(logs[1][kind])
    told = {}
    for name, model in FITS.items():
        curve = perplexity(model(fit), test, given_above=True, resamples=50)
        told[name] = curve.estimate.mean()
    rivals = {"cascade", "simplified", "dynamic"} if kind == "cascade" else {kind}
    rivals |= {"simplified", "dynamic"} if kind == "simplified" else set()
    others = [told[name] for name in FITS if name not in rivals]
    assert told[kind] < min(told.values()) + 1e-3
    assert told[kind] < min(others) - 0.003


def test_models_are_paired_on_one_log(logs):
    fit, test = halves(logs[1]["dynamic"])
    right, wrong = (perplexity(f(fit), test) for f in (fit_dbn, fit_position_based))
    gain = wrong.at(0) - right.at(0)
    assert gain.low < gain.high
    assert (right.at(2) - right.at(2)).high == 0


def by_pair(log, table):
    """(m,) mean over a pair's appearances."""
    cells = np.broadcast_to(table, log.pair.shape).astype(float)
    total = np.bincount(log.pair.ravel(), cells.ravel(), len(log.pairs))
    return total / naive_evidence(log).exposure


def test_the_position_based_model_wrongs_what_stands_below_good_products(logs):
    """Its curve is right in the mean; who reads down stops where something is good."""
    shop, log = logs[0], logs[1]["simplified"]
    truth, seen = shop.of_pairs(shop.pull, log), naive_evidence(log).exposure
    stay = 1 - truth[log.pair] * shop.of_pairs(shop.sate, log)[log.pair]
    looks = np.cumprod(np.c_[np.ones(len(log)), stay[:, :-1]], axis=1)
    curve = harvested_propensity(log, resamples=2).estimate
    assert np.abs(curve - looks.mean(0)).max() < 0.03
    low = (seen > 100) & (by_pair(log, np.arange(6)) > 2)
    mean_look = by_pair(log, looks)[low]

    def tilt(model):
        mistake = np.log(model.attractiveness / truth)[low]
        return np.corrcoef(mistake, mean_look)[0, 1]

    assert tilt(fit_position_based(log, curve)) > 0.5
    assert abs(tilt(fit_dbn(log, 1.0))) < 0.2


def test_naive_rates_reward_the_place(logs):
    """Among products of one attraction, those shown higher have more clicks each."""
    shop, log = logs[0], logs[1]["position"]
    evidence = naive_evidence(log)
    place = by_pair(log, np.arange(6))
    truth = shop.of_pairs(shop.pull, log)
    often = evidence.exposure > 100

    def tilt(rate):
        return np.corrcoef((rate / truth)[often], place[often])[0, 1]

    assert tilt(evidence.rate) < -0.5
    assert abs(tilt(fit_position_based(log).attractiveness)) < 0.2


def test_probabilities_of_a_tiny_list_by_hand():
    log = click_log([[5, 6]], np.array([[True, False]]), [1])
    model = DynamicBayesian(log.pairs, np.array([0.5, 0.4]), np.array([0.6, 1]), 0.9)
    np.testing.assert_allclose(
        model.click_probability(log), [[0.5, 0.4 * 0.9 * (1 - 0.5 * 0.6)]]
    )
    np.testing.assert_allclose(
        model.click_probability(log, given_above=True), [[0.5, 0.4 * 0.9 * 0.4]]
    )
    quiet = click_log([[5, 6]], np.array([[False, True]]), [1])
    silent = model.click_probability(quiet, given_above=True)
    np.testing.assert_allclose(silent, [[0.5, 0.4 * 0.9]])
    np.testing.assert_allclose(model.relevance, [0.3, 0.4])


@pytest.mark.parametrize("go_on", [1.0, 0.7])
def test_chances_given_above_multiply_to_the_chance_of_the_list(go_on, people):
    """Over all outcomes of a list they sum to one, and to the plain chances."""
    rng = np.random.default_rng(1)
    k = 4
    outcome = (np.arange(2**k)[:, None] >> np.arange(k) & 1).astype(bool)
    log = click_log(np.tile(np.arange(k), (2**k, 1)), outcome, np.zeros(2**k, int))
    model = DynamicBayesian(log.pairs, rng.random(k), rng.random(k), go_on)
    p = model.click_probability(log, given_above=True)
    chance = np.where(outcome, p, 1 - p).prod(1)
    assert chance.sum() == pytest.approx(1)
    plain = model.click_probability(log)[0]
    np.testing.assert_allclose(chance @ outcome, plain)


@pytest.mark.parametrize("go_on", [None, 0.7])
def test_em_of_the_dynamic_model_never_loses_likelihood(go_on, logs):
    log = logs[1]["dynamic"].where(np.arange(2_000))

    def likelihood(model):
        p = np.clip(model.click_probability(log, given_above=True), 1e-12, 1 - 1e-12)
        return np.log(np.where(log.clicked, p, 1 - p)).sum()

    few, more = (fit_dbn(log, go_on, steps=n, strength=0) for n in (3, 90))
    assert likelihood(more) > likelihood(few)
    assert likelihood(more) > likelihood(fit_simplified_dbn(log, strength=0))
    if go_on is not None:
        assert more.continuation == go_on


def test_a_fair_perplexity_of_people_known_is_their_entropy(people):
    rng = np.random.default_rng(2)
    shop = people.Shop.of(rng)
    query, shown, own = shop.search(rng, 50_000)
    pull = shop.pull[query[:, None], own]
    log = click_log(shown, people.position_based(rng, pull, people.look), query)
    model = PositionBased(log.pairs, people.look, shop.of_pairs(shop.pull, log))
    p = people.look * pull
    bits = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    got = perplexity(model, log)
    np.testing.assert_allclose(got.estimate, 2 ** bits.mean(0), rtol=0.01)


def test_short_lists_and_unseen_pairs(logs, people):
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
        assert np.isfinite(perplexity(part, log.where(query >= 10)).estimate).all()


def test_models_refuse_other_logs(logs):
    model = fit_cascade(logs[1]["cascade"])
    other = click_log([[5, 6]], np.array([[True, False]]), [1])
    with pytest.raises(ValueError, match="fitted on another log"):
        perplexity(model, other)
    with pytest.raises(ValueError, match="continuation"):
        fit_dbn(logs[1]["cascade"], 1.5)
    with pytest.raises(ValueError, match="strength"):
        fit_cascade(logs[1]["cascade"], strength=-1)


def test_empty_places_cost_no_perplexity():
    log = click_log([[5, 6], [6, -1]], np.array([[1, 0], [0, 0]], bool), [1, 1], [0, 1])
    model = PositionBased(log.pairs, np.array([1.0, 0.5]), np.array([0.5, 0.4]))
    got = perplexity(model, log, resamples=10).estimate
    want = [(0.5 * 0.6) ** -0.5, 1 / (1 - 0.5 * 0.4)]
    np.testing.assert_allclose(got, want, rtol=1e-12)
