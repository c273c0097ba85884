"""Training of the towers, in JAX.

A sampled softmax: negatives are the other videos of the batch and some drawn evenly,
each corrected, if asked, by the logarithm of how often it is drawn (Yi et al., 2019;
Yang et al., 2020), and the videos that the user saw on the same page and passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from .examples import Examples
from .items import Floats, Ids, Items
from .towers import Batch, Plan, Towers, Weights, item_side, user_side

ADAM = optax.scale_by_adam()


def start(plan: Plan, items: Items) -> Weights:
    """Small random weights."""
    rng = np.random.default_rng([plan.seed, 12])

    def layer(n_in: int, n_out: int, size: float = 1.0) -> Weights:
        w = size * rng.standard_normal((n_in, n_out)) / np.sqrt(n_in)
        return {"w": jnp.asarray(w, jnp.float32), "b": jnp.zeros(n_out)}

    def table(n: int, width: int) -> jax.Array:
        return jnp.asarray(0.1 * rng.standard_normal((n, width)), jnp.float32)

    languages = int(items.language.max()) + 1
    into = items.content.shape[1] + 2 + 4 + 8 + 8
    return {
        "language": table(languages, 4),
        "topic": table(int(items.topic.max()) + 1, 8),
        "creator": table(plan.buckets, 8),
        "content": jnp.eye(items.content.shape[1], plan.out),
        "item": [layer(into, plan.inner), layer(plan.inner, plan.out, 0.3)],
        "look": [layer(plan.out + 1, plan.inner), layer(plan.inner, plan.heads)],
        "user": [layer(plan.out + 5, plan.inner), layer(plan.inner, plan.out, 0.3)],
        "warmth": jnp.asarray(2.5, jnp.float32),
    }


def _dense(layers: list[Weights], x: jax.Array) -> jax.Array:
    for at, layer in enumerate(layers):
        x = x @ layer["w"] + layer["b"]
        if at + 1 < len(layers):
            x = jax.nn.relu(x)
    return x


def _unit(x: jax.Array) -> jax.Array:
    return x / jnp.sqrt((x * x).sum(-1, keepdims=True) + 1e-8)


def _row(table: jax.Array, code: jax.Array) -> jax.Array:
    """Rows of a small table, as a product: its slope is one, too, and not a scatter."""
    return jax.nn.one_hot(code, table.shape[0]) @ table


def item_vectors(weights: Weights, side: Batch) -> jax.Array:
    """(..., out) of unit length."""
    x = [
        side["dense"],
        _row(weights["language"], side["language"]),
        _row(weights["topic"], side["topic"]),
        weights["creator"][side["creator"]],
    ]
    content = side["dense"][..., : weights["content"].shape[0]] @ weights["content"]
    return _unit(content + _dense(weights["item"], jnp.concatenate(x, -1)))


def user_vectors(weights: Weights, side: Batch, seen: jax.Array) -> jax.Array:
    """(n, heads, out) of unit length, from (n, RECENT, out) vectors of clicks."""
    there = side["there"][..., None]
    told = jnp.concatenate([seen, side["share"][..., None]], -1)
    look = jnp.where(there, _dense(weights["look"], told), -1e9)
    look = jax.nn.softmax(look, axis=1) * there
    pooled = jnp.einsum("nlk,nld->nkd", look, seen)
    language = _row(weights["language"], side["language"])
    own = jnp.concatenate([language, side["warm"]], -1)
    own = jnp.broadcast_to(own[:, None], (*pooled.shape[:2], own.shape[-1]))
    return _unit(pooled + _dense(weights["user"], jnp.concatenate([pooled, own], -1)))


def _loss(weights: Weights, batch: Batch, hard: float) -> jax.Array:
    """Mean cross-entropy of each click among its negatives, by weight.

    Of a user's vectors the one nearest to the clicked video is taken. The videos seen
    by the user's side pass no slope back: the item tower learns as an answer only.
    """
    wanted = item_vectors(weights, batch["item"])
    seen = jax.lax.stop_gradient(item_vectors(weights, batch["seen"]))
    user = user_vectors(weights, batch["user"], seen)
    n, warm = user.shape[0], jnp.exp(weights["warmth"])
    fits = jnp.einsum("nkd,nd->nk", user, jax.lax.stop_gradient(wanted[:n]))
    best = jax.nn.one_hot(fits.argmax(axis=1), user.shape[1])
    asks = jnp.einsum("nk,nkd->nd", best, user)
    drawn = warm * asks @ wanted.T - batch["drawn"]
    passed = item_vectors(weights, batch["hard"])
    own = warm * jnp.einsum("nd,nhd->nh", asks, passed) + hard
    drawn = jnp.where(batch["same"], -1e9, drawn)
    logits = jnp.concatenate([drawn, jnp.where(batch["none"], -1e9, own)], axis=1)
    right = -jax.nn.log_softmax(logits)[jnp.arange(n), jnp.arange(n)]
    return (batch["weight"] * right).sum() / batch["weight"].sum()


def _batches(
    plan: Plan, items: Items, examples: Examples, rng: np.random.Generator
) -> Iterator[Batch]:
    """One epoch of batches, in an order drawn anew."""
    n = len(examples.item)
    often = np.bincount(examples.item, minlength=len(items)) / n
    order = rng.permutation(n)
    for first in range(0, n - plan.batch + 1, plan.batch):
        some = examples.take(order[first : first + plan.batch])
        even = rng.integers(len(items), size=plan.even).astype(np.int32)
        ids = np.concatenate([some.item, even])
        yield _batch(plan, items, some, ids, often, rng)


def _batch(
    plan: Plan,
    items: Items,
    some: Examples,
    ids: Ids,
    often: NDArray[np.float64],
    rng: np.random.Generator,
) -> Batch:
    """What the loss is told of some clicks and the videos `ids` beside them."""

    def side(rows: Ids, day: Floats) -> Batch:
        return item_side(items, np.maximum(rows, 0), day, plan.buckets)

    drawn = np.log(plan.batch * often[ids] + plan.even / len(items))
    same = some.item[:, None] == ids[None, :]
    np.fill_diagonal(same, False)  # but for the click itself
    return {
        "item": side(ids, np.append(some.day, rng.choice(some.day, plan.even))),
        "seen": side(some.last, some.day[:, None]),
        "hard": side(some.passed, some.day[:, None]),
        "none": some.passed < 0,
        "user": user_side(some.language, some.last, some.last_share),
        "drawn": drawn.astype(np.float32) * plan.log_q,
        "same": same,
        "weight": some.weight,
    }


def train(plan: Plan, items: Items, examples: Examples) -> tuple[Towers, list[float]]:
    """Towers, and the mean loss of each epoch."""
    rng = np.random.default_rng([plan.seed, 13])
    weights = start(plan, items)
    steps = plan.epochs * (len(examples.item) // plan.batch)
    if not steps:
        raise ValueError(f"a batch needs {plan.batch} clicks; got {len(examples.item)}")
    state, losses = ADAM.init(weights), []
    rates = iter(cosine(plan.rate, steps))
    for _ in range(plan.epochs):
        told = []
        for batch in _batches(plan, items, examples, rng):
            rate = next(rates)
            weights, state, loss = _fast(weights, state, batch, rate, plan.hard)
            told.append(loss)
        losses.append(float(np.mean([float(x) for x in told])))
    return Towers(plan, jax.tree.map(np.asarray, weights)), losses


def _step(
    weights: Weights, state: Any, batch: Batch, rate: float, hard: float
) -> tuple[Weights, Any, jax.Array]:
    """One step down the slope; compiled once for all trainings of one shape."""
    loss, slope = jax.value_and_grad(_loss)(weights, batch, hard)
    change, state = ADAM.update(slope, state)
    change = jax.tree.map(lambda x: -rate * x, change)
    return optax.apply_updates(weights, change), state, loss


_fast = jax.jit(_step)


def cosine(rate: float, steps: int) -> Floats:
    """(steps,) learning rates that fall from `rate` to zero along half a cosine."""
    done = np.arange(steps) / steps
    return (rate * (1 + np.cos(np.pi * done)) / 2).astype(np.float32)
