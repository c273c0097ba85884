"""Click models with one face: who looks where, and what is clicked then.

Fit on one part of a log and test on another (`log.where`): both number the pairs alike.
Pairs without evidence take the mean of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from sevensteps.measure.blocks import RESAMPLES, day_blocks, ratio
from sevensteps.measure.clicks.by_place import ByPlace
from sevensteps.measure.clicks.em import em_propensity
from sevensteps.measure.clicks.log import ClickLog, Pairs, sums_by_place
from sevensteps.measure.clicks.targets import Evidence, examined_evidence, ips_evidence
from sevensteps.measure.inputs import Floats, Ints, at_least

#: A click that a model holds impossible counts as this rare: the cascade's second one.
RAREST = 1e-4


class ClickModel(Protocol):
    """What all click models answer."""

    @property
    def pairs(self) -> Pairs:
        """The pairs that its parameters stand for."""
        ...

    @property
    def attractiveness(self) -> Floats:
        """(m,) probability of a click on what is looked at."""
        ...

    @property
    def relevance(self) -> Floats:
        """(m,) probability of a click that satisfies, once looked at."""
        ...

    def click_probability(self, log: ClickLog, *, given_above: bool = False) -> Floats:
        """(n, k) probability of a click; with `given_above`, knowing those above."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class PositionBased:
    """A click is a look, by place, and an attraction, by pair.

    Attributes
    ----------
    pairs : Pairs
    examination : (k,) float  relative to the first place
    attractiveness : (m,) float   clicks on what is looked at as the first place is
    """

    pairs: Pairs
    examination: Floats
    attractiveness: Floats

    @property
    def relevance(self) -> Floats:
        """(m,) the attraction: this model knows no satisfaction."""
        return self.attractiveness

    def click_probability(self, log: ClickLog, *, given_above: bool = False) -> Floats:
        """(n, k) probabilities; clicks above tell this model nothing."""
        return np.asarray(self.examination * drawn(self.attractiveness, self, log))


@dataclass(frozen=True, slots=True, eq=False)
class DynamicBayesian:
    """Read from the top; after each result go on, or stop when satisfied or tired.

    With a continuation of 1 it is the simplified model; if also every click satisfies,
    the cascade.

    Attributes
    ----------
    pairs : Pairs
    attractiveness : (m,) float   probability of a click on what is looked at
    satisfaction : (m,) float     probability that a click ends the search
    continuation : float          probability of going on if not satisfied
    """

    pairs: Pairs
    attractiveness: Floats
    satisfaction: Floats
    continuation: float = 1.0

    @property
    def relevance(self) -> Floats:
        """(m,) attractiveness times satisfaction."""
        return np.asarray(self.attractiveness * self.satisfaction)

    def click_probability(self, log: ClickLog, *, given_above: bool = False) -> Floats:
        """(n, k) probabilities, from the top down."""
        pull = drawn(self.attractiveness, self, log)
        end = drawn(self.satisfaction, self, log)
        looks, clicks = np.ones(len(log)), np.empty(log.pair.shape)
        for j in range(log.n_places):
            a, s = pull[:, j], end[:, j]
            clicks[:, j] = looks * a
            if given_above:
                stay = looks * (1 - a) / np.maximum(1 - looks * a, 1e-12)
                looks = np.where(log.clicked[:, j], 1 - s, stay)
            else:
                looks = looks * (1 - a * s)
            looks = looks * self.continuation
        return clicks


def drawn(values: Floats, model: ClickModel, log: ClickLog) -> Floats:
    """(n, k) a pair's parameter at each cell; 0 where nothing was shown."""
    if not model.pairs.same_as(log.pairs):
        raise ValueError(
            "the model was fitted on another log: make one log, and fit and test on "
            "its parts with `log.where`"
        )
    return np.append(values, 0.0)[log.pair]


def smoothed(evidence: Evidence, strength: float) -> Floats:
    """(m,) rates in [0, 1], with the mean of all counted `strength` times."""
    at_least("strength", strength, 0)
    mean = evidence.clicks.sum() / max(evidence.exposure.sum(), 1e-300)
    held = evidence.exposure + strength
    got = evidence.clicks + strength * mean
    rate = np.divide(got, held, out=np.full(len(held), mean), where=held > 0)
    return np.clip(rate, 0.0, 1.0)


