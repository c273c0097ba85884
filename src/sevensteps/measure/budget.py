"""What reviewers find who can look at a fixed number of alerts a day; a scorecard."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sevensteps.measure.bootstrap import Block, block_bootstrap, ratio
from sevensteps.measure.inputs import Floats, at_least
from sevensteps.measure.interval import Interval
from sevensteps.measure.ranking import (
    ScoredRows,
    average_precision,
    roc_auc,
    scored_rows,
)


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
