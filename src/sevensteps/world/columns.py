"""Arrow columns from NumPy arrays, without a copy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def dictionary(
    codes: NDArray[np.int8], names: tuple[str, ...], *, gaps: bool = False
) -> pa.DictionaryArray:
    """Codes with names; with `gaps`, -1 becomes null."""
    indices = gapped(codes, codes >= 0) if gaps else pa.array(codes)
    return pa.DictionaryArray.from_arrays(indices, pa.array(names), safe=False)


def gapped(values: NDArray[Any], valid: NDArray[np.bool_]) -> pa.Array:
    """Values without a copy, null where not valid."""
    bitmap = pa.py_buffer(np.packbits(valid, bitorder="little"))
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [bitmap, pa.py_buffer(values)])
