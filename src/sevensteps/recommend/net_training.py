"""Training of the ranking network, in JAX."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy.special import logit

from sevensteps.worlds.video import SLATE

from .examples import Rows
from .items import Floats
from .ranking import Net, Scale
from .tower_training import ADAM, cosine


@dataclass(frozen=True, slots=True)
class NetPlan:
    """How the network is built and trained."""

    widths: tuple[int, ...] = (64, 32)
    batch: int = 1_024
    epochs: int = 4
    rate: float = 3e-3
    decay: float = 1e-4
    seed: int = 0


def fit(rows: Rows, plan: NetPlan | None = None) -> Net:
    """From impressions; share and like learn from the clicked ones."""
    plan = plan or NetPlan()
    scale = Scale.of(rows.x)
    x = scale(rows.x)
    rng = np.random.default_rng([plan.seed, 15])
    steps = plan.epochs * (len(x) // plan.batch)
    if not steps:
        raise ValueError(f"a batch needs {plan.batch} impressions; got {len(x)}")
    weights = _net(plan.widths, rows, x.shape[1], plan.seed)
    state, rates = ADAM.init(weights), iter(cosine(plan.rate, steps))
    for _ in range(plan.epochs):
        order = rng.permutation(len(x))
        for first in range(0, len(x) - plan.batch + 1, plan.batch):
            batch = _batch(x, rows, order[first : first + plan.batch])
            weights, state = _fast(weights, state, batch, next(rates), plan.decay)
    return Net(scale, jax.tree.map(np.asarray, weights))


def _step(
    weights: Any, state: Any, batch: Any, rate: float, decay: float
) -> tuple[Any, Any]:
    """One step of Adam with decoupled decay (Loshchilov & Hutter, 2019)."""
    change, state = ADAM.update(jax.grad(_loss)(weights, batch), state)
    change = jax.tree.map(lambda x, w: -rate * (x + decay * w), change, weights)
    return optax.apply_updates(weights, change), state


_fast = jax.jit(_step)


def _net(widths: tuple[int, ...], rows: Rows, n_in: int, seed: int) -> Any:
    """Weights by lot; what is known without any input, the base rates, at once."""
    rng, sizes, layers = np.random.default_rng([seed, 14]), [n_in, *widths, 3], []
    for a, b in pairwise(sizes):
        w = rng.standard_normal((a, b)) * np.sqrt(2 / a)
        layers.append({"w": jnp.asarray(w, jnp.float32), "b": jnp.zeros(b)})
    shown = np.bincount(rows.position, minlength=SLATE)
    clicks = np.bincount(rows.position[rows.clicked], minlength=SLATE)
    place = logit((clicks + 1) / (shown + 10))
    hit = rows.clicked
    after = logit([rows.share[hit].mean(), (rows.liked[hit].sum() + 1) / hit.sum()])
    layers[-1]["w"] *= 0.1
    layers[-1]["b"] = jnp.asarray([place[0], *after], jnp.float32)
    return {"layers": layers, "place": jnp.asarray(place - place[0], jnp.float32)}


def _batch(x: Floats, rows: Rows, some: Any) -> dict[str, Any]:
    goals = (rows.clicked[some], rows.share[some], rows.liked[some])
    return {
        "x": x[some],
        "position": rows.position[some],
        "goals": np.column_stack(goals).astype(np.float32),
    }


def _loss(weights: Any, batch: Any) -> jax.Array:
    """Cross-entropy of clicks, and of shares and likes among the clicked."""
    x = batch["x"]
    for at, layer in enumerate(weights["layers"]):
        x = x @ layer["w"] + layer["b"]
        if at + 1 < len(weights["layers"]):
            x = jax.nn.relu(x)
    place = jax.nn.one_hot(batch["position"], SLATE) @ weights["place"]
    x = x + jnp.stack([place, 0 * place, 0 * place], axis=1)
    each = optax.sigmoid_binary_cross_entropy(x, batch["goals"])
    hit = batch["goals"][:, :1]
    return (each * jnp.concatenate([jnp.ones_like(hit), hit, hit], axis=1)).mean()
