"""What the ways propose to the users of a stretch, and what is known of each pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .asking import Floats, Ids, Way
from .logs import Log
from .stretches import K, Stretch
from .ways import DAY

RECENT = (0.003, 0.01, 0.03, 0.1)  # shares of the rows that tell what is rising


@dataclass(frozen=True, slots=True)
class Candidates:
    """Proposed pairs, grouped by user; arrays of one length.

    Attributes
    ----------
    row : place of the user in the stretch, ascending
    item : (m,) int32
    ranks : (m,) place among the user's candidates by each way, from 0
    x : (m, inputs) float32    rank and score by each way, and the context
    """

    row: NDArray[np.intp]
    item: Ids
    ranks: Mapping[str, NDArray[np.intp]]
    x: Floats

    def rank(self, score: NDArray[np.floating]) -> NDArray[np.intp]:
        """(m,) place of each pair among its user's, from 0; unknown scores last."""
        known = np.where(np.isnan(score), -np.inf, score)
        order = np.lexsort((self.item, -known, self.row))
        row = self.row[order]
        out = np.empty(len(row), np.intp)
        out[order] = np.arange(len(row)) - np.searchsorted(row, row)
        return out

    def lists(self, n: int, rank: NDArray[np.intp]) -> Ids:
        """(n, K) items of each of `n` users by their rank."""
        out = np.full((n, K), -1, np.int32)
        top = rank < K
        out[self.row[top], rank[top]] = self.item[top]
        return out


def candidates(stretch: Stretch, ways: Mapping[str, Way]) -> Candidates:
    """What any way proposes to the users of a stretch, with what each says of it."""
    wide = stretch.past.n_items
    found = [way.best(stretch.user).item for way in ways.values()]
    first = np.arange(len(stretch.user), dtype=np.int64)[:, None] * wide
    row, item = np.divmod(
        np.unique(np.concatenate([(first + ids)[ids >= 0] for ids in found])), wide
    )
    bare = Candidates(
        row, item.astype(np.int32), {}, np.empty((len(row), 0), np.float32)
    )
    scores = {n: way.of(stretch.user, row, bare.item) for n, way in ways.items()}
    ranks = {name: bare.rank(score) for name, score in scores.items()}
    columns = [*ranks.values(), *scores.values(), *_context(stretch, row, bare.item)]
    x = np.column_stack([np.asarray(c, np.float32) for c in columns])
    return Candidates(row, bare.item, ranks, x)


def _context(
    stretch: Stretch, row: NDArray[np.intp], item: Ids
) -> list[NDArray[np.floating]]:
    """How much a user had and when; how old and how risen an item; what suits them."""
    past, user, now = stretch.past, stretch.user[row], stretch.past.seconds[-1]
    n_user = np.bincount(past.user, minlength=past.n_users)
    often = np.log1p(np.bincount(past.item, minlength=past.n_items))
    last, late = np.zeros(past.n_users), np.zeros(past.n_items)
    first = np.full(past.n_items, now)
    np.maximum.at(last, past.user, past.seconds)
    np.maximum.at(late, past.item, past.seconds)
    np.minimum.at(first, past.item, past.seconds)
    age = np.log1p((past.seconds - first[past.item]) / DAY)  # when it was taken
    age_now = np.log1p((now - first) / DAY)
    return [
        np.log1p(n_user[user]),
        (now - last[user]) / DAY,
        often[item],
        age_now[item],
        (now - late[item]) / DAY,
        *(risen[item] for risen in _risen(past)),
        often[item] - _usual(past, often[past.item])[user],
        first[item] / DAY - _usual(past, first[past.item] / DAY)[user],
        age_now[item] - _usual(past, age)[user],
        _topic_part(past, user, item, n_user),
    ]


def _risen(past: Log) -> list[NDArray[np.floating]]:
    """(items,) how often each was among the last rows, for four shares of all."""
    ends = [max(int(len(past) * share), 1) for share in RECENT]
    return [np.log1p(np.bincount(past.item[-n:], minlength=past.n_items)) for n in ends]


def _usual(past: Log, value: NDArray[np.floating]) -> NDArray[np.floating]:
    """(users,) mean of something about each row that a user had."""
    n = np.maximum(np.bincount(past.user, minlength=past.n_users), 1)
    return np.bincount(past.user, value, past.n_users) / n


def _topic_part(
    past: Log, user: Ids, item: Ids, n_user: NDArray[np.intp]
) -> NDArray[np.floating]:
    """Share of what a user had that is about the item's topic."""
    wide = int(past.topic.max()) + 2
    key = past.user.astype(np.int64) * wide + past.topic[past.item] + 1
    topics, count = np.unique(key, return_counts=True)
    asked = user.astype(np.int64) * wide + past.topic[item] + 1
    at = np.minimum(np.searchsorted(topics, asked), len(topics) - 1)
    have = np.where(topics[at] == asked, count[at], 0)
    return np.asarray(have / np.maximum(n_user[user], 1))
