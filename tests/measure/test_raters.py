"""Agreement of editors: as scikit-learn has it, as published, and as simulated."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from sevensteps.measure import krippendorff_alpha, weighted_kappa

#: Four observers and twelve units, of Krippendorff, "Computing Krippendorff's
#: alpha-reliability" (2011): its example with missing data, and its alphas below.
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, -1, -1, -1],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, -1, 3],
        [-1, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, -1],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, -1],
    ]
).T


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["none", "linear", "quadratic"]))
def test_kappa_equals_scikit_learn(seed, weights):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 5, 40)
    b = np.where(rng.random(40) < 0.5, a, rng.integers(0, 5, 40))
    got = weighted_kappa(a, b, weights=weights, resamples=2).estimate
    name = None if weights == "none" else weights
    want = cohen_kappa_score(a, b, weights=name, labels=range(5))
    assert got == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize(
    ("level", "published"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)],
)
def test_alpha_is_as_published(level, published):
    assert round(krippendorff_alpha(OBSERVERS, level=level).estimate, 3) == published


def test_alpha_knows_no_order_of_editors_or_items():
    rng = np.random.default_rng(0)
    want = krippendorff_alpha(OBSERVERS).estimate
    mixed = rng.permuted(OBSERVERS, axis=1)[rng.permutation(12)]
    assert krippendorff_alpha(mixed).estimate == pytest.approx(want)
    alone = np.vstack([OBSERVERS, [[4, -1, -1, -1]] * 5])  # nothing to compare with
    assert krippendorff_alpha(alone).estimate == pytest.approx(want)


def test_ordinal_alpha_sees_only_the_order_of_grades():
    stretched = np.where(OBSERVERS > 3, OBSERVERS * 4, OBSERVERS)
    same, other = (
        krippendorff_alpha(stretched, level=level).estimate
        - krippendorff_alpha(OBSERVERS, level=level).estimate
        for level in ("ordinal", "interval")
    )
    assert same == pytest.approx(0)
    assert abs(other) > 0.01


def graded(rng, n=150, noise=0.7):
    """Two editors who see one truth, each with an error of their own."""
    true = rng.normal(2, 1, n)
    seen = true[:, None] + rng.normal(0, noise, (n, 2))
    return np.clip(np.round(seen), 0, 4).astype(int)


@pytest.mark.parametrize(
    "measure",
    [krippendorff_alpha, lambda x, **o: weighted_kappa(x[:, 0], x[:, 1], **o)],
    ids=["alpha", "kappa"],
)
def test_intervals_cover_the_truth_and_chance_is_zero(measure):
    rng = np.random.default_rng(1)
    truth = measure(graded(rng, 100_000), resamples=2).estimate
    hits = [truth in measure(graded(rng), resamples=200) for _ in range(150)]
    assert 0.89 <= np.mean(hits) <= 0.99
    by_chance = rng.integers(0, 5, (2_000, 2))
    assert 0 in measure(by_chance)
    assert measure(np.repeat(by_chance[:, :1], 2, axis=1)).low == 1


def test_more_noise_agrees_less_and_pairs():
    rng = np.random.default_rng(2)
    clear, noisy = graded(rng, noise=0.3), graded(rng, noise=1.0)
    assert (krippendorff_alpha(clear) - krippendorff_alpha(noisy)).low > 0


def test_what_only_one_has_graded_is_left_out():
    a, b = [0, 1, 2, 2, -1, 3], [0, 1, 2, 1, 4, -1]
    want = weighted_kappa(a[:4], b[:4]).estimate
    assert weighted_kappa(a, b).estimate == pytest.approx(want)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: weighted_kappa([0, 1], [0, 1, 1]), "equal lengths"),
        (lambda: weighted_kappa([0, 1.5], [0, 1]), "item 1 has 1.5 of editor 0"),
        (lambda: weighted_kappa([0, np.nan], [0, 1]), "item 1 has nan"),
        (lambda: weighted_kappa([0, -2], [0, 1]), "item 1 has -2"),
        (lambda: weighted_kappa([0, -1], [0, 1]), "two items that two editors"),
        (lambda: weighted_kappa([0, 1], [0, 1], weights="cubic"), "`weights` must"),
        (lambda: krippendorff_alpha([[0], [1]]), "at least two editors"),
        (lambda: krippendorff_alpha([[0, 1], [1, -1]]), "two items that two"),
        (lambda: krippendorff_alpha(OBSERVERS, level="ratio"), "`level` must"),
        (lambda: weighted_kappa(["a", "b"], ["a", "b"]), "grades as numbers"),
    ],
)
def test_what_cannot_be_compared_is_told(make, why):
    with pytest.raises(ValueError, match=why):
        make()


def test_one_grade_for_everything_cannot_be_told_from_chance():
    with pytest.raises(ValueError, match="no two grades differ"):
        weighted_kappa([2, 2, 2], [2, 2, 2])
