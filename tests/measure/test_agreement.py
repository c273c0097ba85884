"""Agreement, intervals and calibration: as published, as libraries have it."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

from sevensteps.measure import (
    Interval,
    block_bootstrap,
    bootstrap,
    calibration_ratio,
    krippendorff_alpha,
    prior_correction,
    rank_correlation,
    reliability,
    significant,
    weighted_kappa,
)
from sevensteps.measure.calibration import binomial_interval

#: Four observers and twelve units, of Krippendorff, "Computing Krippendorff's
#: alpha-reliability" (2011): its example with missing data, and its alpha below.
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, -1, -1, -1],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, -1, 3],
        [-1, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, -1],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, -1],
    ]
).T


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=6), st.integers(0, 99))
def test_rho_equals_scipy_and_p_counts_all_orders(x, seed):
    y = np.random.default_rng(seed).normal(size=len(x))
    if len(set(x)) == 1:
        with pytest.raises(ValueError, match="alike"):
            rank_correlation(x, y)
        return
    got = rank_correlation(x, y)
    assert got.rho.estimate == pytest.approx(stats.spearmanr(x, y).statistic)
    ranks = stats.rankdata(x)
    orders = np.array(list(permutations(stats.rankdata(y))))
    chance = [abs(np.corrcoef(ranks, order)[0, 1]) for order in orders]
    want = np.mean(np.array(chance) >= abs(got.rho.estimate) - 1e-9)
    assert got.p_value == pytest.approx(want)


def test_p_of_many_candidates_is_scipys():
    rng = np.random.default_rng(0)
    x = rng.normal(size=30)
    y = x + rng.normal(size=30)
    want = stats.spearmanr(x, y).pvalue
    assert rank_correlation(x, y).p_value == pytest.approx(want, abs=0.005)


@pytest.mark.parametrize(
    ("n", "swaps", "rho", "low", "high"),
    [(5, 1, 0.9, -0.16889, 0.99607), (7, 3, 0.892857, 0.27003, 0.98892)],
)
def test_rank_interval_by_hand(n, swaps, rho, low, high):
    """atanh(rho) and 1.96 errors of the root of (1 + rho squared / 2) / (n - 3)."""
    y = np.arange(n)
    for i in range(swaps):
        y[[2 * i, 2 * i + 1]] = y[[2 * i + 1, 2 * i]]
    got = rank_correlation(np.arange(n), y).rho
    found = got.estimate, got.low, got.high
    assert found == pytest.approx((rho, low, high), abs=2e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_kappa_equals_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 5, 40)
    b = np.where(rng.random(40) < 0.5, a, rng.integers(0, 5, 40))
    want = cohen_kappa_score(a, b, weights="quadratic", labels=range(5))
    assert weighted_kappa(a, b).estimate == pytest.approx(want, abs=1e-12)
    more = np.r_[a, -1, 3], np.r_[b, 4, -1]  # what only one has graded is left out
    assert weighted_kappa(*more).estimate == pytest.approx(want, abs=1e-12)


def test_alpha_is_as_published_and_knows_no_order_of_editors_or_items():
    assert round(krippendorff_alpha(OBSERVERS).estimate, 3) == 0.815
    mixed = np.random.default_rng(0).permuted(OBSERVERS, axis=1)[::-1]
    alone = np.vstack([OBSERVERS, [[4, -1, -1, -1]] * 5])  # nothing to compare with
    stretched = np.where(OBSERVERS > 3, OBSERVERS * 4, OBSERVERS)  # the same order
    for same in (mixed, alone, stretched):
        want = krippendorff_alpha(OBSERVERS).estimate
        assert krippendorff_alpha(same).estimate == pytest.approx(want)


def graded(rng, n=150, noise=0.7):
    """Two editors who see one truth, each with an error of their own."""
    true = rng.normal(2, 1, n)
    seen = true[:, None] + rng.normal(0, noise, (n, 2))
    return np.clip(np.round(seen), 0, 4).astype(int)


@pytest.mark.parametrize(
    "measure",
    [krippendorff_alpha, lambda x: weighted_kappa(x[:, 0], x[:, 1])],
    ids=["alpha", "kappa"],
)
def test_intervals_cover_the_truth_and_chance_is_zero(measure):
    rng = np.random.default_rng(1)
    truth = np.mean([measure(graded(rng, 4_000)).estimate for _ in range(10)])
    hits = [truth in measure(graded(rng)) for _ in range(150)]
    assert 0.89 <= np.mean(hits) <= 0.99
    by_chance = rng.integers(0, 5, (2_000, 2))
    assert 0 in measure(by_chance)
    assert measure(np.repeat(by_chance[:, :1], 2, axis=1)).low == 1
    clear, noisy = graded(rng, noise=0.3), graded(rng, noise=1.0)
    assert (measure(clear) - measure(noisy)).low > 0


def test_of_takes_the_central_quantiles_and_leaves_out_what_is_missing():
    samples = np.append(np.arange(1001.0), np.nan)
    interval = Interval.of(samples, 500)
    got = (interval.low, interval.estimate, interval.high)
    assert got == pytest.approx((25, 500, 975))
    assert str(Interval.missing()) == "n/a"
    assert 0.5 not in Interval.missing()


@settings(deadline=None)
@given(st.floats(-1e300, 1e300))
def test_three_digits_are_three_digits(value):
    back = float(significant(value).replace(",", ""))
    assert back == pytest.approx(value, rel=0.0051)


def test_difference_is_paired():
    a = Interval.of([1.0, 5.0, 9.0], 5, resampling="x")
    b = Interval.of([0.0, 4.0, 8.0], 4, resampling="x")
    difference = a - b
    assert (difference.low, difference.estimate, difference.high) == (1, 1, 1)


def test_blocks_draw_each_day_as_often_as_the_next():
    blocks = block_bootstrap([3, 3, 5, 9], resamples=4000)
    assert blocks.code.tolist() == [0, 0, 1, 2]
    weight = blocks.totals(np.eye(3))
    assert weight[0].tolist() == [1, 1, 1]
    assert (weight.sum(axis=1) == 3).all()
    np.testing.assert_allclose(weight[1:].mean(axis=0), 1, atol=0.06)
    np.testing.assert_allclose(weight[1:].var(axis=0), 2 / 3, atol=0.06)
    assert blocks.total()[0] == 4


def test_many_blocks_are_drawn_a_few_resamples_at_a_time(monkeypatch):
    """In parts, or all at once: every resample draws as many blocks as there are."""
    monkeypatch.setattr(bootstrap, "AT_ONCE", 1_000)
    blocks = block_bootstrap(np.arange(300), resamples=50)
    weight = blocks.totals(np.eye(300))
    assert weight.shape == (51, 300)
    assert (weight.sum(axis=1) == 300).all()
    assert (blocks.totals(np.eye(300)) == weight).all()
    assert len(np.unique(weight, axis=0)) == 51


def test_bins_hold_what_is_between_their_edges():
    """By hand: 39.4 positives are expected; a bin ends before a quarter is reached."""
    p = np.repeat([0.05, 0.1, 0.2, 0.4], [190, 99, 50, 25])
    label = np.arange(364) % 7 == 0
    table = reliability(p, label, bins=4)
    assert table["predicted"].tolist() == pytest.approx([0.05, 0.1, 0.2, 0.4])
    assert table["rows"].tolist() == [190, 99, 50, 25]
    want = [label[p == value].mean() for value in (0.05, 0.1, 0.2, 0.4)]
    assert table["observed"].tolist() == pytest.approx(want)
    expected = [9.5, 9.9, 10, 10]
    assert table["expected_positives"].tolist() == pytest.approx(expected)
    bounds = binomial_interval(table["positives"], table["rows"])
    np.testing.assert_array_equal(table[["low", "high"]].T, bounds)


@settings(deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.1, 0.5, 1.0]), min_size=2, max_size=50))
def test_equal_probabilities_share_a_bin(values):
    label = np.arange(len(values)) % 2
    table = reliability(values, label, bins=4)
    assert table["rows"].sum() == len(values)
    assert len(table) <= len(set(values))
    assert table["positives"].sum() == label.sum()


def test_prior_correction_undoes_undersampling():
    p = np.logspace(-9, -0.01, 50)
    odds = p / (1 - p) / 0.02  # what a perfect model learns on the sample
    np.testing.assert_allclose(prior_correction(odds / (1 + odds), 0.02), p)


def test_a_ratio_is_what_was_predicted_over_what_was_seen():
    ratio = calibration_ratio([0.5, 0.5, 0.75, 0.25], [1, 0, 1, 0], [0, 0, 1, 1])
    assert calibration_ratio([0.9, 0.9, 0.2], [1, 0, 0], [0, 1, 1]).estimate == 2
    assert ratio.estimate == ratio.low == ratio.high == 1


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1), st.floats(1e-9, 1))
def test_prior_correction_keeps_order_range_and_certainty(p, rate):
    assert prior_correction([0.0, 1.0], rate).tolist() == [0.0, 1.0]
    got = prior_correction(sorted(p), rate)
    assert (np.diff(got) >= -1e-15).all()
    assert ((got >= 0) & (got <= np.sort(p) + 1e-12)).all()


@settings(deadline=None)
@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_binomial_interval_equals_scipy(hits):
    low, high = binomial_interval(*hits)
    want = binomtest(*hits).proportion_ci(method="exact")
    assert (float(low), float(high)) == pytest.approx((want.low, want.high), abs=1e-9)
