"""Which queries are learned from and which are tried, with nothing alike in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from .texts import ANALYSER, FORMS, kept_words

FOLDS, FEWER = 5, 3
FEW = 2_000  # queries, up to which each is tried once, in folds
MANY = 60_000  # pairs, beyond which there are fewer folds
SHARE = 0.4  # of more queries that are tried
FEWEST = 10  # queries that a part needs
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Split:
    """Queries to learn from, and queries to try: places in some list of them."""

    learn: Places
    test: Places


def alike(queries: Sequence[str]) -> NDArray[np.int32]:
    """(m,) a label for each query, the same for those that say the same.

    The same are queries of the same words, in any order and with any endings, and of
    the same letters, wherever the spaces are.

    >>> alike(["red sofa", "Sofas, red", "light bulb", "lightbulb"]).tolist()
    [0, 0, 1, 1]
    """
    words, letters = [], []
    for text in queries:
        told = kept_words(ANALYSER.words(text))
        words.append(" ".join(sorted(map(FORMS["stems"], told))))
        letters.append("".join(told))
    n = len(words)
    keys = [pd.factorize(pd.Series(k, dtype="str"))[0] for k in (words, letters)]
    of = np.concatenate([keys[0], keys[1] + keys[0].max(initial=0) + 1])
    size = int(of.max(initial=0)) + 1
    ones = np.ones(2 * n, np.int8)
    met = sparse.csr_matrix((ones, (np.tile(np.arange(n), 2), of)), (n, size))
    label = connected_components(met @ met.T, directed=False)[1]
    return pd.factorize(label)[0].astype(np.int32)


def splits(
    group: NDArray[np.int32], own: NDArray[np.int8], n_pairs: int = 0, seed: int = 0
) -> tuple[list[Split], str]:
    """How queries are split, and that in words.

    Parameters
    ----------
    group : (m,) int        see `alike`
    own : (m,) int8         the data's own part of each: 0 train, 1 validation, 2 test
    n_pairs : int           of queries and documents that learning has to read
    """
    if theirs := _theirs(group, own):
        return theirs
    rng = np.random.default_rng([seed, 17])
    n_groups = int(group.max()) + 1
    lot = rng.permutation(n_groups)[group]
    if len(group) <= FEW:
        n = min(FOLDS if n_pairs <= MANY else FEWER, n_groups)
        made = [Split(*_parts(lot % n == k)) for k in range(n)]
        return made, f"{n} folds: each is ranked by what never saw it or its like"
    split = Split(*_parts(lot < SHARE * n_groups))
    return [split], f"{len(split.learn):,} to learn from, {len(split.test):,} to try"


def _theirs(
    group: NDArray[np.int32], own: NDArray[np.int8]
) -> tuple[list[Split], str] | None:
    """The data's own split, if it has one to learn from and to try."""
    judged = 2 if (own == 2).sum() >= FEWEST else 1
    test = own == judged
    learn = (own >= 0) & (own < judged) & ~np.isin(group, group[test])
    if min(test.sum(), learn.sum()) < FEWEST:
        return None
    split = Split(np.flatnonzero(learn), np.flatnonzero(test))
    dropped = int(((own >= 0) & (own < judged)).sum() - learn.sum())
    told = (
        f"the data's own split: {len(split.learn):,} to learn from, "
        f"{len(split.test):,} to try"
    )
    if dropped:
        told += f" ({dropped:,} left out that say what a query to be tried says)"
    return [split], told


def _parts(test: NDArray[np.bool_]) -> tuple[Places, Places]:
    return np.flatnonzero(~test), np.flatnonzero(test)
