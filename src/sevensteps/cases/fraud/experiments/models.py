"""Payments to learn from and to be judged by, and the candidates that learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow.compute as pc
from lightgbm import LGBMClassifier
from numpy.typing import ArrayLike, NDArray
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sevensteps.cases.fraud.features import FEATURES, feature_matrix, offline
from sevensteps.cases.fraud.world import DAY, History
from sevensteps.measure import prior_correction
from sevensteps.world.arrays import take


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of a history with their features; every array has one entry a row."""

    row: NDArray[np.int64]  # number among the history's payments
    day: NDArray[np.int32]  # of the payment
    x: NDArray[np.float32]  # (n, F) `FEATURES`, as of the second before the payment
    reported_day: NDArray[np.float64]  # on which its chargeback came; inf: it never did
    draw: NDArray[np.float64]  # uniform, by which honest payments are thinned
    share: NDArray[np.float64]  # of such honest payments, that was kept
    label: NDArray[np.bool_]  # charged back, as far as was known: see `labelled`

    def __len__(self) -> int:
        return len(self.row)

    def where(self, mask: NDArray[np.bool_]) -> Sample:
        """The rows where `mask` is true."""
        return take(self, mask)

    def between(self, first: int, end: int) -> Sample:
        """Payments of the days `first` to `end` - 1."""
        return self.where((self.day >= first) & (self.day < end))

    def labelled(self, by: int | None = None, *, honest: float = 1.0) -> Sample:
        """Labels as known when day `by` begins, or ever; the honest thinned.

        Rows without a label stay as far as the draw took them, so a fraud that nobody
        has reported yet is as rare among them as in life.

        Parameters
        ----------
        by : int              day; None: all chargebacks that ever came
        honest : float        share of the unlabelled payments to keep, at most

        Raises
        ------
        ValueError            a share outside (0, 1]
        """
        if not 0 < honest <= 1:
            raise ValueError(f"the share `honest` must lie in (0, 1], not {honest}")
        label = self.reported_day < (np.inf if by is None else by)
        share = np.minimum(self.share, honest)
        known = replace(self, label=label, share=share)
        return known.where(label | (self.draw < share))

    @property
    def weight(self) -> NDArray[np.float64]:
        """(n,) payments that each row stands for."""
        return np.where(self.label, 1.0, 1 / self.share)

    @property
    def seen(self) -> dict[str, NDArray[Any]]:
        """What every metric asks besides scores: labels, day, weight."""
        return {"labels": self.label, "day": self.day, "weight": self.weight}

    def column(self, name: str) -> NDArray[np.float32]:
        """(n,) one feature."""
        return self.x[:, FEATURES.index(name)]

    @property
    def amount(self) -> NDArray[np.float64]:
        """(n,) euros."""
        return self.column("amount").astype(np.float64)

    def replaced(self, name: str, values: ArrayLike) -> Sample:
        """The same rows with other values of one feature."""
        x = self.x.copy()
        x[:, FEATURES.index(name)] = np.asarray(values, np.float32)
        return replace(self, x=x)


