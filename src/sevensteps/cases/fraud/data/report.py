"""Bring your own data: the offline half of the fraud chapter, on a reader's tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from sevensteps.cases.fraud.experiments.models import bent_line, trees
from sevensteps.cases.fraud.features import FEATURES, feature_matrix, offline
from sevensteps.cases.fraud.features.labels import Split, split
from sevensteps.cases.fraud.world import DAY, History
from sevensteps.data import OfflineReport, lead
from sevensteps.measure import (
    Interval,
    average_precision,
    calibration_ratio,
    precision_at_budget,
    prior_correction,
    recall_at_budget,
)

from .history import Brought, read_history

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Training rows above which only a tenth of the honest payments is kept.
MANY_ROWS, KEPT_SHARE = 1_000_000, 0.1
#: Alerts that a team reviews: two in a thousand payments, and at least this many a day.
ALERT_SHARE, FEWEST_ALERTS = 0.002, 10
#: Average precision above which a column may be one that knows the label.
TOO_GOOD = 0.9
SEARCHED = 200_000  # training rows on which the best column is chosen
AP, LINE, TREES = "average precision", "logistic regression", "LightGBM"
SKIPPED = (
    "money saved by a policy: needs what would have happened to each payment",
    "the online league and A/B test: need a world that can be run again",
    "the best possible score, and recall by method of theft: need the truth",
    "the incident drill and adaptive thieves: need causes that are known",
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What candidates are trained on and judged by; `train` holds the rows kept."""

    train: NDArray[np.float32]
    labels: Flags
    kept_share: float
    test: NDArray[np.float32]
    test_labels: Flags
    day: NDArray[np.int64]

    @property
    def per_day(self) -> int:
        """Alerts that are looked at on a day."""
        a_day = len(self.day) / len(np.unique(self.day))
        return max(FEWEST_ALERTS, round(ALERT_SHARE * a_day))


def run_offline(folder: Path) -> OfflineReport:
    """Read, check, split by time, build features, train and measure.

    Parameters
    ----------
    folder : Path     Parquet or CSV tables; `payments` with labels is enough. See
                      `sevensteps.cases.fraud.data.history.read_history`

    Returns
    -------
    OfflineReport     prints itself in a terminal with rich

    Raises
    ------
    ValueError        if a table is not as it should be (told by table, column and row),
                      if the days are too few, or if a part holds no fraud
    """
    brought = read_history(folder)
    parts, summary = _parts(brought)
    results = {"largest amount": _measured(parts, amounts(parts.test))}
    name, score = best_column(parts)
    column = f"best single column ({name})"
    results[column] = _measured(parts, score)
    for model, fit in CANDIDATES.items():
        p = fit(parts)
        results[model] = _measured(parts, p) | {
            "predicted per fraud": calibration_ratio(p, parts.test_labels, parts.day)
        }
    return OfflineReport(
        summary,
        results,
        notes=(*brought.tables.notes, *_too_good(results)),
        findings=tuple(_findings(results, column)),
        skipped=SKIPPED,
    )


