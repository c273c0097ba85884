"""Do the probabilities mean what they say? At tiny base rates few measures can tell.

A model that always answers zero has a Brier score and a calibration error of 0.0001
where one payment in ten thousand is a fraud. So bins here hold equal numbers of
*expected positives*, and errors can be stated relative to the base rate.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from .bootstrap import Block, Interval, ratio
from .inputs import (
    Floats,
    Ints,
    at_least,
    labels_of,
    probabilities,
    same_length,
    weights_of,
)
from .ranking import scored_rows


def prior_correction(p: ArrayLike, sampling_rate: float) -> Floats:
    """Put the base rate back after training on a share of the negatives.

    The ranking stays as it is; only the probabilities change.

    Parameters
    ----------
    p : (n,) float            predicted by a model that saw few negatives
    sampling_rate : float     share of the negatives that was kept, in (0, 1]

    Returns (n,) float: probabilities at the true base rate.

    >>> prior_correction([0.0, 0.5, 1.0], sampling_rate=0.01).round(4)
    array([0.    , 0.0099, 1.    ])

    Source: Dal Pozzolo et al., "Calibrating probability with undersampling for
    unbalanced classification", CIDM (2015).
    """
    sampled = probabilities("p", p)
    if not 0 < sampling_rate <= 1:
        raise ValueError(f"`sampling_rate` must lie in (0, 1], not {sampling_rate}")
    kept = sampling_rate * sampled
    return np.asarray(kept / (kept + (1 - sampled)))  # so grouped, 1 stays 1


def _bins(p: Floats, n_bins: int, weight: Floats) -> Ints:
    """(n,) bin of each row, lowest first; equal probabilities share a bin."""
    order = np.argsort(p, kind="stable")
    mass = (weight * p)[order].cumsum()
    at = np.searchsorted(mass, np.arange(1, n_bins) / n_bins * mass[-1])
    edges = p[order][np.minimum(at, len(p) - 1)]
    return np.searchsorted(np.unique(edges), p, side="right").astype(np.intp)


def binomial_interval(hits: ArrayLike, trials: ArrayLike) -> tuple[Floats, Floats]:
    """Exact (Clopper-Pearson) 95 % bounds of a share; good down to zero hits.

    >>> low, high = binomial_interval([0, 3], [100, 100])
    >>> low.round(4), high.round(4)
    (array([0.    , 0.0062]), array([0.0362, 0.0852]))
    """
    k, n = np.asarray(hits, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    tail = (1 - 0.95) / 2
    low = np.where(k > 0, betaincinv(np.maximum(k, 1), n - k + 1, tail), 0)
    high = np.where(k < n, betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail), 1)
    return low, high


def reliability(
    p: ArrayLike, labels: ArrayLike, *, bins: int = 10, weight: ArrayLike | None = None
) -> pd.DataFrame:
    """Predicted against observed rate, in bins of equal sums of `p`.

    So no bin is empty of positives, even at tiny base rates.

    Parameters
    ----------
    p : (n,) float            predicted probabilities
    labels : (n,) bool        what it was
    bins : int                at most so many; equal probabilities are never parted
    weight : (n,) float       how many rows each one stands for, if sampled

    Returns DataFrame: rows, predicted, observed, low, high (95 %, exact binomial: too
    narrow if positives come in campaigns), expected_positives, positives.

    >>> p, labels = [0.1] * 10 + [0.5] * 2, [1] + [0] * 9 + [1, 0]
    >>> reliability(p, labels, bins=2)[["rows", "predicted", "observed"]]
       rows  predicted  observed
    0    10        0.1       0.1
    1     2        0.5       0.5
    """
    at_least("bins", bins, 1)
    prob, label = probabilities("p", p), labels_of(labels)
    row = weights_of(weight, len(prob))
    same_length(p=prob, labels=label, weight=row)
    code = _bins(prob, bins, row)
    n = np.bincount(code, row)
    used = n > 0
    n, expected, positives = (
        np.bincount(code, each)[used] for each in (row, prob * row, label * row)
    )
    low, high = binomial_interval(positives, n)
    return pd.DataFrame(
        {
            "rows": n.round().astype(np.int64),
            "predicted": expected / n,
            "observed": positives / n,
            "low": low,
            "high": high,
            "expected_positives": expected,
            "positives": positives.round().astype(np.int64),
        }
    )


def calibration_ratio(
    p: ArrayLike, labels: ArrayLike, day: Block, *, weight: ArrayLike | None = None
) -> Interval:
    """Positives expected by the model for each one that came: 1 is right, 53 is not.

    Days are drawn again; `weight` is how many rows each one stands for, if sampled.

    >>> calibration_ratio([0.9, 0.6, 0.5], [1, 0, 1], [0, 0, 1]).estimate
    1.0
    """
    rows = scored_rows(probabilities("p", p), labels, day, weight)
    expected = rows.blocks.total(rows.score * rows.weight)
    return rows.blocks.interval(
        ratio(expected, rows.blocks.total(rows.label * rows.weight))
    )
