"""The position-based model by expectation and maximisation, with its interval."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from sevensteps.measure.blocks import RESAMPLES, Blocks, day_blocks
from sevensteps.measure.clicks.by_place import ByPlace
from sevensteps.measure.clicks.log import Cells, ClickLog, cells
from sevensteps.measure.inputs import Floats, at_least

_EDGE = 1e-9  # probabilities keep this far from 0 and 1


def em_propensity(
    log: ClickLog,
    *,
    least_shown: int = 30,
    steps: int = 200,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> ByPlace:
    """Propensities by maximum likelihood of the position-based model.

    A click needs a look (by place) and an attraction (by query and product); both are
    unknown. Each step shares the missing clicks between the two causes and counts
    again. Only products that were seen at two places or more, with a click, can tell
    the causes apart; the others are left out, which is faster and changes nothing.

    It uses the same evidence as `harvested_propensity`, and fits each product's
    attraction besides. With few appearances each the attractions follow the noise and
    the curve falls too steeply: by a quarter at 7 appearances, a twentieth at 15, a
    hundredth at 30 (in a simulation with eight products a query). Harvesting has no
    such bias and is as sharp.

    Parameters
    ----------
    least_shown : int         appearances that a pair needs within its block to count
    steps : int               evaluations of the likelihood's step at most

    Returns
    -------
    ByPlace                   relative to the first place. One Newton step on the
                              efficient score ends the fit; the intervals redraw the
                              blocks' shares of that score, without fitting again

    Source: Wang, Golbandi, Bendersky, Metzler and Najork, "Position bias estimation
    for unbiased learning to rank in personal search", WSDM (2018), with a parameter
    for each pair instead of a regression; Varadhan and Roland, Scandinavian Journal of
    Statistics 35 (2008), for the acceleration; Kline and Santos, Journal of
    Econometric Methods 1 (2012), for the bootstrap of scores.
    """
    at_least("steps", steps, 1)
    at_least("least_shown", least_shown, 1)
    blocks = day_blocks(log.block, resamples, seed)
    k = log.n_places
    informative = _informative(cells(log, blocks), least_shown)
    if informative.n_strata == 0:
        raise ValueError(
            f"no query showed a product at two places, {least_shown} times and with a "
            "click: harvest instead, or lower `least_shown`"
        )
    start = np.full(k + informative.n_strata, 0.5)
    fitted = accelerated(lambda x: _step(x, informative, k), start, steps, watch=k)
    curves = _redrawn(fitted, informative, blocks, k)
    return ByPlace.of(curves, blocks.key)


def accelerated(
    step: Callable[[Floats], Floats],
    start: Floats,
    steps: int,
    *,
    watch: int,
    tolerance: float = 1e-5,
) -> Floats:
    """Repeat a step of probabilities until the first `watch` of them rest.

    Two steps tell the direction and the speed; the third goes as far as they promise.
    """
    x = start
    for _ in range(max(1, steps // 3)):
        one = step(x)
        two = step(one)
        first, bend = one - x, two - 2 * one + x
        length = np.sqrt((first @ first) / max(float(bend @ bend), 1e-300))
        reach = x + 2 * length * first + length**2 * bend if length > 1 else two
        new = step(np.clip(reach, _EDGE, 1 - _EDGE))
        moved = np.abs(new[:watch] - x[:watch]).max()
        x = new
        if moved < tolerance:
            break
    return x


def _informative(log: Cells, least_shown: int) -> Cells:
    """Pairs with two places or more, a click, and enough appearances."""
    places, clicks = np.bincount(log.stratum), np.bincount(log.stratum, log.clicks)
    often = np.bincount(log.stratum, log.shown) >= least_shown
    return log.where(((places > 1) & (clicks > 0) & often)[log.stratum])


def _step(x: Floats, log: Cells, k: int) -> Floats:
    look, pull = x[:k], x[k:]
    a, b = look[log.place], pull[log.stratum]
    missed = (log.shown - log.clicks) / np.maximum(1 - a * b, _EDGE)
    looked = log.clicks + missed * a * (1 - b)
    pulled = log.clicks + missed * b * (1 - a)
    seen = np.bincount(log.place, log.shown, k)
    new = np.empty_like(x)
    new[:k] = np.bincount(log.place, looked, k) / np.maximum(seen, 1)
    new[k:] = np.bincount(log.stratum, pulled) / np.bincount(log.stratum, log.shown)
    return np.clip(new, _EDGE, 1 - _EDGE)


def _redrawn(x: Floats, log: Cells, blocks: Blocks, k: int) -> Floats:
    """(1 + resamples, k) curves: one Newton step on the score of each resample."""
    p = np.minimum(x[:k][log.place] * x[k:][log.stratum], 1 - _EDGE)
    odds = (log.shown - log.clicks) * p / (1 - p)
    slope, bend = log.clicks - odds, odds / (1 - p)
    held = np.maximum(np.bincount(log.stratum, bend), _EDGE)
    spare = np.bincount(log.stratum, slope) / held
    efficient = slope - bend * spare[log.stratum]
    at = log.block * k + log.place
    score = np.bincount(at, efficient, blocks.n_days * k).reshape(-1, k).astype(float)
    rows = csr_array((bend / np.sqrt(held)[log.stratum], (log.stratum, log.place)))
    rows.resize((log.n_strata, k))
    seen = np.bincount(log.place, bend, k)
    known: Floats = np.diag(seen) - (rows.T @ rows).toarray()
    use = np.flatnonzero((seen > 0) & (np.arange(k) > 0))
    step = np.linalg.solve(known[np.ix_(use, use)], blocks.total(score)[:, use].T)
    curves = np.full((len(blocks.weight), k), np.nan)
    curves[:, 0] = 1.0
    curves[:, use] = x[use] / x[0] * np.exp(np.clip(step.T, -2, 2))
    return curves
