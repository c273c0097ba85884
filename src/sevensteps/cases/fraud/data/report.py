"""Bring your own data: the offline half of the fraud chapter, on a reader's tables."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.table import Table
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sevensteps.cases.fraud.data.readers import read_tables
from sevensteps.cases.fraud.experiments.models import signed_log, trees
from sevensteps.cases.fraud.features import FEATURES, feature_matrix, offline
from sevensteps.cases.fraud.features.labels import Split, split
from sevensteps.cases.fraud.world import DAY, History
from sevensteps.measure import (
    Interval,
    average_precision,
    calibration_ratio,
    precision_at_budget,
    prior_correction,
    recall_at_budget,
)

Floats = NDArray[np.float64]

#: Training rows above which only a tenth of the honest payments is kept.
MANY_ROWS, KEPT_SHARE = 1_000_000, 0.1
#: Alerts that a team reviews: two in a thousand payments, and at least this many a day.
ALERT_SHARE, FEWEST_ALERTS = 0.002, 10
SKIPPED = (
    "money saved by a policy: needs what would have happened to each payment",
    "the online league and A/B test: need a world that can be run again",
    "the best possible score, and recall by method of theft: need the truth",
    "the incident drill and adaptive thieves: need causes that are known",
)


@dataclass(frozen=True)
class Result:
    """One candidate, measured on the test days."""

    name: str
    average_precision: Interval
    recall: Interval
    precision: Interval
    #: Frauds predicted for each one that came; None for a score without probability.
    calibration: Interval | None
    train_seconds: float


@dataclass(frozen=True)
class Report:
    """What was read, how it was split, and what each candidate reached."""

    n_payments: int
    n_frauds: int
    days: int
    n_train: int
    n_test: int
    test_frauds: int
    kept_share: float
    per_day: int
    results: tuple[Result, ...]
    #: What the reader of the tables had to assume.
    notes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = SKIPPED

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        kept = "" if self.kept_share == 1 else f" ({self.kept_share:.0%} of the honest)"
        yield (
            f"{self.n_payments:,} payments in {self.days} days, {self.n_frauds:,} "
            f"reported as fraud. Trained on {self.n_train:,}{kept}, tested on "
            f"{self.n_test:,} later ones with {self.test_frauds:,} frauds."
        )
        yield from (escape(f"Assumed: {note}") for note in self.notes)
        yield self.table()
        yield "Intervals: 95 %, whole days resampled. Not run on your data:"
        yield "\n".join(f"  - {part}" for part in self.skipped)

    def table(self) -> Table:
        """The candidates as rows."""
        table = Table(
            title=f"at {self.per_day} alerts a day", title_justify="left", box=None
        )
        for heading in ("candidate", "average precision", "recall", "precision"):
            table.add_column(heading)
        table.add_column("predicted per fraud")
        table.add_column("trained in")
        for result in self.results:
            calibration = "-" if result.calibration is None else str(result.calibration)
            table.add_row(
                result.name,
                str(result.average_precision),
                str(result.recall),
                str(result.precision),
                calibration,
                f"{result.train_seconds:.1f} s",
            )
        return table


def run_fraud(folder: Path) -> Report:
    """Read, check, split by time, build features, train and measure.

    Parameters
    ----------
    folder : Path     Parquet or CSV tables; `payments` with labels is enough. See
                      `sevensteps.cases.fraud.data.readers.read_tables`

    Returns
    -------
    Report            prints itself in a terminal with rich

    Raises
    ------
    ValueError        if a table is not as it should be (told by table, column and row),
                      if the days are too few, or if a part holds no fraud
    """
    history, notes = _read(folder)
    parts = split(history, **plan(history.days, report_delay(history)))
    require_frauds(parts)
    kept, kept_share = thin(parts.train, parts.train_labels)
    rows = kept | parts.test
    inputs = feature_matrix(offline(history, keep=rows))
    train, test = inputs[kept[rows]], inputs[parts.test[rows]]
    labels = parts.train_labels[kept]
    truth, day = parts.test_labels[parts.test], _days(history)[parts.test]
    per_day = max(FEWEST_ALERTS, round(ALERT_SHARE * len(day) / len(np.unique(day))))
    results = [_measure("largest amount", amounts(test), truth, day, per_day, None)]
    for name, model in candidates().items():
        begun = perf_counter()
        model.fit(train, labels)
        seconds = perf_counter() - begun
        scores = prior_correction(model.predict_proba(test)[:, 1], kept_share)
        results.append(_measure(name, scores, truth, day, per_day, seconds))
    return Report(
        n_payments=history.payments.num_rows,
        n_frauds=history.chargebacks.num_rows,
        days=history.days,
        n_train=len(train),
        n_test=len(test),
        test_frauds=int(truth.sum()),
        kept_share=kept_share,
        per_day=per_day,
        results=tuple(results),
        notes=notes,
    )


def _read(folder: Path) -> tuple[History, tuple[str, ...]]:
    """The tables, and what had to be assumed about them."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        history = read_tables(folder)
    return history, tuple(str(warning.message) for warning in caught)


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


def require_frauds(parts: Split) -> None:
    """Refuse to train or test without a fraud.

    Raises
    ------
    ValueError   naming the part
    """
    for name, rows, labels in (
        ("training days (as known when the gap ends)", parts.train, parts.train_labels),
        ("test days", parts.test, parts.test_labels),
    ):
        if not labels[rows].any():
            raise ValueError(
                f"no payment of the {name} is labelled as fraud: add a longer history "
                "or its chargebacks"
            )


def thin(
    train: NDArray[np.bool_], labels: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], float]:
    """Rows to train on, and the share of honest ones that was kept.

    Every fraud stays. Up to a million rows everything does; above, a tenth of the rest.
    """
    if train.sum() <= MANY_ROWS:
        return train, 1.0
    chosen = np.random.default_rng(7).random(len(train)) < KEPT_SHARE
    return train & (labels | chosen), KEPT_SHARE


def candidates() -> dict[str, Any]:
    """A linear model and trees, set to hold at any base rate."""
    linear = make_pipeline(
        FunctionTransformer(signed_log),
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=0.1, max_iter=500),
    )
    lower_floor = trees(min_sum_hessian_in_leaf=1)  # a small table has few frauds
    return {"logistic regression": linear, "LightGBM": lower_floor}


def amounts(inputs: NDArray[np.float32]) -> Floats:
    """(n,) the payments' amounts: a rule that needs no training."""
    return inputs[:, FEATURES.index("amount")].astype(np.float64)


def _days(history: History) -> NDArray[np.int64]:
    return history.payments["paid_at"].to_numpy() // DAY


def _measure(
    name: str,
    scores: Floats,
    truth: NDArray[np.bool_],
    day: NDArray[np.int64],
    per_day: int,
    seconds: float | None,
) -> Result:
    """All metrics of one candidate; without `seconds` its score is no probability."""
    return Result(
        name,
        average_precision(scores, truth, day),
        recall_at_budget(scores, truth, day, per_day=per_day),
        precision_at_budget(scores, truth, day, per_day=per_day),
        None if seconds is None else calibration_ratio(scores, truth, day),
        seconds or 0.0,
    )
