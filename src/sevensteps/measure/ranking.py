"""How well a score puts positives above negatives, at any base rate, with intervals.

Only the ranks of the positives matter. So the rows are never sorted: each falls between
two positives' scores, and the counts (positives' scores x days) are all that a resample
needs. Two million rows with 300 frauds become a 600 x 60 table. Reviewers can look at
a fixed number of alerts a day only: for them there are metrics at a budget.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .bootstrap import Block, Blocks, Interval, block_bootstrap, ratio
from .inputs import (
    Bools,
    Floats,
    Ints,
    at_least,
    between,
    labels_of,
    numbers,
    same_length,
    weights_of,
)

AT_ONCE = 2048  # positives' scores in one matrix: keeps the work within ~100 MB


class ScoredRows(NamedTuple):
    """Rows that were checked: (n,) scores, labels and weights, and their blocks."""

    score: Floats
    label: Bools
    weight: Floats
    blocks: Blocks


def scored_rows(
    scores: ArrayLike, labels: ArrayLike, day: Block, weight: ArrayLike | None
) -> ScoredRows:
    """Check what all metrics of a score are given."""
    score = numbers("scores", scores, infinite=True)
    label, row = labels_of(labels), weights_of(weight, len(score))
    blocks = block_bootstrap(day)
    same_length(scores=score, labels=label, day=blocks.code, weight=row)
    if not (row[label] > 0).any():
        raise ValueError("no positive label has a weight above zero")
    return ScoredRows(score, label, row, blocks)


class _Step(NamedTuple):
    """Weighted counts at a run of thresholds, highest first, for every resample."""

    here: Floats  # (k, r) positives exactly at the threshold
    found: Floats  # (k, r) positives at or above it
    false: Floats  # (k, r) negatives at or above it
    tied: Floats  # (k, r) negatives exactly at it


@dataclass(frozen=True)
class _Slots:
    """Rows placed among the positives' scores.

    Slot 2i + 1 is a score equal to the i-th threshold; slot 2i lies below it and above
    the one before.
    """

    rows: ScoredRows
    slot: Ints
    n_thresholds: int

    @classmethod
    def of(cls, rows: ScoredRows) -> Self:
        thresholds = np.unique(rows.score[rows.label])
        below = np.searchsorted(thresholds, rows.score)
        tied = thresholds[np.minimum(below, len(thresholds) - 1)] == rows.score
        return cls(rows, 2 * below.astype(np.intp) + tied, len(thresholds))

    def totals(self, positive: bool) -> Floats:
        """(r,) weighted number of positives (or negatives) in every resample."""
        return self.rows.blocks.total((self.rows.label == positive) * self.rows.weight)

    def counts(self, first: int, n_slots: int, positive: bool) -> Floats:
        """(n_slots, r) weighted rows in the slots from `first` on."""
        blocks = self.rows.blocks
        chosen = (self.slot >= first) & (self.slot < first + n_slots)
        chosen &= self.rows.label == positive
        cell = (self.slot[chosen] - first) * blocks.n_blocks + blocks.code[chosen]
        size = n_slots, blocks.n_blocks
        table = np.bincount(cell, self.rows.weight[chosen], n_slots * blocks.n_blocks)
        return blocks.totals(table.reshape(size).T).T

    def steps(self) -> Iterator[_Step]:
        """Walk down the thresholds, `AT_ONCE` at a time."""
        found = false = np.zeros(1 + self.rows.blocks.resamples)
        for stop in range(self.n_thresholds, 0, -AT_ONCE):
            start = max(0, stop - AT_ONCE)
            first, n_slots = 2 * start + 1, 2 * (stop - start)
            positives = self.counts(first, n_slots, positive=True)[::-1]
            negatives = self.counts(first, n_slots, positive=False)[::-1]
            all_found = found + positives.cumsum(axis=0)
            all_false = false + negatives.cumsum(axis=0)
            # reversed, each threshold's pair of slots is (above it, exactly at it)
            at = slice(1, None, 2)
            yield _Step(positives[at], all_found[at], all_false[at], negatives[at])
            found, false = all_found[-1], all_false[-1]


def average_precision(
    scores: ArrayLike, labels: ArrayLike, day: Block, *, weight: ArrayLike | None = None
) -> Interval:
    """Mean precision at the rank of each positive: the area under precision-recall.

    A random score has the base rate as its average precision, so 0.01 may be good.

    Parameters
    ----------
    scores : (n,) float       any monotone score; higher means more suspicious
    labels : (n,) bool        what it was; tied scores share one threshold
    day : (n,) int            day of each row, the block of the bootstrap
    weight : (n,) float       how many rows each one stands for, e.g. 1 / propensity

    Returns Interval: on all rows, with a 95 % day-block bootstrap interval. Raises a
    ValueError for lengths that differ, NaN scores, no positives, one day only.

    >>> average_precision([0.9, 0.8, 0.3, 0.1], [1, 0, 1, 0], [0, 0, 1, 1]).estimate
    0.8333333333333333

    Source: Zhu, "Recall, precision and average precision" (2004); scikit-learn's
    definition, without interpolation.
    """
    rows = scored_rows(scores, labels, day, weight)
    slots, area = _Slots.of(rows), np.zeros(1 + rows.blocks.resamples)
    for step in slots.steps():
        precision = ratio(step.found, step.found + step.false)
        area += np.nansum(step.here * precision, axis=0)
    return rows.blocks.interval(ratio(area, slots.totals(positive=True)))


def roc_auc(
    scores: ArrayLike, labels: ArrayLike, day: Block, *, weight: ArrayLike | None = None
) -> Interval:
    """Probability that a positive scores above a negative; ties count one half.

    Blind to the base rate: 0.99 may still mean a hundred false alarms per fraud.
    Parameters, result and errors as for `average_precision`.

    >>> roc_auc([0.9, 0.8, 0.3, 0.1], [1, 0, 1, 0], [0, 0, 1, 1]).estimate
    0.75

    Source: Hanley and McNeil, Radiology 143 (1982).
    """
    rows = scored_rows(scores, labels, day, weight)
    slots, lost = _Slots.of(rows), np.zeros(1 + rows.blocks.resamples)
    for step in slots.steps():
        lost += (step.here * (step.false - step.tied / 2)).sum(axis=0)
    pairs = slots.totals(positive=True) * slots.totals(positive=False)
    return rows.blocks.interval(1 - ratio(lost, pairs))


def recall_at_fpr(
    scores: ArrayLike,
    labels: ArrayLike,
    day: Block,
    *,
    fpr: float,
    weight: ArrayLike | None = None,
) -> Interval:
    """Largest share of positives found while at most `fpr` of negatives are disturbed.

    Parameters, result and errors as for `average_precision`; `fpr` within (0, 1).

    >>> score, label = [0.9, 0.8, 0.3, 0.1], [1, 0, 1, 0]
    >>> recall_at_fpr(score, label, [0, 0, 1, 1], fpr=0.4).estimate
    0.5
    """
    between("fpr", fpr, 0, 1)
    rows = scored_rows(scores, labels, day, weight)
    slots, best = _Slots.of(rows), np.zeros(1 + rows.blocks.resamples)
    allowed = fpr * slots.totals(positive=False) * (1 + 1e-12)  # 0.29 x 100 is 29
    for step in slots.steps():
        found = np.where(step.false <= allowed, step.found, 0)
        best = np.maximum(best, found.max(axis=0))
    return rows.blocks.interval(ratio(best, slots.totals(positive=True)))


def _alerts(rows: ScoredRows, per_day: int) -> Floats:
    """(n,) part of what a row stands for that is among its day's alerts.

    All above the day's cut and nothing below. Rows tied at the cut share the alerts
    that are left, so the order of the rows never changes a result.
    """
    at_least("per_day", per_day, 1)
    share = np.ones(len(rows.score))
    by_day = np.argsort(rows.blocks.code, kind="stable")
    last = np.bincount(rows.blocks.code).cumsum()[:-1]
    for today in np.split(by_day, last):
        score, stands_for = rows.score[today], rows.weight[today]
        order = np.argsort(-score, kind="stable")
        asked = stands_for[order].cumsum()
        if asked[-1] <= per_day:
            continue
        cut = score[order[np.searchsorted(asked, per_day)]]
        above, tied = score > cut, score == cut
        left = per_day - stands_for[above].sum()
        share[today] = above + tied * (left / stands_for[tied].sum())
    return share


def precision_at_budget(
    scores: ArrayLike,
    labels: ArrayLike,
    day: Block,
    *,
    per_day: int,
    weight: ArrayLike | None = None,
) -> Interval:
    """Share of positives among the `per_day` highest scores of each day.

    `per_day` is the review capacity, alerts per day, at least 1. Other parameters,
    result and errors as for `average_precision`.

    >>> score, label, day = [0.9, 0.8, 0.3, 0.1], [1, 0, 1, 0], [0, 0, 1, 1]
    >>> precision_at_budget(score, label, day, per_day=2).estimate
    0.5

    Source: precision top-k, Dal Pozzolo et al., "Credit card fraud detection and
    concept-drift adaptation with delayed supervised information", IJCNN (2015).
    """
    rows = scored_rows(scores, labels, day, weight)
    share = _alerts(rows, per_day)
    found = rows.blocks.total(share * (rows.label * rows.weight))
    return rows.blocks.interval(ratio(found, rows.blocks.total(share * rows.weight)))


def recall_at_budget(
    scores: ArrayLike,
    labels: ArrayLike,
    day: Block,
    *,
    per_day: int,
    weight: ArrayLike | None = None,
) -> Interval:
    """Share of all positives that are among the `per_day` highest scores of their day.

    Parameters, result and errors as for `precision_at_budget`.

    >>> score, label, day = [0.9, 0.8, 0.3, 0.1], [1, 0, 1, 0], [0, 0, 1, 1]
    >>> recall_at_budget(score, label, day, per_day=1).estimate
    1.0
    """
    rows = scored_rows(scores, labels, day, weight)
    positive = rows.label * rows.weight
    found = rows.blocks.total(_alerts(rows, per_day) * positive)
    return rows.blocks.interval(ratio(found, rows.blocks.total(positive)))


def scorecard(
    candidates: Mapping[str, ArrayLike],
    labels: ArrayLike,
    day: Block,
    *,
    per_day: int,
    weight: ArrayLike | None = None,
) -> pd.DataFrame:
    """One row per candidate, one Interval per metric, all under the same resamples.

    `card - card.loc["rules"]` is the paired difference from the rules. Parameters as
    for `precision_at_budget`, but {name: (n,) scores} for the candidates.
    """
    blocks, table = block_bootstrap(day), {}
    for name, score in candidates.items():
        rows = score, labels, blocks
        table[name] = {
            "average precision": average_precision(*rows, weight=weight),
            "recall": recall_at_budget(*rows, per_day=per_day, weight=weight),
            "precision": precision_at_budget(*rows, per_day=per_day, weight=weight),
            "ROC AUC": roc_auc(*rows, weight=weight),
        }
    return pd.DataFrame.from_dict(table, orient="index")
