"""Times of a reader's tables: dates, Unix time in any unit, or plain seconds.

What fits none of them in every row is refused; which it is, is decided by the size of
most rows, never row by row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from .faults import BadTable, faults, listed, refuse
from .values import floats, is_text, without_words

Seconds = NDArray[np.float64]
DAY = 86_400
EARLIEST, LATEST = (pd.Timestamp(at).timestamp() for at in ("1995", "2100"))
UNITS = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
_ZONE = r"[T ]\d{2}.*(?:Z|[+-]\d{2}(?::?\d{2})?)$"
_DATE = r"\d{4}-?\d{2}-?\d{2}(?:[T ].*)?"
_ADVICE = "write 2026-01-31, 2026-01-31T23:59:59 or Unix time"
#: Rows beyond a gap that are few enough to be a slip, and the least such gap in days.
FEW, GAP_DAYS, GAP_MEANS = 0.01, 7, 50


@dataclass(frozen=True, slots=True)
class Instants:
    """A time column.

    Attributes
    ----------
    seconds : (n,) float64    since 1970, or since their own zero; nan is missing
    dated : whether they are since 1970
    zoned : whether a zone was told with them
    """

    seconds: Seconds
    dated: bool
    zoned: bool = False


def instants(
    table: str, name: str, values: pa.ChunkedArray, notes: list[str]
) -> Instants:
    """A plain column as instants.

    Raises
    ------
    BadTable                  naming the rows that are no time, or of another unit
    """
    kind = values.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        dates = values.cast(pa.timestamp("us"), safe=False)
        return Instants(_since_1970(dates.to_pandas()), True, bool(_zone(kind)))
    if not is_text(values):
        numbers = floats(table, name, values)
        return _counted(table, name, numbers, numbers)
    text = without_words(table, name, values, notes)
    numbers = pd.to_numeric(text.astype("object"), errors="coerce").astype("float64")
    if 2 * numbers.notna().sum() > text.notna().sum():
        refuse(
            table, name, numbers.isna() & text.notna(), text, "is no number of seconds"
        )
        padded = text.str.match(r"0\d").fillna(value=False)
        refuse(table, name, padded, text, f"is no number of seconds; {_ADVICE}")
        return _counted(table, name, numbers, text)
    return _written(table, name, text)


def _zone(kind: pa.DataType) -> str | None:
    return kind.tz if pa.types.is_timestamp(kind) else None


def _since_1970(dates: pd.Series) -> Seconds:
    """Seconds; nan where there is no date."""
    bare = dates.dt.tz_localize(None) if dates.dt.tz is not None else dates
    whole = bare.to_numpy("datetime64[us]")
    return np.where(np.isnat(whole), np.nan, whole.astype(np.int64) / 1e6)


def _written(table: str, name: str, text: pd.Series) -> Instants:
    """ISO dates and timestamps, all with a zone or all without."""
    dates = pd.to_datetime(text, errors="coerce", format="ISO8601", utc=True)
    wrong = text.notna() & (
        dates.isna() | ~text.str.fullmatch(_DATE).fillna(value=False)
    )
    refuse(table, name, wrong, text, f"is no ISO timestamp: {_ADVICE}")
    zoned = text.str.contains(_ZONE).fillna(value=False).to_numpy(bool)
    told = text.notna().to_numpy(bool)
    if (zoned & told).any() and (~zoned & told).any():
        most = zoned.sum() * 2 > told.sum()
        why = "has no zone, others have" if most else "has a zone, others have none"
        refuse(table, name, told & (zoned != most), text, why)
    return Instants(_since_1970(dates), True, bool(zoned.any()))


def _counted(table: str, name: str, numbers: pd.Series, told: pd.Series) -> Instants:
    """Days as 20260131, Unix time in the unit that most rows have, or plain seconds."""
    value = numbers.to_numpy(np.float64)
    infinite = np.isinf(value)
    refuse(table, name, infinite, told, f"is no number of seconds; {_ADVICE}")
    have = ~np.isnan(value)
    dates = _compact(numbers) if have.any() else None
    if dates is not None:
        return Instants(_since_1970(dates), True)
    fits = {unit: _within(value, per) for unit, per in UNITS.items()}
    unit = max(fits, key=lambda unit: int(fits[unit].sum()))
    if 2 * fits[unit].sum() <= have.sum():
        return Instants(value, False)
    why = f"is no Unix time in {unit} from 1995 to 2100, as the others are; {_ADVICE}"
    refuse(table, name, have & ~fits[unit], told, why)
    if _looks_compact(value[have]):
        raise BadTable(
            f"{table}.{name} may be yymmddhhmm or {unit} since 1970: {_ADVICE}"
        )
    return Instants(value / UNITS[unit], True)


def _within(value: Seconds, per: float) -> NDArray[np.bool_]:
    return (value >= EARLIEST * per) & (value < LATEST * per)


def _compact(numbers: pd.Series) -> pd.Series | None:
    """Dates, if every number is one as in 20260131."""
    have = numbers.dropna()
    if not (have.between(19_000_101, 21_001_231) & (have % 1 == 0)).all():
        return None
    text = numbers.astype("Int64").astype("str")
    dates = pd.to_datetime(text, format="%Y%m%d", errors="coerce")
    return dates if dates.notna().sum() == len(have) else None


def _looks_compact(value: Seconds) -> bool:
    """Whether ten or more numbers all read as yymmddhhmm, as Unix times seldom do."""
    parts = [(value // 10**place % 100) for place in (6, 4, 2, 0)]
    month, day, hour, minute = parts
    calendar = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    clock = (hour < 24) & (minute < 60)
    return bool(len(value) >= 10 and (value < 1e10).all() and (calendar & clock).all())


def check_clock(table: str, name: str, clock: Instants) -> None:
    """Raise if the main times are no plain seconds either, or one lies far off.

    Plain seconds begin on their first day and go on for a day at least; yymmdd,
    a spreadsheet's days or years do not.
    """
    seconds = clock.seconds
    low, high = float(seconds.min()), float(seconds.max())
    if not clock.dated and not (0 <= low < DAY <= high):
        raise BadTable(
            f"{table}.{name} goes from {low:,.10g} to {high:,.10g}: neither Unix time "
            "from 1995 to 2100 nor seconds since the first midnight (those begin below "
            f"{DAY:,} and reach beyond it); {_ADVICE}"
        )
    if clock.dated:
        odd = (seconds < EARLIEST) | (seconds >= LATEST)
        _far(table, name, seconds, odd, clock.dated, "lies outside 1995 to 2100")
    _no_gap(table, name, clock)


def _no_gap(table: str, name: str, clock: Instants) -> None:
    """Raise on a few rows that a gap of many days parts from all others."""
    order = np.argsort(clock.seconds, kind="stable")
    at = clock.seconds[order]
    few = max(3, int(FEW * len(at)))
    if len(at) < 10 * few:
        return
    middle = at[few:-few]
    least = max(GAP_DAYS * DAY, GAP_MEANS * (middle[-1] - middle[0]) / len(middle))
    steps = np.diff(at)
    first, last = (
        np.flatnonzero(steps[:few] > least),
        np.flatnonzero(steps[-few:] > least),
    )
    odd = np.zeros(len(at), bool)
    if len(first):
        odd[order[: first[-1] + 1]] = True
    if len(last):
        odd[order[len(at) - few + last[0] :]] = True
    why = f"lies more than {least / DAY:,.0f} days from all others: is it right?"
    _far(table, name, clock.seconds, odd, clock.dated, why)


def _far(
    table: str,
    name: str,
    seconds: Seconds,
    odd: NDArray[np.bool_],
    dated: bool,
    why: str,
) -> None:
    rows = np.flatnonzero(odd)
    if len(rows):
        raise faults(
            table, name, [(int(i), f"{told(seconds[i], dated)} {why}") for i in rows]
        )


def told(seconds: float, dated: bool) -> str:
    """An instant as its reader would know it."""
    if not dated:
        return f"{seconds:,.10g} s"
    return str(np.datetime64(int(seconds), "s")).replace("T00:00:00", "")


def same_clock(times: dict[str, Instants], clock: str, notes: list[str]) -> None:
    """Raise unless all columns tell time as the main one does; note their zones."""
    main = times[clock]
    for name, other in times.items():
        if other.dated != main.dated and np.isfinite(other.seconds).any():
            raise BadTable(
                f"{name} and {clock} must tell time alike: both as timestamps, or both "
                "as seconds since the first midnight"
            )
    zoned = [name for name, other in times.items() if other.zoned]
    if zoned and len(zoned) < len(times):
        bare = [name for name in times if name not in zoned]
        notes.append(f"{listed(bare)} has no zone, others have: taken for UTC")
    if zoned:
        notes.append("times with a zone are told in UTC, hours of the day as well")
