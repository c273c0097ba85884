"""Files and values are read as our columns ask for, or refused by row."""

from __future__ import annotations

import gzip
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from sevensteps.data import BadTable, load

from .conftest import ROWS, SCHEMA, sales


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


CSV = sales().to_csv(index=False)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sales.csv", CSV),
        ("SALES.CSV", CSV),
        ("sales.csv", b"\xef\xbb\xbf" + CSV.encode()),
        ("sales.csv", CSV.replace("\n", "\r\n")),
        ("sales.csv", CSV.replace("\n", ",\n")),
        ("sales.csv", CSV + "\n\n"),
        ("sales.csv.gz", gzip.compress(CSV.encode())),
        ("sales.tsv", CSV.replace(",", "\t")),
        ("sales.csv", sales().assign(country='a "b"\n, c').to_csv(index=False)),
    ],
)
def test_a_table_is_read(reading, name, content):
    told = reading({name: content}).frames["sales"]
    assert told["sale_id"].tolist() == [str(n) for n in sales()["sale_id"]]
    assert told["price"].tolist() == sales()["price"].tolist()


def test_a_folder_of_parquet_parts_is_one_table(tmp_path):
    (tmp_path / "sales").mkdir()
    for part, rows in enumerate((sales()[:200], sales()[200:])):
        rows.to_parquet(tmp_path / "sales" / f"{part}.parquet")
    assert len(load(SCHEMA, tmp_path).frames["sales"]) == ROWS


TWICE = sales().assign(other=1).to_csv(index=False).replace("other", "price", 1)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("sales.csv.gz", b"a,b", "sales.csv.gz cannot be read as CSV in UTF-8"),
        ("sales.csv", b"", "sales.csv cannot be read as CSV in UTF-8"),
        ("sales.csv", b"a,b\n1,2\n1,2,3\n", r"sales.csv .*row 2: Expected 2 columns"),
        ("sales.csv", b"a,b\n1,2,\n", r"sales.csv .*row 1: Expected 2 columns, got 3"),
        ("sales.csv", b"a,b\n1,2\n1\n", r"sales.csv .*row 2: Expected 2 columns"),
        ("sales.csv", b'a,b\n1,2\n"1,2\n', r"sales.csv cannot be read"),
        ("sales.csv", "a,b\n1,Ö\n".encode("latin-1"), "sales.csv .*UTF-8"),
        ("sales.csv", "a,b\n1,Ö\n".encode("utf-16"), "sales.csv .*UTF-8"),
        ("sales.csv", b"sale_id;price\n1;2\n", "separated by ';'"),
        ("sales.csv", TWICE, r"sales\.csv has two columns price"),
        ("sales.csv", CSV.split("\n")[0] + "\n", "sales has no rows"),
        ("sales.parquet", b"hello", "sales.parquet cannot be read as Parquet"),
        ("sales.parquet", sales()[:0], "sales has no rows"),
    ],
)
def test_a_file_that_is_no_table_is_told_by_its_name(reading, name, content, said):
    with pytest.raises(BadTable, match=said):
        reading({name: content})


def test_two_files_of_one_table_are_refused(reading):
    both = {"sales.csv": sales(), "sales.parquet": sales()[:10]}
    with pytest.raises(BadTable, match=r"sales\.csv, sales\.parquet could each be"):
        reading(both)
    told = reading(both, '[sales]\nfile = "sales.parquet"')
    assert len(told.frames["sales"]) == 10
    assert told.notes == ["not read: sales.csv"]


@pytest.mark.parametrize("theirs", [" price", "Price", "TX"])
def test_a_missing_column_is_told_beside_what_is_there(reading, theirs):
    frame = sales().rename(columns={"price": theirs})
    with pytest.raises(BadTable, match="sales lacks price") as told:
        reading(frame)
    assert theirs in str(told.value).splitlines()[0]
    assert '[sales]\n  price = "name in your file"' in str(told.value)
    mapped = reading(frame, f'[sales]\nprice = "{theirs}"')
    assert mapped.frames["sales"]["price"].tolist() == sales()["price"].tolist()


def test_what_is_not_used_is_told(reading):
    frame = sales().assign(TX=sales()["price"] + 1, note="x")
    shops = pd.DataFrame({"shop": range(40)})
    files = {"sales.csv": frame, "shops.csv": shops, "shop.csv": shops}
    told = reading(files, b'\xef\xbb\xbf[sales]\nprice = "TX"\n[labels]\ndelay = 7')
    assert told.settings == {"labels": {"delay": 7.0}}
    assert told.frames["sales"]["price"].tolist() == frame["TX"].tolist()
    assert told.notes == ["sales: not used: price, note", "not read: shop.csv"]


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[sales]\nprise = 'price'", "prise is no column of ours"),
        ("[sales]\nprice = 'prise'", "names prise, which sales.csv lacks"),
        ("[shopping]\nx = 'y'", "no table 'shopping'"),
        ("price = 'x'", "no table 'price'"),
        ("sales = 'x'", r"write \[sales\] on a line of its own"),
        ("[[sales]]\nprice = 'x'", r"write \[sales\] on a line of its own"),
        ("[sales", "not valid TOML"),
        ("[sales]\nprice = 5", "price must be a name in quotes, got 5"),
        ("[sales]\nprice = {a = 'b'}", "price must be a name in quotes"),
        ("[sales]\nfile = 5", "file must be a name in quotes, got 5"),
        ("[sales]\nfile = ''", "file must be a name in quotes"),
        ("[sales]\nfile = 'sales.xlsx'", "names sales.xlsx, which is not in"),
        ("[sales]\nshop = 'price'\nprice = 'price'", "shop, price are both 'price'"),
        ("[sales]\nshop = 'price'", "price is both price and another column"),
        ("[labels]\ndelay = -1", "delay must be a number from 0 to 2000"),
        ("[labels]\ndelay = 1e6", "delay must be a number from 0 to 2000"),
        ("[labels]\ndelay = nan", "delay must be a number"),
        ("[labels]\ndelay = true", "delay must be a number"),
        ("[labels]\ndelay = '7'", "delay must be a number"),
        ("[labels]\nlate = 7", "late is no column of ours"),
        ("[sales]\nprice = 'für'".encode("latin-1"), "columns.toml is not in UTF-8"),
        ("[sales]\nprice = 'x'".encode("utf-16"), "columns.toml"),
        ("[sales]\nfile = 'columns.toml'", "give Parquet or CSV"),
    ],
)
def test_a_wrong_mapping_is_told(reading, toml, said):
    with pytest.raises((BadTable, FileNotFoundError), match=said) as told:
        reading(sales(), toml)
    assert "columns.toml" in str(told.value)


@pytest.mark.parametrize("name", ["columns.toml.txt", "column.toml", "Columns.TOML"])
def test_a_mapping_by_another_name_is_not_passed_over(reading, name):
    with pytest.raises(BadTable, match=f"{name} is not read: rename it"):
        reading({"sales.csv": sales(), name: ""})


def test_advice_is_not_refused(reading, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"give one with sales\.csv"):
        load(SCHEMA, tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"holds mine\.CSV.*\[sales\] file"):
        reading({"mine.CSV": sales()})
    told = reading({"mine.CSV": sales()}, '[sales]\nfile = "mine.CSV"')
    assert len(told.frames["sales"]) == ROWS
