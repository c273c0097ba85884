"""Ways to rank on a reader's own judgements: each tried on queries it never saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sevensteps.measure import Interval

from .arena import Arena, K, Protocol, Scores, rerank_arena, retrieve_arena
from .collections import Collection
from .contest import OURS, TUNED, Chosen, Found, contest
from .matching import PLAIN, Matches, best
from .meaning import Meaning
from .signals import signals
from .splitting import FEWEST, alike, splits
from .texts import Texts, texts_of
from .wording import Understood, understood

MOST_PAIRS: Mapping[Protocol, int] = {"retrieve": 300_000, "re-rank": 300_000}
MOST_TESTS = 0.6  # share of the queries that the data's own test may take
POOL = 250  # documents a query that a pool has, about
PROBE = 500  # queries by which the protocol is chosen
DENSE = 0.5  # share of BM25's first ten that must be judged, to retrieve
LARGE = 300_000  # documents, beyond which only one protocol is tried
NOT_RELEVANT = 0.05  # share of judgements, from which a list of the judged tells
SLICE = 20  # queries that a slice needs
STEPS = 3  # before the protocols, and in each of them
LENGTHS = {"1 word": (0, 1), "2 words": (2, 2), "3 or 4": (3, 4), "5 or more": (5, 999)}
Step = Callable[[int, int], None]


@dataclass(frozen=True)
class Outcome:
    """What each way reached under one protocol.

    Attributes
    ----------
    protocol : "retrieve" or "re-rank"
    split : how the queries were split, in words
    n_queries, n_pairs : that were tried
    ndcg, reciprocal_rank, recall, condensed, judged : by way; recall, NDCG of the
        judged only, and the share judged are of retrieval
    ceiling : share of relevant documents that any way found
    settings : what was tuned, one a split
    chosen : which ways were taken as ours, and how often
    slices : by kind of query, how many, and the lead over tuned BM25
    """

    protocol: Protocol
    split: str
    n_queries: int
    n_pairs: int
    ndcg: dict[str, Interval]
    reciprocal_rank: dict[str, Interval]
    recall: dict[str, Interval]
    condensed: dict[str, Interval]
    judged: dict[str, Interval]
    ceiling: float
    settings: tuple[Chosen, ...]
    chosen: Counter[str]
    slices: dict[str, tuple[int, Interval]]

    def lead(self, way: str, over: str = TUNED) -> Interval:
        """NDCG of a way less another's, paired by query."""
        return self.ndcg[way] - self.ndcg[over]

    def verdict(self, way: str = OURS, over: str = TUNED) -> str:
        """The lead in words."""
        lead = self.lead(way, over)
        if lead.low > 0:
            return f"ahead of {over} by {lead}"
        if lead.high < 0:
            return f"behind {over} by {lead}"
        if lead.low == lead.high == 0:
            return f"the same as {over}"
        return f"not distinguishable from {over}: {lead}"


@dataclass(frozen=True)
class Trial:
    """Outcomes, the main one first, and why there are these.

    Attributes
    ----------
    outcomes : by protocol
    why : the choice of the protocol, in words
    judged_at_10 : share of plain BM25's first ten that somebody judged
    understood : how the queries were taken
    """

    outcomes: tuple[Outcome, ...]
    why: str
    judged_at_10: float
    understood: Understood


def trial(data: Collection, on_step: Step | None = None, seed: int = 0) -> Trial:
    """Split, index, tune, train, try.

    Parameters
    ----------
    on_step : told how many steps are done, and of how many

    Raises
    ------
    ValueError
        if no query has a relevant document among its judgements, or too few differ
    """
    if data.grade.max(initial=0) < data.relevant:
        raise ValueError("no judgement names a relevant document: nothing can be tried")
    group = alike(list(data.query))
    if (n := int(group.max()) + 1) < FEWEST:
        raise ValueError(
            f"of {data.n_queries:,} queries {n:,} differ by their words; a trial needs "
            f"{FEWEST} that do, to learn from some and to be tried on others"
        )
    say = on_step or (lambda done, total: None)
    say(0, STEPS)
    taken = understood(data)
    texts = texts_of(data, taken.wording)
    protocols, why, share = _protocols(data, texts["stems"])
    steps = STEPS * (1 + len(protocols))
    say(2, steps)
    meaning = Meaning.of(data, data.item if protocols == ["re-rank"] else None)
    made = []
    for place, protocol in enumerate(protocols, 1):
        told = partial(_shifted, say, STEPS * place, steps)
        made.append(_outcome(data, texts, meaning, group, protocol, told, seed))
    say(steps, steps)
    return Trial(tuple(made), why, share, taken)


def _shifted(say: Step, first: int, steps: int, done: int) -> None:
    say(first + done, steps)


