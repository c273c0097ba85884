"""Lists of candidates, judged twice: by later clicks, and by the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.cases.video.recommender.items import Events, Floats, Ids
from sevensteps.cases.video.world import SLATE
from sevensteps.measure import Interval, ndcg_at_k, recall_at_k
from sevensteps.simulate.people import BLOCKS, mean_of

from .town import Town

ROWS = 256  # of a table of scores at a time


@dataclass(frozen=True, slots=True)
class Later:
    """What some users clicked after a morning.

    Attributes
    ----------
    user : (n,) int32         asked about: clicked before and after
    row, item : (m,) int      each later click: the user's row, the video
    by_lot : (m,) bool        the video had been drawn, not chosen
    """

    user: Ids
    row: NDArray[np.intp]
    item: Ids
    by_lot: NDArray[np.bool_]

    @classmethod
    def of(cls, town: Town, after: Events, most: int = 1_500, seed: int = 0) -> Later:
        """At most `most` users, by lot; a video that a user had before does not count.

        Parameters
        ----------
        town : Town               its history ends before the events
        after : Events            of the days that follow
        """
        hits = after.take(after.clicked & (after.item < len(town.items)))
        old = town.known.watched.has(hits.user, hits.item)
        hits = hits.take(~old & (hits.user < len(town.viewers)))
        known = np.unique(hits.user[town.known.n_last[hits.user] > 0])
        rng = np.random.default_rng([seed, 18])
        user = np.sort(rng.permutation(known)[:most])
        hits = hits.take(np.isin(hits.user, user))
        return cls(user, np.searchsorted(user, hits.user), hits.item, hits.explored)

    def found(self, lists: Ids, by_lot: bool = False) -> Interval:
        """Share of the later clicks that (n, k) lists hold."""
        some = self.by_lot if by_lot else np.ones(len(self.item), bool)
        block = self.user % BLOCKS
        return recall_at_k(lists, self.row[some], self.item[some], block)


def best_ten(town: Town, user: Ids, lists: Ids) -> Interval:
    """Mean true worth of the ten best videos on each (n, k) list.

    What somebody who knows the truth could make of the candidates. The worth is the
    chance of a click times the value, each video by itself: that a page of ten alike
    tires is left out. A video that was watched before counts nothing.
    """
    old = town.known.watched.has(user[:, None], np.maximum(lists, 0))
    worth = np.where(old, 0, town.truth(user, lists).worth)
    return mean_of(-np.sort(-worth, axis=1)[:, :SLATE].mean(axis=1), user)


def judge(town: Town, later: Later, lists: Ids) -> pd.Series:
    """Later clicks found, those on videos drawn by lot, and what the truth says."""
    return pd.Series(
        {
            "later clicks": later.found(lists),
            "clicks by lot": later.found(lists, by_lot=True),
            "true worth of best 10": best_ten(town, later.user, lists),
        }
    )


def hit_rate(
    score: Floats, later: Later, *, k: int = 10, among: int | None = None, seed: int = 0
) -> Interval:
    """Share of later clicks that a score puts among the first `k`; ties by lot.

    Parameters
    ----------
    score : (n, items) float  of every video for each of `later.user`
    among : int               compare with so many videos drawn evenly, as many papers
                              do; with all of them when absent

    Source: Krichene and Rendle, "On sampled metrics for item recommendation", KDD
    (2020), on why the drawn ones mislead.
    """
    own = score[later.row, later.item][:, None]
    if among is None:
        parts = [
            _places(score[later.row[i : i + ROWS]], own[i : i + ROWS], k, itself=1)
            for i in range(0, len(own), ROWS)
        ]
        hits = np.concatenate(parts)
    else:
        rng = np.random.default_rng([seed, 19])
        drawn = rng.integers(score.shape[1], size=(len(own), among))
        hits = _places(score[later.row[:, None], drawn], own, k, itself=0)
    return mean_of(hits, later.user[later.row])


def _places(others: Floats, own: Floats, k: int, itself: int) -> Floats:
    """(n,) chance to be among the first `k`; `itself`: the own score among others."""
    above = (others > own).sum(axis=1)
    level = (others == own).sum(axis=1) - itself
    return np.clip((k - above) / (level + 1), 0, 1).astype(np.float32)


def ndcg(lists: Ids, later: Later) -> Interval:
    """NDCG of (n, k) lists by the later clicks, each worth one."""
    wide = int(max(lists.max(), later.item.max())) + 2
    wanted = later.row * wide + later.item
    own = np.arange(len(lists))[:, None] * wide + lists
    gains = (np.isin(own, wanted) & (lists >= 0)).astype(float)
    n = np.bincount(later.row, minlength=len(lists))
    ideal = (np.arange(lists.shape[1]) < n[:, None]).astype(float)
    return ndcg_at_k(gains, later.user % BLOCKS, k=lists.shape[1], ideal=ideal)
