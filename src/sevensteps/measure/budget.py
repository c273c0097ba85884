"""What a team of reviewers finds when it can look at a fixed number of alerts a day."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sevensteps.measure.bootstrap import RESAMPLES, Blocks, block_bootstrap, ratio
from sevensteps.measure.inputs import (
    Bools,
    Floats,
    Ints,
    at_least,
    labels_of,
    numbers,
    same_length,
    weights_of,
)
from sevensteps.measure.interval import Interval


def _by_day(code: Ints, n_blocks: int) -> list[Ints]:
    """Row numbers of each day."""
    order = np.argsort(code, kind="stable")
    return np.split(order, np.bincount(code, minlength=n_blocks).cumsum()[:-1])


def _shares(scores: Floats, weight: Floats, blocks: Blocks, per_day: int) -> Floats:
    """(n,) share of what a row stands for that is among its day's alerts.

    1 above the day's cut and 0 below. Rows tied at the cut share the alerts that are
    left, so the order of the rows never changes a result.
    """
    share = np.ones(len(scores))
    for rows in _by_day(blocks.code, blocks.n_blocks):
        score, stands_for = scores[rows], weight[rows]
        order = np.argsort(-score, kind="stable")
        asked = stands_for[order].cumsum()
        if asked[-1] <= per_day:
            continue
        cut = score[order[np.searchsorted(asked, per_day)]]
        above, tied = score > cut, score == cut
        left = per_day - stands_for[above].sum()
        share[rows] = above + tied * (left / stands_for[tied].sum())
    return share


def alerts(
    scores: ArrayLike,
    day: ArrayLike,
    *,
    per_day: int,
    weight: ArrayLike | None = None,
) -> Bools:
    """Mark the `per_day` highest scores of each day; the earlier row wins a tie.

    With `weight`, how many payments each row stands for, the marked rows stand for
    `per_day` payments at most.

    >>> alerts([0.1, 0.9, 0.5, 0.2, 0.8], [0, 0, 0, 1, 1], per_day=1)
    array([False,  True, False, False,  True])
    """
    score = numbers("scores", scores, infinite=True)
    stands_for = weights_of(weight, len(score))
    same_length(scores=score, day=np.asarray(day), weight=stands_for)
    at_least("per_day", per_day, 1)
    code, days = pd.factorize(np.asarray(day), sort=True)
    chosen = np.zeros(len(score), dtype=np.bool_)
    for rows in _by_day(code.astype(np.intp), len(days)):
        order = rows[np.argsort(-score[rows], kind="stable")]
        chosen[order[stands_for[order].cumsum() <= per_day]] = True
    return chosen


class _Budget(NamedTuple):
    """Sums per day from which every budget metric follows."""

    blocks: Blocks
    label: Floats  # (n,) payments that each row stands for, 0 where not a positive
    share: Floats  # (n,) of what it stands for, the part that is looked at
    weight: Floats


def _budget(
    scores: ArrayLike,
    labels: ArrayLike,
    day: ArrayLike,
    per_day: int,
    weight: ArrayLike | None,
    resamples: int,
    seed: int,
) -> _Budget:
    score = numbers("scores", scores, infinite=True)
    label = labels_of(labels)
    row = weights_of(weight, len(score))
    same_length(scores=score, labels=label, day=np.asarray(day), weight=row)
    at_least("per_day", per_day, 1)
    blocks = block_bootstrap(day, resamples, seed)
    return _Budget(blocks, label * row, _shares(score, row, blocks, per_day), row)


def precision_at_budget(
    scores: ArrayLike,
    labels: ArrayLike,
    day: ArrayLike,
    *,
    per_day: int,
    weight: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Share of positives among the `per_day` highest scores of each day.

    Parameters
    ----------
    scores : (n,) float       any monotone score; higher means more suspicious
    labels : (n,) bool        eventual labels
    day : (n,) int            day of each row
    per_day : int             review capacity, alerts per day
    weight : (n,) float       how many payments each row stands for, if sampled

    Returns
    -------
    Interval                  over all alerts, with a 95 % day-block bootstrap interval

    Raises
    ------
    ValueError                lengths differ, NaN scores, no positives, `per_day` < 1

    Examples
    --------
    >>> score, label, day = [0.9, 0.8, 0.3, 0.1], [1, 0, 1, 0], [0, 0, 1, 1]
    >>> precision_at_budget(score, label, day, per_day=2).estimate
    0.5

    Source: precision top-k, Dal Pozzolo et al., "Credit card fraud detection and
    concept-drift adaptation with delayed supervised information", IJCNN (2015).
    """
    budget = _budget(scores, labels, day, per_day, weight, resamples, seed)
    blocks = budget.blocks
    found = blocks.total(budget.share * budget.label)
    looked_at = blocks.total(budget.share * budget.weight)
    return blocks.interval(ratio(found, looked_at))


def recall_at_budget(
    scores: ArrayLike,
    labels: ArrayLike,
    day: ArrayLike,
    *,
    per_day: int,
    weight: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Share of all positives that are among the `per_day` highest scores of their day.

    Parameters, result and errors as for `precision_at_budget`.

    >>> score, label, day = [0.9, 0.8, 0.3, 0.1], [1, 0, 1, 0], [0, 0, 1, 1]
    >>> recall_at_budget(score, label, day, per_day=1).estimate
    1.0
    """
    budget = _budget(scores, labels, day, per_day, weight, resamples, seed)
    blocks = budget.blocks
    found = blocks.total(budget.share * budget.label)
    positives = blocks.total(budget.label)
    return blocks.interval(ratio(found, positives))
