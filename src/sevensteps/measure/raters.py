"""Do editors agree? Two coefficients for grades, with intervals over what they graded.

Both compare the disagreement that is seen with what chance would bring: 1 is perfect,
0 no better than chance. Grades are whole numbers, 0 and up; -1 says that an editor did
not grade the item. Items are redrawn for the interval; two coefficients of the same
number of items, `resamples` and `seed` can be subtracted.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sevensteps.measure.bootstrap import RESAMPLES, block_bootstrap, ratio
from sevensteps.measure.inputs import Floats, Ints, one_of
from sevensteps.measure.interval import Interval

MOST = 100  # grades on a scale
Weights = Literal["none", "linear", "quadratic"]
Level = Literal["nominal", "ordinal", "interval"]


def weighted_kappa(
    first: ArrayLike,
    second: ArrayLike,
    *,
    weights: Weights = "quadratic",
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Cohen's kappa of two editors; a wide disagreement weighs more than a narrow one.

    Parameters
    ----------
    first, second : (n,) int  grades of the same items; items that only one graded are
                              left out
    weights : "none" counts every disagreement alike, "linear" by the distance of the
        grades, "quadratic" by its square

    Raises
    ------
    ValueError                a fractional grade, or fewer than two items graded twice

    Examples
    --------
    >>> weighted_kappa([0, 1, 2, 2], [0, 1, 2, 1]).estimate
    0.8

    Source: Cohen, "Weighted kappa", Psychological Bulletin 70 (1968).
    """
    one_of("weights", weights, ("none", "linear", "quadratic"))
    both = _grades([np.asarray(first), np.asarray(second)])
    item = np.flatnonzero((both >= 0).all(axis=1))
    seen = np.zeros((len(both), *[int(both.max()) + 1] * 2))
    seen[item, both[item, 0], both[item, 1]] = 1
    n, scale = len(both), np.arange(seen.shape[1])
    _enough(len(item))
    apart = np.abs(scale[:, None] - scale).astype(np.float64)
    cost = {"none": np.sign(apart), "linear": apart, "quadratic": apart**2}[weights]
    drawn = block_bootstrap(np.arange(n), resamples, seed)
    table = drawn.totals(seen.reshape(n, -1)).reshape(-1, *seen.shape[1:])
    chance = table.sum(axis=2)[:, :, None] * table.sum(axis=1)[:, None, :]
    expected = (chance * cost).sum(axis=(1, 2))
    found = (table * cost).sum(axis=(1, 2)) * table.sum(axis=(1, 2))
    return drawn.interval(_agreement(found, expected))


def krippendorff_alpha(
    grades: ArrayLike,
    *,
    level: Level = "ordinal",
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Krippendorff's alpha of any number of editors, who may have graded some items.

    Parameters
    ----------
    grades : (items, editors) int, -1 where an editor did not grade the item; items
        with fewer than two grades are left out
    level : what a disagreement is: "nominal" any alike, "ordinal" by how many grades
        lie between, "interval" by the square of the distance

    Raises
    ------
    ValueError                a fractional grade, or fewer than two items graded twice

    Examples
    --------
    >>> krippendorff_alpha([[0, 0, -1], [1, 1, 1], [2, 2, 1]]).estimate.__round__(3)
    0.781

    Source: Krippendorff, "Computing Krippendorff's alpha-reliability" (2011).
    """
    one_of("level", level, ("nominal", "ordinal", "interval"))
    every = _grades(list(np.asarray(grades).T))
    together = _coincidences(every)
    _enough(int(together.any(axis=(1, 2)).sum()))
    n, width = together.shape[:2]
    drawn = block_bootstrap(np.arange(n), resamples, seed)
    table = drawn.totals(together.reshape(n, -1)).reshape(-1, width, width)
    margin = table.sum(axis=2)
    cost = _distances(margin, level)
    chance = margin[:, :, None] * margin[:, None, :]
    expected = (chance * cost).sum(axis=(1, 2))
    found = (table * cost).sum(axis=(1, 2)) * (margin.sum(axis=1) - 1)
    return drawn.interval(_agreement(found, expected))


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


def _distances(margin: Floats, level: Level) -> Floats:
    """(resamples, grades, grades) squared distances; ordinal ones follow the counts."""
    at = np.arange(margin.shape[1], dtype=np.float64)
    if level == "ordinal":
        at = np.cumsum(margin, axis=1) - margin / 2  # the middle of each grade's ranks
    apart = np.abs(at[..., :, None] - at[..., None, :])
    return np.sign(apart) if level == "nominal" else apart**2


def _agreement(found: Floats, expected: Floats) -> Floats:
    """One less the disagreement's share of chance; NaN where all grades are one."""
    if expected[0] == 0:
        raise ValueError("no two grades differ: agreement cannot be told from chance")
    return np.asarray(1 - ratio(found, expected))


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
