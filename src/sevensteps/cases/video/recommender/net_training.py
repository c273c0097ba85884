"""Training of the ranking network, in JAX."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray
from scipy.special import logit

from sevensteps.rank import begin_layers, mlp
from sevensteps.rank.mlp import Weights
from sevensteps.rank.training import Schedule, train

from ..world import SLATE
from .examples import Rows
from .items import Floats
from .ranking import Net, Scale


@dataclass(frozen=True, slots=True)
class NetPlan:
    """How the network is built and trained."""

    widths: tuple[int, ...] = (64, 32)
    batch: int = 1_024
    epochs: int = 4
    rate: float = 3e-3
    decay: float = 1e-4
    seed: int = 0

    @property
    def schedule(self) -> Schedule:
        """Of the training loop."""
        return Schedule(self.batch, self.epochs, self.rate, self.decay)


def fit(rows: Rows, plan: NetPlan | None = None, *, start: Net | None = None) -> Net:
    """From impressions; share and like learn from the clicked ones.

    `start`: a network to continue from, with its scale; `plan.widths` is then unused.

    Raises a ValueError if there are fewer impressions than a batch needs.
    """
    plan = plan or NetPlan()
    plan.schedule.steps(len(rows), "impressions")
    scale = start.scale if start else Scale.of(rows.x)
    goals = np.column_stack([rows.clicked, rows.share, rows.liked]).astype(np.float32)
    x = scale(rows.x)
    weights = start.weights if start else begun(x.shape[1], plan, *_base(rows))
    return Net(scale, learned(weights, x, rows.position, goals, plan))


def learned(
    weights: Weights,
    x: Floats,
    position: NDArray[np.int8],
    goals: Floats,
    plan: NetPlan,
) -> Weights:
    """Weights after `plan.epochs` passes over examples, in an order drawn anew each.

    (n, features) scaled inputs; where each was shown, -1 adding nothing for the place;
    (n, 3) click, share and like, or their probabilities.
    """
    rng = np.random.default_rng([plan.seed, 15])

    def batch_of(some: Any) -> dict[str, Any]:
        return {"x": x[some], "position": position[some], "goals": goals[some]}

    return train(_loss, weights, len(x), batch_of, plan.schedule, rng)[0]


def begun(n_features: int, plan: NetPlan, base: Floats, place: Floats) -> Weights:
    """Random weights; what is known without any input at once.

    (3,) log-odds of a click, of what is watched and of a like, and what each place adds
    to those of a click.
    """
    rng = np.random.default_rng([plan.seed, 14])
    layers = begin_layers(rng, [n_features, *plan.widths, 3], last=0.1)
    layers[-1]["b"] = np.asarray(base)
    return {"layers": layers, "place": np.asarray(place)}


def _base(rows: Rows) -> tuple[Floats, Floats]:
    """The base rates of impressions, and the places' pull, as log-odds."""
    shown = np.bincount(rows.position, minlength=SLATE)
    clicks = np.bincount(rows.position[rows.clicked], minlength=SLATE)
    place = logit((clicks + 1) / (shown + 10))
    hit = rows.clicked
    after = logit([rows.share[hit].mean(), (rows.liked[hit].sum() + 1) / hit.sum()])
    return np.asarray([place[0], *after]), place - place[0]


def _loss(weights: Any, batch: Any, fixed: Any) -> jax.Array:
    """Cross-entropy of clicks, and of shares and likes among the clicked.

    If a goal is a probability of a click, share and like count by as much.
    """
    x = mlp(weights["layers"], batch["x"], jnp)
    place = jax.nn.one_hot(batch["position"], SLATE) @ weights["place"]
    x = x + jnp.stack([place, 0 * place, 0 * place], axis=1)
    each = optax.sigmoid_binary_cross_entropy(x, batch["goals"])
    hit = batch["goals"][:, :1]
    return (each * jnp.concatenate([jnp.ones_like(hit), hit, hit], axis=1)).mean()
