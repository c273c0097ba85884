"""From clicks to what a ranker can learn: weights, and rates per query and product."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sevensteps.measure.clicks.log import ClickLog, Pairs
from sevensteps.measure.inputs import Floats, at_least


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

    Raises
    ------
    ValueError                a propensity that is missing or not positive at a click

    Examples
    --------
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
    """What a log says of each pair: clicks, and how often they could have come.

    Attributes
    ----------
    pairs : Pairs
    clicks : (m,) float
    exposure : (m,) float     impressions, or the part of them that was looked at
    """

    pairs: Pairs
    clicks: Floats
    exposure: Floats

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

    Parameters
    ----------
    propensity : (k,) float   positive wherever something was shown

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