def _protocols(data: Collection, texts: Texts) -> tuple[list[Protocol], str, float]:
    """Which protocols the judgements allow, the fairest first."""
    lot = np.random.default_rng(11).permutation(data.n_queries)[:PROBE]
    found = best(texts, PLAIN, K, lot)
    n = np.int64(data.n_documents)
    judged = np.isin((lot[:, None] * n + found)[found >= 0], data.row * n + data.item)
    share = float(judged.mean()) if len(judged) else 0.0
    high = np.full(data.n_queries, -np.inf)
    low = -high
    np.maximum.at(high, data.row, data.grade)
    np.minimum.at(low, data.row, data.grade)
    graded = (high >= data.relevant) & (low < data.relevant)
    told = f"of BM25's first ten documents, {share:.0%} were judged"
    if graded.mean() < 0.2:
        why = f"Retrieval only: hardly anything was judged not relevant; {told}"
        return ["retrieve"], why, share
    if share >= DENSE:
        return ["retrieve", "re-rank"], f"Retrieval first: {told}", share
    if data.n_documents > LARGE:
        why = f"Re-ranking only: {told}, and indexing {n:,} would take long"
        return ["re-rank"], why, share
    why = f"Re-ranking first: {told}, so retrieval would mostly measure who was judged"
    return ["re-rank", "retrieve"], why, share


def _outcome(
    data: Collection,
    texts: Mapping[str, Texts],
    meaning: Meaning,
    group: NDArray[np.int32],
    protocol: Protocol,
    say: Callable[[int], None],
    seed: int,
) -> Outcome:
    say(0)
    per_query = POOL if protocol == "retrieve" else len(data.row) / data.n_queries
    queries = _drawn(data.split, int(MOST_PAIRS[protocol] / per_query), seed)
    if protocol == "retrieve":
        arena = retrieve_arena(data, queries, group, texts, meaning)
    else:
        arena = rerank_arena(data, queries, group)
    cut, told = splits(arena.group, data.split[queries], len(arena), seed)
    say(1)
    ids = queries[arena.row].astype(np.int32)
    matches = {form: Matches.of(t, ids, arena.item) for form, t in texts.items()}
    features = signals(data, texts, meaning, ids, arena.item)
    say(2)
    found = contest(arena, matches, features, cut, seed)
    return _measured(data, arena, found, told)


def _drawn(own: NDArray[np.int8], most: int, seed: int) -> NDArray[np.intp]:
    """At most so many queries, by lot: those that the data call a test come first."""
    if len(own) <= most:
        return np.arange(len(own))
    lot = np.random.default_rng([seed, 13]).permutation(len(own))
    test = (own[lot] == own.max()) & (own[lot] > 0)
    first = lot[test][: int(MOST_TESTS * most)]
    rest = lot[~test][: most - len(first)]
    return np.sort(np.concatenate([first, rest]))


def _measured(data: Collection, arena: Arena, found: Found, told: str) -> Outcome:
    tried, scores = found.tested, found.scores

    def means(each: Callable[[Scores], NDArray[np.float64]]) -> dict[str, Interval]:
        return {way: arena.mean(each(s), tried) for way, s in scores.items()}

    retrieve = arena.protocol == "retrieve"
    bad = data.grade < data.relevant
    some_bad = retrieve and bad.mean() > NOT_RELEVANT
    ndcg = {way: arena.ndcg(s) for way, s in scores.items()}
    ceiling = arena.mean(arena.recall(scores[OURS], k=10_000), tried).estimate
    return Outcome(
        arena.protocol,
        told,
        len(tried),
        int(arena.of(tried).sum()),
        {way: arena.mean(each, tried) for way, each in ndcg.items()},
        means(arena.reciprocal_rank),
        means(arena.recall) if retrieve else {},
        means(lambda s: arena.ndcg(s, "condensed")) if some_bad else {},
        means(arena.judged) if retrieve else {},
        ceiling,
        found.settings,
        found.chosen,
        _slices(data, arena, ndcg[OURS] - ndcg[TUNED], tried),
    )


def _slices(
    data: Collection, arena: Arena, lead: NDArray[np.float64], tried: NDArray[np.intp]
) -> dict[str, tuple[int, Interval]]:
    """The lead by kind of query as the data tell it, else by its number of words."""
    query, kind = data.query[arena.queries], data.kind[arena.queries]
    masks = {str(k): kind == k for k in np.unique(kind[kind != ""])}
    if not 2 <= len(masks) <= 8:
        n = np.array([len(text.split()) for text in query])
        masks = {name: (n >= a) & (n <= b) for name, (a, b) in LENGTHS.items()}
    made = {}
    for name, mask in masks.items():
        some = tried[mask[tried]]
        if np.isfinite(lead[some]).sum() >= SLICE:
            made[name] = (len(some), arena.mean(lead, some))
    return made
