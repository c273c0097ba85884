"""Every way on one arena: tuned and trained on some queries, tried on others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sevensteps.measure import Interval
from sevensteps.search.table import FeatureTable

from .arena import Arena, Scores
from .learning import LEARNED, learned
from .matching import PLAIN, Matches, Setting
from .signals import places
from .splitting import Split
from .tuning import best_share, mixed, surely_more, tuned

TITLE, BM25, TUNED = "BM25, titles only", "BM25", "BM25, tuned"
SPELT, VECTORS = "BM25, tuned, spelling corrected", "vectors"
RANKS, MIX = "reciprocal ranks", "mix of scores"
OURS = "ours"
SIMPLE = (TUNED, VECTORS, RANKS, MIX)  # among which the best is sought
DAMPING = 60  # of ranks, as in `sevensteps.search.fusion`
PLAIN_BM25 = Setting()
TITLES = Setting(body=0, facets=0)
MOST_TUNING = 1_000  # queries by which settings are chosen
INNER = 4  # folds of the queries to learn from, by which a way is chosen
MANY = 1_000  # queries to learn from, beyond which one such fold does
ERRORS = 1.0  # standard errors by which a costlier way must win to be taken
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Found:
    """Scores of every tried pair by every way, and what was chosen on the way.

    Attributes
    ----------
    scores : (p,) by way
    tested : (q,) places of the queries that were tried
    settings, shares : BM25's setting, and of meaning in the mix; one a split
    chosen : how often each way was taken as ours, over the splits
    """

    scores: dict[str, Scores]
    tested: Rows
    settings: tuple[Setting, ...]
    shares: tuple[float, ...]
    chosen: Counter[str]


def contest(
    arena: Arena,
    matches: Mapping[str, Matches],
    features: FeatureTable,
    splits: Sequence[Split],
    seed: int = 0,
) -> Found:
    """Try every way on the test queries of every split."""
    total: dict[str, Scores] = {}
    settings, shares, chosen = [], [], Counter[str]()
    for split in splits:
        setting, share = _chosen_settings(arena, matches, features, split.learn, seed)
        scores = simple_ways(arena, matches, features, setting, share)
        told = features.beside({"tuned": scores[TUNED], "mix": scores[MIX]})
        name = _best_way(arena, told, scores, split.learn, seed)
        asked = arena.of(split.test)
        tried = {way: values[asked] for way, values in scores.items()}
        tried |= learned(arena, told, split.learn, split.test, seed)
        tried[OURS] = tried[name]
        for way, values in tried.items():
            total.setdefault(way, np.zeros(len(arena)))[asked] = values
        settings.append(setting)
        shares.append(share)
        chosen[name] += 1
    tested = np.unique(np.concatenate([split.test for split in splits]))
    return Found(total, tested, tuple(settings), tuple(shares), chosen)


def _chosen_settings(
    arena: Arena,
    matches: Mapping[str, Matches],
    features: FeatureTable,
    learn: Rows,
    seed: int,
) -> tuple[Setting, float]:
    """BM25's setting and the share of meaning, on some queries to learn from."""
    lot = np.random.default_rng([seed, 3]).permutation(learn)[:MOST_TUNING]
    mine, some = arena.of(lot), arena.take(lot)
    held = {form: told.take(mine) for form, told in matches.items()}
    setting = tuned(some, held)
    score = held[setting.form].score(setting)
    return setting, best_share(some, score, features["cosine"][mine])


def simple_ways(
    arena: Arena,
    matches: Mapping[str, Matches],
    features: FeatureTable,
    setting: Setting,
    share: float,
) -> dict[str, Scores]:
    """(p,) scores by each way that learns nothing but a few settings."""
    cosine = features["cosine"]
    score = matches[setting.form].score(setting)
    ranks = [places(s, arena.row) for s in (score, cosine)]
    made: dict[str, Scores] = {
        TITLE: matches[PLAIN_BM25.form].score(TITLES),
        BM25: matches[PLAIN_BM25.form].score(PLAIN_BM25),
        TUNED: score,
        VECTORS: cosine,
        RANKS: sum((1 / (DAMPING + 1 + rank) for rank in ranks), np.zeros(len(arena))),
        MIX: mixed(score, cosine, arena.row, share),
    }
    if not made[TITLE].any():
        del made[TITLE]
    if "corrected" in matches:
        made[SPELT] = matches["corrected"].score(setting)
    return made


def _best_way(
    arena: Arena,
    features: FeatureTable,
    scores: Mapping[str, Scores],
    learn: Rows,
    seed: int,
) -> str:
    """The way to take, by queries to learn from that it did not learn from.

    A costlier one must win by more than the noise; otherwise the simple one stays.
    """
    mine, some = arena.of(learn), arena.take(learn)
    each = {way: some.ndcg(scores[way][mine]) for way in SIMPLE if way in scores}
    best = max(each, key=lambda way: float(np.nanmean(each[way])))
    if not surely_more(each[best], each[TUNED], ERRORS):
        best = TUNED
    asked, tried = _out_of_fold(some, features.take(mine), seed)
    if not tried:
        return best
    part = some.take(asked)
    here = some.of(asked)
    simple = part.ndcg(scores[best][mine][here])
    reached = {way: part.ndcg(values) for way, values in tried.items()}
    way = max(reached, key=lambda name: float(np.nanmean(reached[name])))
    return way if surely_more(reached[way], simple, ERRORS) else best


def _out_of_fold(
    arena: Arena, features: FeatureTable, seed: int
) -> tuple[Rows, dict[str, Scores]]:
    """Queries that learned ways were asked about, and their pairs' scores."""
    n = int(arena.group.max()) + 1
    fold = np.random.default_rng([seed, 29]).permutation(n)[arena.group] % INNER
    some = range(1 if len(arena.queries) > MANY else INNER)
    total: dict[str, Scores] = {}
    for k in some:
        ask, learn = np.flatnonzero(fold == k), np.flatnonzero(fold != k)
        if not len(ask) or not len(learn):
            return ask, {}
        told = learned(arena, features, learn, ask, seed)
        if not told:
            return ask, {}
        for way, values in told.items():
            total.setdefault(way, np.zeros(len(arena)))[arena.of(ask)] = values
    asked = np.flatnonzero(np.isin(fold, some))
    here = arena.of(asked)
    return asked, {way: values[here] for way, values in total.items()}


def order_of(ways: Mapping[str, Interval]) -> list[str]:
    """Ways from the simplest to ours."""
    every = (TITLE, BM25, TUNED, SPELT, VECTORS, RANKS, MIX, *LEARNED, OURS)
    return [way for way in every if way in ways]


def plain_score(matches: Mapping[str, Matches]) -> Scores:
    """(p,) BM25 before anything is tuned."""
    return matches[PLAIN.form].score(PLAIN)
