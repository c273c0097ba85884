"""Bring your own data: the offline half of the fraud chapter, on a reader's tables."""

from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc
from sklearn.metrics import average_precision_score

from sevensteps import measure
from sevensteps.cases.fraud.experiments import Sample, sample, suspicion, trees
from sevensteps.cases.fraud.experiments.models import Floats, bent_line
from sevensteps.cases.fraud.features import FEATURES
from sevensteps.cases.fraud.world import DAY, Action, History
from sevensteps.data import OfflineReport, lead
from sevensteps.measure import Interval

from .history import read_history

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


class Plan(NamedTuple):
    """Days of a history: warm-up, training, a gap in which labels arrive, test."""

    train_from: int
    train_until: int
    test_from: int
    end: int


def run_offline(folder: Path) -> OfflineReport:
    """Read (see `read_history`), check, split by time, build features, train, measure.

    Raises
    ------
    ValueError        if a table is not as it should be (told by table, column and row),
                      if the days are too few, or if a part holds no fraud
    """
    brought = read_history(folder)
    history, tables = brought.history, brought.tables
    days = plan(brought.first, history.days, report_delay(history))
    train, test = parts(history, days)
    first, last, asked, end = map(tables.day_name, np.subtract(days, (0, 1, 0, 1)))
    trained, tested = f"{first} to {last}", f"{asked} to {end}"
    _need_frauds("training", train, trained, ", as known when the gap ends")
    _need_frauds("test", test, tested)
    results = _results(train, test)
    n, frauds = history.payments.num_rows, history.chargebacks.num_rows
    return OfflineReport(
        f"{n:,} payments in {history.days - brought.first} days, {frauds:,} reported "
        f"as fraud ({frauds / n:.2%}). Trained on {len(train):,} of {trained}; tested "
        f"on {len(test):,} of {tested} with {test.label.sum():,} frauds, at "
        f"{alerts_a_day(test)} alerts a day.",
        results,
        (*tables.notes, *_too_good(results)),
        _findings(results),
        SKIPPED,
    )


def report_delay(history: History) -> int:
    """Days until three in four of the reported frauds were reported."""
    told = history.chargebacks
    if told.num_rows == 0:
        return 0
    row = pc.index_in(told["payment_id"], history.payments["payment_id"]).to_numpy()
    delay = told["reported_at"].to_numpy() - history.column("paid_at")[row]
    return int(np.ceil(np.quantile(delay, 0.75) / DAY))


def plan(first: int, end: int, delay: int) -> Plan:
    """Split the days `first` to `end` - 1 of a history.

    The test takes a sixth, 7 to 30 days. The gap is as long as three in four labels
    take, `delay`, if two weeks are left to train on.

    >>> plan(0, 180, delay=33)
    Plan(train_from=30, train_until=117, test_from=150, end=180)
    """
    days = end - first
    if days < 28:
        raise ValueError(
            f"the payments span {days} days; at least 28 are needed: a week each to "
            "warm up, to train, to let labels arrive and to test"
        )
    test = min(30, max(7, days // 6))
    gap = min(max(7, delay), days - test - 14)
    until = days - test - gap
    return Plan(first + min(30, until // 3), first + until, end - test, end)


def parts(history: History, days: Plan) -> tuple[Sample, Sample]:
    """Training rows, labelled as known when the gap ends, and test rows.

    Blocked payments are in neither: nobody will ever know what they were.
    """
    rows = sample(history, {days.train_from: 1.0})
    rows = rows.where((history.column("action") != Action.BLOCK)[rows.row])
    train = rows.between(days.train_from, days.train_until)
    test = rows.between(days.test_from, days.end)
    return train.labelled(by=days.test_from), test.labelled()


def _need_frauds(part: str, rows: Sample, told: str, known: str = "") -> None:
    """Refuse a part without a fraud, naming its days."""
    if not rows.label.any():
        raise ValueError(
            f"no payment of the {part} days ({told}, {len(rows):,} payments) is "
            f"labelled as fraud{known}: add a longer history or its chargebacks, or "
            "look whether these dates are right"
        )


def alerts_a_day(test: Sample) -> int:
    """Alerts that are looked at on a day."""
    a_day = len(test) / len(np.unique(test.day))
    return max(FEWEST_ALERTS, round(ALERT_SHARE * a_day))


def best_column(train: Sample, test: Sample) -> tuple[str, Floats]:
    """The column that alone, or turned round (then with a minus), ranks frauds best."""
    order = np.random.default_rng(7).permutation(len(train))
    some = train.where(np.argsort(order) < SEARCHED)
    some = some if some.label.any() else train

    def score(rows: Sample, name: str, sign: int) -> Floats:
        values = sign * rows.column(name).astype(np.float64)
        return np.where(np.isnan(values), -np.inf, values).clip(-1e30, 1e30)

    name, sign = max(
        product(FEATURES, (1, -1)),
        key=lambda way: average_precision_score(some.label, score(some, *way)),
    )
    return "-" * (sign < 0) + name, score(test, name, sign)


def _results(train: Sample, test: Sample) -> dict[str, dict[str, Interval]]:
    """What two simple rivals and the models reach on the test."""
    name, score = best_column(train, test)
    rivals = {"largest amount": test.amount, f"best single column ({name})": score}
    results = {rival: _measured(test, scores) for rival, scores in rivals.items()}
    # a small table has few frauds, so leaves may rest on less than in the chapter
    models = {LINE: bent_line(), TREES: trees(min_sum_hessian_in_leaf=1)}
    for name, model in models.items():
        p = suspicion(model.fit(train.x, train.label), test.x)
        ratio = measure.calibration_ratio(p, test.label, test.day)
        results[name] = _measured(test, p) | {"predicted per fraud": ratio}
    return results


def _measured(test: Sample, scores: Floats) -> dict[str, Interval]:
    """All metrics of one candidate that need no probability."""
    told, per_day = (scores, test.label, test.day), alerts_a_day(test)
    return {
        AP: measure.average_precision(*told),
        "recall": measure.recall_at_budget(*told, per_day=per_day),
        "precision": measure.precision_at_budget(*told, per_day=per_day),
    }


def _findings(results: dict[str, dict[str, Interval]]) -> tuple[str, ...]:
    """What the models reach beside the best single column."""
    reached = {name: of[AP] for name, of in results.items()}
    _, column, *models = reached
    said = [lead(name, column, reached[name] - reached[column]) for name in models]
    if reached[LINE].estimate < reached[column].estimate:
        said.append(f"{LINE} stays below one column alone: it does not fit these data")
    return tuple(said)


def _too_good(results: dict[str, dict[str, Interval]]) -> list[str]:
    """A warning if a candidate is too good to be honest."""
    name = max(results, key=lambda name: results[name][AP].estimate)
    if (best := results[name][AP].estimate) <= TOO_GOOD:
        return []
    return [
        f"{name} reaches an average precision of {best:.2f}, which is rarely honest: "
        "look for a column that is only known once the fraud is, and leave it out"
    ]
