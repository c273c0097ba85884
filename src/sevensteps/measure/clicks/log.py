"""A log of searches: what was shown, what was clicked, what a ranker learns of it."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..experiment import unit_hash
from ..inputs import Bools, Floats, at_least, same_length
from ..interleaving import repeats

_BUCKETS = 200  # of queries: enough for an interval, few enough for its sums
_MOST_BLOCKS = 5_000


class Pairs(NamedTuple):
    """The (query, product) pairs of a log, numbered from 0: (m,) of each."""

    query: NDArray[np.int64]
    product: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ClickLog:
    """n searches of up to k places each. Make one with `click_log`."""

    #: (n, k) number of the (query, product) pair shown; -1 is empty
    pair: NDArray[np.int32]
    clicked: Bools  # (n, k)
    #: (n,) what the bootstrap redraws; pairs are compared within it
    block: NDArray[np.integer[Any]]
    pairs: Pairs  # what the numbers stand for

    def __len__(self) -> int:
        return len(self.pair)

    @property
    def n_places(self) -> int:
        """k, the length of the longest list that can be shown."""
        return int(self.pair.shape[1])

    @property
    def n_pairs(self) -> int:
        """m, of the whole log, if this is a part."""
        return len(self.pairs.query)

    @property
    def filled(self) -> Bools:
        """(n, k) bool: where something was shown."""
        return np.asarray(self.pair >= 0)

    def count(self, where: Bools, weight: Floats | None = None) -> Floats:
        """(m,) how often each pair stands at some of the (n, k) places, or weights."""
        held = np.bincount(self.pair[where], weight, self.n_pairs)
        return held.astype(np.float64)

    def where(self, rows: ArrayLike) -> Self:
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

    Raises a ValueError for shapes that differ, a click on nothing, a product twice on a
    list, a number below its floor, or over 5,000 blocks.

    >>> log = click_log([[7, 5], [5, -1]], [[True, False], [True, False]], [1, 1])
    >>> log.pair.tolist(), log.pairs.product.tolist()
    ([[0, 1], [1, -1]], [7, 5])
    """
    items, click = _tables(shown, clicked)
    asked = np.asarray(query)
    same_length(query=asked, shown=items)
    if not np.issubdtype(asked.dtype, np.integer) or asked.min() < 0:
        raise ValueError("`query` must hold integers from 0: number the texts first")
    bucket = (unit_hash(asked, "queries") * _BUCKETS).astype(np.int64)
    unit = bucket if block is None else np.asarray(block)
    same_length(query=asked, block=unit)
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
    if (nothing := (click & (items < 0)).any(axis=1)).any():
        raise ValueError(f"row {int(nothing.argmax()):,} has a click on an empty place")
    if (twice := repeats(items)).any():
        raise ValueError(f"row {int(twice.argmax()):,} shows a product twice")
    if (items < 0).all():
        raise ValueError("`shown` is empty in every place")
    return items, click


def _numbered(
    items: NDArray[Any], query: NDArray[Any]
) -> tuple[NDArray[np.int32], Pairs]:
    """Numbers of pairs in the order in which they are first seen."""
    filled = items >= 0
    asked, queries = pd.factorize(query[np.nonzero(filled)[0]])
    held, products = pd.factorize(items[filled])
    code, seen = pd.factorize(asked * np.int64(len(products)) + held)
    pair = np.full(items.shape, -1, np.int32)
    pair[filled] = code
    which, what = np.divmod(np.asarray(seen, np.int64), len(products))
    return pair, Pairs(np.asarray(queries)[which], np.asarray(products)[what])


