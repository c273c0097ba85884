"""Rankers: how probable a click is, and what becomes of it, from a row of inputs.

Three kinds behind one face: linear, boosted trees, and a small network that shares
its layers between three tasks. Each is told the position in training and asked for
the first one afterwards, so that a place's own pull does not count as the video's.
"""

from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from lightgbm import LGBMClassifier, LGBMRegressor
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, Ridge

from sevensteps.rank import Standardizer, mlp

from ..world import SLATE
from .examples import Rows
from .inputs import CODES, NAMES
from .items import Events, Floats

ANSWERS = 30  # of a survey that are needed at least
WARM_UP = 7  # days by which a user's own habit is told


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a ranker expects; (n,) arrays."""

    click: Floats  # probability of a click in the first place of a page
    share: Floats  # of the video that is watched after a click
    like: Floats  # probability of a like after a click


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
    def of(cls, x: Floats) -> Self:
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
    def fit(cls, rows: Rows) -> Self:
        """From impressions; share and like from the clicked ones."""
        scale, hit = Scale.of(rows.x), rows.clicked
        x = scale(rows.x)
        return cls(
            scale,
            _logistic(np.hstack([x, _places(rows.position)]), rows.clicked),
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


def _places(position: NDArray[np.int8]) -> Floats:
    return np.eye(SLATE, dtype=np.float32)[position]


def tree_plan(n_trees: int = 150) -> dict[str, Any]:
    """How LightGBM is set; equal on every run and number of threads."""
    return {
        "n_estimators": n_trees,
        "num_leaves": 31,
        "learning_rate": 0.08,
        "min_child_samples": 100,
        "reg_lambda": 5.0,
        "random_state": 0,
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
    def fit(cls, rows: Rows) -> Self:
        """From impressions; share and like from the clicked ones."""
        many, few, hit = tree_plan(150), tree_plan(75), rows.clicked
        told = np.column_stack([rows.x, rows.position])
        return cls(
            LGBMClassifier(**many).fit(told, rows.clicked),
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
    def fit(cls, ranker: OutcomeModel, rows: Rows) -> Self:
        """Least squares of the stars of those who were asked.

        Raises a ValueError if fewer than 30 were asked.
        """
        asked = rows.take(rows.stars > 0)
        return cls._priced(ranker(asked.x), asked)

    @classmethod
    def of_outcomes(cls, rows: Rows) -> Self:
        """The same by what was watched and liked, for clicks that have happened.

        A guess is smoother than what happens, so weights of the one do not price the
        other.
        """
        asked = rows.take(rows.stars > 0)
        liked = asked.liked.astype(np.float32)
        return cls._priced(Prediction(asked.share, asked.share, liked), asked)

    @classmethod
    def _priced(cls, after: Prediction, asked: Rows) -> Self:
        if len(asked) < ANSWERS:
            raise ValueError(f"{ANSWERS} answers are needed at least; got {len(asked)}")
        told = np.column_stack([np.ones(len(asked)), after.share, after.like])
        base, share, like = np.linalg.lstsq(told, asked.stars - 3.0)[0]
        return cls(float(base), float(share), float(like))

    def goal(self, guess: Prediction, x: Floats) -> Floats:
        """The goal of this value, for a policy."""
        return self(guess)

    def __call__(self, guess: Prediction) -> Floats:
        """(n,) expected value of showing each video."""
        after = self.base + self.share * guess.share + self.like * guess.like
        return np.asarray(guess.click * after, np.float32)


def value_of_returns(events: Events, n_users: int) -> Value:
    """Weights of clicks, shares watched and likes by what they do to a return.

    A logistic regression over (user, day) of a visit on the next day on what the visit
    held. How often the user has come so far and how many pages were asked for stand
    beside it: who likes much comes often anyway, and that is not what a like *does*.
    The weights are log-odds, an association and no experiment.

    Raises a ValueError if the log is too short to hold habits and returns.
    """
    days = int(events.day.max()) + 1
    if days < WARM_UP + 3:
        raise ValueError(f"returns need a log of {WARM_UP + 3} days; got {days}")
    cell = events.user.astype(np.int64) * days + events.day
    held = events.clicked, events.share, events.liked, np.ones(len(events))
    sums = [
        np.bincount(cell, each, n_users * days).astype("f4").reshape(n_users, days)
        for each in held
    ]
    came = sums[-1] > 0
    user, day = np.nonzero(came[:, WARM_UP:-1])
    day += WARM_UP
    habit = np.cumsum(came, axis=1)[user, day - 1] / day
    told = np.column_stack([*(each[user, day] for each in sums), habit])
    fitted = LogisticRegression(C=1e6, max_iter=500)
    base, share, like, *_ = fitted.fit(told, came[user, day + 1]).coef_[0]
    return Value(float(base), float(share), float(like))
