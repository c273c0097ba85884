"""Does the better offline metric win online? Rank correlation for a league table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from sevensteps.measure.inputs import Floats, at_least, numbers, same_length
from sevensteps.measure.interval import Interval

_ALL_ORDERS_UP_TO = 8  # 8! = 40,320 orders are counted; more are sampled
_SHUFFLES = 20_000


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's rho with its 95 % interval, and the p-value of no agreement."""

    rho: Interval
    p_value: float


def _ranks(values: Floats) -> Floats:
    """Ranks from 0, centred; ties share the mean of their ranks."""
    ordered = np.sort(values)
    first = np.searchsorted(ordered, values, side="left")
    last = np.searchsorted(ordered, values, side="right")
    rank = (first + last) / 2
    return np.asarray(rank - rank.mean())


def _shuffled(ranks: Floats, seed: int) -> Floats:
    """All orders of a short list, or many random ones: (orders, n)."""
    n = len(ranks)
    if n <= _ALL_ORDERS_UP_TO:
        return ranks[np.array(list(permutations(range(n))))]
    rng = np.random.default_rng(seed)
    orders = rng.permuted(np.tile(ranks, (_SHUFFLES, 1)), axis=1)
    return np.vstack([ranks, orders])


def rank_correlation(
    offline: ArrayLike, online: ArrayLike, *, seed: int = 0
) -> RankCorrelation:
    """Spearman's rank correlation between two measurements of the same candidates.

    The p-value counts the orders (all of them for up to eight candidates) that agree or
    disagree as much. The interval is by Fisher's z with Bonett and Wright's error; a
    bootstrap of eight candidates draws so many twins that it cannot be trusted.

    Parameters
    ----------
    offline, online : (n,) float   one value per candidate, higher is better in both

    Raises
    ------
    ValueError                fewer than 4 candidates, or all alike

    Examples
    --------
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
    chance = np.abs(_shuffled(b, seed) @ a) / scale
    p_value = float((chance >= abs(rho) - 1e-12).mean())
    error = math.sqrt((1 + rho**2 / 2) / (len(x) - 3))
    reach = float(ndtri(0.975)) * error
    z = math.atanh(min(max(rho, -1 + 1e-15), 1 - 1e-15))
    low, high = math.tanh(z - reach), math.tanh(z + reach)
    if abs(rho) == 1:  # tanh rounds: the end is exact
        low, high = (low, 1.0) if rho > 0 else (-1.0, high)
    return RankCorrelation(Interval(rho, low, high), p_value)
