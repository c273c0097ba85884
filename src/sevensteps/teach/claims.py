"""A chapter's assertions, which can fail; a reader's guesses and answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .marks import three_digits

if TYPE_CHECKING:
    import pandas as pd


class ClaimFailed(AssertionError):
    """A sentence of the book that is not true here and now."""


@dataclass(frozen=True)
class Claim:
    """One assertion and what was measured."""

    text: str
    measured: str
    wanted: str
    holds: bool

    def __repr__(self) -> str:
        sign = "holds" if self.holds else "FAILS"
        return f"{sign}: {self.text}\n       {self.measured}, wanted {self.wanted}"


_RECORD: dict[str, Claim] = {}


def claim(
    text: str,
    value: object,
    *,
    above: float | None = None,
    below: float | None = None,
    between: tuple[float, float] | None = None,
) -> Claim:
    """Assert a sentence of the chapter; it enters the chapter's table of claims.

    Of an interval the *whole* must be on the right side, so that a claim cannot rest on
    luck. Bounds are strict; `between` includes its ends.
    Nothing holds of NaN or of an infinite value.

    `value` is a number, True or False, or an Interval. Raises a ClaimFailed if it does
    not hold; a ValueError if a number comes without a bound, True or False with one, if
    no number meets the bounds, if an interval is reversed or lacks its own estimate.

    >>> claim("Linear is enough", 0.012, below=0.02)
    holds: Linear is enough
           0.012, wanted below 0.02
    """
    bounds = _Bounds(above, below, between)
    number, low, high = _measurement(value)
    if _is_bool(value):
        if str(bounds):
            raise ValueError(f"True or False is not {bounds}: leave the bound out")
        wanted, measured, holds = "true", str(bool(value)).lower(), bool(value)
    else:
        wanted, measured = bounds.wanted(), three_digits(number)
        holds = math.isfinite(number) and bounds.hold(low, high)
    if low != high:
        measured += f" [{three_digits(low)}, {three_digits(high)}]"
    made = Claim(text, measured, wanted, holds)
    _RECORD[text] = made
    if not holds:
        raise ClaimFailed(
            f"{made}\nEither something broke, or the sentence is not true: "
            "find out which before you change the bound."
        )
    return made


def claims() -> pd.DataFrame:
    """The claims made so far, in the order of their first appearance, as a table."""
    import pandas as pd

    columns = ["claim", "measured", "wanted", "holds"]
    rows = [(c.text, c.measured, c.wanted, c.holds) for c in _RECORD.values()]
    return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True)
class _Bounds:
    """Where a value must lie."""

    above: float | None
    below: float | None
    between: tuple[float, float] | None

    def __str__(self) -> str:
        said = []
        if self.above is not None:
            said.append(f"above {self.above:,.3g}")
        if self.below is not None:
            said.append(f"below {self.below:,.3g}")
        if self.between is not None:
            said.append("between {:,.3g} and {:,.3g}".format(*self.between))
        return " and ".join(said)

    def wanted(self) -> str:
        """The bounds in words; refused if there are none, or no number meets them."""
        if not str(self):
            raise ValueError("Give a number a bound: above=, below= or between=")
        least, most = self.between or (-math.inf, math.inf)
        above = -math.inf if self.above is None else self.above
        below = math.inf if self.below is None else self.below
        if not (above < min(below, most) and least < below and least <= most):
            raise ValueError(f"No number is {self}: mend the bounds")
        return str(self)

    def hold(self, low: float, high: float) -> bool:
        """Whether the whole of [low, high] is where it should be; never for NaN."""
        return (
            low <= high
            and (self.above is None or low > self.above)
            and (self.below is None or high < self.below)
            and (self.between is None or self.between[0] <= low)
            and (self.between is None or high <= self.between[1])
        )


def _measurement(value: Any) -> tuple[float, float, float]:
    """The value and its two ends; refused if they are not of one measurement."""
    number = float(getattr(value, "estimate", value))
    if not hasattr(value, "low"):
        return number, number, number
    low, high = float(value.low), float(value.high)
    if low > high:
        raise ValueError(f"The interval is reversed: [{low:.6g}, {high:.6g}]")
    if number < low or number > high:
        raise ValueError(
            f"The interval [{low:.6g}, {high:.6g}] does not contain the value "
            f"{number:.6g}: give value and interval of one measurement"
        )
    return number, low, high


def _is_bool(value: object) -> bool:
    """Whether this is Python's or NumPy's True or False."""
    return type(value).__name__ in {"bool", "bool_"}


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

    `reveal` calls it by the same name. The unit, such as "alerts a day", is said after
    the number. Raises a ValueError if the guess is not a finite number.

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
