"""Training of two towers by a sampled softmax, in JAX.

Negatives are the other items of the batch and some drawn evenly, each corrected, if
asked, by the logarithm of how often it is drawn (Yi et al., 2019; Yang et al., 2020),
and the items that the user saw beside the chosen one and passed over. What a user chose
elsewhere in the batch is no negative for that user.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from .mlp import Floats, Weights
from .towers import Choices, Ids, Side, TowerPlan, item_vectors, user_side, user_vectors
from .training import Rows, Schedule, train

ItemSide = Callable[[Ids, Floats], Side]


def train_towers(
    plan: TowerPlan,
    weights: Weights,
    choices: Choices,
    item_side: ItemSide,
    n_items: int,
) -> tuple[Weights, list[float]]:
    """Weights after training, and the mean loss of each epoch.

    Parameters
    ----------
    item_side : side of items of any shape, on days of a shape that fits
    n_items : from which further negatives are drawn
    """
    rng, n = np.random.default_rng([plan.seed, 13]), len(choices)
    schedule = Schedule(plan.batch, plan.epochs, plan.rate)
    schedule.steps(n, "clicks")
    often = np.bincount(choices.item, minlength=n_items) / n

    def batch_of(rows: Rows) -> Side:
        return batch(plan, choices.take(rows), item_side, often, rng)

    return train(loss, weights, n, batch_of, schedule, rng, fixed=plan.hard)


def batch(
    plan: TowerPlan,
    some: Choices,
    item_side: ItemSide,
    often: NDArray[np.float64],
    rng: np.random.Generator,
) -> Side:
    """What the loss is told of some choices and the items drawn beside them.

    An item is `often` (items,) chosen, as a share of all choices.
    """
    even = rng.integers(len(often), size=plan.even).astype(np.int32)
    ids = np.concatenate([some.item, even])
    drawn = np.log(plan.batch * often[ids] + plan.even / len(often))
    days = np.append(some.day, rng.choice(some.day, plan.even))
    return {
        "item": item_side(ids, days),
        "seen": item_side(np.maximum(some.last, 0), some.day[:, None]),
        "passed": item_side(np.maximum(some.passed, 0), some.day[:, None]),
        "none": some.passed < 0,
        "user": user_side(some.codes, some.last, some.strength),
        "drawn": drawn.astype(np.float32) * plan.log_q,
        "chosen": _chosen(some, ids),
        "weight": some.weight,
    }


def _chosen(some: Choices, ids: Ids) -> NDArray[np.bool_]:
    """(n, ids) items that each choice's user chose in this batch, but for its own.

    They are no negatives: the chosen item itself where it stands there again, and
    whatever else the same user chose.
    """
    n = len(some.item)
    code = np.unique(ids, return_inverse=True)[1]
    user = np.unique(some.user, return_inverse=True)[1]
    pairs = np.zeros((user.max() + 1, code.max() + 1), bool)
    pairs[user, code[:n]] = True
    chosen = pairs[user][:, code]
    chosen[np.arange(n), np.arange(n)] = False
    return np.asarray(chosen)


def loss(weights: Weights, batch: Side, hard: Any) -> jax.Array:
    """Mean cross-entropy of each choice among its negatives, by weight.

    Of a user's vectors the one nearest to the chosen item is taken. The items seen by
    the user's side pass no slope back: the item tower learns as an answer only.
    """
    wanted = item_vectors(weights, batch["item"], jnp)
    seen = jax.lax.stop_gradient(item_vectors(weights, batch["seen"], jnp))
    user = user_vectors(weights, batch["user"], seen, jnp)
    n, warm = user.shape[0], jnp.exp(weights["warmth"])
    fits = jnp.einsum("nkd,nd->nk", user, jax.lax.stop_gradient(wanted[:n]))
    best = jax.nn.one_hot(fits.argmax(axis=1), user.shape[1])
    asks = jnp.einsum("nk,nkd->nd", best, user)
    drawn = warm * asks @ wanted.T - batch["drawn"]
    passed = item_vectors(weights, batch["passed"], jnp)
    own = warm * jnp.einsum("nd,nhd->nh", asks, passed) + hard
    drawn = jnp.where(batch["chosen"], -1e9, drawn)
    logits = jnp.concatenate([drawn, jnp.where(batch["none"], -1e9, own)], axis=1)
    right = -jax.nn.log_softmax(logits)[jnp.arange(n), jnp.arange(n)]
    return (batch["weight"] * right).sum() / batch["weight"].sum()
