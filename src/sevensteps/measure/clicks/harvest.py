"""Propensities without an experiment: the same product seen at different places.

Rankers are exchanged and lists change all the time. Wherever a query showed the same
product at two places, the clicks at the two tell how the places compare, whatever the
product is worth. Nobody has to shuffle a list for it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.special import expit

from sevensteps.measure.bootstrap import RESAMPLES, Blocks, block_bootstrap, ratio
from sevensteps.measure.clicks.by_place import ByPlace
from sevensteps.measure.clicks.log import Cells, ClickLog, cells
from sevensteps.measure.inputs import Floats

Comparison = Literal["all pairs", "adjacent", "pivot"]

_NEWTON = 25  # steps at most; ten are usual


def harvested_propensity(
    log: ClickLog,
    comparison: Comparison = "all pairs",
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> ByPlace:
    """Propensities from products that the same query showed at several places.

    Two places are compared on the products that both have shown for the same query in
    the same block of the log. Each such product counts with the harmonic mean of its
    appearances at the two (Mantel and Haenszel's weights), which is unbiased under the
    position-based model even if each was seen a few times only. Which ranker made a
    list does not matter, but it must not be chosen by how the search will go: keep to
    rankers that ran side by side, or to queries whose worth did not change.

    Parameters
    ----------
    log : its blocks are buckets of queries unless you said otherwise; with days as
        blocks, only what changed its place within a day is compared
    comparison : "pivot" takes each place against the first one alone, "adjacent"
        multiplies the ratios of neighbours, "all pairs" uses every two places and
        fits one curve to all of them (the Bradley-Terry likelihood)

    Returns
    -------
    ByPlace                   relative to the first place; NaN for places that no
                              product links with it

    Source: Agarwal, Zaitsev, Wang, Li, Najork and Joachims, "Estimating position bias
    without intrusive interventions", WSDM (2019), whose likelihood also has a rate for
    each two places; Mantel and Haenszel, JNCI 22 (1959); Bradley and Terry,
    Biometrika 39 (1952).
    """
    curves = {"all pairs": _all_pairs, "adjacent": _adjacent, "pivot": _pivot}
    if comparison not in curves:
        raise ValueError(f"`comparison` must be one of {list(curves)}")
    blocks = block_bootstrap(log.block, resamples, seed)
    k = log.n_places
    won = _won(cells(log, blocks), blocks, k)
    if not won.any():
        raise ValueError(
            "no query showed a product at two places with a click: log more rankers, "
            "or pass buckets of queries as blocks instead of days"
        )
    total = blocks.totals(won.reshape(blocks.n_blocks, k * k)).reshape(-1, k, k)
    return ByPlace.of(curves[comparison](total), blocks.key)


def _won(log: Cells, blocks: Blocks, k: int) -> Floats:
    """(blocks, k, k) weighted clicks at one place in comparison with another."""
    won = np.zeros(blocks.n_blocks * k * k)
    for step in range(1, k):
        i = np.flatnonzero(log.stratum[step:] == log.stratum[:-step])
        if len(i) == 0:
            break
        j = i + step
        both = log.shown[i] + log.shown[j]
        block = log.block[i] * (k * k)
        a, b = log.place[i], log.place[j]
        up, down = log.clicks[i] * log.shown[j], log.clicks[j] * log.shown[i]
        won += np.bincount(block + a * k + b, up / both, len(won))
        won += np.bincount(block + b * k + a, down / both, len(won))
    return won.reshape(blocks.n_blocks, k, k)


def _pivot(won: Floats) -> Floats:
    curve = ratio(won[:, :, 0], won[:, 0, :])
    curve[:, 0] = 1.0
    return curve


def _adjacent(won: Floats) -> Floats:
    upper = np.arange(won.shape[1] - 1)
    curve = np.ones(won.shape[:2])
    curve[:, 1:] = ratio(won[:, upper + 1, upper], won[:, upper, upper + 1])
    return np.asarray(np.cumprod(curve, axis=1))


def _all_pairs(won: Floats) -> Floats:
    """Newton's method for all resamples at once; linked places only."""
    _, part = connected_components(won[0] > 0, connection="strong")
    linked = np.flatnonzero(part == part[0])
    curve = np.full(won.shape[:2], np.nan)
    curve[:, 0] = 1.0
    if len(linked) > 1:
        curve[:, linked] = np.exp(_bradley_terry(won[:, linked][:, :, linked]))
    return curve


def _bradley_terry(won: Floats) -> Floats:
    """(r, k) log strengths, the first zero."""
    games = won + won.transpose(0, 2, 1)
    place = np.arange(won.shape[1])
    strength = np.zeros(won.shape[:2])
    for _ in range(_NEWTON):
        chance = expit(strength[:, :, None] - strength[:, None, :])
        slope = (won - games * chance).sum(2)
        bend = -games * chance * (1 - chance)
        bend[:, place, place] = -bend.sum(2) + 1e-9
        step = np.linalg.solve(bend[:, 1:, 1:], slope[:, 1:, None])[:, :, 0]
        strength[:, 1:] += np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    return strength
