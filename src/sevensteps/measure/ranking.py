"""How well a score puts positives above negatives, at any base rate, with intervals.

Only the ranks of the positives matter. So the rows are never sorted: each falls between
two positives' scores, and the counts (positives' scores x days) are all that a resample
needs. Two million rows with 300 frauds become a 600 x 60 table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from sevensteps.measure.bootstrap import RESAMPLES, Blocks, block_bootstrap, ratio
from sevensteps.measure.inputs import (
    Bools,
    Floats,
    Ints,
    between,
    labels_of,
    numbers,
    same_length,
    weights_of,
)
from sevensteps.measure.interval import Interval

_AT_ONCE = 2048  # positives' scores in one matrix: keeps the work within ~100 MB


class _Step(NamedTuple):
    """Weighted counts at a run of thresholds, highest first, for every resample."""

    here: Floats  # (k, r) positives exactly at the threshold
    found: Floats  # (k, r) positives at or above it
    false: Floats  # (k, r) negatives at or above it
    tied: Floats  # (k, r) negatives exactly at it


@dataclass(frozen=True)
class _Ranked:
    """Rows placed among the positives' scores.

    Slot 2i + 1 is a score equal to the i-th threshold; slot 2i lies below it and above
    the one before.
    """

    slot: Ints
    labels: Bools
    row_weight: Floats | None
    n_thresholds: int
    blocks: Blocks

    def totals(self, positive: bool) -> Floats:
        """(r,) weighted number of positives (or negatives) in every resample."""
        kind = self.labels if positive else ~self.labels
        row = kind if self.row_weight is None else kind * self.row_weight
        return self.blocks.total(row.astype(np.float64))

    def counts(self, first: int, n_slots: int, positive: bool) -> Floats:
        """(n_slots, r) weighted rows in the slots from `first` on."""
        chosen = (self.slot >= first) & (self.slot < first + n_slots)
        chosen &= self.labels == positive
        n_blocks = self.blocks.n_blocks
        cell = (self.slot[chosen] - first) * n_blocks + self.blocks.code[chosen]
        weight = None if self.row_weight is None else self.row_weight[chosen]
        table = np.bincount(cell, weight, minlength=n_slots * n_blocks)
        return self.blocks.totals(table.reshape(n_slots, n_blocks).T).T

    def steps(self) -> Iterator[_Step]:
        """Walk down the thresholds, `_AT_ONCE` at a time."""
        found = np.zeros(1 + self.blocks.resamples)
        false = np.zeros(1 + self.blocks.resamples)
        for stop in range(self.n_thresholds, 0, -_AT_ONCE):
            start = max(0, stop - _AT_ONCE)
            first, n_slots = 2 * start + 1, 2 * (stop - start)
            positives = self.counts(first, n_slots, positive=True)[::-1]
            negatives = self.counts(first, n_slots, positive=False)[::-1]
            all_found = found + positives.cumsum(axis=0)
            all_false = false + negatives.cumsum(axis=0)
            # reversed, each threshold's pair of slots is (above it, exactly at it)
            at = slice(1, None, 2)
            yield _Step(positives[at], all_found[at], all_false[at], negatives[at])
            found, false = all_found[-1], all_false[-1]


def _rank(
    scores: ArrayLike,
    labels: ArrayLike,
    day: ArrayLike,
    weight: ArrayLike | None,
    resamples: int,
    seed: int,
) -> _Ranked:
    score = numbers("scores", scores, infinite=True)
    label = labels_of(labels)
    row_weight = None if weight is None else weights_of(weight, len(score))
    same_length(scores=score, labels=label, day=np.asarray(day), weight=row_weight)
    if row_weight is not None and not (row_weight[label] > 0).any():
        raise ValueError("no positive label has a weight above zero")
    thresholds = np.unique(score[label])
    below = np.searchsorted(thresholds, score)
    tied = thresholds[np.minimum(below, len(thresholds) - 1)] == score
    blocks = block_bootstrap(day, resamples, seed)
    slot = 2 * below.astype(np.intp) + tied
    return _Ranked(slot, label, row_weight, len(thresholds), blocks)


def average_precision(
    scores: ArrayLike,
    labels: ArrayLike,
    day: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Mean precision at the rank of each positive: the area under precision-recall.

    A random score has the base rate as its average precision, so 0.01 may be good.

    Parameters
    ----------
    scores : (n,) float       any monotone score; higher means more suspicious
    labels : (n,) bool        what it was; tied scores share one threshold
    day : (n,) int            day of each row, the block of the bootstrap
    weight : (n,) float       how many rows each one stands for, e.g. 1 / propensity
    resamples, seed : int     same values, same resamples: intervals can be subtracted

    Returns
    -------
    Interval                  on all rows, with a 95 % day-block bootstrap interval

    Raises
    ------
    ValueError                lengths differ, NaN scores, no positives, one day only

    Examples
    --------
    >>> average_precision([0.9, 0.8, 0.3, 0.1], [1, 0, 1, 0], [0, 0, 1, 1]).estimate
    0.8333333333333333

    Source: Zhu, "Recall, precision and average precision" (2004); scikit-learn's
    definition, without interpolation.
    """
    ranked = _rank(scores, labels, day, weight, resamples, seed)
    area = np.zeros(1 + resamples)
    for step in ranked.steps():
        precision = ratio(step.found, step.found + step.false)
        area += np.nansum(step.here * precision, axis=0)
    return ranked.blocks.interval(ratio(area, ranked.totals(positive=True)))


def roc_auc(
    scores: ArrayLike,
    labels: ArrayLike,
    day: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Probability that a positive scores above a negative; ties count one half.

    Blind to the base rate: 0.99 may still mean a hundred false alarms per fraud.
    Parameters, result and errors as for `average_precision`.

    >>> roc_auc([0.9, 0.8, 0.3, 0.1], [1, 0, 1, 0], [0, 0, 1, 1]).estimate
    0.75

    Source: Hanley and McNeil, Radiology 143 (1982).
    """
    ranked = _rank(scores, labels, day, weight, resamples, seed)
    lost = np.zeros(1 + resamples)
    for step in ranked.steps():
        lost += (step.here * (step.false - step.tied / 2)).sum(axis=0)
    pairs = ranked.totals(positive=True) * ranked.totals(positive=False)
    return ranked.blocks.interval(1 - ratio(lost, pairs))


def recall_at_fpr(
    scores: ArrayLike,
    labels: ArrayLike,
    day: ArrayLike,
    *,
    fpr: float,
    weight: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Largest share of positives found while at most `fpr` of negatives are disturbed.

    Parameters, result and errors as for `average_precision`; `fpr` within (0, 1).

    >>> score, label = [0.9, 0.8, 0.3, 0.1], [1, 0, 1, 0]
    >>> recall_at_fpr(score, label, [0, 0, 1, 1], fpr=0.4).estimate
    0.5
    """
    between("fpr", fpr, 0, 1)
    ranked = _rank(scores, labels, day, weight, resamples, seed)
    allowed = fpr * ranked.totals(positive=False) * (1 + 1e-12)  # 0.29 x 100 is 29
    best = np.zeros(1 + resamples)
    for step in ranked.steps():
        found = np.where(step.false <= allowed, step.found, 0)
        best = np.maximum(best, found.max(axis=0))
    return ranked.blocks.interval(ratio(best, ranked.totals(positive=True)))
