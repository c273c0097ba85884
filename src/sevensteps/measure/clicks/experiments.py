"""Propensities from experiments: lists in random order, and swaps with the top.

The propensity of a place is how likely it is looked at, relative to the first place.
It is known only up to a factor, and no more is needed: a common factor changes no
order.
"""

from __future__ import annotations

import numpy as np

from sevensteps.measure.bootstrap import RESAMPLES, block_bootstrap, ratio
from sevensteps.measure.clicks.by_place import ByPlace
from sevensteps.measure.clicks.log import ClickLog
from sevensteps.measure.inputs import Floats


def inverse_rank(n_places: int, power: float = 1.0) -> Floats:
    """The folklore: a place is looked at as often as one divided by its rank.

    No measurement stands behind it. Chapters use it as the propensity that a team
    assumes who did not measure.

    >>> inverse_rank(4)
    array([1.        , 0.5       , 0.33333333, 0.25      ])

    Source: the simulations of Joachims, Swaminathan and Schnabel, WSDM (2017).
    """
    return np.asarray((1.0 + np.arange(n_places)) ** -power)


def randomised_propensity(
    log: ClickLog, *, resamples: int = RESAMPLES, seed: int = 0
) -> ByPlace:
    """Propensities from lists that were shown in random order.

    Any product is then as likely at one place as at another, so clicks differ by place
    only as attention does. A place counts against the first place of the same lists:
    short lists do not bias it.

    Parameters
    ----------
    log : the randomised searches alone, e.g. `log.where(randomised)`; if only the top
        was shuffled, pass a log of those places

    Returns
    -------
    ByPlace                   relative to the first place

    Source: Wang, Bendersky, Metzler and Najork, "Learning to rank with selection bias
    in personal search", SIGIR (2016); Joachims, Swaminathan and Schnabel, WSDM (2017).
    """
    blocks = block_bootstrap(log.block, resamples, seed)
    here = blocks.total(log.clicked)
    top = blocks.total(log.filled & log.clicked[:, :1])
    curve = ratio(here, top)
    return ByPlace.of(curve, blocks.key)
