"""Times are read as what they are, or refused; never misread."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sevensteps.data import BadTable

from .conftest import ROWS, sales

DAY = 86_400
EPOCH = pd.Timestamp(0)


def since(unit):
    return lambda at: (at - EPOCH) // pd.Timedelta(1, unit)


@pytest.mark.parametrize(
    "told",
    [
        lambda at: at,
        lambda at: at.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        lambda at: at.dt.strftime("%Y-%m-%d %H:%M:%S.25"),
        lambda at: (at + pd.Timedelta(hours=5.5)).astype(str) + "+05:30",
        since("s"),
        since("ms"),
        since("us"),
        since("ns"),
        lambda at: (at - EPOCH) / pd.Timedelta(1, "s") + 0.5,
    ],
)
def test_one_instant_goes_by_many_names(reading, told):
    plain = reading(sales())
    other = reading(sales().assign(sold_at=told(sales()["sold_at"])))
    assert other.start == plain.start == pd.Timestamp("2026-01-07")
    np.testing.assert_array_equal(
        other.frames["sales"]["sold_at"], plain.frames["sales"]["sold_at"]
    )


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "Asia/Kolkata"])
def test_parquet_timestamps_in_any_unit(reading, unit, zone):
    at = sales()["sold_at"].astype(f"datetime64[{unit}]")
    at = at if zone is None else at.dt.tz_localize("UTC").dt.tz_convert(zone)
    told = reading({"sales.parquet": sales().assign(sold_at=at)})
    assert told.start == pd.Timestamp("2026-01-07")
    assert bool(told.notes) == (zone is not None)


@pytest.mark.parametrize("told", ["%Y-%m-%d", "%Y%m%d"])
def test_dates_are_midnights(reading, told):
    days = sales()["sold_at"].dt.strftime(told)
    seconds = reading(sales().assign(sold_at=days)).frames["sales"]["sold_at"]
    assert (seconds % DAY == 0).all()
    assert seconds.max() == 59 * DAY


def test_plain_seconds_are_taken_as_they_are(reading):
    plain = (sales()["sold_at"] - pd.Timestamp("2026-01-07")) // pd.Timedelta(1, "s")
    told = reading(sales().assign(sold_at=plain))
    assert told.start is None
    assert told.frames["sales"]["sold_at"].tolist() == plain.tolist()
    assert told.day_name(3) == "day 3"


@pytest.mark.parametrize(
    "told",
    [
        "%Y%m%d%H%M%S",
        "%Y%m%d%H%M",
        "%y%m%d",
        "%y%m%d%H%M",
        "%Y%m",
        "%Y%j",
        "%Y",
        "%Y-%m",
        "%m/%d/%Y %H:%M",
        "%H:%M:%S",
        "%d %b %Y",
        lambda at: (at - pd.Timestamp("1899-12-30")) / pd.Timedelta(1, "D"),
        lambda at: (at - EPOCH) // pd.Timedelta(1, "h"),
        lambda at: (at - EPOCH) // pd.Timedelta(1, "min"),
        lambda at: (at - EPOCH) // pd.Timedelta(1, "D"),
        lambda at: (at - pd.Timestamp("1601-01-01")) // pd.Timedelta(1, "us"),
        lambda at: since("s")(at) * 10**7 + 621_355_968 * 10**9,  # ticks of .NET
        lambda at: -since("s")(at),
        lambda at: since("s")(at) * 10**12,
    ],
)
@pytest.mark.parametrize("years_ago", [0, 5, 16])
def test_what_looks_like_seconds_and_is_none_is_refused(reading, told, years_ago):
    at = sales()["sold_at"] - pd.DateOffset(years=years_ago)
    made = at.dt.strftime(told) if isinstance(told, str) else told(at)
    with pytest.raises(BadTable, match=r"sales\.sold_at") as error:
        reading(sales().assign(sold_at=made))
    assert "write 2026-01-31" in str(error.value)


def test_zones_in_one_column_only_are_noted(reading):
    zoned = sales()["sold_at"].astype(str) + "+05:30"
    told = reading(sales().assign(sold_at=zoned, told_at=sales()["sold_at"]))
    assert "sales.told_at has no zone, others have: taken for UTC" in told.notes


def zoned(at, where):
    return at.astype(str) + np.where(where, "+05:30", "")


def in_ns(at, where):
    return since("ms")(at) * np.where(where, 10**6, 1)


@pytest.mark.parametrize(
    ("column", "told", "said"),
    [
        ("sold_at", lambda at: in_ns(at, at.index == 5), "row 6: .*milliseconds"),
        ("sold_at", lambda at: zoned(at, at.index == 7), "row 8: .* has a zone"),
        ("told_at", lambda at: at.index, r" and sales\.sold_at must tell"),
        ("told_at", lambda at: "9999-12-31", "row 1: .*68 years"),
        ("told_at", lambda at: "1900-01-01", "row 1: .*68 years"),
    ],
)
def test_one_table_tells_its_times_in_one_way(reading, column, told, said):
    frame = sales().assign(**{column: told(sales()["sold_at"])})
    with pytest.raises(BadTable, match=rf"sales\.{column}(?s:.)*{said}"):
        reading(frame)


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("1970-01-01", "lies outside 1995 to 2100"),
        ("2126-01-07", "lies outside 1995 to 2100"),
        ("9999-12-31", "lies outside 1995 to 2100"),
        ("2026-04-30", "days from all others"),
        ("2025-06-01", "days from all others"),
        ("2026-02-30", "is no ISO timestamp"),
    ],
)
def test_one_date_far_off_is_told(reading, date, said):
    frame = sales().astype({"sold_at": str})
    frame.loc[3, "sold_at"] = date
    with pytest.raises(BadTable, match=rf"sales\.sold_at(?s:.)*row 4: .*{said}"):
        reading(frame)


def test_a_quiet_fortnight_is_no_fault(reading):
    at = sales()["sold_at"]
    at = at.where(at < "2026-02-01", at + pd.Timedelta(14, "D"))
    assert len(reading(sales().assign(sold_at=at)).frames["sales"]) == ROWS
