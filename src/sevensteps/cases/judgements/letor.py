"""A reader's learning-to-rank features: our ranking step against the tempting ones.

The step learns the order of each query's documents. Beside it: the best single
feature, a linear model of the grade, and as many trees that learn the grade itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sevensteps.features.letor import Letor, Part
from sevensteps.measure import Interval, per_query, ranked
from sevensteps.measure.judged import over_queries
from sevensteps.measure.ranked import Ranked
from sevensteps.search.lambdarank import EXAMPLE, Plan, Rows, grow

PLACES = (1, 3, 5, 10)
FIRST = 10  # places by which the ways are compared
FARTHEST = 1e30  # from zero, of a value: Istella writes 1.8e308 for "none"
CHOICE_ROWS = 50_000  # to choose the best single feature by, whole queries
OURS = "our ranking step"
FEATURE, LINEAR, POINTWISE = "best single feature", "linear", "trees of the grade"
BASELINES = (FEATURE, LINEAR, POINTWISE)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trial:
    """What each way reached on the test part.

    Attributes
    ----------
    plan : the settings of the trees
    n_trees : that the step has
    feature : the best single one, and whether more of it is better
    lightgbm, same : NDCG by place, of the step: as LightGBM prints it, and as measured
        here by the same conventions
    table : by way, then by metric
    graded : share of the test queries that have a relevant document
    """

    plan: Plan
    n_trees: int
    feature: tuple[int, bool]
    lightgbm: dict[int, float]
    same: dict[int, Interval]
    table: dict[str, dict[str, Interval]]
    graded: float

    @property
    def apart(self) -> float:
        """The widest gap between LightGBM's evaluation and ours."""
        return max(
            abs(self.same[k].estimate - told) for k, told in self.lightgbm.items()
        )

    def lead(self, over: str) -> Interval:
        """NDCG of the step less another's, paired by query."""
        metric = f"NDCG@{FIRST}"
        return self.table[OURS][metric] - self.table[over][metric]

    def verdict(self, over: str) -> str:
        """The lead in words."""
        lead = self.lead(over)
        if lead.low > 0:
            return f"ahead of {over} by {lead}"
        if lead.high < 0:
            return f"behind {over} by {lead}"
        return f"not distinguishable from {over}: {lead}"


def trial(letor: Letor) -> Trial:
    """Train on the training part, measure on the test part.

    Raises
    ------
    ValueError                settings that LightGBM refuses, no relevant document, or
                              fewer than two test queries
    """
    train, test = letor.train, letor.test
    width = train.x.shape[1]  # of a feature that training lacks nothing can be learned
    learn, judge = _rows(train, width), _rows(test, width)
    _enough(train, test)
    plan = plan_of(letor)
    stop = None if letor.vali is None else _rows(letor.vali, width)
    grown = grow(learn, plan, judge, eval_at=PLACES, stop=stop)
    n_trees = grown.booster.num_trees()
    pointwise = Plan({**plan.settings, "objective": "regression"}, n_trees)
    rival = grow(learn, pointwise, judge, eval_at=PLACES)
    feature, more = best_feature(train)
    scores = {
        FEATURE: _column(judge.x, feature) * (1 if more else -1),
        LINEAR: _linear(learn).predict(_near(judge.x)),
        POINTWISE: rival.booster.predict(judge.x),
        OURS: grown.booster.predict(judge.x),
    }
    lists = {name: _ranked(score, test) for name, score in scores.items()}
    highest = int(max(train.grade.max(), test.grade.max()))
    return Trial(
        plan,
        n_trees,
        (feature, more),
        grown.ndcg,
        {k: _mean(per_query.ndcg(lists[OURS], k=k, empty="one")) for k in PLACES},
        {name: _measured(each, highest) for name, each in lists.items()},
        float(np.mean(_tops(test) > 0)),
    )


def plan_of(letor: Letor) -> Plan:
    """The settings that came with the features, or those of LightGBM's example."""
    conf = letor.conf
    return EXAMPLE if conf is None else Plan(conf.settings, conf.n_trees, conf.patience)


def best_feature(train: Part) -> tuple[int, bool]:
    """The feature that ranks best by itself, and whether more of it is better.

    Chosen by NDCG on the first queries of the training part, ties averaged, so that a
    feature that is mostly zero does not profit from the order of the rows.
    """
    n_queries = max(1, int(np.searchsorted(np.cumsum(train.size), CHOICE_ROWS)))
    n = int(train.size[: n_queries + 1].sum())
    grade, query, x = train.grade[:n], _numbered(train)[:n], train.x[:n].tocsc()
    tried: dict[tuple[int, bool], float] = {}
    for feature in np.flatnonzero(np.diff(x.indptr)):
        value = _column(x, int(feature))
        for more in (True, False):
            lists = ranked(value if more else -value, grade, query)
            each = per_query.ndcg(lists, k=FIRST, ties="average", empty="zero")
            tried[int(feature), more] = float(each.mean())
    return max(tried, key=lambda one: tried[one])


def _rows(part: Part, width: int) -> Rows:
    return Rows(part.wide(width), part.grade, part.size)


def _numbered(part: Part) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(part.size)), part.size)


def _ranked(score: Floats, part: Part) -> Ranked:
    return ranked(score, part.grade, _numbered(part))


def _tops(part: Part) -> NDArray[np.int64]:
    """(q,) best grade of each query."""
    return np.maximum.reduceat(part.grade, np.cumsum(part.size) - part.size)


def _enough(train: Part, test: Part) -> None:
    for part in (train, test):
        if len(part.size) < 2:
            raise ValueError(f"{part.file} has one query only: give more")
        if part.grade.max() == 0:
            raise ValueError(f"{part.file} has no relevant document: every grade is 0")
    if not train.x.nnz:
        raise ValueError(f"{train.file}: every feature is zero, or there is none")
    low = np.minimum.reduceat(train.grade, np.cumsum(train.size) - train.size)
    if (_tops(train) == low).all():
        raise ValueError(
            f"{train.file}: no query has documents of different grades, so that there "
            "is no order to learn"
        )


def _column(x: csr_matrix, feature: int) -> Floats:
    return np.asarray(x[:, [feature]].todense()).ravel()


def _linear(rows: Rows) -> Ridge:
    """Ridge regression of the grade on features of one size."""
    ridge = Ridge(1.0, solver="sparse_cg", max_iter=200)
    model = make_pipeline(StandardScaler(with_mean=False), ridge)
    return model.fit(_near(rows.x), rows.grade)


def _near(x: csr_matrix) -> csr_matrix:
    """Values whose squares can be added up."""
    near = np.clip(x.data, -FARTHEST, FARTHEST)
    return csr_matrix((near, x.indices, x.indptr), x.shape)


def _mean(each: Floats) -> Interval:
    return over_queries(each, np.arange(len(each)))


def _measured(lists: Ranked, highest: int) -> dict[str, Interval]:
    """The metrics of one way, ties averaged where that can be."""
    metrics: Mapping[str, Callable[[Ranked], Floats]] = {
        "MAP": per_query.average_precision,
        "MRR": per_query.reciprocal_rank,
        "ERR": lambda x: per_query.expected_reciprocal_rank(x, highest=highest),
    }
    ndcg = {
        f"NDCG@{k}": _mean(per_query.ndcg(lists, k=k, ties="average", empty="one"))
        for k in PLACES
    }
    return ndcg | {name: _mean(measure(lists)) for name, measure in metrics.items()}
