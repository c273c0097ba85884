"""Rankers: one score for each pair, by what they were asked to get right.

*Pointwise* models guess each grade by itself. *Pairwise* ones guess which of two comes
first. *Listwise* ones weigh each such pair by what swapping the two would do to the
list's NDCG: LambdaMART. All are asked in the same way, `ranker.scores(features)`: (n,)
float32, and a ValueError if a feature is missing.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge

from .feature_table import FeatureTable
from .mlp import Floats
from .standardizer import Standardizer
from .training_pairs import Judged

GAINS = (0, 1, 3, 7, 15)  # of grades 0 to 4: two to the grade, minus one
CUT = 10  # places that training for NDCG looks at
PARTNERS = 4  # of each row, with which a pairwise ranker learns
Places = NDArray[np.intp]


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
        """(n,) float32."""
        scaled = Standardizer(self.mean, self.spread)(features.only(*self.names).values)
        return np.asarray(scaled @ self.weight, np.float32)


@dataclass(frozen=True)
class TreeRanker:
    """Boosted trees, computed by LightGBM on one thread."""

    names: tuple[str, ...]
    model: lightgbm.Booster

    def scores(self, features: FeatureTable) -> Floats:
        """(n,) float32."""
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
        return features[self.name]


@dataclass(frozen=True, slots=True)
class TreePlan:
    """How trees are grown: number, leaves of each, shrinkage, least rows in a leaf."""

    n_trees: int = 200
    leaves: int = 31
    rate: float = 0.08
    least: int = 50
    seed: int = 0

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
        }


def linear(judged: Judged) -> LinearRanker:
    """Pointwise and linear: ridge regression on grades."""
    scale, x = _scaled(judged)
    return _linear(judged, scale, Ridge().fit(x, judged.grade, judged.weight))


def pairwise(judged: Judged) -> LinearRanker:
    """Pairwise and linear: which of two of one query is better, by their difference.

    A pair counts by the weight of its better row, which is what inverse propensities
    ask for. A ValueError if no query has rows of two grades.

    Source: RankSVM, Joachims, KDD (2002), with the logistic loss for the hinge; weights
    as in Joachims, Swaminathan and Schnabel, WSDM (2017).
    """
    better, worse = drawn_pairs(judged)
    scale, x = _scaled(judged)
    # Both ways round, since one class alone is no task; the model has no constant.
    gap = x[better] - x[worse]
    sign = np.where(np.arange(len(gap)) % 2, 1, -1)
    weight = None if judged.weight is None else judged.weight[better]
    model = LogisticRegression(max_iter=1_000, fit_intercept=False)
    return _linear(judged, scale, model.fit(gap * sign[:, None], sign, weight))


def drawn_pairs(judged: Judged) -> tuple[Places, Places]:
    """Rows of one query, the better and the worse: partners drawn for each row."""
    order = np.argsort(judged.query, kind="stable")
    _, first, size = np.unique(
        judged.query[order], return_index=True, return_counts=True
    )
    start, n = np.repeat(first, size), np.repeat(size, size)
    rng = np.random.default_rng([0, 31])
    drawn = start + (rng.random((PARTNERS, len(order))) * n).astype(np.intp)
    one, other = np.tile(order, PARTNERS), order[drawn].ravel()
    differ = judged.grade[one] != judged.grade[other]
    one, other = one[differ], other[differ]
    if len(one) < 2:
        raise ValueError("no query has rows of two grades: there is nothing to order")
    better = judged.grade[one] > judged.grade[other]
    return np.where(better, one, other), np.where(better, other, one)


def _scaled(judged: Judged) -> tuple[Standardizer, NDArray[np.float64]]:
    scale = Standardizer.fit(judged.features.values)
    return scale, scale(judged.features.values).astype(np.float64)


def _linear(judged: Judged, scale: Standardizer, model: Any) -> LinearRanker:
    weight = np.ravel(model.coef_)
    return LinearRanker(judged.features.names, scale.mean, scale.spread, weight)


def pointwise(judged: Judged, plan: TreePlan | None = None) -> TreeRanker:
    """Pointwise trees: regression on grades, or on clicks for each exposure."""
    plan = plan or TreePlan()
    return _grown(judged, plan, plan.parameters(objective="regression"))


def lambdamart(
    judged: Judged, plan: TreePlan | None = None, *, gains: tuple[float, ...] = GAINS
) -> TreeRanker:
    """Listwise trees: LambdaMART.

    A row's weight multiplies the sum of its pulls *after* its pairs are added up, so a
    weighted click pulls harder, while those it is pulled past are pushed no harder than
    before. That is not inverse propensity weighting. It is if all rows of a list have
    one weight: make a list for each click.

    Parameters
    ----------
    gains : what each grade is worth, from grade 0 on; a ValueError for a grade that has
        no gain or is not a whole number

    Source: Burges, MSR-TR-2010-82; LightGBM, Ke et al., NeurIPS (2017).
    """
    if not np.isin(judged.grade, np.arange(len(gains))).all():
        most = len(gains) - 1
        raise ValueError(f"grades must be whole numbers from 0 to {most}: see `gains`")
    plan = plan or TreePlan()
    told = plan.parameters(
        objective="lambdarank",
        label_gain=list(gains),
        lambdarank_truncation_level=CUT + 3,  # as LightGBM advises: a little beyond
        metric="ndcg",
        eval_at=[CUT],
    )
    return _grown(judged, plan, told)


def _grown(judged: Judged, plan: TreePlan, parameters: dict[str, Any]) -> TreeRanker:
    rows = judged.grouped()
    data = lightgbm.Dataset(
        rows.features.values,
        rows.grade,
        weight=rows.weight,
        group=np.unique(rows.query, return_counts=True)[1],
    )
    model = lightgbm.train(parameters, data, plan.n_trees)
    return TreeRanker(judged.features.names, model)
