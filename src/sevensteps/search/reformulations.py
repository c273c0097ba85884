"""Synonyms from what shoppers type next.

Somebody searches, clicks nothing, changes one phrase and clicks: the two phrases may
mean the same. Or she changed her mind (red to blue), or mended a spelling. Counts tell
what happens more often than by chance; company and attributes tell the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from .analysis import Analyser
from .synonyms import Synonyms, of_pairs

_LONGEST = 3  # tokens of a phrase that is exchanged


@dataclass(frozen=True, slots=True)
class Change:
    """One phrase given up for another.

    Attributes
    ----------
    phrase, other : before and after, tokens with spaces between
    n : times it happened
    n_contexts : different rests of the query with which it happened
    confidence : share of the changes of `phrase` that went to `other`
    pmi : pointwise mutual information, nats
    g2 : likelihood ratio against chance (Dunning, 1993); 10.8 is one in a thousand
    """

    phrase: str
    other: str
    n: int
    n_contexts: int
    confidence: float
    pmi: float
    g2: float


def changes(
    session: ArrayLike, query: Sequence[str], clicked: ArrayLike, analyser: Analyser
) -> tuple[Change, ...]:
    """Phrases that were exchanged between a search without and one with a click.

    Parameters
    ----------
    session : (n,) int      searches of a session stand together, in order of time
    query : n strings as typed
    clicked : (n,) bool     whether the search led to a click
    analyser : how queries become tokens

    Returns
    -------
    tuple[Change, ...]
        the most certain first

    Raises
    ------
    ValueError
        if the columns differ in length, or a session stands in two places
    """
    owner, hit = np.asarray(session), np.asarray(clicked, bool)
    if not len(owner) == len(query) == len(hit):
        sizes = f"{len(owner)}, {len(query)} and {len(hit)}"
        raise ValueError(f"the columns of a log are as long as each other; got {sizes}")
    begins = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]][: len(owner)])
    if len(np.unique(owner)) != len(begins):
        raise ValueError("a session stands in two places; sort by session, then time")
    code, text = pd.factorize(np.asarray(query, object))
    after = (owner[1:] == owner[:-1]) & ~hit[:-1] & hit[1:] & (code[1:] != code[:-1])
    key = code[:-1][after].astype(np.int64) * len(text) + code[1:][after]
    pairs, times = np.unique(key, return_counts=True)
    first, second = np.divmod(pairs, max(len(text), 1))
    analysed = analyser.tokens_of([str(each) for each in text])
    tokens = [words.split() for words in analysed.texts()]
    exchanged: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for a, b, n in zip(first, second, times, strict=True):
        if found := _exchanged(tokens[a], tokens[b]):
            *words, rest = found
            seen = exchanged[words[0], words[1]]
            seen[rest] = seen.get(rest, 0) + int(n)
    return _weighed(exchanged)


def _exchanged(before: list[str], after: list[str]) -> tuple[str, str, str] | None:
    """The phrase given up, the one taken, and the rest; None if that is not all."""
    shorter = min(len(before), len(after))
    head = 0
    while head < shorter and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < shorter - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if not old or not new or max(len(old), len(new)) > _LONGEST:
        return None
    rest = " ".join([*before[:head], "_", *before[len(before) - tail :]])
    return " ".join(old), " ".join(new), rest


def _weighed(exchanged: dict[tuple[str, str], dict[str, int]]) -> tuple[Change, ...]:
    n = np.array([sum(seen.values()) for seen in exchanged.values()], np.float64)
    if not len(n):
        return ()
    from_code, _ = pd.factorize(np.array([a for a, _ in exchanged], object))
    to_code, _ = pd.factorize(np.array([b for _, b in exchanged], object))
    n_from = np.bincount(from_code, n)[from_code]
    n_to = np.bincount(to_code, n)[to_code]
    g2, pmi = likelihood_ratio(n, n_from, n_to, n.sum())
    found = [
        Change(
            a, b, int(n[i]), len(seen), n[i] / n_from[i], float(pmi[i]), float(g2[i])
        )
        for i, ((a, b), seen) in enumerate(exchanged.items())
    ]
    return tuple(sorted(found, key=lambda each: (-each.g2, each.phrase, each.other)))


def likelihood_ratio(
    both: ArrayLike, one: ArrayLike, other: ArrayLike, total: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Dunning's G2 and pointwise mutual information of two events, from counts.

    Parameters
    ----------
    both, one, other : (n,) times that both happened, that each of the two did
    total : times that anything happened
    """
    k, row, column = (np.asarray(each, np.float64) for each in (both, one, other))
    seen = np.stack([k, row - k, column - k, total - row - column + k])
    out, out_column = total - row, total - column
    expected = np.stack(
        [row * column, row * out_column, out * column, out * out_column]
    )
    expected /= total
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(seen > 0, seen / expected, 1.0)
        return 2 * xlogy(seen, ratio).sum(axis=0), np.log(k / expected[0])


def accepted(
    found: Sequence[Change],
    company: Callable[[str, str], float] | None = None,
    veto: Callable[[str, str], bool] | None = None,
    *,
    support: int = 5,
    g2: float = 10.83,
    confidence: float = 0.05,
    likeness: float = 0.1,
    heaviest: float = 0.8,
) -> Synonyms:
    """Changes that pass for synonyms, weighted by confidence.

    Parameters
    ----------
    found : from `changes`
    company : likeness of the company that two phrases keep, 0 to 1 (`Contexts`)
    veto : whether two phrases exclude each other (`Gazetteer.rivals`: red, blue)
    support, g2, confidence, likeness : the least of each that will do
    heaviest : weight of a synonym that everybody turned to
    """
    return of_pairs(
        (each.phrase, each.other, round(max(heaviest * each.confidence, 0.01), 4))
        for each in found
        if each.n >= support
        and each.g2 >= g2
        and each.pmi > 0
        and each.confidence >= confidence
        and (company is None or company(each.phrase, each.other) >= likeness)
        and (veto is None or not veto(each.phrase, each.other))
    )
