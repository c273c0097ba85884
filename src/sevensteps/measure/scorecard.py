"""Several candidates, or several groups of rows, beside each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sevensteps.measure.blocks import RESAMPLES
from sevensteps.measure.budget import precision_at_budget, recall_at_budget
from sevensteps.measure.inputs import flags, same_length
from sevensteps.measure.interval import Interval
from sevensteps.measure.ranking import average_precision, roc_auc

Metric = Callable[..., Interval]


def scorecard(
    candidates: Mapping[str, ArrayLike],
    labels: ArrayLike,
    day: ArrayLike,
    *,
    per_day: int,
    weight: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """One row per candidate, one Interval per metric, all under the same resamples.

    Columns can be subtracted from each other's rows: `card - card.loc["rules"]` is the
    paired difference from the rules.

    Parameters
    ----------
    candidates : {name: (n,) float}   scores of each candidate on the same rows
    labels : (n,) bool
    day : (n,) int
    per_day : int                     review capacity, alerts per day
    weight : (n,) float               how many payments each row stands for, if sampled
    """
    same: dict[str, Any] = {"weight": weight, "resamples": resamples, "seed": seed}
    table = {}
    for name, s in candidates.items():
        table[name] = {
            "average precision": average_precision(s, labels, day, **same),
            "recall": recall_at_budget(s, labels, day, per_day=per_day, **same),
            "precision": precision_at_budget(s, labels, day, per_day=per_day, **same),
            "ROC AUC": roc_auc(s, labels, day, **same),
        }
    return pd.DataFrame.from_dict(table, orient="index")


def paired_difference(
    metric: Metric,
    scores: ArrayLike,
    rival: ArrayLike,
    labels: ArrayLike,
    day: ArrayLike,
    **options: Any,
) -> Interval:
    """How much better `scores` are than `rival` by a metric, on the same resamples.

    What both share cancels, so the interval is narrower than either one's.

    >>> day, label = [0, 0, 1, 1], [1, 0, 1, 0]
    >>> good, poor = [0.9, 0.1, 0.8, 0.2], [0.9, 0.1, 0.2, 0.8]
    >>> paired_difference(roc_auc, good, poor, label, day).estimate
    0.25
    """
    return metric(scores, labels, day, **options) - metric(
        rival, labels, day, **options
    )


def by_group(
    metric: Metric,
    scores: ArrayLike,
    labels: ArrayLike,
    day: ArrayLike,
    group: ArrayLike,
    **options: Any,
) -> pd.DataFrame:
    """A metric within each group of rows: new cardholders, countries, channels.

    Parameters
    ----------
    metric : function         e.g. `average_precision`
    scores, labels, day       as for the metric, (n,) each
    group : (n,)              name of the group of each row
    options                   passed to the metric

    Returns
    -------
    DataFrame                 per group: rows, positives, metric (n/a where there are
                              no positives or fewer than two days)
    """
    score, label, days = np.asarray(scores), flags("labels", labels), np.asarray(day)
    code, names = pd.factorize(np.asarray(group), sort=True)
    same_length(scores=score, labels=label, day=days, group=code)
    table = {}
    for i, name in enumerate(names):
        at = np.flatnonzero(code == i)
        positives = int(label[at].sum())
        enough = 0 < positives < len(at) and len(np.unique(days[at])) > 1
        value = (
            metric(score[at], label[at], days[at], **options)
            if enough
            else Interval.missing()
        )
        table[name] = {"rows": len(at), "positives": positives, "metric": value}
    return pd.DataFrame.from_dict(table, orient="index")
