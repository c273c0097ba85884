"""A chapter's assertions: each is a line of code that can fail."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from sevensteps.teach.marks import three_digits

if TYPE_CHECKING:
    import pandas as pd


@runtime_checkable
class HasBounds(Protocol):
    """An interval, such as `sevensteps.measure.Interval`."""

    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


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

    Parameters
    ----------
    text : str              the sentence, as a reader would quote it
    value : float, bool or Interval     what was measured

    Raises
    ------
    ClaimFailed             if it does not hold
    ValueError              if a number comes without a bound, True or False with one;
                            if no number meets the bounds; if an interval is reversed
                            or does not contain its own estimate

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


def _measurement(value: object) -> tuple[float, float, float]:
    """The value and its two ends; refused if they are not of one measurement."""
    number = float(getattr(value, "estimate", value))  # type: ignore[arg-type]
    if not isinstance(value, HasBounds):
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
