"""What can be judged without production: lists of candidates, and rankers.

Lists are judged twice: by later clicks, and by the truth.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.measure import (
    Interval,
    calibration_ratio,
    ndcg_at_k,
    recall_at_k,
    roc_auc,
)
from sevensteps.simulate import UNIT_BLOCKS, mean_over_units
from sevensteps.world.arrays import chunks

from ..recommender.examples import Rows
from ..recommender.inputs import Shelf, inputs
from ..recommender.items import Events, Flags, Floats, Ids
from ..recommender.ranking import OutcomeModel
from ..world import SLATE
from .simulation import VideoSimulation

ROWS = 256  # of a table of scores at a time
CHUNK = 20_000  # impressions at a time


@dataclass(frozen=True, slots=True)
class LaterClicks:
    """What some users clicked after a training run."""

    user: Ids  # asked about: clicked before and after
    row: NDArray[np.intp]  # of each later click: the user's row
    item: Ids  # and the video
    randomised: Flags  # whether it was at a position that was randomised

    @classmethod
    def of(cls, simulation: VideoSimulation, after: Events, most: int = 1_500) -> Self:
        """Of the days after a simulation's history, by at most `most` random users.

        A video that a user had before does not count.
        """
        hits = after.take(after.clicked & (after.item < len(simulation.items)))
        old = simulation.known.watched.has(hits.user, hits.item)
        hits = hits.take(~old & (hits.user < len(simulation.viewers)))
        known = np.unique(hits.user[simulation.known.n_last[hits.user] > 0])
        user = np.sort(np.random.default_rng([0, 18]).permutation(known)[:most])
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
    score: Floats, later: LaterClicks, *, k: int = 10, among: int | None = None
) -> Interval:
    """Share of later clicks that a score puts among the first `k`; ties at random.

    `score`, (n, items), is of every video for each of `later.user`. It is compared with
    `among` videos drawn evenly, as many papers do; with all of them when absent.

    Source: Krichene and Rendle, "On sampled metrics for item recommendation", KDD
    (2020), on why the drawn ones mislead.
    """
    own = score[later.row, later.item][:, None]
    if among is None:
        parts = [
            _among_first(score[later.row[some]], own[some], k, itself=1)
            for some in chunks(len(own), ROWS)
        ]
        hits = np.concatenate(parts)
    else:
        rng = np.random.default_rng([0, 19])
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
    return ndcg_of(lists, later.row, later.item, later.user % UNIT_BLOCKS)


def ndcg_of(lists: Ids, row: NDArray[np.integer], item: Ids, block: Ids) -> Interval:
    """NDCG of (n, k) lists by what was taken: the list's row and the item, (m,) each.

    `block` is of each list.
    """
    wide = int(max(lists.max(), item.max())) + 2
    own = np.arange(len(lists))[:, None] * wide + lists
    gains = (np.isin(own, row * wide + item) & (lists >= 0)).astype(float)
    n = np.bincount(row, minlength=len(lists))
    ideal = (np.arange(lists.shape[1]) < n[:, None]).astype(float)
    return ndcg_at_k(gains, block, k=lists.shape[1], ideal=ideal)


def as_seen_from(shelf: Shelf, rows: Rows) -> Rows:
    """The same impressions with the inputs of another day.

    Of a later one they hold what nobody knew yet: a leak, to be priced.
    """
    parts = [
        inputs(shelf, rows.user[some], rows.item[some, None])[:, 0]
        for some in chunks(len(rows), CHUNK)
    ]
    return replace(rows, x=np.concatenate(parts))


def click_auc(ranker: OutcomeModel, rows: Rows, examination: Floats) -> Interval:
    """Clicked above not clicked, each at its own position; people redrawn."""
    score = ranker(rows.x).click * examination[rows.position]
    return roc_auc(score, rows.clicked, rows.user % UNIT_BLOCKS)


def click_ratio(ranker: OutcomeModel, rows: Rows, examination: Floats) -> Interval:
    """Clicks predicted for each one that came; people redrawn."""
    score = np.clip(ranker(rows.x).click * examination[rows.position], 0, 1)
    return calibration_ratio(score, rows.clicked, rows.user % UNIT_BLOCKS)
