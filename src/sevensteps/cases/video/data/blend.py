"""The second stage: which of the proposed items will be taken.

Rankers learn from earlier stretches. Their orders and those of the ways are
experts; the page is ordered by the few whose mean reciprocal rank did best.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from lightgbm import LGBMClassifier, LGBMRanker
from numpy.typing import NDArray

from .asking import Floats
from .candidates import Candidates
from .stretches import K, Stretch, ndcg

AIMS = ("each by itself", "the order")
MOST_ROWS, MOST_EXPERTS = 400_000, 4  # of candidates in training; in a mixture
PLAN = {
    "n_estimators": 150,
    "num_leaves": 15,
    "learning_rate": 0.05,
    "min_child_samples": 50,
    "reg_lambda": 5.0,
    "deterministic": True,
    "n_jobs": 1,  # two spin against whatever else runs
    "verbose": -1,
}
# Where one input says nearly all, trees need it at hand; where the inputs agree, trees
# from parts of them are steadier. Which it is differs from log to log.
STYLES: Mapping[str, dict[str, float]] = {
    "": {},
    ", from parts": {
        "colsample_bytree": 0.4,
        "subsample": 0.7,
        "subsample_freq": 1,
        "reg_lambda": 20.0,
    },
}
Lesson = tuple[Stretch, Candidates]
Ranks = NDArray[np.intp]


@dataclass(frozen=True)
class Ranker:
    """Trees over candidates, trained for the taking of each and for their order."""

    models: Mapping[str, LGBMClassifier | LGBMRanker]

    @classmethod
    def fit(cls, lessons: list[Lesson], seed: int = 0) -> Ranker:
        """From what became of the candidates of earlier stretches."""
        parts = [_thin(s, c, MOST_ROWS // len(lessons), seed) for s, c in lessons]
        x, taken, group = (np.concatenate(p) for p in zip(*parts, strict=True))
        models = {}
        for style, more in STYLES.items():
            plan = PLAN | more | {"random_state": seed}
            order = LGBMRanker(lambdarank_truncation_level=2 * K, **plan)
            models[AIMS[0] + style] = LGBMClassifier(**plan).fit(x, taken)
            models[AIMS[1] + style] = order.fit(x, taken, group=group)
        return cls(models)

    def experts(self, told: Candidates) -> dict[str, Ranks]:
        """The order of the candidates by each ranker and by each way."""
        raw = {
            name: m.predict(told.x, raw_score=True) for name, m in self.models.items()
        }
        return {name: told.rank(s) for name, s in raw.items()} | dict(told.ranks)


def mixed(
    told: Candidates, experts: Mapping[str, Ranks], names: tuple[str, ...]
) -> Ranks:
    """The order by mean reciprocal rank of some experts.

    Source: reciprocal rank fusion, Cormack et al., SIGIR 2009.
    """
    return told.rank(np.sum([1 / (K + experts[name]) for name in names], axis=0))


def best_mix(tried: list[tuple[Lesson, dict[str, Ranks]]]) -> tuple[str, ...]:
    """The best expert, and one more as long as NDCG rises (greedy selection).

    Source: ensemble selection, Caruana et al., ICML 2004.
    """
    stretches = [stretch for (stretch, _), _ in tried]

    def reached(names: tuple[str, ...]) -> float:
        lists = [
            told.lists(len(stretch.user), mixed(told, experts, names))
            for (stretch, told), experts in tried
        ]
        return ndcg(lists, stretches).estimate

    best: tuple[str, ...] = ()
    top = 0.0
    while len(best) < MOST_EXPERTS:
        options = [tuple(sorted((*best, name))) for name in tried[0][1]]
        scored = {names: reached(names) for names in dict.fromkeys(options)}
        if max(scored.values()) <= top:
            break
        best = max(scored, key=scored.__getitem__)
        top = scored[best]
    return best


def _thin(
    stretch: Stretch, told: Candidates, most: int, seed: int
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.intp]]:
    """Inputs, outcomes and group sizes of users to whom something was proposed rightly.

    A user without any is no lesson about order; the rest are drawn if they are many.
    """
    taken = stretch.taken(told.row, told.item)
    useful = np.unique(told.row[taken])
    each = len(told.row) / max(len(stretch.user), 1)
    n = min(len(useful), max(int(most / each), 1))
    some = np.sort(np.random.default_rng([seed, 21]).permutation(useful)[:n])
    keep = np.isin(told.row, some)
    return told.x[keep], taken[keep], np.unique(told.row[keep], return_counts=True)[1]
