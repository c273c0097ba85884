"""Learning about what a policy hides from the few cases that it lets through.

A blocked payment never gets a label. Let a share epsilon of the suspicious through, at
random, and give each of them the weight 1 / epsilon: sums and means are right again,
at the price of noise.
"""

from numpy.typing import ArrayLike

from .bootstrap import Block, Blocks, Interval, block_bootstrap, ratio
from .inputs import Floats, numbers, same_length, weights_of


def effective_sample_size(weight: ArrayLike) -> float:
    """Number of equally weighted rows that would be as noisy.

    >>> effective_sample_size([1.0, 1.0, 10.0]).__round__(2)
    1.41

    Source: Kish, "Survey sampling" (1965).
    """
    w = _weights(numbers("weight", weight))
    return float(w.sum() ** 2 / (w @ w))


def _weights(weight: Floats) -> Floats:
    if not weights_of(weight, len(weight)).any():
        raise ValueError("`weight` is zero everywhere")
    return weight


def _logged(
    reward: ArrayLike, weight: ArrayLike, day: Block
) -> tuple[Floats, Floats, Blocks]:
    r, w = numbers("reward", reward), _weights(numbers("weight", weight))
    blocks = block_bootstrap(day)
    same_length(reward=r, weight=w, day=blocks.code)
    return r, w, blocks


def ips(reward: ArrayLike, weight: ArrayLike, day: Block) -> Interval:
    """Mean reward under another policy: mean of weight times reward over *all* rows.

    Unbiased if the logged probabilities are right; noisy where weights are large.

    Parameters
    ----------
    reward : (n,) float       what was seen; anything finite where the weight is 0
    weight : (n,) float       1 / propensity, 0 where nothing was logged
    day : (n,) int            block of the bootstrap

    >>> ips([0, 0, 1, 0], [1, 1, 10, 0], day=[0, 0, 1, 1]).estimate
    2.5

    Source: Horvitz and Thompson, JASA 47 (1952).
    """
    r, w, blocks = _logged(reward, weight, day)
    return blocks.mean(r * w)


def snips(reward: ArrayLike, weight: ArrayLike, day: Block) -> Interval:
    """The same mean divided by the sum of weights: a little bias for much less noise.

    It never leaves the range of the rewards. Parameters as for `ips`.

    >>> snips([0, 0, 1, 0], [1, 1, 10, 0], day=[0, 0, 1, 1]).estimate.__round__(3)
    0.833

    Source: Swaminathan and Joachims, "The self-normalized estimator for counterfactual
    learning", NeurIPS (2015).
    """
    r, w, blocks = _logged(reward, weight, day)
    return blocks.interval(ratio(blocks.total(r * w), blocks.total(w)))


def doubly_robust(
    reward: ArrayLike,
    weight: ArrayLike,
    guessed: ArrayLike,
    expected: ArrayLike,
    day: Block,
) -> Interval:
    """Mean reward under another policy: a model's guess, mended by weighted errors.

    Unbiased if either the probabilities or the model are right; less noisy than `ips`
    if the model is any good.

    Parameters
    ----------
    reward, weight, day : as for `ips`
    guessed : (n,) float      the model's reward of what was logged
    expected : (n,) float     its mean reward of what the other policy would do there

    >>> doubly_robust([0, 1], [0, 2], guessed=[0, 1], expected=[0.4, 0.6], day=[0, 1])
    0.500 [0.400, 0.600]

    Source: Dudik, Langford and Li, "Doubly robust policy evaluation", ICML (2011).
    """
    r, w, blocks = _logged(reward, weight, day)
    g, e = numbers("guessed", guessed), numbers("expected", expected)
    same_length(reward=r, guessed=g, expected=e)
    return blocks.mean(e + w * (r - g))
