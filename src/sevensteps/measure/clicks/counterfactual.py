"""How another ranker would order what was clicked, from the log of this one."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..bootstrap import Block, Blocks, Interval, block_bootstrap, ratio
from ..inputs import Floats, Ints, at_least, same_length
from ..offpolicy import effective_sample_size
from ..per_query import discount
from .log import ClickLog, ips_weights


def reranked(score: ArrayLike, log: ClickLog) -> Ints:
    """Places of the products shown, were they ordered by another score.

    `score`, (n, k): higher is better; what stands on an empty place is ignored.

    Returns (n, k) int: from 0; -1 for an empty place. Equal scores keep the order of
    the log.

    >>> from sevensteps.measure import click_log
    >>> log = click_log([[7, 5, -1]], [[True, False, False]], [1])
    >>> reranked([[0.1, 0.9, 5.0]], log).tolist()
    [[1, 0, -1]]
    """
    value = np.asarray(score, np.float64)
    if value.shape != log.pair.shape:
        raise ValueError(f"`score` must be of the log's shape {log.pair.shape}")
    if np.isnan(value[log.filled]).any():
        raise ValueError("`score` is NaN where something was shown: fill it")
    order = np.argsort(np.where(log.filled, -value, np.inf), axis=1, kind="stable")
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(log.n_places)[None, :], axis=1)
    place[~log.filled] = -1
    return place


def counterfactual_dcg(
    weight: ArrayLike, place: ArrayLike, block: Block, *, k: int | None = None
) -> Interval:
    """Mean discounted gain a search under another order, estimated from clicks.

    Unbiased if the propensities behind the weights are right and the other order ranks
    only what the log has shown; what it would add earns nothing here. In units of
    relevance as a click on the first place shows it.

    Parameters
    ----------
    weight : (n, k) float     `ips_weights` of the logged clicks
    place : (n, k) int        each product's place under the other order, from 0; -1 if
                              it is not listed there (see `reranked`)
    block : (n,) int          unit of the bootstrap, e.g. `log.block`
    k : int                   places that count under the other order

    Source: Joachims, Swaminathan and Schnabel, WSDM (2017), for additive metrics;
    Agarwal, Takatsu, Zaitsev and Joachims, SIGIR (2019), for discounted gain.
    """
    w, where, blocks = _weighted(weight, place, block)
    counted = where >= 0
    if k is not None:
        at_least("k", k, 1)
        counted &= where < k
    gain = np.where(counted, w * discount(np.maximum(where, 0)), 0)
    return blocks.mean(gain.sum(axis=1))


def counterfactual_rank(weight: ArrayLike, place: ArrayLike, block: Block) -> Interval:
    """Average rank of the relevant results under another order; 1 is the top.

    The weights are divided by their sum, so the unknown scale of the propensities
    falls out and one click from far down does less harm. Parameters as for
    `counterfactual_dcg`; what has a weight must be listed.

    Source: Joachims, Swaminathan and Schnabel, WSDM (2017), equation 5; normalised as
    by Swaminathan and Joachims, NeurIPS (2015).
    """
    w, where, blocks = _weighted(weight, place, block)
    if ((where < 0) & (w != 0)).any():
        raise ValueError("`place` is -1 for a weighted product: give its rank")
    total = blocks.total((w * (where + 1)).sum(axis=1))
    return blocks.interval(ratio(total, blocks.total(w.sum(axis=1))))


def clip_tradeoff(
    log: ClickLog, propensity: ArrayLike, place: ArrayLike, clips: Sequence[float]
) -> pd.DataFrame:
    """What clipping buys: the estimate of another order's gain at each largest weight.

    Returns DataFrame: a row for each clip: the discounted gain's estimate, low and
    high, the share of clicks that were clipped, and how many equally weighted clicks
    would be as noisy.

    Source: Ionides, "Truncated importance sampling", Journal of Computational and
    Graphical Statistics 17 (2008).
    """
    if not len(clips):
        raise ValueError("`clips` is empty: try 2, 5, 10, 100")
    every, blocks = np.arange(log.n_places), block_bootstrap(log.block)
    full = ips_weights(log.clicked, every, propensity)[log.clicked]
    rows = []
    for clip in clips:
        w = ips_weights(log.clicked, every, propensity, clip=clip)
        gain = counterfactual_dcg(w, place, blocks)
        size = effective_sample_size(w[log.clicked])
        clipped = float((full > clip).mean())
        rows.append((gain.estimate, gain.low, gain.high, clipped, size))
    names = ["estimate", "low", "high", "clipped", "effective_clicks"]
    return pd.DataFrame(rows, index=pd.Index(clips, name="clip"), columns=names)


def _weighted(
    weight: ArrayLike, place: ArrayLike, block: Block
) -> tuple[Floats, NDArray[np.integer], Blocks]:
    w, where = np.asarray(weight, np.float64), np.asarray(place)
    if w.ndim != 2 or w.shape != where.shape:
        raise ValueError(
            f"`weight` and `place` must be tables alike: {w.shape} and {where.shape}"
        )
    if not np.isfinite(w).all():
        raise ValueError("`weight` holds NaN or infinity: clip the propensities")
    if not np.issubdtype(where.dtype, np.integer) or where.min(initial=0) < -1:
        raise ValueError("`place` must hold places from 0, or -1 if not listed")
    blocks = block_bootstrap(block)
    same_length(weight=w, block=blocks.code)
    return w, where, blocks