def sample(
    history: History, honest: Mapping[int, float] | None = None, *, seed: int = 7
) -> Sample:
    """Draw payments of a history, and compute their features.

    Every payment that was ever charged back is taken, labelled so, and a share of the
    others. All payments are events in each other's windows, drawn or not.

    Parameters
    ----------
    honest : {day: share}     share of the other payments, from each day on; those
                              before the first are left out. By default all from day
                              30 on: windows are 30 days long
    seed : int                of the draw

    Raises
    ------
    ValueError                a share outside (0, 1]
    """
    shares = {30: 1.0} if honest is None else dict(honest)
    if bad := [share for share in shares.values() if not 0 < share <= 1]:
        raise ValueError(f"shares of honest payments must lie in (0, 1], not {bad}")
    day = (history.column("paid_at") // DAY).astype(np.int32)
    share = np.zeros(len(day))
    for first in sorted(shares):
        share[day >= first] = shares[first]
    draw = np.random.default_rng(seed).random(len(day))
    reported = reported_days(history)
    chosen = (share > 0) & ((draw < share) | np.isfinite(reported))
    row = np.flatnonzero(chosen)
    x = feature_matrix(offline(history, keep=chosen))
    label = np.isfinite(reported[row])
    return Sample(row, day[row], x, reported[row], draw[row], share[row], label)


def reported_days(history: History) -> NDArray[np.float64]:
    """(n,) day on which each payment's chargeback came in; inf where none did."""
    told, ids = history.chargebacks, history.payments["payment_id"]
    at = pc.index_in(ids, value_set=told["payment_id"]).to_numpy()  # NaN: none
    reported = np.full(len(ids), np.inf)
    known = np.isfinite(at)
    when = told["reported_at"].to_numpy()[at[known].astype(int)]
    reported[known] = when // DAY
    return reported


Floats = NDArray[np.float64]
Features = NDArray[np.float32]


def trees(**changes: Any) -> LGBMClassifier:
    """Boosted trees of modest size whose leaves need real evidence.

    A leaf of a few honest payments and one fraud has almost no Hessian, so its step
    explodes; `min_sum_hessian_in_leaf` forbids such leaves. Equal on every run and
    number of threads.
    """
    settings: dict[str, Any] = {
        "n_estimators": 100,
        "num_leaves": 15,
        "min_sum_hessian_in_leaf": 5.0,
        "random_state": 7,
        "n_jobs": 2,
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
    return LGBMClassifier(**(settings | changes))


def signed_log(x: Features) -> Features:
    """Heavy tails to logarithms, signs kept."""
    return np.asarray(np.sign(x) * np.log1p(np.abs(x)))


def prepared(
    model: Any, *, indicator: bool = True, log: bool = True, scale: bool = True
) -> Pipeline:
    """A model behind medians for gaps, and what a linear model needs besides.

    Parameters
    ----------
    model : an unfitted scikit-learn estimator
    indicator : bool          a column more for each feature that has gaps
    log : bool                heavy tails to logarithms
    scale : bool              each column to mean 0 and variance 1
    """
    steps: list[Any] = [SimpleImputer(strategy="median", add_indicator=indicator)]
    if log:
        steps.append(FunctionTransformer(signed_log))
    if scale:
        steps.append(StandardScaler())
    return make_pipeline(*steps, model)


def linear(**preparation: bool) -> Pipeline:
    """Logistic regression, prepared; turn a preparation off to see what it bought."""
    return prepared(LogisticRegression(), **preparation)


def bent_line() -> Pipeline:
    """Logistic regression that also sees the square of each column.

    A straight line cannot follow a column whose risk rises and falls again. Squares are
    of scaled columns, cut at four standard deviations. Fit it with weights where honest
    payments were thinned out: a prior correction mends the level of a line that bends
    too little, not its slope.
    """
    return make_pipeline(
        FunctionTransformer(signed_log),
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        FunctionTransformer(with_squares),
        StandardScaler(),
        LogisticRegression(C=0.1, max_iter=500),
    )


def with_squares(z: Floats) -> Floats:
    """(n, F) scaled columns, and their squares beside them."""
    return np.column_stack([z, np.clip(z, -4, 4) ** 2])


def suspicion(model: Any, x: Features) -> Floats:
    """(n,) higher is more suspicious, whatever the model calls it."""
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(x)[:, 1])
    return np.asarray(-model.score_samples(x))  # an isolation forest: low is odd


@dataclass(frozen=True)
class Probability:
    """A model's probability of fraud at the true base rate.

    Parameters
    ----------
    model : fitted on all frauds and a share of the honest payments
    kept : float              that share; 1.0 puts no prior back
    """

    model: Any
    kept: float

    def __call__(self, x: Features) -> Floats:
        """(n, F) -> (n,)."""
        if not len(x):
            return np.zeros(0)
        return prior_correction(self.model.predict_proba(x)[:, 1], self.kept)
