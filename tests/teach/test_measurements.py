"""Records of what is measured once: read as they stand, and missing ones told."""

import json

import pytest

from sevensteps.teach import measured
from sevensteps.teach.chapters import find_root

RECORDS = sorted((find_root() / "data" / "measured").glob("*.json"))


def test_a_record_is_a_table_of_floats_by_scale(tmp_path):
    rows = {"few": {"bales": 3, "needles": 5}, "many": {"bales": 30}}
    told = {"about": {"numpy": "2.0"}, "rows": rows}
    (tmp_path / "hay-bales.json").write_text(json.dumps(told), encoding="utf-8")
    table = measured("hay-bales", folder=tmp_path)
    assert table.isna().sum().sum() == 1  # what was not measured everywhere
    assert table.fillna(0).to_dict() == {
        "few": {"bales": 3, "needles": 5},
        "many": {"bales": 30, "needles": 0},
    }
    assert set(table.dtypes.astype(str)) == {"float64"}
    assert table.attrs == {"numpy": "2.0"}
    command = r"python benchmarks/straw_s.py --write data/measured/straw-s\.json"
    with pytest.raises(FileNotFoundError, match=command):
        measured("straw-s", folder=tmp_path)


@pytest.mark.parametrize("path", RECORDS or [None], ids=lambda path: path.stem)
def test_a_stored_record_names_a_benchmark_that_is_there(path):
    table = measured(path.stem)
    benchmark = f"benchmarks/{path.stem.replace('-', '_')}.py"
    assert (find_root() / benchmark).is_file()
    assert table.attrs["command"].startswith(f"python {benchmark} ")
    assert f"--write data/measured/{path.name}" in table.attrs["command"]
    assert table.notna().all(axis=None)