def _parts(brought: Brought) -> tuple[Parts, str]:
    """The rows to train and to test on with their features, and how they were split."""
    history, first = brought.history, brought.first
    planned = plan(history.days - first, report_delay(history))
    planned["train_from"] += first
    planned["train_until"] += first
    spans = {
        "training": (planned["train_from"], planned["train_until"] - 1),
        "test": (planned["train_until"] + planned["label_gap"], history.days - 1),
    }
    told = {k: " to ".join(map(brought.day_name, span)) for k, span in spans.items()}
    cut = split(history, **planned)
    require_frauds(cut, told)
    kept, share = thin(cut.train, cut.train_labels)
    rows = kept | cut.test
    x = feature_matrix(offline(history, keep=rows))
    parts = Parts(
        train=x[kept[rows]],
        labels=cut.train_labels[kept],
        kept_share=share,
        test=x[cut.test[rows]],
        test_labels=cut.test_labels[cut.test],
        day=(history.payments["paid_at"].to_numpy() // DAY)[cut.test],
    )
    return parts, _summary(brought, parts, told)


def _summary(brought: Brought, parts: Parts, told: dict[str, str]) -> str:
    """What was read, and which days it was split into."""
    n, frauds = (
        table.num_rows
        for table in (brought.history.payments, brought.history.chargebacks)
    )
    share = parts.kept_share
    thinned = "" if share == 1 else f", of the honest {share:.0%}"
    return (
        f"{n:,} payments in {brought.history.days - brought.first} days, {frauds:,} "
        f"reported as fraud ({frauds / n:.2%}). Trained on {len(parts.train):,} of "
        f"{told['training']}{thinned}; tested on {len(parts.test):,} of {told['test']} "
        f"with {parts.test_labels.sum():,} frauds, at {parts.per_day} alerts a day."
    )


def report_delay(history: History) -> int:
    """Days until three in four of the reported frauds were reported."""
    told, payments = history.chargebacks, history.payments
    if told.num_rows == 0:
        return 0
    place = pc.index_in(told["payment_id"], payments["payment_id"]).to_numpy()
    paid = payments["paid_at"].to_numpy()[place]
    return int(np.ceil(np.quantile(told["reported_at"].to_numpy() - paid, 0.75) / DAY))


def plan(days: int, delay: int) -> dict[str, int]:
    """Split a history of `days` days: warm-up, training, label gap, test.

    The test takes a sixth, 7 to 30 days. The gap is as long as three in four labels
    take, `delay`, if two weeks are left to train on.

    >>> plan(180, delay=33)
    {'train_from': 30, 'train_until': 117, 'label_gap': 33}
    """
    if days < 28:
        raise ValueError(
            f"the payments span {days} days; at least 28 are needed: a week each to "
            "warm up, to train, to let labels arrive and to test"
        )
    test = min(30, max(7, days // 6))
    gap = min(max(7, delay), days - test - 14)
    until = days - test - gap
    return {
        "train_from": min(30, until // 3),
        "train_until": until,
        "label_gap": gap,
    }


def require_frauds(parts: Split, told: dict[str, str]) -> None:
    """Refuse to train or test without a fraud.

    Raises
    ------
    ValueError   naming the part and its days
    """
    for part, rows, labels in (
        ("training", parts.train, parts.train_labels),
        ("test", parts.test, parts.test_labels),
    ):
        if not labels[rows].any():
            known = ", as known when the gap ends" if part == "training" else ""
            raise ValueError(
                f"no payment of the {part} days ({told[part]}, {rows.sum():,} "
                f"payments) is labelled as fraud{known}: add a longer history or its "
                "chargebacks, or look whether these dates are right"
            )


def thin(train: Flags, labels: Flags) -> tuple[Flags, float]:
    """Rows to train on, and the share of honest ones that was kept.

    Every fraud stays. Up to a million rows everything does; above, a tenth of the rest.
    """
    if train.sum() <= MANY_ROWS:
        return train, 1.0
    chosen = np.random.default_rng(7).random(len(train)) < KEPT_SHARE
    return train & (labels | chosen), KEPT_SHARE


def fitted_line(parts: Parts) -> Floats:
    """(n,) probabilities of the test rows; honest rows weigh what they stand for."""
    weight = np.where(parts.labels, 1, 1 / parts.kept_share)
    model = bent_line().fit(
        parts.train, parts.labels, logisticregression__sample_weight=weight
    )
    return np.asarray(model.predict_proba(parts.test)[:, 1])


def fitted_trees(parts: Parts) -> Floats:
    """(n,) probabilities of the test rows, the prior corrected for thinning.

    A small table has few frauds, so leaves may rest on less than in the chapter.
    """
    model = trees(min_sum_hessian_in_leaf=1).fit(parts.train, parts.labels)
    return prior_correction(model.predict_proba(parts.test)[:, 1], parts.kept_share)


CANDIDATES: dict[str, Callable[[Parts], Floats]] = {
    LINE: fitted_line,
    TREES: fitted_trees,
}


def amounts(inputs: NDArray[np.float32]) -> Floats:
    """(n,) the payments' amounts: a rule that needs no training."""
    return inputs[:, FEATURES.index("amount")].astype(np.float64)


def best_column(parts: Parts) -> tuple[str, Floats]:
    """The column that alone, upwards or downwards, ranks training frauds best.

    Returns its name, with a minus if low values are suspicious, and its test scores.
    """
    some = np.random.default_rng(7).permutation(len(parts.train))[:SEARCHED]
    labels = parts.labels[some]
    if not labels.any():
        labels, some = parts.labels, np.arange(len(parts.labels))

    def score(x: NDArray[np.float32], column: int, sign: int) -> Floats:
        values = sign * x[:, column].astype(np.float64)
        return np.where(np.isnan(values), -np.inf, values).clip(-1e30, 1e30)

    options = [(c, sign) for c in range(len(FEATURES)) for sign in (1, -1)]
    train = parts.train[some]
    reached = [average_precision_score(labels, score(train, *o)) for o in options]
    column, sign = options[int(np.argmax(reached))]
    return "-" * (sign < 0) + FEATURES[column], score(parts.test, column, sign)


def _measured(parts: Parts, scores: Floats) -> dict[str, Interval]:
    """All metrics of one candidate that need no probability."""
    labels, day, per_day = parts.test_labels, parts.day, parts.per_day
    return {
        AP: average_precision(scores, labels, day),
        "recall": recall_at_budget(scores, labels, day, per_day=per_day),
        "precision": precision_at_budget(scores, labels, day, per_day=per_day),
    }


def _findings(results: dict[str, dict[str, Interval]], column: str) -> list[str]:
    """What the models reach beside the best single column."""
    reached = {name: of[AP] for name, of in results.items()}
    said = [lead(name, column, reached[name] - reached[column]) for name in CANDIDATES]
    if reached[LINE].estimate < reached[column].estimate:
        said.append(f"{LINE} stays below one column alone: it does not fit these data")
    return said


def _too_good(results: dict[str, dict[str, Interval]]) -> list[str]:
    """A warning if a candidate is too good to be honest."""
    name = max(results, key=lambda name: results[name][AP].estimate)
    if (best := results[name][AP].estimate) <= TOO_GOOD:
        return []
    return [
        f"{name} reaches an average precision of {best:.2f}, which is rarely honest: "
        "look for a column that is only known once the fraud is, and leave it out"
    ]
