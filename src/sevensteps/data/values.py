"""Turn columns as they were read into ids, categories, numbers and flags."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .faults import BadTable, listed, refuse
from .schema import Column

#: What programs write where something is missing. In a column of numbers it is taken
#: for that; in one of ids it stays a value, and is told.
MISSING = ("na", "n/a", "nan", "null", "none", "<na>", "nat", "\\n")
_TRUE, _FALSE = (
    ("1", "1.0", "true", "t", "yes", "y"),
    ("0", "0.0", "false", "f", "no", "n"),
)
_EXACT = 2.0**53  # beyond it float64 holds no longer every whole number


def plain(table: str, name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """One value a row, without encodings: text, numbers, booleans or times.

    Text is stripped of blanks around it; empty text is missing.

    Raises
    ------
    BadTable                  if rows hold lists, records or bytes
    """
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        values = pa.chunked_array([c.storage for c in values.chunks], kind.storage_type)
        kind = values.type
    if pa.types.is_dictionary(kind):
        return plain(table, name, values.cast(kind.value_type))
    if pa.types.is_nested(kind) or pa.types.is_fixed_size_binary(kind):
        raise BadTable(f"{table}.{name} holds {kind}: give one plain value a row")
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        try:
            values = values.cast(pa.string())
        except pa.ArrowInvalid:
            raise BadTable(f"{table}.{name} holds bytes: give text") from None
    if pa.types.is_null(kind):
        values = values.cast(pa.string())
    if is_text(values):
        values = pc.utf8_trim_whitespace(values.cast(pa.large_string()))
        return pc.if_else(pc.equal(values, ""), None, values)
    return values


def parse(
    table: str, name: str, column: Column, values: pa.ChunkedArray, notes: list[str]
) -> pd.Series:
    """A plain column as its kind asks for, checked row by row.

    Returns
    -------
    pd.Series                 ids, categories and text as text; numbers as float64;
                              flags as 0 and 1 in float64; missing where it was

    Raises
    ------
    BadTable                  naming the rows that cannot be so
    """
    if column.kind == "number":
        parsed = _numbers(table, name, column, values, notes)
    elif column.kind == "flag":
        parsed = _flags(table, name, values)
    else:
        parsed = _texts(table, name, values)
        if column.kind == "id":
            _tell_missing(table, name, parsed, notes)
    check(table, name, column, parsed)
    return parsed


def check(table: str, name: str, column: Column, parsed: pd.Series) -> None:
    """Raise on rows that are missing, twice there, or none of the values."""
    if column.required or column.complete:
        refuse(table, name, parsed.isna(), parsed, "is missing")
    if column.unique:
        refuse(table, name, parsed.duplicated(keep=False), parsed, "occurs twice")
    if column.choices:
        wrong = parsed.notna() & ~parsed.isin(column.choices)
        refuse(
            table, name, wrong, parsed, f"must be one of {', '.join(column.choices)}"
        )


def without_words(
    table: str, name: str, values: pa.ChunkedArray, notes: list[str]
) -> pd.Series:
    """Text in which the usual words for missing are missing, and told."""
    text = values.to_pandas()
    words = text.str.lower().isin(MISSING)
    if words.any():
        notes.append(
            f"{table}.{name}: {listed(sorted(set(text[words])))} in {words.sum():,} "
            "rows is taken for missing"
        )
    return text.mask(words)


def is_text(values: pa.ChunkedArray) -> bool:
    kind = values.type
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
    )


def _numbers(
    table: str, name: str, column: Column, values: pa.ChunkedArray, notes: list[str]
) -> pd.Series:
    if is_text(values):
        text = without_words(table, name, values, notes)
        numbers = pd.to_numeric(text.astype("object"), errors="coerce")
        numbers = numbers.astype("float64")
        refuse(table, name, numbers.isna() & text.notna(), text, "is not a number")
    else:
        numbers = floats(table, name, values)
    outside = numbers.notna() & ~numbers.between(column.low, column.high)
    refuse(table, name, outside, numbers, f"must lie in {_bounds(column)}")
    return numbers


def _bounds(column: Column) -> str:
    return f"[{column.low:g}, {column.high:g}]"


def floats(table: str, name: str, values: pa.ChunkedArray) -> pd.Series:
    kind = values.type
    if not (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    ):
        raise BadTable(f"{table}.{name} holds {kind}, which is no number")
    if pa.types.is_boolean(kind):
        values = values.cast(pa.int8())
    return values.cast(pa.float64(), safe=False).to_pandas().astype("float64")


def _flags(table: str, name: str, values: pa.ChunkedArray) -> pd.Series:
    text = _texts(table, name, values).str.lower()
    flags = text.isin(_TRUE).astype("float64").mask(text.isna())
    wrong = text.notna() & ~text.isin((*_TRUE, *_FALSE))
    refuse(table, name, wrong, text, "is neither 0 nor 1 (true, false)")
    return flags


def _texts(table: str, name: str, values: pa.ChunkedArray) -> pd.Series:
    """Values as text; whole numbers that were stored as fractions without a point."""
    if pa.types.is_floating(values.type):
        numbers = floats(table, name, values)
        whole = numbers.isna() | ((numbers % 1 == 0) & (numbers.abs() < _EXACT))
        refuse(table, name, ~whole, numbers, "is no whole number: store ids as text")
        values = pa.chunked_array([pa.array(numbers, pa.int64(), from_pandas=True)])
    try:
        return values.cast(pa.large_string()).to_pandas().astype("str")
    except pa.ArrowException:
        raise BadTable(f"{table}.{name} holds {values.type}: give text") from None


def _tell_missing(table: str, name: str, ids: pd.Series, notes: list[str]) -> None:
    """Note words for missing that were taken as ids; empty ids are said by `check`."""
    words = ids.str.lower().isin(MISSING)
    if words.any():
        notes.append(
            f"{table}.{name}: {listed(sorted(set(ids[words])))} in {words.sum():,} "
            "rows is taken as an id; leave the field empty if it means missing"
        )
