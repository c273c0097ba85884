"""Metrics of judged lists, one number per query: for slices, and for pairing.

Every function takes `Ranked` lists and returns (q,) numbers in the order of their
`query`; NaN marks a query that is left out. What was not judged counts as grade 0,
unless the lists were condensed before. `k` counts places, all of them when absent; a
document counts as relevant from the grade `relevant` on. `judged` puts intervals
around the means of all these.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from sevensteps.measure.inputs import Bools, Floats, at_least, one_of
from sevensteps.measure.ranked import UNJUDGED, Ranked, Ties, discount

Gain = Literal["exponential", "linear"]
Empty = Literal["skip", "one", "zero"]
HIGHEST = 50  # 2**grade - 1 is exact in a float, and so are sums of many
EMPTY = {"skip": np.nan, "one": 1.0, "zero": 0.0}


def ndcg(
    lists: Ranked,
    *,
    k: int | None,
    gain: Gain = "exponential",
    ties: Ties = "order",
    empty: Empty = "skip",
) -> Floats:
    """Discounted cumulative gain of the first `k` places over the best that there is.

    Parameters
    ----------
    gain : "exponential" is 2**grade - 1, as LightGBM counts; "linear" the grade itself,
        as trec_eval counts
    ties : "order" takes equal scores in the order of the rows, as LightGBM does;
        "average" is the mean over all their orders, as scikit-learn's
    empty : what a query without any gain counts: nothing ("skip"), 1 as in LightGBM
        ("one"), 0 as in trec_eval ("zero")

    Sources: Järvelin and Kekäläinen, ACM TOIS 20 (2002); Burges et al., ICML (2005);
    ties: McSherry and Najork, ECIR (2008).
    """
    one_of("gain", gain, ("exponential", "linear"))
    one_of("ties", ties, ("order", "average"))
    worth = _worth(lists.grade, gain)
    best = worth[np.lexsort((-worth, lists.code))]
    weight = np.where(_first(lists.place, k), discount(lists.place), 0)
    most = lists.sums(best * weight)
    held = lists.averaged(worth) if ties == "average" else worth
    got = lists.sums(held * weight * lists.shown)
    return _or(got / np.where(most > 0, most, 1), most > 0, empty)


def precision_at_k(
    lists: Ranked,
    *,
    k: int,
    relevant: float = 1,
    ties: Ties = "order",
    empty: Empty = "skip",
) -> Floats:
    """Share of the first `k` places that are relevant; an empty place is not."""
    got = _found(lists, k, relevant, ties)
    return _or(got / k, _relevant(lists, relevant) > 0, empty)


def recall_at_k(
    lists: Ranked,
    *,
    k: int,
    relevant: float = 1,
    ties: Ties = "order",
    empty: Empty = "skip",
) -> Floats:
    """Share of all known relevant documents that are among the first `k` places."""
    every = _relevant(lists, relevant)
    got = _found(lists, k, relevant, ties)
    return _or(got / np.maximum(every, 1), every > 0, empty)


def reciprocal_rank(
    lists: Ranked,
    *,
    k: int | None = None,
    relevant: float = 1,
    ties: Ties = "order",
    empty: Empty = "skip",
) -> Floats:
    """One over the place of the first relevant document; 0 if none is found.

    Among equal scores of which m of n are relevant, the first relevant one is j places
    down with the hypergeometric probability C(n - j - 1, m - 1) / C(n, m).

    Sources: Voorhees, "The TREC-8 question answering track report" (1999); ties:
    McSherry and Najork, ECIR (2008).
    """
    hit = (lists.grade >= relevant) & lists.shown
    tie = lists.tie_groups(ties)
    n, m = tie.size.astype(np.float64), tie.sums(hit)
    some = np.flatnonzero(m > 0)
    _, first = np.unique(lists.code[tie.start[some]], return_index=True)
    group = some[first]
    n, m = n[group], m[group]
    query, place = lists.code[tie.start[group]], lists.place[tie.start[group]]
    best, here = np.zeros(len(lists.query)), m / n
    for j in range(int((n - m).max(initial=-1)) + 1):
        best[query] += here * _first(place + j, k) / (place + j + 1)
        here = here * (n - m - j) / np.maximum(n - j - 1, 1)
    return _or(best, _relevant(lists, relevant) > 0, empty)


def average_precision(
    lists: Ranked, *, relevant: float = 1, ties: Ties = "order", empty: Empty = "skip"
) -> Floats:
    """Precision at the place of each relevant document, 0 for those not found.

    Sources: as trec_eval's `map`; Buckley and Voorhees, SIGIR (2000); ties: McSherry
    and Najork, ECIR (2008).
    """
    hit = (lists.grade >= relevant) & lists.shown
    tie = lists.tie_groups(ties)
    n, m = tie.size[tie.code], tie.sums(hit)[tie.code]
    start = tie.start[tie.code]
    before = _so_far(lists, hit)[start] - hit[start]
    beside = (np.arange(len(hit)) - start) * (m - 1) / np.maximum(n - 1, 1)
    precision = (before + 1 + beside) / (lists.place + 1)
    every = _relevant(lists, relevant)
    got = lists.sums(precision * m / n * lists.shown) / np.maximum(every, 1)
    return _or(got, every > 0, empty)


def bpref(lists: Ranked, *, relevant: float = 1, empty: Empty = "skip") -> Floats:
    """How seldom what was judged not relevant stands above what is.

    What nobody judged is skipped: lists can be compared although editors have not seen
    all of them. Equal scores stand in the order of the rows.

    Source: Buckley and Voorhees, SIGIR (2004), with trec_eval's denominator
    min(relevant, judged and not relevant).
    """
    bad = (lists.grade != UNJUDGED) & (lists.grade < relevant)
    hit = (lists.grade >= relevant) & lists.shown
    every, wrong = _relevant(lists, relevant), lists.sums(bad.astype(np.float64))
    above = np.minimum(_so_far(lists, bad & lists.shown), every[lists.code])
    least = np.maximum(np.minimum(every, wrong), 1)[lists.code]
    got = lists.sums((1 - above / least) * hit)
    return _or(got / np.maximum(every, 1), every > 0, empty)


def judged_share(lists: Ranked, *, k: int) -> Floats:
    """Share of what stands on the first `k` places that somebody judged."""
    at_least("k", k, 1)
    held = lists.shown & (lists.place < k)
    known = lists.sums((held & (lists.grade != UNJUDGED)).astype(np.float64))
    n = lists.sums(held.astype(np.float64))
    return np.where(n > 0, known / np.maximum(n, 1), np.nan)


def _worth(grade: Floats, gain: Gain) -> Floats:
    """(n,) what a document of each grade gains."""
    known = np.maximum(grade, 0)
    if gain == "linear":
        return known
    if known.max(initial=0) > HIGHEST:
        raise ValueError(
            f"a grade of {known.max():g} makes the exponential gain meaningless: use "
            f"gain='linear', or grades up to {HIGHEST}"
        )
    return np.asarray(np.exp2(known) - 1)


def _first(place: Floats | np.ndarray, k: int | None) -> Bools:
    """Whether places are among the first `k`."""
    if k is None:
        return np.ones(len(place), dtype=bool)
    at_least("k", k, 1)
    return np.asarray(place < k)


def _or(values: Floats, some: Bools, empty: Empty) -> Floats:
    """Values, or what a query without anything relevant counts."""
    one_of("empty", empty, ("skip", "one", "zero"))
    return np.where(some, values, EMPTY[empty])


def _relevant(lists: Ranked, relevant: float) -> Floats:
    """(q,) relevant documents, on the list or not."""
    if not relevant > 0:
        raise ValueError(f"`relevant` must be a grade above 0, not {relevant}")
    return lists.sums((lists.grade >= relevant).astype(np.float64))


def _found(lists: Ranked, k: int, relevant: float, ties: Ties) -> Floats:
    """(q,) relevant documents on the first `k` places, expected over ties."""
    one_of("ties", ties, ("order", "average"))
    hit = (lists.grade >= relevant).astype(np.float64)
    held = lists.averaged(hit) if ties == "average" else hit
    return lists.sums(held * lists.shown * _first(lists.place, k))


def _so_far(lists: Ranked, flag: Bools) -> Floats:
    """(n,) how many rows of the same list are flagged, down to this one."""
    count = np.concatenate([[0], np.cumsum(flag)])
    return np.asarray(count[1:] - count[lists.start[lists.code]], np.float64)
