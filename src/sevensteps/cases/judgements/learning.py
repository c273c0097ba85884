"""Rankers that learn from the grades of some queries, asked about others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sevensteps.search.judged import Judged
from sevensteps.search.rankers import (
    Ranker,
    TreePlan,
    lambdamart,
    pairwise,
    pointwise,
)
from sevensteps.search.table import FeatureTable

from .arena import Arena, K, Scores
from .signals import spread
from .texts import Ids

LEARNED = ("linear", "grade trees", "LambdaMART", "blend")
FEWEST = 20  # queries of two grades that learning needs
MOST = 60_000  # pairs that are learned from, unless more are asked for
LEVELS = 30  # different grades that LambdaMART tells apart
MEANING = 0.4  # share of the cosine in a mix that is not tuned
STRENGTH = 100.0  # of the pull of linear weights towards zero, in rows
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Scale:
    """Grades as levels from 0, and what each is worth."""

    gains: tuple[float, ...]
    edges: NDArray[np.float64]

    @classmethod
    def of(cls, grade: Scores) -> Scale:
        """The grades that there are; many are taken together by their nearness."""
        values = np.unique(np.maximum(grade, 0))
        if len(values) > LEVELS:
            values = np.linspace(0, values[-1], LEVELS)
        return cls(tuple(values), (values[1:] + values[:-1]) / 2)

    def level(self, grade: Scores) -> NDArray[np.intp]:
        """(n,) the nearest level."""
        return np.digitize(np.maximum(grade, 0), self.edges)


def learned(
    arena: Arena,
    features: FeatureTable,
    learn: Rows,
    ask: Rows,
    ways: tuple[str, ...] = LEARNED[:3],
    most: int = MOST,
    seed: int = 0,
) -> dict[str, Scores]:
    """Scores of the pairs of some queries by rankers that learned from others.

    What nobody judged is taken for not relevant. The blend adds up the linear ranker,
    LambdaMART, and a mix of BM25 and cosine that learns nothing, each by its spread on
    a query's list: where few queries teach, the last keeps the others from straying.

    Parameters
    ----------
    learn, ask : (any,) places of queries in the arena
    most : pairs that trees learn from; the linear ranker learns from half of them

    Returns
    -------
    by ranker (pairs of `ask`,); nothing at all if there are too few queries to learn
    """
    mine = np.flatnonzero(arena.of(learn))
    row, grade = arena.row[mine], np.maximum(arena.grade[mine], 0)
    if _ordered(row, grade) < FEWEST:
        return {}
    asked = arena.of(ask)
    x, made = features.take(asked), dict[str, Scores]()
    for way in ways:
        some = _some(row, most // 2 if way == "linear" else most, seed)
        pairs = Judged.of(features.take(mine[some]), row[some], grade[some])
        made[way] = _fitted(way, pairs, seed).scores(x)
    at = arena.row[asked]
    parts = (made["linear"], made["LambdaMART"], _unlearned(x, at))
    made["blend"] = np.sum([spread(part, at) for part in parts], axis=0)
    return made


def _unlearned(features: FeatureTable, row: Ids) -> Scores:
    """The tuned mix of words and meaning, or where none was tuned, the usual one."""
    if "mix" in features.names:
        return features["mix"]
    words, cosine = features["bm25_stems"], features["cosine"]
    return (1 - MEANING) * spread(words, row) + MEANING * spread(cosine, row)


def _fitted(way: str, pairs: Judged, seed: int) -> Ranker:
    if way == "linear":
        return pairwise(pairs, strength=STRENGTH, seed=seed)
    plan = _plan(seed)
    if way == "grade trees":
        return pointwise(pairs, plan)
    scale = Scale.of(pairs.grade)
    levels = Judged.of(pairs.features, pairs.query, scale.level(pairs.grade))
    return lambdamart(levels, plan, gains=scale.gains, cut=K)


def _ordered(row: Ids, grade: NDArray[np.float64]) -> int:
    """How many queries have documents of two grades."""
    if not len(row):
        return 0
    start = np.flatnonzero(np.r_[True, np.diff(row) != 0])
    high, low = np.maximum.reduceat(grade, start), np.minimum.reduceat(grade, start)
    return int((high > low).sum())


def _some(row: Ids, most: int, seed: int) -> NDArray[np.intp]:
    """Places of whole queries, drawn by lot, that together have about so many pairs."""
    if len(row) <= most:
        return np.arange(len(row))
    names = np.unique(row)
    lot = np.random.default_rng([seed, 5]).permutation(names)
    return np.flatnonzero(np.isin(row, lot[: int(len(names) * most / len(row))]))


def _plan(seed: int) -> TreePlan:
    """Few small trees, every one of a part of the signals and of the rows."""
    more = {
        "feature_fraction": 0.5,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 10.0,
        "max_bin": 63,
        "lambdarank_truncation_level": 2 * K,
    }
    return TreePlan(
        n_trees=100,
        leaves=15,
        rate=0.08,
        least=50,
        seed=seed,
        more=more,
    )
