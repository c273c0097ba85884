"""Records of what is measured once: read as they stand, and missing ones told."""

import json
from pathlib import Path

import pytest

from sevensteps.teach import measured
from sevensteps.teach.chapters import find_root

RECORDS = sorted((find_root() / "data" / "measured").glob("*.json"))


def kept(root: Path, rows: dict[str, dict[str, float]]) -> Path:
    told = {"about": {"numpy": "2.0"}, "rows": rows}
    (root / "hay-bales.json").write_text(json.dumps(told), encoding="utf-8")
    return root


def test_a_record_is_a_table_of_floats_by_scale(tmp_path: Path) -> None:
    rows = {"few": {"bales": 3, "needles": 5}, "many": {"bales": 30}}
    table = measured("hay-bales", folder=kept(tmp_path, rows))
    assert table.columns.tolist() == ["few", "many"]
    assert table.index.tolist() == ["bales", "needles"]
    assert table.loc["bales", "many"] == 30
    assert table.isna().sum().sum() == 1  # what was not measured everywhere
    assert set(table.dtypes.astype(str)) == {"float64"}
    assert table.attrs == {"numpy": "2.0"}


def test_a_missing_record_names_the_command_that_makes_it(tmp_path: Path) -> None:
    told = "python benchmarks/hay_bales.py --write data/measured/hay-bales.json"
    with pytest.raises(FileNotFoundError, match=told):
        measured("hay-bales", folder=tmp_path)


def test_there_is_a_record() -> None:
    assert RECORDS


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_stored_record_names_a_benchmark_that_is_there(path: Path) -> None:
    table = measured(path.stem)
    benchmark = f"benchmarks/{path.stem.replace('-', '_')}.py"
    assert (find_root() / benchmark).is_file()
    assert table.attrs["command"].startswith(f"python {benchmark} ")
    assert f"--write data/measured/{path.name}" in table.attrs["command"]
    assert table.notna().all(axis=None)
