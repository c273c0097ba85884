"""Rankers: how probable a click is, and what becomes of it, from a row of inputs.

Three kinds behind one face: linear, boosted trees, and a small network that shares
its layers between three tasks. Each is told the position in training and asked for
the first one afterwards, so that a place's own pull does not count as the video's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from lightgbm import LGBMClassifier, LGBMRegressor
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, Ridge

from sevensteps.cases.video.world import SLATE
from sevensteps.rank.mlp import mlp
from sevensteps.rank.standardizer import Standardizer

from .examples import Rows
from .inputs import CODES, NAMES
from .items import Floats


@dataclass(frozen=True, slots=True)
class Prediction:
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


class OutcomeModel(Protocol):
    """Anything that turns inputs into a guess."""

    def __call__(self, x: Floats) -> Prediction:
        """(n, len(NAMES)) -> `Prediction`."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Inputs of one size: codes one-hot, the rest as z-scores."""

    mean: Floats
    spread: Floats
    widths: tuple[int, ...]  # of the codes

    @classmethod
    def of(cls, x: Floats) -> Scale:
        """From training inputs."""
        dense = Standardizer.fit(np.delete(x, _CODES, axis=1))
        widths = tuple(int(x[:, c].max()) + 1 for c in _CODES)
        mean, spread = dense.mean.astype(np.float32), dense.spread.astype(np.float32)
        return cls(mean, spread, widths)

    def __call__(self, x: Floats) -> Floats:
        """(n, features) float32."""
        dense = Standardizer(self.mean, self.spread, cut=5)
        parts = [dense(np.delete(x, _CODES, axis=1))]
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

    def __call__(self, x: Floats) -> Prediction:
        """(n, len(NAMES)) -> `Prediction`."""
        scaled = self.scale(x)
        first = _places(np.zeros(len(x), np.int8))
        return Prediction(
            self.click.predict_proba(np.hstack([scaled, first]))[:, 1],
            self.share.predict(scaled).clip(0, 1),
            self.like.predict_proba(scaled)[:, 1],
        )


def _logistic(x: Floats, y: Any) -> LogisticRegression:
    return LogisticRegression(C=0.1, max_iter=200).fit(x, y)


def _places(position: Any) -> Floats:
    return np.eye(SLATE, dtype=np.float32)[position]


def tree_plan(n_trees: int = 150, seed: int = 0) -> dict[str, Any]:
    """How LightGBM is set; equal on every run and number of threads."""
    return {
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


@dataclass(frozen=True)
class Trees:
    """LightGBM, one model a task."""

    click: LGBMClassifier
    share: LGBMRegressor
    like: LGBMClassifier

    @classmethod
    def fit(cls, rows: Rows, n_trees: int = 150, seed: int = 0) -> Trees:
        """From impressions; share and like from the clicked ones."""
        plan, few = tree_plan(n_trees, seed), tree_plan(n_trees // 2, seed)
        hit = rows.clicked
        told = np.column_stack([rows.x, rows.position])
        return cls(
            LGBMClassifier(**plan).fit(told, rows.clicked),
            LGBMRegressor(**few).fit(rows.x[hit], rows.share[hit]),
            LGBMClassifier(**few).fit(rows.x[hit], rows.liked[hit]),
        )

    def __call__(self, x: Floats) -> Prediction:
        """(n, len(NAMES)) -> `Prediction`."""
        first = np.column_stack([x, np.zeros(len(x), np.float32)])
        return Prediction(
            self.click.predict_proba(first)[:, 1],
            self.share.predict(x).clip(0, 1),
            self.like.predict_proba(x)[:, 1],
        )


@dataclass(frozen=True, slots=True)
class Net:
    """A network with shared layers and one output a task (Zhao et al., 2019).

    The position adds to the log-odds of a click, apart from all else. Trained by
    `net_training.fit`; this is what a service runs.
    """

    scale: Scale
    weights: dict[str, Any]

    def __call__(self, x: Floats) -> Prediction:
        """(n, len(NAMES)) -> `Prediction`."""
        out = mlp(self.weights["layers"], self.scale(x))
        out[:, 0] += self.weights["place"][0]
        return Prediction(*expit(out).T)


@dataclass(frozen=True, slots=True)
class Value:
    """What a click is worth, from what it is expected to bring.

    The weights come from the survey: stars above the middle, by share and like.
    """

    base: float
    share: float
    like: float

    @classmethod
    def fit(cls, ranker: OutcomeModel, rows: Rows) -> Value:
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

    @classmethod
    def of_outcomes(cls, rows: Rows) -> Value:
        """The same by what was watched and liked, for clicks that have happened.

        A guess is smoother than what happens, so weights of the one do not price the
        other.
        """
        return cls.fit(lambda x: Prediction(*_happened(rows)), rows)

    def goal(self, guess: Prediction, x: Floats) -> Floats:
        """The goal of this value, for a policy."""
        return self(guess)

    def __call__(self, guess: Prediction) -> Floats:
        """(n,) expected value of showing each video."""
        after = self.base + self.share * guess.share + self.like * guess.like
        return np.asarray(guess.click * after, np.float32)


def _happened(rows: Rows) -> tuple[Floats, Floats, Floats]:
    """Clicks, shares and likes of those who were asked for stars."""
    asked = rows.stars > 0
    told = rows.clicked, rows.share, rows.liked
    return tuple(each[asked].astype(np.float32) for each in told)  # type: ignore[return-value]
