"""Two stages against tuned baselines on a reader's own log, later rows as the judge.

The log is cut by time. Baselines are tuned on one stretch and tried on the last; the
ranker learns from two earlier stretches what became of candidates, and never from a
row that is later than what it is asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
import scipy.sparse as sp
from lightgbm import LGBMClassifier
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from sevensteps.measure import Interval, ndcg_at_k, recall_at_k

from .logs import Log

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]
Scores = Callable[[Log, Ids], Floats]  # past, users -> (n, items)
CUTS = (0.4, 0.5, 0.6, 0.7, 0.8, 1.0)  # shares of the rows, in order of time
K, POOL, MOST_USERS, CHUNK = 20, 150, 4_000, 256
DAY = 86_400.0
EMPTY = np.float32(-1e9)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was known at an instant, and what came after it."""

    past: Log
    row: NDArray[np.intp]  # of `user`, for each wanted item
    item: Ids
    user: Ids  # seen before and after, at most MOST_USERS

    @classmethod
    def of(cls, log: Log, low: float, high: float, seed: int = 0) -> Stretch:
        """Cut at two instants; items that a user had before do not count."""
        past, after = log.between(-1, low), log.between(low, high)
        fresh = _pairs(after) - _pairs(past)
        user, item = np.divmod(np.array(sorted(fresh), np.int64), log.n_items)
        known = np.intersect1d(np.unique(user), past.user).astype(np.int32)
        rng = np.random.default_rng([seed, 17])
        some = np.sort(rng.permutation(known)[:MOST_USERS])
        keep = np.isin(user, some)
        row = np.searchsorted(some, user[keep])
        return cls(past, row, item[keep].astype(np.int32), some)


def _pairs(log: Log) -> set[int]:
    return set((log.user.astype(np.int64) * log.n_items + log.item).tolist())


def popularity(half_life_days: float) -> Scores:
    """Interactions, each worth half as much after so many days; the same for all."""

    def scores(past: Log, user: Ids) -> Floats:
        age = (past.seconds[-1] - past.seconds) / DAY
        weight = 0.5 ** (age / half_life_days)
        told = np.bincount(past.item, weight, past.n_items).astype(np.float32)
        return np.tile(told, (len(user), 1))

    return scores


def item_to_item(shrink: float, lean: float) -> Scores:
    """Nearness to all that a user had: co-occurrence over powers of how often each."""

    def scores(past: Log, user: Ids) -> Floats:
        held = past.matrix()
        both = (held.T @ held).tocsr()
        often = both.diagonal()
        both.setdiag(0)
        made = both.tocoo()
        scale = often[made.row] ** lean * often[made.col] ** (1 - lean) + shrink
        scale = np.maximum(scale, 1e-6)  # the diagonal is there, and zero
        near = sp.csr_matrix((made.data / scale, (made.row, made.col)), both.shape)
        return np.asarray((held[user] @ near).todense(), np.float32)

    return scores


def factors(width: int, weight: float, ridge: float) -> Scores:
    """Matrix factorisation by alternating least squares."""

    def scores(past: Log, user: Ids) -> Floats:
        from implicit.cpu.als import AlternatingLeastSquares

        with threadpool_limits(1, "blas"):  # as the library asks
            model = AlternatingLeastSquares(
                factors=width,
                alpha=weight,
                regularization=ridge,
                iterations=12,
                random_state=0,
                num_threads=1,
            )
            model.fit(past.matrix(), show_progress=False)
        return np.asarray(model.user_factors[user] @ model.item_factors.T)

    return scores


GRIDS: Mapping[str, tuple[Callable[..., Scores], tuple[tuple[float, ...], ...]]] = {
    "popularity": (popularity, ((1, 3, 7, 14, 30, 90, 365, 10_000),)),
    "item to item": (item_to_item, ((0, 10, 50), (0.3, 0.5, 0.7))),
    "factors": (factors, ((16, 64), (1, 10), (1, 30))),
}


def top(score: Floats, past: Log, user: Ids, k: int) -> Ids:
    """(n, k) items that a user did not have, best first."""
    held = past.matrix()[user].tocoo()
    score = score.copy()
    score[held.row, held.col] = EMPTY
    near = np.argpartition(-score, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(score, near, 1), axis=1, kind="stable")
    return np.take_along_axis(near, order, 1).astype(np.int32)


def ndcg(lists: Ids, stretch: Stretch) -> Interval:
    """NDCG@K with an interval over users."""
    wanted = np.zeros((len(stretch.user), stretch.past.n_items), np.float32)
    wanted[stretch.row, stretch.item] = 1
    gains = np.take_along_axis(wanted, lists, 1)
    ideal = -np.sort(-wanted, axis=1)[:, :K]
    return ndcg_at_k(gains, _blocks(stretch), k=K, ideal=ideal)


def _blocks(stretch: Stretch) -> NDArray[np.intp]:
    return np.arange(len(stretch.user)) % 100


