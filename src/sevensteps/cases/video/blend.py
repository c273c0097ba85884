"""The second stage: which of the proposed items will be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from lightgbm import LGBMClassifier, LGBMRanker
from numpy.typing import NDArray

from .logs import Log
from .stretches import Ids, K, Stretch
from .ways import DAY, POOL, Floats, Found, Way

Aim = Literal["each by itself", "the order"]
AIMS: tuple[Aim, ...] = ("each by itself", "the order")
MOST_ROWS = 1_500_000  # of candidates, in training


@dataclass(frozen=True, slots=True)
class Candidates:
    """Proposed pairs, grouped by user; arrays of one length.

    Attributes
    ----------
    row : place of the user in the stretch
    item : (m,) int32
    x : (m, inputs) float32    rank and score by each way, and the context
    """

    row: NDArray[np.intp]
    item: Ids
    x: Floats


def candidates(stretch: Stretch, ways: Mapping[str, Way]) -> Candidates:
    """What any way proposes to the users of a stretch, with what each says of it."""
    n, wide = len(stretch.user), stretch.past.n_items
    found = {name: way(stretch.user) for name, way in ways.items()}
    row = np.repeat(np.arange(n), POOL)
    keys = [_keys(row, f, wide) for f in found.values()]
    every = np.unique(np.concatenate([k[k >= 0] for k in keys]))
    columns = []
    for key, f in zip(keys, found.values(), strict=True):
        columns += _said(every, key, f)
    user, item = np.divmod(every, wide)
    columns += _context(stretch, user, item)
    x = np.column_stack(columns).astype(np.float32)
    return Candidates(user, item.astype(np.int32), x)


def _keys(row: NDArray[np.intp], found: Found, wide: int) -> NDArray[np.int64]:
    item = found.item.ravel()
    return np.where(item >= 0, row.astype(np.int64) * wide + item, -1)


def _said(
    every: NDArray[np.int64], key: NDArray[np.int64], found: Found
) -> list[Floats]:
    """Rank and score of each candidate by one way; missing if it did not propose it."""
    rank = np.full(len(every), np.nan, np.float32)
    score = rank.copy()
    there = key >= 0
    at = np.searchsorted(every, key[there])
    rank[at] = np.tile(np.arange(POOL, dtype=np.float32), len(found.item))[there]
    score[at] = found.score.ravel()[there]
    return [rank, score]


def _context(
    stretch: Stretch, row: NDArray[np.intp], item: NDArray[np.intp]
) -> list[Floats]:
    """How much a user had and when; how old and how risen an item; its topic's part."""
    past, user, now = stretch.past, stretch.user[row], stretch.past.seconds[-1]
    n_user = np.bincount(past.user, minlength=past.n_users)
    n_item = np.bincount(past.item, minlength=past.n_items)
    last, first = np.zeros(past.n_users), np.full(past.n_items, now)
    np.maximum.at(last, past.user, past.seconds)
    np.minimum.at(first, past.item, past.seconds)
    recent = past.seconds > now - (now - past.seconds[0]) / 20
    risen = np.bincount(past.item[recent], minlength=past.n_items)
    told = [
        np.log1p(n_user[user]),
        (now - last[user]) / DAY,
        np.log1p(n_item[item]),
        (now - first[item]) / DAY,
        (risen[item] + 0.1) / (n_item[item] + 1),
        _topic_part(past, user, item, n_user),
    ]
    return [np.asarray(column, np.float32) for column in told]


def _topic_part(
    past: Log, user: Ids, item: NDArray[np.intp], n_user: NDArray[np.intp]
) -> Floats:
    """Share of what a user had that is about the item's topic."""
    wide = int(past.topic.max()) + 2
    key = past.user.astype(np.int64) * wide + past.topic[past.item] + 1
    topics, count = np.unique(key, return_counts=True)
    asked = user.astype(np.int64) * wide + past.topic[item] + 1
    at = np.minimum(np.searchsorted(topics, asked), len(topics) - 1)
    held = np.where(topics[at] == asked, count[at], 0)
    return np.asarray(held / np.maximum(n_user[user], 1), np.float32)


@dataclass(frozen=True)
class Ranker:
    """Trees over candidates."""

    model: LGBMClassifier | LGBMRanker

    @classmethod
    def fit(
        cls, lessons: list[tuple[Stretch, Candidates]], aim: Aim, seed: int = 0
    ) -> Ranker:
        """From what became of the candidates of earlier stretches."""
        parts = [_thin(s, c, MOST_ROWS // len(lessons), seed) for s, c in lessons]
        x = np.concatenate([x for x, _, _ in parts])
        taken = np.concatenate([t for _, t, _ in parts])
        plan = {
            "n_estimators": 150,
            "num_leaves": 15,
            "learning_rate": 0.05,
            "min_child_samples": 50,
            "reg_lambda": 5.0,
            "random_state": seed,
            "deterministic": True,
            "n_jobs": 1,  # two spin against whatever else runs
            "verbose": -1,
        }
        if aim == "each by itself":
            return cls(LGBMClassifier(**plan).fit(x, taken))
        group = np.concatenate([g for _, _, g in parts])
        ranker = LGBMRanker(lambdarank_truncation_level=2 * K, **plan)
        return cls(ranker.fit(x, taken, group=group))

    def lists(self, stretch: Stretch, told: Candidates) -> Ids:
        """(n, K) items of each user, best first."""
        if isinstance(self.model, LGBMClassifier):
            score = self.model.predict_proba(told.x)[:, 1]
        else:
            score = self.model.predict(told.x)
        order = np.lexsort((told.item, -score, told.row))
        row, item = told.row[order], told.item[order]
        rank = np.arange(len(row)) - np.searchsorted(row, row)
        out = np.full((len(stretch.user), K), -1, np.int32)
        top = rank < K
        out[row[top], rank[top]] = item[top]
        return out


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
