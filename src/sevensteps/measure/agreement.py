"""Do two orders agree, and do editors? Each coefficient with its interval.

Spearman's rho is for a league table: does the better offline metric win online? Kappa
and alpha compare the disagreement of editors with what chance would bring: 1 is
perfect, 0 no better than chance. Their grades are whole numbers, 0 and up; -1 says that
an editor did not grade the item. Items are drawn again for the interval.
"""

import math
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from .bootstrap import Blocks, Interval, block_bootstrap, ratio
from .inputs import Floats, Ints, at_least, numbers, same_length

ALL_ORDERS_UP_TO = 8  # 8! = 40,320 orders are counted; more are sampled
SHUFFLES = 20_000
MOST = 100  # grades on a scale


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's rho with its 95 % interval, and the p-value of no agreement."""

    rho: Interval
    p_value: float


def rank_correlation(offline: ArrayLike, online: ArrayLike) -> RankCorrelation:
    """Spearman's rank correlation between two measurements of the same candidates.

    The p-value counts the orders (all of them for up to eight candidates) that agree or
    disagree as much. The interval is by Fisher's z with Bonett and Wright's error; a
    bootstrap of eight candidates draws so many twins that it cannot be trusted.

    `offline` and `online`, (n,): one value per candidate, higher is better in both.

    Raises a ValueError for fewer than 4 candidates, or all alike.

    >>> rank_correlation([0.1, 0.2, 0.3, 0.4, 0.5], [10, 20, 40, 30, 50]).rho
    0.900 [-0.169, 0.996]

    Source: Bonett and Wright, Psychometrika 65 (2000).
    """
    x, y = numbers("offline", offline), numbers("online", online)
    same_length(offline=x, online=y)
    at_least("number of candidates", len(x), 4)
    a, b = _ranks(x), _ranks(y)
    scale = math.sqrt(float(a @ a) * float(b @ b))
    if scale == 0:
        raise ValueError("all candidates are alike on one side: nothing to rank")
    rho = float(a @ b) / scale
    chance = np.abs(_shuffled(b) @ a) / scale
    p_value = float((chance >= abs(rho) - 1e-12).mean())
    error = math.sqrt((1 + rho**2 / 2) / (len(x) - 3))
    reach = float(ndtri(0.975)) * error
    z = math.atanh(min(max(rho, -1 + 1e-15), 1 - 1e-15))
    low, high = math.tanh(z - reach), math.tanh(z + reach)
    if abs(rho) == 1:  # tanh rounds: the end is exact
        low, high = (low, 1.0) if rho > 0 else (-1.0, high)
    return RankCorrelation(Interval(rho, low, high), p_value)


def _ranks(values: Floats) -> Floats:
    """Ranks from 0, centred; ties share the mean of their ranks."""
    ordered = np.sort(values)
    first = np.searchsorted(ordered, values, side="left")
    last = np.searchsorted(ordered, values, side="right")
    rank = (first + last) / 2
    return np.asarray(rank - rank.mean())


def _shuffled(ranks: Floats) -> Floats:
    """(orders, n) all orders of a short list, or many random ones."""
    n = len(ranks)
    if n <= ALL_ORDERS_UP_TO:
        return ranks[np.array(list(permutations(range(n))))]
    rng = np.random.default_rng(0)
    orders = rng.permuted(np.tile(ranks, (SHUFFLES, 1)), axis=1)
    return np.vstack([ranks, orders])


def weighted_kappa(first: ArrayLike, second: ArrayLike) -> Interval:
    """Cohen's kappa of two editors; a disagreement counts by its square.

    `first` and `second`, (n,): grades of the same items; those that only one graded
    are left out.

    Raises a ValueError for a fractional grade, or fewer than two items graded twice.

    >>> weighted_kappa([0, 1, 2, 2], [0, 1, 2, 1]).estimate
    0.8

    Source: Cohen, "Weighted kappa", Psychological Bulletin 70 (1968).
    """
    both = _grades([np.asarray(first), np.asarray(second)])
    item = np.flatnonzero((both >= 0).all(axis=1))
    seen = np.zeros((len(both), *[int(both.max()) + 1] * 2))
    seen[item, both[item, 0], both[item, 1]] = 1
    _enough(len(item))
    scale = np.arange(seen.shape[1])
    drawn, table = _drawn(seen)
    cost = (scale[:, None] - scale) ** 2.0
    chance = table.sum(axis=2)[:, :, None] * table.sum(axis=1)[:, None, :]
    found = (table * cost).sum(axis=(1, 2)) * table.sum(axis=(1, 2))
    return _agreement(drawn, found, (chance * cost).sum(axis=(1, 2)))


