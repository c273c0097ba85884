"""How many searches interleaving needs to call a winner, and how many an A/B test."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sevensteps.measure.bootstrap import RESAMPLES, block_bootstrap, ratio
from sevensteps.measure.inputs import at_least, numbers
from sevensteps.measure.interval import Interval
from sevensteps.measure.power import sample_size


def searches_needed(
    effect: float, variance: float, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Interleaved searches that call the winner with probability `power`.

    Parameters
    ----------
    effect : float            mean of the wins per search
    variance : float          of the wins between searches
    alpha : float             level of the two-sided test

    >>> searches_needed(effect=0.05, variance=0.4)
    1256

    This is `sample_size` with half the standard deviation: every search is in both
    arms, and nothing is spent on a difference between them.
    """
    if not variance > 0:
        raise ValueError(f"`variance` must be above 0, not {variance}")
    return sample_size(effect, float(np.sqrt(variance)) / 2, power=power, alpha=alpha)


def sensitivity_ratio(
    treatment: ArrayLike,
    control: ArrayLike,
    wins: ArrayLike,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """How many times as many searches an A/B test needs to call the same winner.

    The ratio of what both need for any level and power: variance over squared effect,
    the A/B test's taken over both arms. Give units of one kind throughout, searches or
    shoppers who search alike.

    Parameters
    ----------
    treatment, control : (n,), (m,) float   outcome per unit in each arm of the test
    wins : (l,) float                       A's lead per unit of interleaving

    Returns
    -------
    Interval                  95 % bootstrap over units. An arm without a clear effect
                              makes it as wide as it should be

    Examples
    --------
    >>> sensitivity_ratio([1, 2, 1, 2], [0, 1, 0, 1], wins=[1, 0, 1, 0]).estimate
    1.0

    Source: Chapelle, Joachims, Radlinski and Yue, ACM TOIS 30 (2012), who compare
    squared z-scores.
    """
    told = {"treatment": treatment, "control": control, "wins": wins}
    mean, variance = {}, {}
    for i, (name, values) in enumerate(told.items()):
        value = numbers(name, values)
        at_least(f"number of {name}", len(value), 2)
        drawn = block_bootstrap(np.arange(len(value)), resamples, seed * 3 + i)
        total = drawn.total(np.stack([value, value**2], axis=1)) / len(value)
        mean[name] = total[:, 0]
        variance[name] = total[:, 1] - total[:, 0] ** 2
    arms = 2 * (variance["treatment"] + variance["control"])
    apart = ratio((mean["treatment"] - mean["control"]) ** 2, arms)
    times = ratio(ratio(mean["wins"] ** 2, variance["wins"]), apart)
    if np.isnan(times[0]):
        raise ValueError("the arms or the wins are all alike: nothing to compare")
    return Interval.of(times[1:], float(times[0]))
