"""Values are read as our columns ask for, or refused by row."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from sevensteps.data import BadTable

from .conftest import ROWS, sales


@pytest.mark.parametrize(
    ("column", "told", "read"),
    [
        ("shop", ["0007", "7"], ["0007", "7"]),
        ("shop", ["7e3", "7000"], ["7e3", "7000"]),
        ("shop", ["7.10", "7.1"], ["7.10", "7.1"]),
        ("shop", [" 7 ", "7"], ["7", "7"]),
        ("country", ["NA", "DE"], ["NA", "DE"]),
        ("returned", ["true", "FALSE", "yes", "No", "1", "0.0"], [1, 0] * 3),
        ("returned", ["t", "n"], [1, 0]),
    ],
)
def test_values_are_what_they_look_like(reading, column, told, read):
    found = reading(sales().assign(**{column: told * (ROWS // len(told))}))
    assert found.frames["sales"][column].tolist() == read * (ROWS // len(read))
    assert not found.notes


def test_long_ids_with_gaps_stay_apart(reading):
    frame = sales()
    ids = [str(2**57 + n) if i % 5 else "" for i, n in enumerate(frame["shop"])]
    told = reading(frame.assign(device=ids)).frames["sales"]["device"]
    assert told.nunique() == len({i for i in ids if i})
    assert told.isna().sum() == ids.count("")


@pytest.mark.parametrize("word", ["NA", "null", "NaN", "None", r"\N"])
def test_a_word_for_missing_is_told(reading, word):
    frame = sales().astype({"sold_at": str}).assign(device=word)
    frame["told_at"] = [word] * 10 + frame["sold_at"].tolist()[10:]
    told = reading(frame)
    assert (told.frames["sales"]["device"] == word).all()
    assert told.frames["sales"]["told_at"].isna().sum() == 10
    device, late = sorted(told.notes)
    assert "sales.device" in device
    assert "600 rows is taken as an id" in device
    assert "sales.told_at" in late
    assert "10 rows is taken for missing" in late


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("price", "-3.5", r"-3\.5 must lie in \[0, 1e\+08\]"),
        ("price", "inf", r"inf must lie in"),
        ("price", "1e400", r"inf must lie in"),
        ("price", "1e9", r"1000000000.0 must lie in"),
        ("price", "1,5", r"'1,5' is not a number"),
        ("price", "$5", r"'\$5' is not a number"),
        ("price", "0x1A", r"'0x1A' is not a number"),
        ("price", "nan", "is missing"),
        ("shop", " ", "is missing"),
        ("returned", "2", "'2' is neither 0 nor 1"),
        ("returned", "maybe", "'maybe' is neither 0 nor 1"),
        ("way", "web", "'web' must be one of cash, card"),
    ],
)
def test_a_fault_is_told_by_its_row(reading, column, value, said):
    frame = sales().assign(way="cash").astype(str)
    frame.loc[3, column] = value
    with pytest.raises(BadTable, match=rf"sales\.{column} .*(?s:.)*row 4: {said}"):
        reading(frame)


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.astype({"shop": "category"}),
        lambda f: f.assign(shop=[str(s).encode() for s in f["shop"]]),
        lambda f: f.assign(shop=f["shop"].astype("float64")),
        lambda f: f.assign(price=[Decimal(str(p)) for p in f["price"]]),
        lambda f: f.assign(price=f["price"].astype(str)),
        lambda f: f.assign(returned=f["returned"] == 1),
        lambda f: f.assign(device=None, country=pd.Series(np.nan, f.index)),
        lambda f: f.set_index("sale_id"),
        lambda f: f.sample(frac=1, random_state=0).set_index("sale_id").sort_index(),
    ],
)
def test_parquet_of_other_types_means_the_same(reading, change):
    told = reading({"sales.parquet": change(sales())}).frames["sales"]
    plain = reading({"sales.parquet": sales()}).frames["sales"]
    pd.testing.assert_frame_equal(told[plain.columns], plain)


@pytest.mark.parametrize(
    ("column", "made", "said"),
    [
        ("shop", lambda f: [[s] for s in f["shop"]], "sales.shop holds list"),
        ("shop", lambda f: [{"a": s} for s in f["shop"]], "sales.shop holds struct"),
        ("shop", lambda f: [b"\xff"] * ROWS, "sales.shop holds bytes"),
        ("shop", lambda f: f["shop"] + 0.5, "is no whole number"),
        ("device", lambda f: f["shop"] + 2.0**57, "is no whole number"),
        ("price", lambda f: f["sold_at"], "sales.price holds timestamp"),
        ("sold_at", lambda f: f["sold_at"].dt.time, "sales.sold_at holds time"),
    ],
)
def test_parquet_that_cannot_be_read_is_told(reading, column, made, said):
    frame = sales()
    with pytest.raises(BadTable, match=said):
        reading({"sales.parquet": frame.assign(**{column: made(frame)})})


def test_an_empty_column_is_as_none_and_told(reading):
    told = reading(sales().assign(told_at="", device=""))
    assert not {"told_at", "device"} & set(told.frames["sales"])
    assert sorted(told.notes) == [
        "sales.device is empty: as if it were not there",
        "sales.told_at is empty: as if it were not there",
    ]