def ips_weights(
    clicked: ArrayLike,
    place: ArrayLike,
    propensity: ArrayLike,
    *,
    clip: float | None = None,
) -> Floats:
    """One over the propensity for each click, nothing for the rest.

    Parameters
    ----------
    clicked : (...) bool      of any shape
    place : (...) int         from 0, of the same shape or one that broadcasts to it:
                              `np.arange(k)` for a wide log
    propensity : (k,) float   e.g. `harvested_propensity(log).estimate`
    clip : float              largest weight; less noise for some bias against what
                              stands low

    Raises a ValueError for a propensity that is missing or not positive at a click.

    >>> ips_weights([[True, False, True]], range(3), [1.0, 0.5, 0.1], clip=5)
    array([[1., 0., 5.]])

    Source: Joachims, Swaminathan and Schnabel, WSDM (2017).
    """
    click, where = np.asarray(clicked, np.bool_), np.asarray(place)
    seen = _curve(propensity, where, np.broadcast_to(where, click.shape)[click])
    inverse = np.divide(1.0, seen, out=np.zeros_like(seen), where=seen > 0)
    if clip is not None:
        at_least("clip", clip, 1)
        inverse = np.minimum(inverse, clip)
    return np.where(click, inverse[where], 0.0)


def _curve(propensity: ArrayLike, place: NDArray[Any], used: NDArray[Any]) -> Floats:
    """(k,) one propensity a place, positive at those that are used."""
    curve = np.asarray(propensity, np.float64)
    if curve.ndim != 1:
        raise ValueError(f"`propensity` must be one value a place, not {curve.shape}")
    if place.min(initial=0) < 0 or place.max(initial=0) >= len(curve):
        raise ValueError(f"`place` must lie in 0 .. {len(curve) - 1}, as `propensity`")
    bad = ~(curve[used] > 0)
    if bad.any():
        raise ValueError(
            f"`propensity` is missing or zero at place {used[bad].min()}, which is "
            "used: clip it from below, or leave the place out"
        )
    return curve


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a log says of each pair: clicks, and how often they could have come."""

    pairs: Pairs
    clicks: Floats  # (m,)
    exposure: Floats  # (m,) impressions, or the part of them that was looked at

    @property
    def rate(self) -> Floats:
        """(m,) clicks for each exposure; NaN without any, and it may exceed 1."""
        out = np.full(len(self.clicks), np.nan)
        return np.divide(self.clicks, self.exposure, out=out, where=self.exposure > 0)


def naive_evidence(log: ClickLog) -> Evidence:
    """Clicks and impressions: what stands high looks good.

    >>> from sevensteps.measure import click_log
    >>> log = click_log([[7, 5], [5, 7]], [[True, False], [True, False]], [1, 1])
    >>> naive_evidence(log).rate
    array([0.5, 0.5])
    """
    return Evidence(log.pairs, log.count(log.clicked), log.count(log.filled))


def ips_evidence(log: ClickLog, propensity: ArrayLike) -> Evidence:
    """Clicks, and the sum of the propensities of all impressions.

    Their ratio is the maximum likelihood of rare clicks, and far less noisy than the
    mean of clicks over propensities: a click from far down cannot count twenty times.

    `propensity`, (k,): positive wherever something was shown.

    Source: the ratio is the self-normalised estimate of Swaminathan and Joachims,
    NeurIPS (2015), for each pair.
    """
    places, used = np.arange(log.n_places), np.flatnonzero(log.filled.any(axis=0))
    seen = _curve(propensity, places, used)[places]
    each = np.broadcast_to(seen, log.pair.shape)[log.filled]
    return Evidence(log.pairs, log.count(log.clicked), log.count(log.filled, each))


def examined_evidence(log: ClickLog) -> Evidence:
    """Clicks, and impressions at or above the last click of their search.

    Who reads from the top looked at all of them; without a click, at the whole list.

    Source: the simplified model of Chapelle and Zhang, WWW (2009).
    """
    later = np.logical_or.accumulate(log.clicked[:, ::-1], axis=1)[:, ::-1]
    looked = log.filled & (later | ~log.clicked.any(axis=1, keepdims=True))
    return Evidence(log.pairs, log.count(log.clicked), log.count(looked))
