"""How likely each place is looked at, relative to the first place.

It is known only up to a factor, and no more is needed: a common factor changes no
order. An experiment tells it, lists in random order; and without one, rankers that are
exchanged. The clicks on one product at two places tell how these compare, whatever the
product is worth.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.special import expit

from ..bootstrap import Blocks, Interval, block_bootstrap, ratio
from ..inputs import Floats
from .log import ClickLog

_NEWTON = 25  # steps at most; ten are usual


@dataclass(frozen=True, slots=True, eq=False)
class ByPlace:
    """Estimates for the places of a list; index 0 is the top."""

    estimate: Floats  # (k,) NaN where the log says nothing
    samples: Floats = field(repr=False)  # (resamples, k) the bootstrap's curves
    #: Names the resamples: curves of one name can be paired
    resampling: str = field(repr=False)

    def at(self, place: int) -> Interval:
        """The estimate at one place with its 95 % interval; n/a if unknown."""
        values = self.samples[:, place]
        if np.isnan(self.estimate[place]) or not np.isfinite(values).any():
            return Interval.missing()
        middle = float(self.estimate[place])
        return Interval.of(values, middle, resampling=self.resampling)


def inverse_rank(n_places: int, power: float = 1.0) -> Floats:
    """The folklore: a place is looked at as often as one divided by its rank.

    No measurement stands behind it. Chapters use it as the propensity that a team
    assumes who did not measure.

    >>> inverse_rank(4)
    array([1.        , 0.5       , 0.33333333, 0.25      ])

    Source: the simulations of Joachims, Swaminathan and Schnabel, WSDM (2017).
    """
    return np.asarray((1.0 + np.arange(n_places)) ** -power)


def randomised_propensity(log: ClickLog) -> ByPlace:
    """Propensities, relative to the first place, from lists in random order.

    Any product is then as likely at one place as at another, so clicks differ by place
    only as attention does. A place counts against the first place of the same lists:
    short lists do not bias it.

    `log` is the randomised searches alone, e.g. `log.where(randomised)`; if only the
    top was shuffled, pass a log of those places.

    Source: Wang, Bendersky, Metzler and Najork, "Learning to rank with selection bias
    in personal search", SIGIR (2016); Joachims, Swaminathan and Schnabel, WSDM (2017).
    """
    blocks = block_bootstrap(log.block)
    here = blocks.total(log.clicked)
    top = blocks.total(log.filled & log.clicked[:, :1])
    curve = ratio(here, top)
    return ByPlace(curve[0], curve[1:], blocks.key)


def harvested_propensity(log: ClickLog) -> ByPlace:
    """Propensities from products that the same query showed at several places.

    Every two places are compared on the products that both have shown for the same
    query in the same block of the log, and one curve is fitted to all (the
    Bradley-Terry likelihood). Each such product counts with the harmonic mean of its
    appearances at the two (Mantel and Haenszel's weights), which is unbiased under the
    position-based model even if each was seen a few times only. Which ranker made a
    list does not matter, but it must not be chosen by how the search will go: keep to
    rankers that ran side by side, or to queries whose worth did not change.

    `log`: its blocks are buckets of queries unless you said otherwise; with days as
    blocks, only what changed its place within a day is compared.

    Returns ByPlace: relative to the first place; NaN for places that no product links
    with it.

    Source: Agarwal, Zaitsev, Wang, Li, Najork and Joachims, "Estimating position bias
    without intrusive interventions", WSDM (2019), whose likelihood also has a rate for
    each two places; Mantel and Haenszel, JNCI 22 (1959); Bradley and Terry,
    Biometrika 39 (1952).
    """
    blocks, k = block_bootstrap(log.block), log.n_places
    won = _won(log, blocks)
    if not won.any():
        raise ValueError(
            "no query showed a product at two places with a click: log more rankers, "
            "or pass buckets of queries as blocks instead of days"
        )
    total = blocks.totals(won.reshape(blocks.n_blocks, k * k)).reshape(-1, k, k)
    curve = _curves(total)
    return ByPlace(curve[0], curve[1:], blocks.key)


def _won(log: ClickLog, blocks: Blocks) -> Floats:
    """(blocks * k * k,) weighted clicks at one place in comparison with another."""
    n, k = blocks.n_blocks, log.n_places
    cell, shown, clicks = _cells(log, blocks)
    stratum, place = np.divmod(cell, k)  # the pair within its block
    won = np.zeros(n * k * k)
    for step in range(1, k):
        i = np.flatnonzero(stratum[step:] == stratum[:-step])
        if len(i) == 0:
            break
        j = i + step
        both = shown[i] + shown[j]
        block = stratum[i] % n * (k * k)
        a, b = place[i], place[j]
        up, down = clicks[i] * shown[j], clicks[j] * shown[i]
        won += np.bincount(block + a * k + b, up / both, len(won))
        won += np.bincount(block + b * k + a, down / both, len(won))
    return won


def _cells(log: ClickLog, blocks: Blocks) -> tuple[NDArray[np.int64], Floats, Floats]:
    """A log counted up by pair, block and place: (c,) keys, times shown, clicks.

    One sort, whatever the number of pairs.
    """
    k = log.n_places
    key = log.pair.astype(np.int64)
    key *= blocks.n_blocks
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
    return key[start], shown, np.add.reduceat(click, start)


def _curves(won: Floats) -> Floats:
    """(r, k) one curve for each resample; NaN for places without a link to the top."""
    _, part = connected_components(won[0] > 0, connection="strong")
    linked = np.flatnonzero(part == part[0])
    curve = np.full(won.shape[:2], np.nan)
    curve[:, 0] = 1.0
    if len(linked) > 1:
        curve[:, linked] = np.exp(_bradley_terry(won[:, linked][:, :, linked]))
    return curve


def _bradley_terry(won: Floats) -> Floats:
    """(r, k) log strengths, the first zero: Newton's method for all at once."""
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
