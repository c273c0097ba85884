"""Trust bias: what stands on top is clicked even if it is not relevant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sevensteps.measure.blocks import RESAMPLES, day_blocks, ratio
from sevensteps.measure.clicks.by_place import ByPlace
from sevensteps.measure.clicks.log import ClickLog, sums_by_place
from sevensteps.measure.inputs import Floats


@dataclass(frozen=True, slots=True, eq=False)
class TrustBias:
    """How clicks follow from relevance: alpha times relevance plus beta.

    Attributes
    ----------
    alpha : ByPlace           clicks that full relevance adds at a place
    beta : ByPlace            clicks that a place gets without any relevance
    """

    alpha: ByPlace
    beta: ByPlace


def trust_bias(
    log: ClickLog, relevance: ArrayLike, *, resamples: int = RESAMPLES, seed: int = 0
) -> TrustBias:
    """Fit clicks to known relevance, each place on its own.

    Clicks alone cannot tell the two apart: any alpha and beta fit them as well as any
    other, with another relevance to match. A sample of judged pairs can. Least squares
    are closed-form and unbiased if the relevance is right; errors of the editors pull
    alpha towards zero and raise beta, so average several grades where you can.

    Parameters
    ----------
    relevance : (m,) float    probability of being found relevant, for each of
                              `log.pairs`; NaN where nobody judged (`pair_values`)

    Raises
    ------
    ValueError                a relevance outside [0, 1], or fewer than two different

    Source: Agarwal, Wang, Li, Bendersky and Najork, "Addressing trust bias for
    unbiased learning-to-rank", WWW (2019); Vardasbi, Oosterhuis and de Rijke, "When
    inverse propensity scoring does not work", CIKM (2020), for the affine form.
    """
    known = _relevance(relevance, len(log.pairs))
    blocks = day_blocks(log.block, resamples, seed)
    x = np.where(log.filled, known[log.pair], np.nan)
    judged = ~np.isnan(x)
    x[~judged] = 0
    click = log.clicked & judged
    sums = (judged, x, x * x, click, x * click)
    n, sx, sxx, sc, sxc = (blocks.total(sums_by_place(blocks, s)) for s in sums)
    alpha = ratio(n * sxc - sx * sc, n * sxx - sx**2)
    beta = ratio(sc - alpha * sx, n)
    return TrustBias(ByPlace.of(alpha, blocks.key), ByPlace.of(beta, blocks.key))


def _relevance(values: ArrayLike, n_pairs: int) -> Floats:
    known = np.asarray(values, np.float64)
    if known.shape != (n_pairs,):
        raise ValueError(f"`relevance` must have a value for each of {n_pairs:,} pairs")
    told = known[~np.isnan(known)]
    if len(np.unique(told)) < 2:
        raise ValueError("`relevance` needs at least two different values to fit to")
    if told.min() < 0 or told.max() > 1:
        raise ValueError("`relevance` must be probabilities: divide grades by the best")
    return known
