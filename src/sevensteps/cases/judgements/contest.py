"""Every way on one arena: tuned and trained on some queries, tried on others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sevensteps.measure import Interval
from sevensteps.search.table import FeatureTable

from .arena import Arena, Scores
from .learning import LEARNED, MOST, learned
from .matching import Matches, Setting
from .signals import places
from .splitting import Split
from .tuning import best_share, mixed, surely_more, tuned

TITLE, BM25, TUNED = "BM25, titles only", "BM25", "BM25, tuned"
UNDERSTOOD, VECTORS = "BM25, tuned, query understood", "vectors"
RANKS, MIX = "reciprocal ranks", "mix of scores"
OURS = "ours"
QUICK = ("linear", "LambdaMART")  # that are tried aside, and their blend
STEADY = "blend"  # of the learned ways, unless another is surely better
SIMPLE = (TUNED, MIX)  # among which the best is sought
DAMPING = 60  # of ranks, as in `sevensteps.search.fusion`
PLAIN_BM25 = Setting()
TITLES = Setting(body=0, facets=0)
MOST_TUNING = 1_000  # queries by which settings are chosen
INNER = 4  # parts of the queries to learn from, each of which is tried aside
MANY = 100_000  # pairs, beyond which one of them is
ERRORS = 0.5  # standard errors by which a costlier way must win to be taken
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was tuned on the queries to learn from.

    Attributes
    ----------
    setting : BM25's
    words : the form of the words in the mix: that of the setting, or "understood"
    share : of meaning in the mix
    """

    setting: Setting
    words: str
    share: float


@dataclass(frozen=True, slots=True)
class Found:
    """Scores of every tried pair by every way, and what was chosen on the way.

    Attributes
    ----------
    scores : (p,) by way
    tested : (q,) places of the queries that were tried
    settings : what was tuned, one a split
    chosen : how often each way was taken as ours, over the splits
    """

    scores: dict[str, Scores]
    tested: Rows
    settings: tuple[Chosen, ...]
    chosen: Counter[str]


@dataclass(frozen=True, slots=True)
class Aside:
    """Learned scores of queries that the rankers did not learn from.

    Attributes
    ----------
    asked : places of these queries
    scores : (p,) by way, zero elsewhere; none if there was too little to learn from
    """

    asked: Rows
    scores: dict[str, Scores]


def contest(
    arena: Arena,
    matches: Mapping[str, Matches],
    features: FeatureTable,
    splits: Sequence[Split],
    seed: int = 0,
) -> Found:
    """Try every way on the test queries of every split."""
    total: dict[str, Scores] = {}
    settings, chosen = [], Counter[str]()
    asides = _asides(arena, features, splits, seed)
    for split, aside in zip(splits, asides, strict=True):
        chose = _chosen_settings(arena, matches, features, split.learn, seed)
        scores = simple_ways(arena, matches, features, chose)
        told = features.beside({"tuned": scores[TUNED], "mix": scores[MIX]})
        asked = arena.of(split.test)
        tried = {way: values[asked] for way, values in scores.items()}
        most = MOST if len(splits) > 1 else 3 * MOST
        tried |= learned(arena, told, split.learn, split.test, most=most, seed=seed)
        name = _best_way(arena, scores, split.learn, aside)
        tried[OURS] = tried[name]
        for way, values in tried.items():
            total.setdefault(way, np.zeros(len(arena)))[asked] = values
        settings.append(chose)
        chosen[name] += 1
    tested = np.unique(np.concatenate([split.test for split in splits]))
    return Found(total, tested, tuple(settings), chosen)


def _chosen_settings(
    arena: Arena,
    matches: Mapping[str, Matches],
    features: FeatureTable,
    learn: Rows,
    seed: int,
) -> Chosen:
    """What does best on some of the queries to learn from."""
    lot = np.random.default_rng([seed, 3]).permutation(learn)[:MOST_TUNING]
    mine, some = arena.of(lot), arena.take(lot)
    held = {form: told.take(mine) for form, told in matches.items()}
    setting = tuned(some, held)
    words, score = setting.form, held[setting.form].score(setting)
    if "understood" in held:
        other = held["understood"].score(setting)
        if surely_more(some.ndcg(other), some.ndcg(score), ERRORS):
            words, score = "understood", other
    share = best_share(some, score, features["cosine"][mine])
    return Chosen(setting, words, share)


