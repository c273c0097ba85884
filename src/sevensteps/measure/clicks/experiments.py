"""Propensities from experiments: lists in random order, and swaps with the top.

The propensity of a place is how likely it is looked at, relative to the first place.
It is known only up to a factor, and no more is needed: a common factor changes no
order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sevensteps.measure.blocks import RESAMPLES, Blocks, day_blocks, ratio
from sevensteps.measure.clicks.by_place import ByPlace
from sevensteps.measure.clicks.log import ClickLog, sums_by_place
from sevensteps.measure.inputs import Bools, Floats, Ints, flags, same_length


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
    blocks = day_blocks(log.block, resamples, seed)
    here = sums_by_place(blocks, log.clicked)
    top = sums_by_place(blocks, log.filled & log.clicked[:, :1])
    curve = ratio(blocks.total(here), blocks.total(top))
    return ByPlace.of(curve, blocks.key)


def swap_propensity(
    log: ClickLog,
    partner: ArrayLike,
    swapped: ArrayLike,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> ByPlace:
    """Propensities from exchanging the first result with that of one other place.

    Each pair of places is its own experiment. Both products of the exchange count, each
    at both places, so the two places see the same products in the mean, whatever the
    share of searches that was swapped.

    Parameters
    ----------
    partner : (n,) int        place, from 0, that took part with the first in this
                              search's experiment; below 1 when there was none
    swapped : (n,) bool       whether the two were exchanged, by a coin

    Returns
    -------
    ByPlace                   relative to the first place; NaN without an experiment

    Source: Joachims, Swaminathan and Schnabel, "Unbiased learning-to-rank with biased
    feedback", WSDM (2017), section 5.3; there only the first product counts.
    """
    place, moved = np.asarray(partner), flags("swapped", swapped)
    same_length(partner=place, swapped=moved, log=log.pair[:, 0])
    if place.max(initial=0) >= log.n_places:
        raise ValueError(f"`partner` must lie below {log.n_places}, the lists' length")
    row = np.flatnonzero(place >= 1)
    row = row[log.pair[row, place[row]] >= 0]
    if len(row) == 0:
        raise ValueError("no search took part in a swap: `partner` is below 1 in all")
    blocks = day_blocks(log.block[row], resamples, seed)
    cell = _Swaps(blocks, log.n_places, place[row], moved[row])
    below = cell.rate(log.clicked[row, place[row]])
    curve = ratio(below, cell.rate(log.clicked[row, 0]))
    curve[:, 0] = 1.0
    return ByPlace.of(curve, blocks.key)


@dataclass(frozen=True, slots=True)
class _Swaps:
    """Searches that took part in a swap, sorted into arms."""

    blocks: Blocks
    n_places: int
    place: Ints
    swapped: Bools

    def rate(self, click: Bools) -> Floats:
        """(1 + resamples, k) clicks a search of both arms together, by partner."""
        return sum((self._arm(click, arm) for arm in (False, True)), np.zeros(()))

    def _arm(self, click: Bools, swapped: bool) -> Floats:
        mine = self.swapped == swapped
        return ratio(self._total(mine & click), self._total(mine))

    def _total(self, which: Bools) -> Floats:
        blocks, k = self.blocks, self.n_places
        flat = np.bincount(
            blocks.code[which] * k + self.place[which], minlength=blocks.n_days * k
        )
        return blocks.total(flat.reshape(-1, k).astype(np.float64))
