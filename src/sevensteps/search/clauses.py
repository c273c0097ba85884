"""What the inverted index is asked: a query's terms as clauses that tantivy knows.

The same documents with the same scores can be asked for in several ways. Over millions
of documents they differ by much: see `at_least`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import Any, Literal

import tantivy

Match = Literal["all", "most", "any"]
MOST_WAYS = 15  # to leave terms out that are written out: two of six

_QUERY = tantivy.Query
_SHOULD, _MUST = tantivy.Occur.Should, tantivy.Occur.Must


def needed(match: Match, n: int) -> list[int]:
    """How many of `n` terms must be there: the number asked for, then looser ones.

    >>> needed("most", 5), needed("all", 2), needed("most", 0)
    ([4, 1], [2, 1], [])

    Raises
    ------
    ValueError                for another way to match
    """
    steps = {"all": n, "most": n - n // 3, "any": 1}
    if match not in steps:
        raise ValueError(f"`match` must be all, most or any, not {match!r}")
    told = list(steps.values())[list(steps).index(match) :]
    return sorted(set(told), reverse=True) if n else []


def best_of(ways: Sequence[Any]) -> Any:
    """What meets one of some clauses, by its best score."""
    return ways[0] if len(ways) == 1 else _QUERY.disjunction_max_query(list(ways))


def at_least(n: int, terms: Sequence[Sequence[Any]]) -> Any:
    """Documents with `n` of the terms; all terms that they have add to their scores.

    Three ways, each the fastest where it serves. For any term, one flat sum: if all its
    parts are plain words, what cannot reach the top is skipped. For all terms but few,
    these combinations written out: each is read from its rarest term on. Otherwise the
    terms of each document are counted, which reads every document of every term.

    Parameters
    ----------
    terms : for each term its clauses, of which a document meets one or more
    """
    if n == 1:
        return _QUERY.boolean_query([(_SHOULD, part) for t in terms for part in t])
    each = [_QUERY.boolean_query([(_SHOULD, part) for part in t]) for t in terms]
    places = range(len(each))
    if n == len(each) or (n > 2 and comb(len(each), n) <= MOST_WAYS):
        spared = combinations(places, len(each) - n)
        return best_of([_but(each, missing) for missing in spared])
    counted = [(_SHOULD, term) for term in each]
    return _QUERY.boolean_query(counted, minimum_number_should_match=n)


def _but(terms: Sequence[Any], missing: Sequence[int]) -> Any:
    """All terms, but some may be missing; those count where they are there."""
    roles = [_SHOULD if at in missing else _MUST for at in range(len(terms))]
    return _QUERY.boolean_query(list(zip(roles, terms, strict=True)))
