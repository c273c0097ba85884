"""Rankers: how probable a click is, and what becomes of it, from a row of inputs.

Three kinds behind one face: linear, boosted trees, and a small network that shares
its layers between three tasks. Each is told the position in training and asked for
the first one afterwards, so that a place's own pull does not count as the video's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
import optax
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from sevensteps.worlds.video import SLATE

from .examples import Rows
from .inputs import CODES, NAMES
from .items import Floats

TASKS = ("click", "share", "like")


@dataclass(frozen=True, slots=True)
class Guess:
    """What a ranker expects; (n,) arrays.

    Attributes
    ----------
    click : probability of a click in the first place of a page
    share : of the video that is watched after a click
    like : probability of a like after a click
    """

    click: Floats
    share: Floats
    like: Floats


class Ranker(Protocol):
    """Anything that turns inputs into a guess."""

    def __call__(self, x: Floats) -> Guess:
        """(n, len(NAMES)) -> `Guess`."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Inputs for models that need them of one size: codes one-hot, the rest z-scores."""

    mean: Floats
    spread: Floats
    widths: tuple[int, ...]  # of the codes

    @classmethod
    def of(cls, x: Floats) -> Scale:
        """From training inputs."""
        dense = np.delete(x, _CODES, axis=1)
        spread = np.maximum(dense.std(axis=0), 1e-6)
        widths = tuple(int(x[:, c].max()) + 1 for c in _CODES)
        return cls(dense.mean(axis=0), spread, widths)

    def __call__(self, x: Floats) -> Floats:
        """(n, features) float32."""
        dense = (np.delete(x, _CODES, axis=1) - self.mean) / self.spread
        parts = [dense.clip(-5, 5).astype(np.float32)]
        for column, width in zip(_CODES, self.widths, strict=True):
            parts.append(x[:, column, None] == np.arange(width, dtype=np.float32))
        return np.concatenate(parts, axis=1, dtype=np.float32)


_CODES = [NAMES.index(name) for name in CODES]


@dataclass(frozen=True)
class Linear:
    """Logistic and ridge regression."""

    scale: Scale
    click: LogisticRegression
    share: Ridge
    like: LogisticRegression

    @classmethod
    def fit(cls, rows: Rows) -> Linear:
        """From impressions; share and like from the clicked ones."""
        scale, hit = Scale.of(rows.x), rows.clicked
        x, places = scale(rows.x), _places(rows.position)
        return cls(
            scale,
            _logistic(np.hstack([x, places]), rows.clicked),
            Ridge(10.0).fit(x[hit], rows.share[hit]),
            _logistic(x[hit], rows.liked[hit]),
        )

    def __call__(self, x: Floats) -> Guess:
        """(n, len(NAMES)) -> `Guess`."""
        scaled = self.scale(x)
        first = _places(np.zeros(len(x), np.int8))
        return Guess(
            self.click.predict_proba(np.hstack([scaled, first]))[:, 1],
            self.share.predict(scaled).clip(0, 1),
            self.like.predict_proba(scaled)[:, 1],
        )


def _logistic(x: Floats, y: Any) -> LogisticRegression:
    return LogisticRegression(C=0.1, max_iter=200).fit(x, y)


def _places(position: Any) -> Floats:
    return np.eye(SLATE, dtype=np.float32)[position]


