"""Metrics of judged lists, one number per query: for slices, and for pairing.

Every function takes `Ranked` lists and returns (q,) numbers in the order of their
`query`; NaN marks a query that is left out, since nothing on it is relevant. What was
not judged counts as grade 0, unless the lists were condensed before. A document counts
as relevant from the grade `relevant` on. Equal scores stand in the order of the rows
(ties="order", as LightGBM has it), or count as the mean over all their orders
("average", as scikit-learn's). `judged` puts intervals around the means of all these.
"""

from typing import Literal

import numpy as np

from sevensteps.measure.inputs import Bools, Floats, at_least, one_of
from sevensteps.measure.ranked import UNJUDGED, Ranked, Ties, discount

Empty = Literal["skip", "one", "zero"]
HIGHEST = 50  # 2**grade - 1 is exact in a float, and so are sums of many
EMPTY = {"skip": np.nan, "one": 1.0, "zero": 0.0}


def ndcg(
    lists: Ranked, *, k: int, ties: Ties = "order", empty: Empty = "skip"
) -> Floats:
    """Discounted cumulative gain of the first `k` places over the best that there is.

    A document gains 2**grade - 1.

    Parameters
    ----------
    empty : what a query without any gain counts: nothing ("skip"), 1 as in LightGBM
        ("one"), 0 as in trec_eval ("zero")

    Sources: Järvelin and Kekäläinen, ACM TOIS 20 (2002); Burges et al., ICML (2005);
    ties: McSherry and Najork, ECIR (2008).
    """
    at_least("k", k, 1)
    one_of("empty", empty, tuple(EMPTY))
    known = np.maximum(lists.grade, 0)
    if known.max(initial=0) > HIGHEST:
        raise ValueError(
            f"a grade of {known.max():g} makes the exponential gain meaningless: give "
            f"grades up to {HIGHEST}"
        )
    gain = np.exp2(known) - 1
    best = gain[np.lexsort((-gain, lists.code))]
    weight = np.where(lists.place < k, discount(lists.place), 0)
    most = lists.sums(best * weight)
    tie = lists.tie_groups(ties)
    held = (tie.sums(gain) / tie.size)[tie.code]
    got = lists.sums(held * weight * lists.shown)
    return np.where(most > 0, got / np.where(most > 0, most, 1), EMPTY[empty])


def reciprocal_rank(
    lists: Ranked, *, relevant: float = 1, ties: Ties = "order"
) -> Floats:
    """One over the place of the first relevant document; 0 if none is found.

    Among equal scores of which m of n are relevant, the first relevant one is j places
    down with the hypergeometric probability C(n - j - 1, m - 1) / C(n, m).

    Sources: Voorhees, "The TREC-8 question answering track report" (1999); ties:
    McSherry and Najork, ECIR (2008).
    """
    hit, every = _relevant(lists, relevant)
    tie = lists.tie_groups(ties)
    n, m = tie.size.astype(np.float64), tie.sums(hit)
    some = np.flatnonzero(m > 0)
    _, first = np.unique(lists.code[tie.start[some]], return_index=True)
    group = some[first]
    n, m = n[group], m[group]
    query, place = lists.code[tie.start[group]], lists.place[tie.start[group]]
    best, here = np.zeros(len(lists.query)), m / n
    for j in range(int((n - m).max(initial=-1)) + 1):
        best[query] += here / (place + j + 1)
        here = here * (n - m - j) / np.maximum(n - j - 1, 1)
    return np.where(every > 0, best, np.nan)


def average_precision(
    lists: Ranked, *, relevant: float = 1, ties: Ties = "order"
) -> Floats:
    """Precision at the place of each relevant document, 0 for those not found.

    Sources: as trec_eval's `map`; Buckley and Voorhees, SIGIR (2000); ties: McSherry
    and Najork, ECIR (2008).
    """
    hit, every = _relevant(lists, relevant)
    tie = lists.tie_groups(ties)
    n, m = tie.size[tie.code], tie.sums(hit)[tie.code]
    start = tie.start[tie.code]
    before = _so_far(lists, hit)[start] - hit[start]
    beside = (np.arange(len(hit)) - start) * (m - 1) / np.maximum(n - 1, 1)
    precision = (before + 1 + beside) / (lists.place + 1)
    return _over(lists.sums(precision * m / n * lists.shown), every)


def bpref(lists: Ranked, *, relevant: float = 1) -> Floats:
    """How seldom what was judged not relevant stands above what is.

    What nobody judged is skipped: lists can be compared although editors have not seen
    all of them. Equal scores stand in the order of the rows.

    Source: Buckley and Voorhees, SIGIR (2004), with trec_eval's denominator
    min(relevant, judged and not relevant).
    """
    hit, every = _relevant(lists, relevant)
    bad = (lists.grade != UNJUDGED) & (lists.grade < relevant)
    above = np.minimum(_so_far(lists, bad & lists.shown), every[lists.code])
    least = np.maximum(np.minimum(every, lists.sums(bad)), 1)[lists.code]
    return _over(lists.sums((1 - above / least) * hit), every)


def judged_share(lists: Ranked, *, k: int) -> Floats:
    """Share of what stands on the first `k` places that somebody judged."""
    at_least("k", k, 1)
    held = lists.shown & (lists.place < k)
    return _over(lists.sums(held & (lists.grade != UNJUDGED)), lists.sums(held))


def _relevant(lists: Ranked, relevant: float) -> tuple[Bools, Floats]:
    """(n,) rows that are relevant and on a list; (q,) how many are, anywhere."""
    if not relevant > 0:
        raise ValueError(f"`relevant` must be a grade above 0, not {relevant}")
    known = lists.grade >= relevant
    return known & lists.shown, lists.sums(known)


def _over(got: Floats, every: Floats) -> Floats:
    """(q,) shares; NaN where there is nothing."""
    return np.where(every > 0, got / np.maximum(every, 1), np.nan)


def _so_far(lists: Ranked, flag: Bools) -> Floats:
    """(n,) how many rows of the same list are flagged, down to this one."""
    count = np.concatenate([[0], np.cumsum(flag)])
    return np.asarray(count[1:] - count[lists.start[lists.code]], np.float64)
