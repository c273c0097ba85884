"""Turn the columns of a foreign table into numbers, instants and flags."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.cases.fraud.features.names import DAY

from .checks import BadTable, TableSpec, faults

_UNIX = 1_000_000_000  # integers from here on are seconds since 1970
_FINER: dict[float, Literal["ns", "us", "ms"]] = {  # from 1973 on
    1e17: "ns",
    1e14: "us",
    1e11: "ms",
}
_WEEK = pd.Timedelta(days=7)
_WEDNESDAY = pd.Timestamp("1969-12-31")  # weeks are counted from a Wednesday
_WORDS = {"true": "1", "false": "0", "yes": "1", "no": "0"}


def parse(spec: TableSpec, table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers as float64, flags as 0/1, timestamps as datetimes or seconds."""
    out = frame.copy(deep=False)
    for name in frame.columns:
        if name in spec.numbers:
            out[name] = _numbers(table, name, frame[name])
        elif name in spec.flags:
            out[name] = _flags(table, name, frame[name])
        elif name in spec.times:
            out[name] = _instants(table, name, frame[name])
    return out


def _numbers(table: str, name: str, column: pd.Series) -> pd.Series:
    values = _coerced(column).astype("float64")
    _refuse(table, name, column, values.isna(), "is not a number")
    return values


def _flags(table: str, name: str, column: pd.Series) -> pd.Series:
    text = column.astype("string").str.strip().str.lower()
    values = _coerced(text.replace(_WORDS)).astype("float64")
    bad = ~values.isin([0, 1])
    _refuse(table, name, column, bad, "is neither 0 nor 1 (true, false)")
    return values


def _coerced(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    return pd.to_numeric(column.astype("object"), errors="coerce")


def _instants(table: str, name: str, column: pd.Series) -> pd.Series:
    """Datetimes where the column holds dates, else whole seconds as they are."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return _plain(column)
    numbers = _coerced(column)
    if numbers.notna().sum() > 0.5 * column.notna().sum():
        _refuse(table, name, column, numbers.isna(), "is no time in seconds")
        return _seconds(table, name, column, numbers.astype("float64"))
    dates = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True)
    _refuse(table, name, column, dates.isna(), "is no ISO timestamp")
    return _plain(dates)


def _seconds(table: str, name: str, column: pd.Series, numbers: pd.Series) -> pd.Series:
    """Seconds as they are; datetimes from Unix time in any unit, or from dates."""
    for least, unit in _FINER.items():
        if numbers.min() >= least and np.isfinite(numbers.max()):
            return pd.to_datetime(numbers, unit=unit)
    if numbers.between(
        19_000_101, 21_001_231
    ).all():  # 20240131 is a date, not a second
        dates = pd.to_datetime(
            numbers.astype("int64").astype(str), format="%Y%m%d", errors="coerce"
        )
        if dates.notna().all():
            return dates
    too_big = numbers.abs() >= 2**32
    _refuse(table, name, column, too_big, "is no time in seconds (milliseconds?)")
    if numbers.min() >= _UNIX:
        return pd.to_datetime(numbers, unit="s")
    return numbers


def _plain(dates: pd.Series) -> pd.Series:
    """Drop the zone: all instants of a history are told in one zone's clock."""
    return dates.dt.tz_localize(None) if dates.dt.tz is not None else dates


def _refuse(table: str, name: str, column: pd.Series, bad: pd.Series, why: str) -> None:
    rows = np.flatnonzero((bad & column.notna()).to_numpy(bool))
    if len(rows):
        named = [(int(i), f"{shown(column.iloc[i])} {why}") for i in rows]
        raise faults(table, name, named)


def shown(value: object) -> str:
    """A value as its reader would write it, without NumPy's type around it."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def origin_of(paid_at: pd.Series) -> pd.Timestamp | None:
    """Second zero: the last Wednesday midnight before the first payment.

    The world begins on a Wednesday, so the weekday of brought data stays right.
    None when times are plain seconds, which are taken as they are.
    """
    if not pd.api.types.is_datetime64_any_dtype(paid_at):
        return None
    first = paid_at.min()
    return first - (first - _WEDNESDAY) % _WEEK


def to_seconds(
    table: str, name: str, column: pd.Series, origin: pd.Timestamp | None
) -> NDArray[np.float64]:
    """Seconds since the origin; NaN where missing."""
    is_date = pd.api.types.is_datetime64_any_dtype(column)
    if not column.notna().any():
        return np.full(len(column), np.nan)
    if is_date != (origin is not None):
        raise BadTable(
            f"{table}.{name} and payments.paid_at must tell time alike: both as "
            "timestamps, or both as seconds since the first midnight"
        )
    if origin is None:
        return np.floor(column.to_numpy(np.float64))
    return np.floor(((column - origin) / pd.Timedelta(seconds=1)).to_numpy(np.float64))


def days_of(seconds: NDArray[np.float64]) -> int:
    """How many days the seconds span, counted from zero."""
    return int(seconds.max()) // DAY + 1
