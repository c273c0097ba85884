"""A log of searches: what was shown where, what was clicked, and for which query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sevensteps.measure.assignment import unit_hash
from sevensteps.measure.bootstrap import Blocks
from sevensteps.measure.inputs import Bools, Floats, same_length

_BUCKETS = 200  # of queries: enough for an interval, few enough for its sums
_MOST_BLOCKS = 5_000

Codes = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Pairs:
    """The (query, product) pairs of a log, numbered from 0.

    Attributes
    ----------
    query, product : (m,) int   which query and which product a pair is
    """

    query: NDArray[np.int64]
    product: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.query)

    def same_as(self, other: Pairs) -> bool:
        """Whether pair 7 here is pair 7 there."""
        return self is other or (
            np.array_equal(self.query, other.query)
            and np.array_equal(self.product, other.product)
        )


@dataclass(frozen=True, slots=True, eq=False)
class ClickLog:
    """n searches of up to k places each. Make one with `click_log`.

    Attributes
    ----------
    pair : (n, k) int32       number of the (query, product) pair shown; -1 is empty
    clicked : (n, k) bool
    block : (n,) int          what the bootstrap redraws; pairs are compared within it
    pairs : Pairs             what the numbers stand for
    """

    pair: Codes
    clicked: Bools
    block: NDArray[np.integer[Any]]
    pairs: Pairs

    def __len__(self) -> int:
        return len(self.pair)

    @property
    def n_places(self) -> int:
        """k, the length of the longest list that can be shown."""
        return int(self.pair.shape[1])

    @property
    def filled(self) -> Bools:
        """(n, k) bool: where something was shown."""
        return np.asarray(self.pair >= 0)

    def where(self, rows: ArrayLike) -> ClickLog:
        """The log of some searches, its pairs numbered as before.

        Train on one part and test on another, or fit each device on its own:
        `log.where(device == 1)`.
        """
        keep = np.asarray(rows)
        if keep.dtype == bool and keep.shape != (len(self),):
            raise ValueError(f"`rows` must have one flag for each of {len(self):,}")
        part = replace(
            self,
            pair=self.pair[keep],
            clicked=self.clicked[keep],
            block=self.block[keep],
        )
        if len(part) == 0:
            raise ValueError("no search is left: `rows` picks none")
        return part


def click_log(
    shown: ArrayLike,
    clicked: ArrayLike,
    query: ArrayLike,
    block: ArrayLike | None = None,
) -> ClickLog:
    """Check a log and number its (query, product) pairs.

    Parameters
    ----------
    shown : (n, k) int        products, best place first; -1 for an empty place
    clicked : (n, k) bool
    query : (n,) int          queries that are alike share a number
    block : (n,) int          unit of chance of all intervals: the day, say. When
                              absent, queries are hashed into 200 buckets, for the
                              clicks of one query hang together

    Raises
    ------
    ValueError                shapes that differ, a click on nothing, a product twice
                              on a list, a number below its floor, or over 5,000 blocks

    Examples
    --------
    >>> log = click_log([[7, 5], [5, -1]], [[True, False], [True, False]], [1, 1])
    >>> log.pair.tolist(), log.pairs.product.tolist()
    ([[0, 1], [1, -1]], [7, 5])
    """
    items, click = _tables(shown, clicked)
    asked = np.asarray(query)
    unit = _buckets(asked) if block is None else np.asarray(block)
    same_length(query=asked, block=unit, shown=items[:, 0])
    if not np.issubdtype(asked.dtype, np.integer) or asked.min() < 0:
        raise ValueError("`query` must hold integers from 0: number the texts first")
    if len(np.unique(unit)) > _MOST_BLOCKS:
        raise ValueError(
            f"`block` has over {_MOST_BLOCKS:,} labels: pass days, or ids modulo 200"
        )
    pair, pairs = _numbered(items, asked)
    return ClickLog(pair, click, unit, pairs)


def _tables(shown: ArrayLike, clicked: ArrayLike) -> tuple[NDArray[Any], Bools]:
    items, click = np.asarray(shown), np.asarray(clicked)
    if items.ndim != 2 or items.size == 0 or items.shape != click.shape:
        raise ValueError(
            "`shown` and `clicked` must be tables of one shape, a search a row; "
            f"got {items.shape} and {click.shape}"
        )
    if not np.issubdtype(items.dtype, np.integer) or items.min() < -1:
        raise ValueError("`shown` must hold product numbers, -1 for an empty place")
    if click.dtype != bool:
        raise ValueError(f"`clicked` must be bool, not {click.dtype}")
    if click[items < 0].any():
        row = int((click & (items < 0)).any(1).argmax())
        raise ValueError(f"row {row:,} has a click on an empty place")
    ordered = np.sort(items, axis=1)
    twice = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any(1)
    if twice.any():
        raise ValueError(f"row {int(twice.argmax()):,} shows a product twice")
    return items, click


def _buckets(query: NDArray[Any]) -> NDArray[np.int64]:
    return (unit_hash(query, "queries") * _BUCKETS).astype(np.int64)


def _numbered(items: NDArray[Any], query: NDArray[Any]) -> tuple[Codes, Pairs]:
    """Numbers of pairs in the order in which they are first seen."""
    filled = items >= 0
    if not filled.any():
        raise ValueError("`shown` is empty in every place")
    row = np.nonzero(filled)[0]
    asked, queries = pd.factorize(query[row])
    held, products = pd.factorize(items[filled])
    code, seen = pd.factorize(asked * np.int64(len(products)) + held)
    pair = np.full(items.shape, -1, np.int32)
    pair[filled] = code
    which, what = np.divmod(np.asarray(seen, np.int64), len(products))
    return pair, Pairs(np.asarray(queries)[which], np.asarray(products)[what])


def pair_values(
    log: ClickLog, query: ArrayLike, product: ArrayLike, value: ArrayLike
) -> Floats:
    """What is known of some (query, product) pairs, in the log's order.

    Parameters
    ----------
    query, product : (j,) int   pairs that were judged; those never shown are left out
    value : (j,) float          e.g. an editor's grade; averaged if judged twice

    Returns
    -------
    (m,) float                  NaN for pairs without a value

    Examples
    --------
    >>> log = click_log([[7, 5]], [[True, False]], [1])
    >>> pair_values(log, [1, 1, 9], [5, 5, 7], [0.5, 1.0, 0.0])
    array([ nan, 0.75])
    """
    q, p = np.asarray(query, np.int64), np.asarray(product, np.int64)
    told = np.asarray(value, np.float64)
    same_length(query=q, product=p, value=told)
    known = pd.MultiIndex.from_arrays([q, p])
    mean = pd.Series(told, index=known).groupby(level=[0, 1]).mean()
    wanted = pd.MultiIndex.from_arrays([log.pairs.query, log.pairs.product])
    return np.asarray(mean.reindex(wanted), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A log counted up: one row for each pair and place within a block.

    Attributes
    ----------
    stratum : (c,) int        the pair within its block, numbered from 0 and sorted
    place : (c,) int          from 0
    block : (c,) int          code of the block
    shown, clicks : (c,) float   how often
    """

    stratum: NDArray[np.int64]
    place: NDArray[np.int64]
    block: NDArray[np.int64]
    shown: Floats
    clicks: Floats

    def where(self, keep: Bools) -> Cells:
        """Some cells, their strata numbered anew."""
        _, stratum = np.unique(self.stratum[keep], return_inverse=True)
        return Cells(
            stratum.astype(np.int64),
            self.place[keep],
            self.block[keep],
            self.shown[keep],
            self.clicks[keep],
        )

    @property
    def n_strata(self) -> int:
        """How many pairs within blocks there are."""
        return int(self.stratum[-1]) + 1 if len(self.stratum) else 0


def cells(log: ClickLog, blocks: Blocks) -> Cells:
    """Count a log up: one sort, whatever the number of pairs."""
    k, n = log.n_places, blocks.n_blocks
    key = log.pair.astype(np.int64)
    key *= n
    key += blocks.code[:, None]
    key *= k
    key += np.arange(k)
    key *= 2
    key += log.clicked
    key = key[log.filled]
    key.sort()
    click = (key & 1).astype(np.float64)
    key >>= 1
    start = np.flatnonzero(np.diff(key, prepend=-1))
    shown = np.diff(start, append=len(key)).astype(np.float64)
    clicks = np.add.reduceat(click, start)
    stratum, place = np.divmod(key[start], k)
    first = np.diff(stratum, prepend=-1) != 0
    return Cells(np.cumsum(first) - 1, place, stratum % n, shown, clicks)
