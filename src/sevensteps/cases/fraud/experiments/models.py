"""The fraud chapter's candidates, ready to fit: sound trees and straight lines."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sevensteps.measure import prior_correction

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
    """Heavy tails to logarithms, signs kept.

    >>> signed_log(np.array([-1.0, 0.0, 1.0])).round(2).tolist()
    [-0.69, 0.0, 0.69]
    """
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
