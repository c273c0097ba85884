"""Arrow columns and NumPy arrays say the same."""

import numpy as np
import pyarrow as pa

from sevensteps.world.arrays import codes_or_values, dictionary, recoded

NAMES = ("chip", "online", "phone")
SCHEMA = pa.schema([("channel", pa.dictionary(pa.int8(), pa.string()))])


def test_codes_with_gaps_are_nulls():
    codes = np.array([1, -1, 0], np.int8)
    column = dictionary(codes, NAMES, gaps=True)
    assert column.to_pylist() == ["online", None, "chip"]
    assert codes_or_values(pa.chunked_array([column])).tolist() == [1, -1, 0]
    integers = pa.chunked_array([pa.array([5, None], pa.int32())])
    assert codes_or_values(integers).tolist() == [5, -1]


def test_codes_are_ours_in_whatever_order_a_file_names_them():
    other = pa.DictionaryArray.from_arrays(
        pa.array([0, None, 2], pa.int8()), pa.array(NAMES[::-1])
    )
    table = recoded(pa.table({"channel": other}), SCHEMA, {"channel": NAMES})
    assert table["channel"].to_pylist() == ["phone", None, "chip"]
    assert codes_or_values(table["channel"]).tolist() == [2, -1, 0]
    empty = pa.DictionaryArray.from_arrays(pa.array([None], pa.int8()), pa.array([""]))
    none = recoded(pa.table({"channel": empty[:0]}), SCHEMA, {"channel": ("", *NAMES)})
    assert none.num_rows == 0
