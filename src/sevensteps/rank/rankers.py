"""Rankers: one score for each pair, by what they were asked to get right.

*Pointwise* models guess each grade by itself. *Pairwise* ones guess which of two comes
first. *Listwise* ones weigh each such pair by what swapping the two would do to the
list's NDCG: LambdaMART. All are asked in the same way, `ranker.scores(features)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge

from .feature_table import FeatureTable
from .mlp import Floats
from .standardizer import Standardizer
from .training_pairs import Judged

Task = Literal["grade", "click"]
GAINS = (0, 1, 3, 7, 15)  # of grades 0 to 4: two to the grade, minus one
CUT = 10  # places that training for NDCG looks at


class Ranker(Protocol):
    """Anything that scores pairs; more is better, within one query."""

    def scores(self, features: FeatureTable) -> Floats:
        """(n,) float32."""


@dataclass(frozen=True, slots=True)
class LinearRanker:
    """A weighted sum of standardised features; what is not known counts as the mean.

    Attributes
    ----------
    names : of the features
    mean, spread, weight : (d,) float
    """

    names: tuple[str, ...]
    mean: NDArray[np.floating]
    spread: NDArray[np.floating]
    weight: NDArray[np.float64]

    def scores(self, features: FeatureTable) -> Floats:
        """(n,) float32.

        Raises
        ------
        ValueError            if a feature is missing
        """
        scaled = Standardizer(self.mean, self.spread)(features.only(*self.names).values)
        return np.asarray(scaled @ self.weight, np.float32)


@dataclass(frozen=True)
class TreeRanker:
    """Boosted trees, computed by LightGBM on one thread."""

    names: tuple[str, ...]
    model: lightgbm.Booster

    def scores(self, features: FeatureTable) -> Floats:
        """(n,) float32.

        Raises
        ------
        ValueError            if a feature is missing
        """
        if not len(features):
            return np.zeros(0, np.float32)
        values = features.only(*self.names).values
        told = self.model.predict(values, num_threads=1, raw_score=True)
        return np.asarray(told, np.float32)


@dataclass(frozen=True, slots=True)
class ColumnRanker:
    """A ranker that is one feature: what any model must beat."""

    name: str

    def scores(self, features: FeatureTable) -> Floats:
        """(n,) float32."""
        return features.only(self.name).values[:, 0]


@dataclass(frozen=True, slots=True)
class TreePlan:
    """How trees are grown.

    Attributes
    ----------
    n_trees, leaves, rate, least : number, leaves of each, shrinkage, rows in a leaf
    patience : trees without a gain on the pairs kept aside, after which training ends
    more : further parameters, by LightGBM's names; these win
    """

    n_trees: int = 200
    leaves: int = 31
    rate: float = 0.08
    least: int = 50
    seed: int = 0
    patience: int = 30
    more: Mapping[str, Any] = field(default_factory=dict)

    def parameters(self, **task: Any) -> dict[str, Any]:
        """For LightGBM: the same trees in each run, on one thread or two."""
        return {
            "num_leaves": self.leaves,
            "learning_rate": self.rate,
            "min_data_in_leaf": self.least,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 2,
            "verbose": -1,
            **task,
            **self.more,
        }


def linear(
    judged: Judged, *, task: Task = "grade", strength: float = 1.0
) -> LinearRanker:
    """Pointwise and linear: ridge on grades, or logistic regression on clicks.

    Parameters
    ----------
    strength : of the pull towards zero, in rows
    """
    scale = Standardizer.fit(judged.features.values)
    x = scale(judged.features.values).astype(np.float64)
    if task == "click":
        model = LogisticRegression(C=1 / strength, max_iter=1_000)
        model.fit(x, _clicks(judged), judged.weight)
    else:
        model = Ridge(strength).fit(x, judged.grade, judged.weight)
    weight = np.ravel(model.coef_)
    return LinearRanker(judged.features.names, scale.mean, scale.spread, weight)


def pairwise(
    judged: Judged, *, per_row: int = 4, strength: float = 1.0, seed: int = 0
) -> LinearRanker:
    """Pairwise and linear: which of two of one query is better, by their difference.

    Pairs are drawn: `per_row` partners for each row. A pair counts by the weight of its
    better row, which is what inverse propensities ask for.

    Raises
    ------
    ValueError                if no query has rows of two grades

    Source: RankSVM, Joachims, KDD (2002), with the logistic loss for the hinge; weights
    as in Joachims, Swaminathan and Schnabel, WSDM (2017).
    """
    better, worse = judged.drawn_pairs(per_row, seed)
    scale = Standardizer.fit(judged.features.values)
    x = scale(judged.features.values).astype(np.float64)
    # Both ways round, since one class alone is no task; the model has no constant.
    gap = x[better] - x[worse]
    sign = np.where(np.arange(len(gap)) % 2, 1, -1)
    weight = None if judged.weight is None else judged.weight[better]
    model = LogisticRegression(C=1 / strength, max_iter=1_000, fit_intercept=False)
    model.fit(gap * sign[:, None], sign, weight)
    learned = np.ravel(model.coef_)
    return LinearRanker(judged.features.names, scale.mean, scale.spread, learned)


def pointwise(
    judged: Judged,
    plan: TreePlan | None = None,
    *,
    task: Task = "grade",
    aside: Judged | None = None,
) -> TreeRanker:
    """Pointwise trees: regression on grades, or log-odds of clicks.

    Parameters
    ----------
    aside : other queries' pairs, by which the number of trees is chosen
    """
    if task == "click":
        _clicks(judged)
    objective = "binary" if task == "click" else "regression"
    plan = plan or TreePlan()
    return _grown(judged, plan, plan.parameters(objective=objective), aside)


def lambdamart(
    judged: Judged,
    plan: TreePlan | None = None,
    *,
    gains: tuple[float, ...] = GAINS,
    cut: int = CUT,
    aside: Judged | None = None,
) -> TreeRanker:
    """Listwise trees: LambdaMART.

    A row's weight multiplies the sum of its pulls *after* its pairs are added up, so a
    weighted click pulls harder, while those it is pulled past are pushed no harder than
    before. That is not inverse propensity weighting. It is if all rows of a list have
    one weight: make a list for each click with `Judged.one_click_each`.

    Parameters
    ----------
    gains : what each grade is worth, from grade 0 on
    cut : places that NDCG looks at
    aside : other queries' pairs, by which the number of trees is chosen

    Raises
    ------
    ValueError                if a grade has no gain, or is not a whole number

    Source: Burges, MSR-TR-2010-82; LightGBM, Ke et al., NeurIPS (2017).
    """
    _whole(judged, len(gains))
    plan = plan or TreePlan()
    told = plan.parameters(
        objective="lambdarank",
        label_gain=list(gains),
        lambdarank_truncation_level=cut + 3,  # as LightGBM advises: a little beyond
        metric="ndcg",
        eval_at=[cut],
    )
    return _grown(judged, plan, told, aside)


def _grown(
    judged: Judged, plan: TreePlan, parameters: dict[str, Any], aside: Judged | None
) -> TreeRanker:
    rows = _dataset(judged.grouped())
    if aside is None:
        model = lightgbm.train(parameters, rows, plan.n_trees)
    else:
        kept = _dataset(aside.grouped(), rows)
        stop = lightgbm.early_stopping(plan.patience, verbose=False)
        model = lightgbm.train(
            parameters, rows, plan.n_trees, valid_sets=[kept], callbacks=[stop]
        )
    return TreeRanker(judged.features.names, model)


def _dataset(judged: Judged, like: lightgbm.Dataset | None = None) -> lightgbm.Dataset:
    sizes = np.unique(judged.query, return_counts=True)[1]
    return lightgbm.Dataset(
        judged.features.values,
        judged.grade,
        reference=like,
        weight=judged.weight,
        group=sizes,
        free_raw_data=True,
    )


def _clicks(judged: Judged) -> NDArray[np.bool_]:
    if not np.isin(judged.grade, (0, 1)).all():
        raise ValueError("clicks must be 0 or 1; for grades use `task='grade'`")
    return judged.grade > 0


def _whole(judged: Judged, n: int) -> None:
    if not np.isin(judged.grade, np.arange(n)).all():
        raise ValueError(f"grades must be whole numbers from 0 to {n - 1}: see `gains`")
