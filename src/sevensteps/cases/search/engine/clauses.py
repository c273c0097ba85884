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
MOST_WAYS = 21  # to leave terms out that are written out: two of seven

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


def at_least(n: int, terms: Sequence[Sequence[Any]], often: Sequence[int]) -> Any:
    """Documents with `n` of the terms; all terms that they have add to their scores.

    Three ways, each where it is fast. For any term, one flat sum: if all its parts are
    plain words, what cannot reach the top is skipped. For all terms but few, these
    combinations written out: each is led by its two rarest terms. Else the terms of
    each document are counted, which reads every document of every term.

    Parameters
    ----------
    terms : for each term its clauses, of which a document meets one or more
    often : documents of each term, or about as many
    """
    if n == 1:
        return _QUERY.boolean_query([(_SHOULD, part) for t in terms for part in t])
    each = [_QUERY.boolean_query([(_SHOULD, part) for part in t]) for t in terms]
    if _is_led(n, often):
        spared = combinations(range(len(each)), len(each) - n)
        return best_of([_but(each, missing) for missing in spared])
    counted = [(_SHOULD, term) for term in each]
    return _QUERY.boolean_query(counted, minimum_number_should_match=n)


def _is_led(n: int, often: Sequence[int]) -> bool:
    """Whether all ways to have `n` terms, written out, read less than counting does."""
    if n == len(often):
        return True
    if n < 3 or comb(len(often), n) > MOST_WAYS:
        return False
    ways = combinations(sorted(often), n)
    return 2 * sum(one + other for one, other, *_ in ways) < sum(often)


def _but(terms: Sequence[Any], missing: Sequence[int]) -> Any:
    """All terms, but some may be missing; those count where they are there."""
    roles = [_SHOULD if at in missing else _MUST for at in range(len(terms))]
    return _QUERY.boolean_query(list(zip(roles, terms, strict=True)))
