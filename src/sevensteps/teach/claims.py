"""A chapter's assertions: each is a line of code that can fail."""

from __future__ import annotations

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

    Parameters
    ----------
    text : str              the sentence, as a reader would quote it
    value : float or bool   what was measured; an interval brings its own bounds
    above, below : float    the value must be greater, or less, than this (or both)
    between : (float, float)  the value must lie here
    interval : Interval or (low, high)

    Returns
    -------
    Claim                   its text says what was measured and what was wanted

    Raises
    ------
    ClaimFailed             if it does not hold
    ValueError              if a number comes without a bound

    Examples
    --------
    >>> claim("Linear is enough", 0.012, below=0.02, interval=(0.008, 0.017))
    holds: Linear is enough
           0.012 [0.008, 0.017], wanted below 0.02
    """
    low, high = _bounds(value, interval)
    wanted = _wanted(value, above, below, between)
    holds = _holds(low, high, above, below, between)
    made = Claim(text, _measured(value, low, high), wanted, holds)
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


def _bounds(value: object, interval: object) -> tuple[float, float]:
    """Lower and upper end of what was measured."""
    source = value if interval is None else interval
    if isinstance(source, HasBounds):
        return float(source.low), float(source.high)
    if isinstance(source, tuple):
        low, high = source
        return float(low), float(high)
    number = float(source)  # type: ignore[arg-type]
    return number, number


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
    """The bound in words."""
    said = []
    if above is not None:
        said.append(f"above {above:,.3g}")
    if below is not None:
        said.append(f"below {below:,.3g}")
    if between is not None:
        said.append(f"between {between[0]:,.3g} and {between[1]:,.3g}")
    if said:
        return " and ".join(said)
    if isinstance(value, bool) or type(value).__name__ in {"bool", "bool_"}:
        return "true"
    raise ValueError("Give a number a bound: above=, below= or between=")


def _measured(value: object, low: float, high: float) -> str:
    """The value with its interval, to three digits."""
    centre = getattr(value, "estimate", value)
    if isinstance(centre, bool) or type(centre).__name__ == "bool_":
        return str(bool(centre)).lower()
    number = three_digits(float(centre))  # type: ignore[arg-type]
    if low == high:
        return number
    return f"{number} [{three_digits(low)}, {three_digits(high)}]"
