"""The one training loop of all networks: Adam, in double precision, on any processor.

A compiler for arrays adds up in an order that suits the processor, so the last bits of
a sum differ between two machines. In single precision a few hundred steps carry that
to the third digit of a result. In double precision the weights of two processors stay
within 3e-11 of each other after 450 steps, and all but one in a hundred within 4e-15
(two towers with 45,000 weights, three instruction sets). They are handed on in steps of
`GRID`, half a million times wider than the largest of these differences, so that both
machines hand on the same numbers; what that costs is far below one seed's noise.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from .mlp import Weights

GRID = 2.0**-16  # steps in which weights are handed on
ADAM = optax.scale_by_adam()
Rows = NDArray[np.intp]
Loss = Callable[[Any, Any, Any], jax.Array]  # weights, batch, fixed -> a number


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often a network looks at its training set, and how fast it learns.

    Attributes
    ----------
    batch : examples of a step
    epochs : passes over all examples, in an order drawn anew each; what does not fill
        a batch at the end of a pass is left out
    rate : of the first step; falls to zero along half a cosine
    decay : of the weights, decoupled (Loshchilov & Hutter, ICLR 2019)
    """

    batch: int
    epochs: int
    rate: float
    decay: float = 0.0

    def steps(self, n: int, of: str = "examples") -> int:
        """Steps over `n` examples; a ValueError if they do not fill one batch."""
        if n < self.batch:
            raise ValueError(
                f"a batch needs {self.batch} {of}; got {n}: give more, or a smaller "
                "`batch`"
            )
        if self.epochs < 1:
            raise ValueError(f"training needs one epoch at least; got {self.epochs}")
        return self.epochs * (n // self.batch)

    def batches(self, n: int, rng: np.random.Generator) -> Iterator[Rows]:
        """One epoch of rows, `batch` at a time."""
        order = rng.permutation(n)
        for first in range(0, n - self.batch + 1, self.batch):
            yield order[first : first + self.batch]


def train(
    loss: Loss,
    weights: Weights,
    n: int,
    batch_of: Callable[[Rows], Any],
    schedule: Schedule,
    rng: np.random.Generator,
    *,
    fixed: Any = (),
) -> tuple[Weights, list[float]]:
    """Weights after a schedule, in float32 on a grid, and the mean loss of each epoch.

    Parameters
    ----------
    loss : of (weights, batch, fixed), in `jax.numpy`; a function of a module, since
        what is compiled for it is kept for further trainings of the same shapes
    weights : to start from; a tree of arrays
    n : examples
    batch_of : a tree of arrays from rows of the training set, of one shape always
    rng : of the order, and of whatever `batch_of` draws
    fixed : what the loss is told beside each batch
    """
    rates = iter(cosine(schedule.rate, schedule.steps(n)))
    losses = []
    with jax.enable_x64(True):
        weights, fixed = _double(weights), _double(fixed)
        state = ADAM.init(weights)
        for _ in range(schedule.epochs):
            each = []
            for rows in schedule.batches(n, rng):
                told = batch_of(rows), fixed, next(rates), schedule.decay
                weights, state, value = _step(weights, state, *told, loss=loss)
                each.append(value)
            losses.append(float(np.mean([float(value) for value in each])))
    return jax.tree.map(_on_grid, weights), losses


def cosine(rate: float, steps: int) -> NDArray[np.float64]:
    """(steps,) learning rates that fall from `rate` to zero along half a cosine."""
    return rate * (1 + np.cos(np.pi * np.arange(steps) / steps)) / 2


@partial(jax.jit, static_argnames="loss")
def _step(
    weights: Weights,
    state: Any,
    batch: Any,
    fixed: Any,
    rate: float,
    decay: float,
    *,
    loss: Loss,
) -> tuple[Weights, Any, jax.Array]:
    """One step down the slope; compiled once for all trainings of one shape."""
    value, slope = jax.value_and_grad(loss)(weights, _double(batch), fixed)
    change, state = ADAM.update(slope, state)
    change = jax.tree.map(lambda x, w: -rate * (x + decay * w), change, weights)
    return optax.apply_updates(weights, change), state, value


def _double(tree: Any) -> Any:
    """Floats of a tree in double precision; the rest as it is."""
    return jax.tree.map(
        lambda x: jnp.asarray(x, float if jnp.result_type(x).kind == "f" else None),
        tree,
    )


def _on_grid(weight: jax.Array) -> NDArray[np.float32]:
    """Rounded; a zero has no sign, so that equal weights have equal bits."""
    return np.asarray(np.rint(np.asarray(weight) / GRID) * GRID + 0.0, np.float32)