def simple_ways(
    arena: Arena,
    matches: Mapping[str, Matches],
    features: FeatureTable,
    chose: Chosen,
) -> dict[str, Scores]:
    """(p,) scores by each way that learns nothing but a few settings."""
    cosine, setting = features["cosine"], chose.setting
    score = matches[setting.form].score(setting)
    words = matches[chose.words].score(setting)
    ranks = [places(s, arena.row) for s in (score, cosine)]
    made: dict[str, Scores] = {
        TITLE: matches[PLAIN_BM25.form].score(TITLES),
        BM25: matches[PLAIN_BM25.form].score(PLAIN_BM25),
        TUNED: score,
        VECTORS: cosine,
        RANKS: sum((1 / (DAMPING + 1 + rank) for rank in ranks), np.zeros(len(arena))),
        MIX: mixed(words, cosine, arena.row, chose.share),
    }
    if not made[TITLE].any():
        del made[TITLE]
    if "understood" in matches:
        made[UNDERSTOOD] = matches["understood"].score(setting)
    return made


def _best_way(
    arena: Arena, scores: Mapping[str, Scores], learn: Rows, aside: Aside
) -> str:
    """The way to take, by queries to learn from that it did not learn from.

    A costlier one must win by half its standard error; otherwise the simple one stays.
    """
    mine, some = arena.of(learn), arena.take(learn)
    each = {way: some.ndcg(scores[way][mine]) for way in SIMPLE}
    best = max(each, key=lambda way: float(np.nanmean(each[way])))
    if not surely_more(each[best], each[TUNED], ERRORS):
        best = TUNED
    if not aside.scores:
        return best
    part, here = arena.take(aside.asked), arena.of(aside.asked)
    simple = part.ndcg(scores[best][here])
    reached = {way: part.ndcg(told[here]) for way, told in aside.scores.items()}
    way = max(reached, key=lambda name: float(np.nanmean(reached[name])))
    if not surely_more(reached[way], reached[STEADY], ERRORS):
        way = STEADY
    return way if surely_more(reached[way], simple, ERRORS) else best


def _asides(
    arena: Arena, features: FeatureTable, splits: Sequence[Split], seed: int
) -> list[Aside]:
    """For each split, learned scores of its queries to learn from, by other queries.

    Of folds, what learned from all but two serves both: each is asked about the other.
    """
    if len(splits) == 1:
        learn = splits[0].learn
        n = int(arena.group.max()) + 1
        lot = np.random.default_rng([seed, 29]).permutation(n)[arena.group[learn]]
        made = []
        for k in range(INNER if len(arena) <= MANY else 1):
            ask, rest = learn[lot % INNER == k], learn[lot % INNER != k]
            told = learned(arena, features, rest, ask, ways=QUICK, seed=seed)
            made.append((ask, told))
        return [_aside(arena, made)]
    parts: list[list[tuple[Rows, dict[str, Scores]]]] = [[] for _ in splits]
    for one, other in combinations(range(len(splits)), 2):
        tests = splits[one].test, splits[other].test
        ask = np.sort(np.concatenate(tests))
        rest = np.setdiff1d(splits[one].learn, tests[1])
        told = learned(arena, features, rest, ask, ways=QUICK, seed=seed)
        row = arena.row[arena.of(ask)]
        for place, test in ((one, tests[1]), (other, tests[0])):
            here = np.isin(row, test)
            parts[place].append((test, {w: s[here] for w, s in told.items()}))
    return [_aside(arena, part) for part in parts]


def _aside(arena: Arena, parts: list[tuple[Rows, dict[str, Scores]]]) -> Aside:
    """One from parts; empty if any of them is."""
    total: dict[str, Scores] = {}
    for ask, told in parts:
        if not told:
            return Aside(np.empty(0, np.intp), {})
        for way, values in told.items():
            total.setdefault(way, np.zeros(len(arena)))[arena.of(ask)] = values
    return Aside(np.concatenate([ask for ask, _ in parts]), total)


def order_of(ways: Mapping[str, Interval]) -> list[str]:
    """Ways from the simplest to ours."""
    every = (TITLE, BM25, TUNED, UNDERSTOOD, VECTORS, RANKS, MIX, *LEARNED, OURS)
    return [way for way in every if way in ways]