def fit_position_based(
    log: ClickLog, propensity: ArrayLike | None = None, *, strength: float = 1.0
) -> PositionBased:
    """The position-based model, with propensities of your own or by EM.

    Parameters
    ----------
    propensity : (k,) float   from an experiment, harvested, or wrong; EM when absent
    strength : float          exposures that the mean attraction counts as

    Source: Richardson, Dominowska and Ragno, WWW (2007); Craswell, Zoeter, Taylor and
    Ramsey, WSDM (2008).
    """
    if propensity is None:
        propensity = em_propensity(log, resamples=2).estimate
    curve = np.asarray(propensity, np.float64)
    attraction = smoothed(ips_evidence(log, curve), strength)
    return PositionBased(log.pairs, curve[: log.n_places], attraction)


def fit_cascade(log: ClickLog, *, strength: float = 1.0) -> DynamicBayesian:
    """The cascade: read from the top, click once, and leave. Closed form.

    Only what stands at or above the first click is used.

    Source: Craswell, Zoeter, Taylor and Ramsey, "An experimental comparison of click
    position-bias models", WSDM (2008).
    """
    before: Ints = np.cumsum(log.clicked, axis=1) - log.clicked
    first = log.filled & (before == 0)
    m = len(log.pairs)
    shown = np.bincount(log.pair[first], minlength=m).astype(np.float64)
    hit = np.bincount(log.pair[first & log.clicked], minlength=m).astype(np.float64)
    attraction = smoothed(Evidence(log.pairs, hit, shown), strength)
    return DynamicBayesian(log.pairs, attraction, np.ones(m))


def fit_simplified_dbn(log: ClickLog, *, strength: float = 1.0) -> DynamicBayesian:
    """The dynamic Bayesian model of people who never tire. Closed form.

    All above the last click was looked at, and the last click is taken to have
    satisfied. Some did not: those people read on in vain, and what they passed over is
    not counted. Attraction and satisfaction come out somewhat too high, about evenly
    for all places; `fit_dbn(log, 1.0)` mends it, at the price of iterations.

    Source: Chapelle and Zhang, "A dynamic Bayesian network click model for web search
    ranking", WWW (2009), algorithm 1.
    """
    seen = examined_evidence(log)
    satisfied = Evidence(log.pairs, last_clicks(log), seen.clicks)
    return DynamicBayesian(
        log.pairs, smoothed(seen, strength), smoothed(satisfied, strength)
    )


def last_clicks(log: ClickLog) -> Floats:
    """(m,) how often a pair was the last click of its search."""
    after = np.cumsum(log.clicked[:, ::-1], axis=1)[:, ::-1]
    last = log.clicked & (after == 1)
    held = np.bincount(log.pair[last], minlength=len(log.pairs))
    return held.astype(np.float64)


def perplexity(
    model: ClickModel,
    log: ClickLog,
    *,
    given_above: bool = False,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> ByPlace:
    """Equally likely outcomes that a place has for the model: 1 is to know, 2 a coin.

    Parameters
    ----------
    model : fitted on other searches of the same log
    log : searches held out
    given_above : bool        tell the model what was clicked above. A model that holds
                              a click impossible is charged as if it were 1 in 10,000

    Returns
    -------
    ByPlace                   models compared on one log, `resamples` and `seed` are
                              paired

    Source: Dupret and Piwowarski, SIGIR (2008); Chuklin, Markov and de Rijke, "Click
    models for web search" (2015), section 5.2.
    """
    p = model.click_probability(log, given_above=given_above)
    np.clip(p, RAREST, 1 - RAREST, out=p)
    bits = -np.log2(np.where(log.clicked, p, 1 - p))
    bits[~log.filled] = 0
    blocks = day_blocks(log.block, resamples, seed)
    total = blocks.total(sums_by_place(blocks, bits))
    shown = blocks.total(sums_by_place(blocks, log.filled))
    return ByPlace.of(2 ** ratio(total, shown), blocks.key)
