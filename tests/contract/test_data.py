"""What every case refuses of a reader's own tables: by table, column and row."""

import re

import pytest

from sevensteps.cases import registered
from sevensteps.data import BadTable, load

from .conftest import CONTRACTS

TAKING = [slug for slug, case in registered().items() if "data" in dict(case.data)]


def written(folder, tables):
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def refused(folder, slug, tables):
    with pytest.raises(BadTable) as caught:
        registered()[slug].runner("data")(written(folder, tables))
    return str(caught.value)


@pytest.mark.parametrize("slug", TAKING)
def test_whole_tables_are_read_whole_and_run_or_are_too_few_rows(slug, tmp_path):
    tables = CONTRACTS[slug].tables()
    folder = written(tmp_path, tables)
    read = load(CONTRACTS[slug].SCHEMA, folder).frames
    assert all(read[name].shape == tables[name].shape for name in tables)
    try:
        found = registered()[slug].runner("data")(folder).results
    except ValueError as refusal:
        found = re.search(r"needed|or more", str(refusal))
    assert found


@pytest.mark.parametrize("slug", TAKING)
def test_a_folder_without_the_main_table_is_refused_by_name(slug, tmp_path):
    main, tables = CONTRACTS[slug].SCHEMA.main, CONTRACTS[slug].tables()
    del tables[main]
    run = registered()[slug].runner("data")
    with pytest.raises(FileNotFoundError, match=rf"{main}\.csv"):
        run(written(tmp_path, tables))
    with pytest.raises(FileNotFoundError, match="no directory"):
        run(tmp_path / "elsewhere")


def faulty(wanted):
    """For each case's columns that are wanted, as far as its tables have them."""
    rows = [
        pytest.param(slug, table, name, id=f"{slug}-{table}.{name}")
        for slug in TAKING
        for table, frame in CONTRACTS[slug].tables().items()
        for name, column in CONTRACTS[slug].SCHEMA.tables[table].items()
        if name in frame and wanted(column)
    ]
    return pytest.mark.parametrize(("slug", "table", "name"), rows)


@faulty(lambda column: column.required)
def test_a_table_without_a_column_or_a_value_is_refused(slug, table, name, tmp_path):
    tables = CONTRACTS[slug].tables()
    whole = tables[table].astype(object)
    tables[table] = whole.drop(columns=name)
    told = refused(tmp_path, slug, tables)
    assert re.match(rf"{table} lacks {name};", told)
    assert f'{name} = "name in your file"' in told, "what to do next"
    whole.loc[2, name] = None
    told = refused(tmp_path, slug, tables | {table: whole})
    assert re.match(rf"{table}\.{name} (?s:.)*\n  row 3: .*is missing$", told, re.M)


@faulty(lambda column: column.unique)
def test_a_value_that_stands_twice_is_refused(slug, table, name, tmp_path):
    tables = CONTRACTS[slug].tables()
    tables[table].loc[4, name] = tables[table].loc[1, name]
    told = refused(tmp_path, slug, tables)
    assert told.startswith(f"{table}.{name} ")
    assert re.findall(r"^  row (\d+): .*occurs twice$", told, re.M) == ["2", "5"]


@faulty(lambda column: column.kind in ("number", "time", "flag"))
def test_a_long_text_is_refused_in_few_words(slug, table, name, tmp_path):
    tables = CONTRACTS[slug].tables()
    tables[table] = tables[table].astype(object)
    tables[table].loc[1, name] = "x" * 10_000
    told = refused(tmp_path, slug, tables)
    assert told.startswith(f"{table}.{name} ")
    assert re.search(r"^  row 2: 'x+… \(10,0\d\d characters\)", told, re.M)
    assert len(told) < 400
