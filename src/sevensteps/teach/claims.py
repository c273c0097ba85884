"""A chapter's assertions: each is a line of code that can fail."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from sevensteps.teach.digits import three_digits

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
    interval: HasBounds | tuple[float, float] | None = None,
) -> Claim:
    """Assert a sentence of the chapter; it enters the chapter's table of claims.

    With an interval the claim holds only if the *whole* interval is on the right side,
    so that a claim cannot rest on luck. Bounds are strict; `between` includes its ends.
    Nothing holds of NaN or of an infinite value.

    Parameters
    ----------
    text : str              the sentence, as a reader would quote it
    value : float or bool   what was measured; an Interval brings its own ends
    above, below : float    the value must be greater, or less, than this (or both)
    between : (float, float)  the value must lie here
    interval : Interval or (low, high)  of a value that is a plain number

    Returns
    -------
    Claim                   its text says what was measured and what was wanted

    Raises
    ------
    ClaimFailed             if it does not hold
    ValueError              if a number comes without a bound, True or False with one;
                            if no number meets the bounds; if the interval is reversed
                            or does not contain the value

    Examples
    --------
    >>> claim("Linear is enough", 0.012, below=0.02, interval=(0.008, 0.017))
    holds: Linear is enough
           0.012 [0.008, 0.017], wanted below 0.02
    """
    number, low, high = _measurement(value, interval)
    wanted = _wanted(value, above, below, between)
    holds = math.isfinite(number) and _holds(low, high, above, below, between)
    made = Claim(text, _measured(value, number, low, high), wanted, holds)
    _RECORD[text] = made
    if not holds:
        raise ClaimFailed(
            f"{made}\nEither something broke, or the sentence is not true: "
            "find out which before you change the bound."
        )
    return made


def claims() -> pd.DataFrame:
    """The claims made so far in this session: claim, measured, wanted, holds."""
    import pandas as pd

    rows = [
        (made.text, made.measured, made.wanted, made.holds) for made in all_claims()
    ]
    return pd.DataFrame(rows, columns=["claim", "measured", "wanted", "holds"])


def all_claims() -> list[Claim]:
    """The claims made so far, in the order of their first appearance."""
    return list(_RECORD.values())


def forget_claims() -> None:
    """Start an empty table: for tests, and for a second chapter in one session."""
    _RECORD.clear()


def _measurement(value: object, interval: object) -> tuple[float, float, float]:
    """The value and its two ends; refused if they are not of one measurement."""
    own = isinstance(value, HasBounds)
    if interval is not None and (own or _is_bool(value)):
        raise ValueError("interval= goes with a plain number: leave it out here")
    number = float(getattr(value, "estimate", value))  # type: ignore[arg-type]
    source = value if own else interval
    if source is None:
        return number, number, number
    if isinstance(source, HasBounds):
        source = (source.low, source.high)
    low, high = map(float, source)  # type: ignore[call-overload]
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


def _holds(
    low: float,
    high: float,
    above: float | None,
    below: float | None,
    between: tuple[float, float] | None,
) -> bool:
    """Whether the whole of [low, high] is where it should be; never for NaN."""
    if above is None and below is None and between is None:
        return low == high == 1.0
    return (
        low <= high
        and (above is None or low > above)
        and (below is None or high < below)
        and (between is None or (between[0] <= low and high <= between[1]))
    )


def _wanted(
    value: object,
    above: float | None,
    below: float | None,
    between: tuple[float, float] | None,
) -> str:
    """The bound in words; refused if it goes with no value, or not with this one."""
    said = []
    if above is not None:
        said.append(f"above {above:,.3g}")
    if below is not None:
        said.append(f"below {below:,.3g}")
    if between is not None:
        said.append(f"between {between[0]:,.3g} and {between[1]:,.3g}")
    words = " and ".join(said)
    if _is_bool(value):
        if said:
            raise ValueError(f"True or False is not {words}: leave the bound out")
        return "true"
    if not said:
        raise ValueError("Give a number a bound: above=, below= or between=")
    if not _can_hold(above, below, between):
        raise ValueError(f"No number is {words}: mend the bounds")
    return words


def _can_hold(
    above: float | None, below: float | None, between: tuple[float, float] | None
) -> bool:
    """Whether some number meets the bounds."""
    least, most = between or (-math.inf, math.inf)
    above = -math.inf if above is None else above
    below = math.inf if below is None else below
    return above < below and above < most and least < below and least <= most


def _measured(value: object, number: float, low: float, high: float) -> str:
    """The value with its interval, to three digits."""
    if _is_bool(value):
        return str(bool(value)).lower()
    if low == high:
        return three_digits(number)
    return f"{three_digits(number)} [{three_digits(low)}, {three_digits(high)}]"
