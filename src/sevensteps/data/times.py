"""Times of a reader's tables: dates, Unix time in any unit, or plain seconds.

What fits none of them in every row is refused; which it is, is decided by the size of
most rows, never row by row.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from .schema import BadTable, Place, listed
from .values import TEXT, floats, numbers_of, without_words

Seconds = NDArray[np.float64]
Marks = NDArray[np.bool_]
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
    """A time column."""

    at: Place
    seconds: Seconds  # (n,) since 1970, or since their own zero; nan is missing
    dated: bool  # since 1970
    zoned: bool = False  # a zone was told with them

    def refuse(self, bad: Marks, why: str) -> None:
        """Raise if any row is `bad`, showing its instant."""
        self.at.refuse(bad, self.seconds, why, show=self.told)

    def told(self, seconds: float) -> str:
        """An instant as its reader would know it."""
        if not self.dated:
            return f"{seconds:,.10g} s"
        return str(np.datetime64(int(seconds), "s")).replace("T00:00:00", "")


def instants(at: Place, values: pa.ChunkedArray) -> Instants:
    """A plain column as instants; refused are rows of another unit or no time."""
    kind = values.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        zoned = pa.types.is_timestamp(kind) and bool(kind.tz)
        dates = values.cast(pa.timestamp("us"), safe=False)
        return Instants(at, _since_1970(dates.to_pandas()), True, zoned)
    if kind != TEXT:
        numbers = floats(at, values)
        return _counted(at, numbers, numbers)
    text = without_words(at, values)
    numbers = numbers_of(text)
    if 2 * numbers.notna().sum() <= text.notna().sum():
        return _written(at, text)
    at.refuse(numbers.isna() & text.notna(), text, "is no number of seconds")
    padded = text.str.match(r"0\d").fillna(value=False)
    at.refuse(padded, text, f"is no number of seconds; {_ADVICE}")
    return _counted(at, numbers, text)


def _since_1970(dates: pd.Series) -> Seconds:
    """Seconds; nan where there is no date."""
    bare = dates.dt.tz_localize(None) if dates.dt.tz is not None else dates
    whole = bare.to_numpy("datetime64[us]")
    return np.where(np.isnat(whole), np.nan, whole.astype(np.int64) / 1e6)


def _written(at: Place, text: pd.Series) -> Instants:
    """ISO dates and timestamps, all with a zone or all without."""
    dates = pd.to_datetime(text, errors="coerce", format="ISO8601", utc=True)
    iso = dates.notna() & text.str.fullmatch(_DATE).fillna(value=False)
    at.refuse(text.notna() & ~iso, text, f"is no ISO timestamp: {_ADVICE}")
    told = text.notna().to_numpy(bool)
    zoned = text.str.contains(_ZONE).fillna(value=False).to_numpy(bool)
    if (zoned & told).any() and (~zoned & told).any():
        most = zoned.sum() * 2 > told.sum()
        why = "has no zone, others have" if most else "has a zone, others have none"
        at.refuse(told & (zoned != most), text, why)
    return Instants(at, _since_1970(dates), True, bool(zoned.any()))


def _counted(at: Place, numbers: pd.Series, told: pd.Series) -> Instants:
    """Days as 20260131, Unix time in the unit that most rows have, or plain seconds."""
    value = numbers.to_numpy(np.float64)
    at.refuse(np.isinf(value), told, f"is no number of seconds; {_ADVICE}")
    have = ~np.isnan(value)
    dates = _compact(numbers) if have.any() else None
    if dates is not None:
        return Instants(at, _since_1970(dates), True)
    fits = {unit: _within(value, per) for unit, per in UNITS.items()}
    unit = max(fits, key=lambda unit: int(fits[unit].sum()))
    if 2 * fits[unit].sum() <= have.sum():
        return Instants(at, value, False)
    why = f"is no Unix time in {unit} from 1995 to 2100, as the others are; {_ADVICE}"
    at.refuse(have & ~fits[unit], told, why)
    if _looks_compact(value[have]):
        raise BadTable(f"{at} may be yymmddhhmm or {unit} since 1970: {_ADVICE}")
    return Instants(at, value / UNITS[unit], True)


def _within(value: Seconds, per: float) -> Marks:
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
    month, day, hour, minute = (value // 10**place % 100 for place in (6, 4, 2, 0))
    calendar = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    clock = (hour < 24) & (minute < 60)
    return bool(len(value) >= 10 and (value < 1e10).all() and (calendar & clock).all())


def check_clock(clock: Instants) -> None:
    """Raise if the main times are no plain seconds either, or one lies far off.

    Plain seconds begin on their first day and go on for a day at least; yymmdd,
    a spreadsheet's days or years do not.
    """
    seconds = clock.seconds
    low, high = float(seconds.min()), float(seconds.max())
    if not clock.dated and not (0 <= low < DAY <= high):
        raise BadTable(
            f"{clock.at} goes from {low:,.10g} to {high:,.10g}: neither Unix time "
            "from 1995 to 2100 nor seconds since the first midnight (those begin below "
            f"{DAY:,} and reach beyond it); {_ADVICE}"
        )
    if clock.dated:
        clock.refuse(~_within(seconds, 1), "lies outside 1995 to 2100")
    _no_gap(clock)


def _no_gap(clock: Instants) -> None:
    """Raise on a few rows that a gap of many days parts from all others."""
    order = np.argsort(clock.seconds, kind="stable")
    at = clock.seconds[order]
    few = max(3, int(FEW * len(at)))
    if len(at) < 10 * few:
        return
    middle = at[few:-few]
    least = max(GAP_DAYS * DAY, GAP_MEANS * (middle[-1] - middle[0]) / len(middle))
    gap, last = np.flatnonzero(np.diff(at) > least), len(at) - 1
    begin = gap[gap < few].max(initial=-1) + 1
    end = gap[gap >= last - few].min(initial=last) + 1
    odd = np.ones(len(at), bool)
    odd[order[begin:end]] = False
    days = f"{least / DAY:,.0f} days"
    clock.refuse(odd, f"lies more than {days} from all others: is it right?")


def same_clock(main: Instants, times: list[Instants], notes: list[str]) -> None:
    """Raise unless all columns tell time as the main one does; note their zones."""
    for other in times:
        if other.dated != main.dated and np.isfinite(other.seconds).any():
            raise BadTable(
                f"{other.at} and {main.at} must tell time alike: both as timestamps, "
                "or both as seconds since the first midnight"
            )
    bare = [time.at for time in times if not time.zoned]
    if 0 < len(bare) < len(times):
        notes.append(f"{listed(bare)} has no zone, others have: taken for UTC")
    if len(bare) < len(times):
        notes.append("times with a zone are told in UTC, hours of the day as well")
