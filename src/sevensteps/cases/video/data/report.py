"""Bring your own data: the chapter's two stages against tuned baselines, on a log.

A log of one's own has no vectors of content and no rows that were passed over. In
place of the first stand factors of the past's clicks. For the second, the towers
correct their negatives for how often they are drawn, and rankers learn what became of
earlier proposals.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from lightgbm import LGBMClassifier
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sevensteps.data import OfflineReport, lead
from sevensteps.rank import TowerPlan, unit
from sevensteps.world.arrays import repeated

from ..recommender.examples import tower_examples
from ..recommender.inputs import inputs, shelf_on
from ..recommender.items import DAY, Floats, Ids
from ..recommender.known import known_after
from ..recommender.ranking import tree_plan
from ..recommender.sources import Factors, Near, best_of, first_of, padded
from ..recommender.tower_training import train
from .folds import MOST_USERS, K, TimeFold, cut, ndcg, recall
from .log import Log, read_log

POPULAR, NEIGHBOURS, STAGES = "popularity", "item to item", "two stages"
Setting = dict[str, Any]
#: Baselines, and the settings among which the earlier folds choose.
GRIDS: Mapping[str, tuple[Setting, ...]] = {
    POPULAR: tuple(
        {"half_life_days": days} for days in (0.5, 1, 3, 7, 14, 30, 90, 365, 10_000)
    ),
    NEIGHBOURS: tuple(
        {"kind": kind, "n": n, "half_life_days": days}
        for kind in ("cosine", "tf-idf", "BM25")
        for n in (20, 200)
        for days in (7, 30, 180, 10_000)
    ),
}
POOL, MOST_HAD = 100, 2_000  # items that a source names; that a user may have had
MOST_CLICKS = 400_000  # the towers learn from, the latest
MOST_ROWS = 400_000  # the ranker learns from
SMALLER = {
    "num_leaves": 15,
    "learning_rate": 0.05,
    "min_child_samples": 50,
    "colsample_bytree": 0.4,
    "subsample": 0.7,
    "subsample_freq": 1,
    "reg_lambda": 20.0,
}
WIDTH, ALS_WEIGHT, ALS_RIDGE = 32, 5.0, 10.0  # of the factors


def faded(fold: TimeFold, half_life_days: float) -> NDArray[np.float64]:
    """(p,) weight of each row of the past: half as much after so many days."""
    age = (fold.seconds[-1] - fold.seconds) / DAY
    return np.maximum(0.5 ** (age / half_life_days), 1e-30)


def popularity(fold: TimeFold, half_life_days: float) -> Ids:
    """(n, POOL) items by how often they were taken, older takings counting less."""
    weight = faded(fold, half_life_days)
    often = np.bincount(fold.past.item, weight, len(fold.log.items))
    best = np.argsort(-often, kind="stable")[: (often > 0).sum()][: _asked(fold)]
    return unseen(fold, np.tile(best, (len(fold.user), 1)))


def neighbours(fold: TimeFold, kind: str, n: int, half_life_days: float) -> Ids:
    """(n, POOL) items by their `n` nearest among all that a user had (implicit).

    What a user had long ago counts less.
    """
    entries = (faded(fold, half_life_days), (fold.past.user, fold.past.item))
    mine = sp.csr_matrix(entries, shape=fold.clicks.shape)[fold.user]
    with warnings.catch_warnings(), threadpool_limits(1, "blas"):
        warnings.simplefilter("ignore")  # of progress bars, and of its own formats
        from implicit import nearest_neighbours as near

        kinds = {
            "cosine": near.CosineRecommender,
            "tf-idf": near.TFIDFRecommender,
            "BM25": near.BM25Recommender,
        }
        model = kinds[kind](K=n, num_threads=1)
        model.fit(fold.clicks, show_progress=False)
        found, score = model.recommend(fold.user, mine, N=_asked(fold))
    return unseen(fold, np.where(score > 0, found, -1))


#: (n, POOL) items, best first, -1 where there are no more.
BASELINES: Mapping[str, Callable[..., Ids]] = {
    POPULAR: popularity,
    NEIGHBOURS: neighbours,
}


def tuned(name: str, folds: list[TimeFold]) -> Setting:
    """The setting of a baseline with the best NDCG on some folds."""

    def reached(setting: Setting) -> float:
        lists = [BASELINES[name](fold, **setting) for fold in folds]
        return ndcg(lists, folds).estimate

    return max(GRIDS[name], key=reached)


class Proposals(NamedTuple):
    """What the sources name for the users of a fold, and what is known of it."""

    item: Ids  # (n, m), -1 where nothing stands
    x: Floats  # (n, m, inputs) the chapter's, and one over each source's place


def proposals(fold: TimeFold, settings: Mapping[str, Setting]) -> Proposals:
    """Towers, factors and the baselines name candidates; the first stage."""
    log, user = fold.log, fold.user
    factors = Factors.of(fold.clicks, WIDTH, ALS_WEIGHT, ALS_RIDGE, seed=0)
    items = replace(log.items, content=unit(factors.items).astype(np.float32))
    late = fold.past.take(slice(-MOST_CLICKS, None))
    plan = TowerPlan(epochs=2, batch=256, log_q=True)
    towers, _ = train(plan, items, tower_examples(late, items, log.viewers))
    known = known_after(fold.past, items, log.viewers)
    shelf = shelf_on(known, items, log.viewers, towers, user)
    near = Near.exact(towers, shelf.vector, known, log.viewers)
    lists = [
        unseen(fold, near(user, _asked(fold))),
        unseen(fold, factors(user, _asked(fold))),
        *(BASELINES[name](fold, **setting) for name, setting in settings.items()),
    ]
    every = np.concatenate(lists, axis=1)
    item = np.where(repeated(every), -1, every)
    told = inputs(shelf, user, np.maximum(item, 0))
    places = [_one_over_place(item, one) for one in lists]
    return Proposals(item, np.concatenate([told, np.stack(places, -1)], axis=-1))


def unseen(fold: TimeFold, lists: NDArray[np.integer]) -> Ids:
    """(n, POOL): lists without what each user had taken before."""
    return first_of(np.where(fold.had(lists), -1, lists), POOL)


def _asked(fold: TimeFold) -> int:
    """How many items to ask for, so that enough are left that a user never had."""
    had = np.diff(fold.clicks[fold.user].indptr)
    wanted = POOL + min(int(had.max(initial=0)), MOST_HAD)
    return min(wanted, len(fold.log.items))


def _one_over_place(item: Ids, ranked: Ids) -> Floats:
    """(n, m) one over each item's place on its user's list; 0 if it is not there."""
    ranked = np.where(ranked < 0, -2, ranked)  # two empty places are not the same
    same = item[:, :, None] == ranked[:, None, :]
    place = same.argmax(axis=2).astype(np.float32) + 1
    return np.where(same.any(axis=2), 1 / place, np.float32(0))


def rankers(folds: list[TimeFold], told: list[Proposals]) -> list[Any]:
    """A line and trees that learn which earlier proposals were taken.

    A log of one's own is small, so the trees are smaller than the chapter's and see a
    part of the rows and inputs each.
    """
    rng = np.random.default_rng([0, 21])
    x, taken = [], []
    for fold, proposed in zip(folds, told, strict=True):
        hit = fold.taken(proposed.item)
        useful = rng.permutation(np.flatnonzero(hit.any(axis=1)))
        few = useful[: max(MOST_ROWS // len(told) // hit.shape[1], 1)]
        there = proposed.item[few] >= 0
        x.append(proposed.x[few][there])
        taken.append(hit[few][there])
    line = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
    models = (line, LGBMClassifier(**tree_plan() | SMALLER))
    return [m.fit(np.concatenate(x), np.concatenate(taken)) for m in models]


def ranked(models: list[Any], proposed: Proposals) -> Ids:
    """(n, K) the proposals by the mean of one over the models' places.

    Source: reciprocal rank fusion, Cormack et al., SIGIR (2009).
    """
    n, m, width = proposed.x.shape
    score = np.zeros((n, m), np.float32)
    for model in models:
        p = model.predict_proba(proposed.x.reshape(-1, width))[:, 1].reshape(n, m)
        order = np.argsort(-np.where(proposed.item >= 0, p, -1), axis=1, kind="stable")
        score += 1 / (K + np.argsort(order, axis=1))
    best = best_of(np.where(proposed.item >= 0, score, 0).astype(np.float32), K)
    return padded(np.take_along_axis(proposed.item, best, 1), K)


#: Shares of the rows, in order of time, between which folds lie.
TRAINING, TESTS = (0.4, 0.5, 0.6, 0.7, 0.8), (0.8, 0.85, 0.9, 0.95, 1.0)
NDCG = f"NDCG@{K}"
SKIPPED = (
    "what a page gave its viewers: needs true satisfaction",
    "the online league, A/B tests and the loop: need a world that can be run again",
    "propensities and position bias: need positions that were filled at random",
)


def run_offline(folder: Path) -> OfflineReport:
    """Read (see `read_log`), check, cut by time, tune, train and measure.

    Baselines are tuned and the ranker is trained on the first four fifths of the rows,
    fold by fold; all are judged on the last fifth. Nothing is ever told a row that is
    later than what it is asked about. Raises a ValueError if a table is not as it
    should be, or if nobody comes back.
    """
    log = read_log(folder)
    training, tests = cut(log, TRAINING), cut(log, TESTS)
    settings = {name: tuned(name, training) for name in BASELINES}
    models = rankers(training, [proposals(f, settings) for f in training])
    lists = {
        name: [BASELINES[name](fold, **setting)[:, :K] for fold in tests]
        for name, setting in settings.items()
    }
    lists[STAGES] = [ranked(models, proposals(f, settings)) for f in tests]
    reached = {name: ndcg(ids, tests) for name, ids in lists.items()}
    results = {
        name: {NDCG: reached[name], f"recall@{K}": recall(ids, tests)}
        for name, ids in lists.items()
    }
    ours = reached[STAGES]
    findings = tuple(lead(STAGES, name, ours - reached[name]) for name in BASELINES)
    return OfflineReport(_summary(log, tests), results, log.notes, findings, SKIPPED)


def _summary(log: Log, tests: list[TimeFold]) -> str:
    """What was read and who is judged."""
    days = (log.seconds[-1] - log.seconds[0]) / DAY
    users, taken = (sum(len(getattr(f, k)) for f in tests) for k in ("user", "item"))
    return (
        f"{len(log.events):,} interactions of {len(log.viewers):,} users with "
        f"{len(log.items):,} items over {days:,.1f} days. Tuned and trained on the "
        f"first four fifths, judged on the last in {len(tests)} folds, each with at "
        f"most {MOST_USERS:,} users who had been seen before, drawn at random: "
        f"{users:,} in all took {taken:,} items that were new to them."
    )