@dataclass(frozen=True)
class Trees:
    """LightGBM, one model a task."""

    click: LGBMClassifier
    share: LGBMRegressor
    like: LGBMClassifier

    @classmethod
    def fit(cls, rows: Rows, n_trees: int = 150, seed: int = 0) -> Trees:
        """From impressions; share and like from the clicked ones."""
        plan = {
            "n_estimators": n_trees,
            "num_leaves": 31,
            "learning_rate": 0.08,
            "min_child_samples": 100,
            "reg_lambda": 5.0,
            "random_state": seed,
            "deterministic": True,
            "n_jobs": 2,
            "verbose": -1,
        }
        hit, few = rows.clicked, plan | {"n_estimators": n_trees // 2}
        told = np.column_stack([rows.x, rows.position])
        return cls(
            LGBMClassifier(**plan).fit(told, rows.clicked),
            LGBMRegressor(**few).fit(rows.x[hit], rows.share[hit]),
            LGBMClassifier(**few).fit(rows.x[hit], rows.liked[hit]),
        )

    def __call__(self, x: Floats) -> Guess:
        """(n, len(NAMES)) -> `Guess`."""
        first = np.column_stack([x, np.zeros(len(x), np.float32)])
        return Guess(
            self.click.predict_proba(first)[:, 1],
            self.share.predict(x).clip(0, 1),
            self.like.predict_proba(x)[:, 1],
        )


@dataclass(frozen=True, slots=True)
class NetPlan:
    """How the network is built and trained."""

    widths: tuple[int, ...] = (64, 32)
    batch: int = 1_024
    epochs: int = 4
    rate: float = 3e-3
    decay: float = 1e-4
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Net:
    """A network with shared layers and one output a task (Zhao et al., 2019).

    The position adds to the log-odds of a click, apart from all else.
    """

    scale: Scale
    weights: dict[str, Any]

    @classmethod
    def fit(cls, rows: Rows, plan: NetPlan | None = None) -> Net:
        """From impressions; share and like learn from the clicked ones."""
        plan = plan or NetPlan()
        scale = Scale.of(rows.x)
        x = scale(rows.x)
        rng = np.random.default_rng([plan.seed, 14])
        steps = plan.epochs * (len(x) // plan.batch)
        if not steps:
            raise ValueError(f"a batch needs {plan.batch} impressions; got {len(x)}")
        rate = optax.cosine_decay_schedule(plan.rate, steps)
        adam = optax.adamw(rate, weight_decay=plan.decay)
        weights = _net(plan.widths, x.shape[1], rng)
        state = adam.init(weights)

        def step(weights: Any, state: Any, batch: Any) -> tuple[Any, Any]:
            change, state = adam.update(jax.grad(_loss)(weights, batch), state, weights)
            return optax.apply_updates(weights, change), state

        fast = jax.jit(step)
        for _ in range(plan.epochs):
            order = rng.permutation(len(x))
            for first in range(0, len(x) - plan.batch + 1, plan.batch):
                some = order[first : first + plan.batch]
                weights, state = fast(weights, state, _batch(x, rows, some))
        return cls(scale, jax.tree.map(np.asarray, weights))

    def __call__(self, x: Floats) -> Guess:
        """(n, len(NAMES)) -> `Guess`."""
        out = forward(self.weights, self.scale(x))
        out[:, 0] += self.weights["place"][0]
        odds = 1 / (1 + np.exp(-out.clip(-30, 30)))
        return Guess(*odds.T)


def forward(weights: dict[str, Any], x: Floats) -> Floats:
    """(n, tasks) log-odds in plain NumPy: what a service runs."""
    for at, layer in enumerate(weights["layers"]):
        x = x @ layer["w"] + layer["b"]
        if at + 1 < len(weights["layers"]):
            x = np.maximum(x, 0)
    return x


def _net(widths: tuple[int, ...], n_in: int, rng: np.random.Generator) -> Any:
    sizes = [n_in, *widths, len(TASKS)]
    layers = []
    for a, b in zip(sizes, sizes[1:], strict=False):
        w = rng.standard_normal((a, b)) * np.sqrt(2 / a)
        layers.append({"w": jnp.asarray(w, jnp.float32), "b": jnp.zeros(b)})
    return {"layers": layers, "place": jnp.zeros(SLATE)}


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


@dataclass(frozen=True, slots=True)
class Value:
    """What a click is worth, from what it is expected to bring.

    The weights come from the survey: stars above the middle, by share and like.
    """

    base: float
    share: float
    like: float

    @classmethod
    def fit(cls, ranker: Ranker, rows: Rows) -> Value:
        """Least squares of the stars of those who were asked.

        Raises
        ------
        ValueError
            if fewer than 30 were asked
        """
        asked = rows.stars > 0
        if asked.sum() < 30:
            raise ValueError(f"30 answers are needed at least; got {asked.sum()}")
        guess = ranker(rows.x[asked])
        told = np.column_stack([np.ones(asked.sum()), guess.share, guess.like])
        base, share, like = np.linalg.lstsq(told, rows.stars[asked] - 3.0)[0]
        return cls(float(base), float(share), float(like))

    def __call__(self, guess: Guess) -> Floats:
        """(n,) expected value of showing each video."""
        after = self.base + self.share * guess.share + self.like * guess.like
        return np.asarray(guess.click * after, np.float32)
