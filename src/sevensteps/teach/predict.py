"""Predict, then look: a guess before the result, and exercises that answer back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sevensteps.teach.marks import three_digits

if TYPE_CHECKING:
    import pandas as pd

#: A relative error that counts as right, and ratios to the truth that are near it.
_RIGHT, _CLOSE, _RIGHT_ORDER = 0.05, 1.5, 3.0


@dataclass(frozen=True)
class Say:
    """Text that a cell prints as it is."""

    text: str

    def __repr__(self) -> str:
        return self.text


_GUESSES: dict[str, tuple[float, str]] = {}  # number and unit, by name


def commit(name: str, guess: float | None = None, unit: str = "") -> Say:
    """Write down a guess before the result is shown. Skip it with `None`.

    Parameters
    ----------
    name : str       what is guessed, as `reveal` will call it
    unit : str       said after the number, such as "alerts a day"

    Raises
    ------
    ValueError       if the guess is not a finite number

    >>> commit("alerts", 5_000, "alerts a day")
    Your guess: 5,000 alerts a day. Change it before you read on.
    >>> reveal("alerts", 812)
    You said 5,000 alerts a day; it is 812: your guess is 6.2 times too high.
    """
    if guess is None:
        _GUESSES.pop(name, None)
        return Say("Skipped. Read on.")
    if not math.isfinite(guess):
        raise ValueError(f"{name}: a guess is a finite number, not {guess}")
    _GUESSES[name] = float(guess), unit
    return Say(f"Your guess: {_said(guess, unit)}. Change it before you read on.")


def reveal(name: str, actual: float) -> Say:
    """Compare the guess of that name with the result, as a ratio.

    Without a guess the result is told alone.
    """
    if name not in _GUESSES:
        return Say(f"It is {three_digits(actual)}.")
    guess, unit = _GUESSES[name]
    begun = f"You said {_said(guess, unit)}; it is {three_digits(actual)}"
    return Say(f"{begun}: {_distance(guess, actual)}.")


def check(exercise: str, answer: float | None, *, expected: float) -> Say:
    """Say whether an answer, None for none yet, is within 5 % of the solution's number.

    >>> check("Exercise 1", 4.1, expected=4.0)
    Exercise 1: right (4.1; the solution has 4).
    >>> check("Exercise 1", 8.0, expected=4.0)
    Exercise 1: not yet. Your answer is 2 times too high, the right order. Try again.
    """
    if answer is None:
        return Say(f"{exercise}: not answered yet. Try before you unfold the solution.")
    if math.isclose(answer, expected, rel_tol=_RIGHT, abs_tol=1e-12):
        told = f"({three_digits(answer)}; the solution has {three_digits(expected)})"
        return Say(f"{exercise}: right {told}.")
    distance = _distance(answer, expected).replace("your guess", "Your answer")
    return Say(f"{exercise}: not yet. {distance}. Try again.")


def recap(learned: Mapping[str, object]) -> pd.DataFrame:
    """The recap table: each objective, as at the chapter's start, and its number."""
    import pandas as pd

    rows = [
        (goal, three_digits(found) if isinstance(found, int | float) else str(found))
        for goal, found in learned.items()
    ]
    return pd.DataFrame(rows, columns=["you can now", "measured here"])


def _said(number: float, unit: str) -> str:
    return f"{three_digits(number)} {unit}".rstrip()


def _distance(guess: float, actual: float) -> str:
    """How far a guess is from the result, as a ratio in words."""
    if guess == actual:
        return "your guess is exact"
    if guess * actual <= 0:
        return "your guess is on the wrong side of zero"
    ratio = guess / actual
    size = max(ratio, 1 / ratio)
    if size < _CLOSE:
        return f"your guess is close (a factor of {size:.2f})"
    side = "high" if abs(guess) > abs(actual) else "low"
    order = ", the right order" if size < _RIGHT_ORDER else ""
    times = f"{size:.2g}" if size < 100 else f"{size:,.0f}"
    return f"your guess is {times} times too {side}{order}"