def tuned(name: str, stretch: Stretch) -> tuple[tuple[float, ...], Scores]:
    """The parameters with the best NDCG on a stretch, and what they make."""
    make, grid = GRIDS[name]
    k = min(K, stretch.past.n_items)

    def reached(setting: tuple[float, ...]) -> float:
        score = make(*setting)(stretch.past, stretch.user)
        return ndcg(top(score, stretch.past, stretch.user, k), stretch).estimate

    best = max(product(*grid), key=reached)
    return best, make(*best)


@dataclass(frozen=True, slots=True)
class Trial:
    """What each way reached on the last stretch, and by how much two stages lead."""

    n_rows: int
    n_users: int
    n_wanted: int
    settings: dict[str, tuple[float, ...]]
    ndcg: dict[str, Interval]
    recall: dict[str, Interval]

    def lead(self, over: str) -> Interval:
        """NDCG of the two stages less another's, paired by user."""
        return self.ndcg["two stages"] - self.ndcg[over]


def trial(log: Log) -> Trial:
    """Tune on the last stretch but one, train the ranker on all but the last, try."""
    at = np.quantile(log.seconds, CUTS)
    *lessons, test = (Stretch.of(log, float(a), float(b)) for a, b in pairwise(at))
    found = {name: tuned(name, lessons[-1]) for name in GRIDS}
    ways = {name: scores for name, (_, scores) in found.items()}
    lists = {
        name: top(scores(test.past, test.user), test.past, test.user, K)
        for name, scores in ways.items()
    }
    ranker = _ranker(lessons, ways)
    lists["two stages"] = _two_stages(ranker, test, ways)
    args = test.row, test.item, _blocks(test)
    return Trial(
        n_rows=len(log),
        n_users=len(test.user),
        n_wanted=len(test.item),
        settings={name: setting for name, (setting, _) in found.items()},
        ndcg={name: ndcg(ids, test) for name, ids in lists.items()},
        recall={name: recall_at_k(ids, *args) for name, ids in lists.items()},
    )


def _candidates(
    stretch: Stretch, ways: Mapping[str, Scores]
) -> tuple[NDArray[np.intp], Ids, Floats]:
    """Rows, items and inputs of what any source puts among its first POOL."""
    past, user = stretch.past, stretch.user
    every = {name: scores(past, user) for name, scores in ways.items()}
    every["popular of late"] = popularity(3)(past, user)
    every["popular ever"] = popularity(10_000)(past, user)
    pool = min(POOL, past.n_items)
    there = np.zeros((len(user), past.n_items), bool)
    for score in every.values():
        np.put_along_axis(there, top(score, past, user, pool), True, 1)
    row, item = np.nonzero(there)
    inputs = [score[row, item] for score in every.values()]
    inputs += [_rank(score)[row, item] for score in every.values()]
    inputs += _context(stretch, row, item)
    return row, item.astype(np.int32), np.column_stack(inputs).astype(np.float32)


def _rank(score: Floats) -> Floats:
    order = np.argsort(-score, axis=1, kind="stable")
    return np.argsort(order, axis=1).astype(np.float32)


def _context(
    stretch: Stretch, row: NDArray[np.intp], item: NDArray[np.intp]
) -> list[Floats]:
    """How much a user had, how long ago; how old an item is; how its topic is liked."""
    past, user, now = stretch.past, stretch.user, stretch.past.seconds[-1]
    n = np.bincount(past.user, minlength=past.n_users)[user]
    last, first = np.zeros(past.n_users), np.full(past.n_items, now)
    np.maximum.at(last, past.user, past.seconds)
    np.minimum.at(first, past.item, past.seconds)
    topics = np.zeros((past.n_users, past.topic.max() + 2), np.float32)
    np.add.at(topics, (past.user, past.topic[past.item]), 1)
    liked = topics[user] / n[:, None]
    told = [
        np.log1p(n)[row],
        (now - last[user][row]) / DAY,
        (now - first[item]) / DAY,
        liked[row, past.topic[item]],
    ]
    return [np.asarray(column, np.float32) for column in told]


def _ranker(stretches: list[Stretch], ways: Mapping[str, Scores]) -> LGBMClassifier:
    """Trees that tell which candidates were taken."""
    inputs, taken = [], []
    for stretch in stretches:
        row, item, x = _candidates(stretch, ways)
        wanted = set(zip(stretch.row.tolist(), stretch.item.tolist(), strict=True))
        pairs = zip(row.tolist(), item.tolist(), strict=True)
        taken.append(np.fromiter((pair in wanted for pair in pairs), bool, len(row)))
        inputs.append(x)
    model = LGBMClassifier(
        n_estimators=150,
        num_leaves=15,
        learning_rate=0.05,
        min_child_samples=50,
        reg_lambda=5.0,
        random_state=0,
        deterministic=True,
        n_jobs=2,
        verbose=-1,
    )
    return model.fit(np.concatenate(inputs), np.concatenate(taken))


def _two_stages(
    ranker: LGBMClassifier, stretch: Stretch, ways: Mapping[str, Scores]
) -> Ids:
    row, item, x = _candidates(stretch, ways)
    score = np.full((len(stretch.user), stretch.past.n_items), EMPTY, np.float32)
    score[row, item] = ranker.predict_proba(x)[:, 1]
    return top(score, stretch.past, stretch.user, K)
