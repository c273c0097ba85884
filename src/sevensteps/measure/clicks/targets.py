"""From clicks to what a ranker can learn: weights, and rates per query and product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sevensteps.measure.clicks.log import ClickLog, Pairs
from sevensteps.measure.inputs import Bools, Floats, at_least


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
    seen = _curve("propensity", propensity, where)
    if clip is not None:
        at_least("clip", clip, 1)
    used = np.unique(np.broadcast_to(where, click.shape)[click])
    if not (seen[used] > 0).all():
        raise ValueError(
            f"`propensity` is missing or zero at place {_first_bad(seen, used)}, which "
            "was clicked: clip it from below, or leave the place out"
        )
    inverse = np.divide(1.0, seen, out=np.zeros_like(seen), where=seen > 0)
    if clip is not None:
        inverse = np.minimum(inverse, clip)
    return np.where(click, inverse[where], 0.0)


def _curve(name: str, values: ArrayLike, place: NDArray[Any]) -> Floats:
    curve = np.asarray(values, np.float64)
    if curve.ndim != 1:
        raise ValueError(f"`{name}` must be one value a place, not {curve.shape}")
    if place.min(initial=0) < 0 or place.max(initial=0) >= len(curve):
        raise ValueError(f"`place` must lie in 0 .. {len(curve) - 1}, as `{name}` does")
    return curve


def _first_bad(curve: Floats, used: NDArray[Any]) -> int:
    return int(used[~(curve[used] > 0)][0]) if (~(curve[used] > 0)).any() else 0


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a log says of each pair: clicks, and how often they could have come.

    Attributes
    ----------
    pairs : Pairs
    clicks : (m,) float
    exposure : (m,) float     impressions, or the part of them that was looked at
    certainty : float         mean propensity of an exposure; 1 if each was a sure look
    """

    pairs: Pairs
    clicks: Floats
    exposure: Floats
    certainty: float = 1.0

    @property
    def rate(self) -> Floats:
        """(m,) clicks for each exposure; NaN without any, and it may exceed 1."""
        out = np.full(len(self.pairs), np.nan)
        return np.divide(self.clicks, self.exposure, out=out, where=self.exposure > 0)


def naive_evidence(log: ClickLog) -> Evidence:
    """Clicks and impressions: what stands high looks good.

    >>> from sevensteps.measure import click_log
    >>> log = click_log([[7, 5], [5, 7]], [[True, False], [True, False]], [1, 1])
    >>> naive_evidence(log).rate
    array([0.5, 0.5])
    """
    shown = np.bincount(log.pair[log.filled], minlength=len(log.pairs))
    return Evidence(log.pairs, _clicks(log), shown.astype(np.float64))


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
    seen = _curve("propensity", propensity, np.array([log.n_places - 1]))
    used = np.flatnonzero(log.filled.any(axis=0))
    if not (seen[used] > 0).all():
        raise ValueError(f"`propensity` must be positive at {_first_bad(seen, used)}")
    each = np.broadcast_to(seen[: log.n_places], log.pair.shape)[log.filled]
    exposure = np.bincount(log.pair[log.filled], each, len(log.pairs)).astype(float)
    return Evidence(log.pairs, _clicks(log), exposure, float(each @ each / each.sum()))


def examined_evidence(log: ClickLog) -> Evidence:
    """Clicks, and impressions at or above the last click of their search.

    Who reads from the top looked at all of them; without a click, at the whole list.

    Source: the simplified model of Chapelle and Zhang, WWW (2009).
    """
    looked = log.filled & _up_to_last_click(log)
    shown = np.bincount(log.pair[looked], minlength=len(log.pairs))
    return Evidence(log.pairs, _clicks(log), shown.astype(np.float64))


def _clicks(log: ClickLog) -> Floats:
    held = np.bincount(log.pair[log.clicked], minlength=len(log.pairs))
    return held.astype(np.float64)


def _up_to_last_click(log: ClickLog) -> Bools:
    """(n, k) bool: a click here or further down, or no click at all."""
    later = np.logical_or.accumulate(log.clicked[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(later | ~log.clicked.any(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True, eq=False)
class Shrunk:
    """Rates pulled towards their mean, the more so the less was seen.

    Attributes
    ----------
    rate : (m,) float         between the pair's own rate and `mean`
    mean : float              rate of all pairs together
    strength : float          exposures that the mean counts as; infinite if the pairs
                              do not differ by more than chance
    """

    rate: Floats
    mean: float
    strength: float


def shrunk(evidence: Evidence) -> Shrunk:
    """Empirical Bayes: a beta prior for all pairs, fitted by its first two moments.

    The prior takes a pair's rate and its exposure as independent. A ranker shows more
    often what is clicked more; where that is strong, the spread is misjudged, and the
    strength may come out far off, even infinite. Look at it before you use the rates.

    Examples
    --------
    >>> import numpy as np
    >>> pairs = Pairs(np.arange(3), np.arange(3))
    >>> told = Evidence(pairs, np.array([60.0, 40, 1]), np.array([100.0, 100, 1]))
    >>> shrunk(told).rate.round(2)
    array([0.59, 0.41, 0.54])

    Source: Kleinman, "Proportions with extraneous variance", JASA 68 (1973).
    """
    seen = evidence.exposure > 0
    n, c = evidence.exposure[seen], evidence.clicks[seen]
    total, free = n.sum(), seen.sum() - 1
    mean = c.sum() / total if total else np.nan
    if free < 1 or not 0 < mean < 1:
        raise ValueError("two pairs with exposure, a click and a miss are needed")
    chance = mean * (1 - mean * evidence.certainty)
    spread = n @ (c / n - mean) ** 2 - free * chance
    room = total - n @ n / total - free * evidence.certainty
    between = spread / room if room > 0 else 0.0
    strength = mean * (1 - mean) / between - 1 if between > 0 else np.inf
    strength = max(strength, 0.0)
    held = evidence.exposure + strength
    own = np.divide(evidence.exposure, held, out=np.zeros_like(held), where=held > 0)
    if np.isinf(strength):
        own = np.zeros_like(held)
    rate = own * np.nan_to_num(evidence.rate) + (1 - own) * mean
    return Shrunk(np.minimum(rate, 1.0), float(mean), float(strength))