def krippendorff_alpha(grades: ArrayLike) -> Interval:
    """Krippendorff's alpha, ordinal, of any number of editors.

    A disagreement counts by how many grades lie between.

    `grades`: (items, editors) int, -1 where an editor did not grade the item; items
    with fewer than two grades are left out.

    Raises a ValueError for a fractional grade, or fewer than two items graded twice.

    >>> krippendorff_alpha([[0, 0, -1], [1, 1, 1], [2, 2, 1]]).estimate.__round__(3)
    0.781

    Source: Krippendorff, "Computing Krippendorff's alpha-reliability" (2011).
    """
    together = _coincidences(_grades(list(np.asarray(grades).T)))
    _enough(int(together.any(axis=(1, 2)).sum()))
    drawn, table = _drawn(together)
    margin = table.sum(axis=2)
    middle = np.cumsum(margin, axis=1) - margin / 2  # of each grade's ranks
    cost = np.abs(middle[:, :, None] - middle[:, None, :]) ** 2
    chance = margin[:, :, None] * margin[:, None, :]
    found = (table * cost).sum(axis=(1, 2)) * (margin.sum(axis=1) - 1)
    return _agreement(drawn, found, (chance * cost).sum(axis=(1, 2)))


def _coincidences(grades: Ints) -> Floats:
    """(items, grades, grades) pairs of grades; each item weighs as its grades are."""
    count = (grades[:, :, None] == np.arange(grades.max() + 1)).sum(axis=1)
    n = count.sum(axis=1)
    pairs = (count[:, :, None] * count[:, None, :]).astype(np.float64)
    at = np.arange(count.shape[1])
    pairs[:, at, at] -= count
    return np.where(
        n[:, None, None] > 1, pairs / np.maximum(n - 1, 1)[:, None, None], 0
    )


def _drawn(tables: Floats) -> tuple[Blocks, Floats]:
    """Items to be drawn again, and (1 + resamples, grades, grades) sums of theirs."""
    n, *size = tables.shape
    drawn = block_bootstrap(np.arange(n))
    return drawn, drawn.totals(tables.reshape(n, -1)).reshape(-1, *size)


def _agreement(drawn: Blocks, found: Floats, expected: Floats) -> Interval:
    """One less the disagreement's share of chance; NaN where all grades are one."""
    if expected[0] == 0:
        raise ValueError("no two grades differ: agreement cannot be told from chance")
    return drawn.interval(1 - ratio(found, expected))


def _grades(editors: list[np.ndarray]) -> Ints:
    """(items, editors) whole grades, checked."""
    if len({editor.shape for editor in editors}) != 1 or editors[0].ndim != 1:
        raise ValueError("editors must have graded one table of items: equal lengths")
    told = np.stack(editors, axis=1)
    if len(editors) < 2 or not np.issubdtype(told.dtype, np.number):
        raise ValueError("agreement takes at least two editors, and grades as numbers")
    bad = ~np.isfinite(told) | (told != np.round(told)) | (told < -1) | (told > MOST)
    if bad.any():
        row, editor = np.argwhere(bad)[0]
        raise ValueError(
            f"grades must be whole, from 0 to {MOST}, or -1 for none; item {row:,} has "
            f"{told[row, editor]} of editor {editor}"
        )
    return told.astype(np.intp)


def _enough(n_items: int) -> None:
    if n_items < 2:
        raise ValueError(
            f"agreement needs two items that two editors graded, found {n_items}"
        )
