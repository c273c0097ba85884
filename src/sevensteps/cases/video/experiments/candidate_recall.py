"""Lists of candidates, judged twice: by later clicks, and by the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.cases.video.recommender.items import Events, Floats, Ids
from sevensteps.cases.video.world import SLATE
from sevensteps.measure import Interval, ndcg_at_k, recall_at_k
from sevensteps.simulate import UNIT_BLOCKS, mean_over_units

from .simulation import VideoSimulation

ROWS = 256  # of a table of scores at a time


@dataclass(frozen=True, slots=True)
class LaterClicks:
    """What some users clicked after a training run.

    Attributes
    ----------
    user : (n,) int32         asked about: clicked before and after
    row, item : (m,) int      each later click: the user's row, the video
    randomised : (m,) bool        at a position that was randomised
    """

    user: Ids
    row: NDArray[np.intp]
    item: Ids
    randomised: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        simulation: VideoSimulation,
        after: Events,
        most: int = 1_500,
        seed: int = 0,
    ) -> LaterClicks:
        """At most `most` random users; a video that a user had before does not count.

        Parameters
        ----------
        simulation : VideoSimulation    its history ends before the events
        after : Events                  of the days that follow
        """
        hits = after.take(after.clicked & (after.item < len(simulation.items)))
        old = simulation.known.watched.has(hits.user, hits.item)
        hits = hits.take(~old & (hits.user < len(simulation.viewers)))
        known = np.unique(hits.user[simulation.known.n_last[hits.user] > 0])
        rng = np.random.default_rng([seed, 18])
        user = np.sort(rng.permutation(known)[:most])
        hits = hits.take(np.isin(hits.user, user))
        return cls(user, np.searchsorted(user, hits.user), hits.item, hits.explored)

    def found(self, lists: Ids, randomised: bool = False) -> Interval:
        """Share of the later clicks that (n, k) lists hold."""
        some = self.randomised if randomised else np.ones(len(self.item), bool)
        block = self.user % UNIT_BLOCKS
        return recall_at_k(lists, self.row[some], self.item[some], block)


def best_ten(simulation: VideoSimulation, user: Ids, lists: Ids) -> Interval:
    """Mean true worth of the ten best videos on each (n, k) list.

    What somebody who knows the truth could make of the candidates. The worth is the
    chance of a click times the value, each video by itself: that a page of ten alike
    tires is left out. A video that was watched before counts nothing.
    """
    old = simulation.known.watched.has(user[:, None], np.maximum(lists, 0))
    worth = np.where(old, 0, simulation.truth(user, lists).worth)
    return mean_over_units(-np.sort(-worth, axis=1)[:, :SLATE].mean(axis=1), user)


def judge_candidates(
    simulation: VideoSimulation, later: LaterClicks, lists: Ids
) -> pd.Series:
    """Later clicks found, those at randomised positions, and the true worth."""
    return pd.Series(
        {
            "later clicks": later.found(lists),
            "clicks by lot": later.found(lists, randomised=True),
            "true worth of best 10": best_ten(simulation, later.user, lists),
        }
    )


def hit_rate(
    score: Floats,
    later: LaterClicks,
    *,
    k: int = 10,
    among: int | None = None,
    seed: int = 0,
) -> Interval:
    """Share of later clicks that a score puts among the first `k`; ties at random.

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
            _among_first(score[later.row[i : i + ROWS]], own[i : i + ROWS], k, itself=1)
            for i in range(0, len(own), ROWS)
        ]
        hits = np.concatenate(parts)
    else:
        rng = np.random.default_rng([seed, 19])
        drawn = rng.integers(score.shape[1], size=(len(own), among))
        hits = _among_first(score[later.row[:, None], drawn], own, k, itself=0)
    return mean_over_units(hits, later.user[later.row])


def _among_first(others: Floats, own: Floats, k: int, itself: int) -> Floats:
    """(n,) chance to be among the first `k`; `itself`: the own score among others."""
    above = (others > own).sum(axis=1)
    level = (others == own).sum(axis=1) - itself
    return np.clip((k - above) / (level + 1), 0, 1).astype(np.float32)


def ndcg(lists: Ids, later: LaterClicks) -> Interval:
    """NDCG of (n, k) lists by the later clicks, each worth one."""
    wide = int(max(lists.max(), later.item.max())) + 2
    wanted = later.row * wide + later.item
    own = np.arange(len(lists))[:, None] * wide + lists
    gains = (np.isin(own, wanted) & (lists >= 0)).astype(float)
    n = np.bincount(later.row, minlength=len(lists))
    ideal = (np.arange(lists.shape[1]) < n[:, None]).astype(float)
    return ndcg_at_k(gains, later.user % UNIT_BLOCKS, k=lists.shape[1], ideal=ideal)
