"""Agreement of rankings and of editors: as published, as libraries have it."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from sevensteps.measure import krippendorff_alpha, rank_correlation, weighted_kappa

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
