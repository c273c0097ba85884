"""Turn columns as they were read into ids, categories, numbers and flags."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .schema import BadTable, Column, Place, listed

#: What programs write where something is missing. In a column of numbers it is taken
#: for that; in one of ids it stays a value, and is told.
MISSING = ("na", "n/a", "nan", "null", "none", "<na>", "nat", "\\n")
_TRUE = ("1", "1.0", "true", "t", "yes", "y")
_FALSE = ("0", "0.0", "false", "f", "no", "n")
_EXACT = 2.0**53  # beyond it float64 holds no longer every whole number
TEXT = pa.large_string()  # as which every text is read


def is_number(kind: pa.DataType) -> bool:
    """Whether a type is of whole numbers, fractions, decimals or booleans."""
    simple = pa.types.is_primitive(kind) and not pa.types.is_temporal(kind)
    return simple or pa.types.is_decimal(kind)


def plain(at: Place, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """One value a row: numbers, booleans, times, or text without blanks around it.

    Empty text is missing.
    """
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
        values = pa.chunked_array([c.storage for c in values.chunks], kind)
    if pa.types.is_dictionary(kind):
        return plain(at, values.cast(kind.value_type))
    if pa.types.is_nested(kind) or pa.types.is_fixed_size_binary(kind):
        raise BadTable(f"{at} holds {kind}: give one plain value a row")
    if is_number(kind) or pa.types.is_temporal(kind):
        return values
    try:
        text = pc.utf8_trim_whitespace(values.cast(TEXT))
    except pa.ArrowException:
        raise BadTable(f"{at} holds bytes: give text") from None
    return pc.if_else(pc.equal(text, ""), None, text)


def parse(at: Place, column: Column, values: pa.ChunkedArray) -> pd.Series:
    """A plain column as its kind asks for, checked row by row.

    Ids, categories and text are text; numbers are float64, flags 0 and 1 in float64;
    what was missing is missing.
    """
    if column.kind == "number":
        parsed = _numbers(at, column, values)
    elif column.kind == "flag":
        parsed = _flags(at, values)
    else:
        parsed = _texts(at, values)
        if column.kind == "id":  # empty ones are said by `check`
            told = "an id; leave the field empty if it means missing"
            _missing_words(at, parsed, f"taken as {told}")
    check(at, column, parsed)
    return parsed


def check(at: Place, column: Column, parsed: pd.Series) -> None:
    """Raise on rows that are missing, twice there, or none of the values."""
    if column.required or column.complete:
        at.refuse(parsed.isna(), parsed, "is missing")
    if column.unique:
        at.refuse(parsed.duplicated(keep=False), parsed, "occurs twice")
    if column.choices:
        wrong = parsed.notna() & ~parsed.isin(column.choices)
        at.refuse(wrong, parsed, f"must be one of {', '.join(column.choices)}")


def without_words(at: Place, values: pa.ChunkedArray) -> pd.Series:
    """Text in which the usual words for missing are missing, and told."""
    text = values.to_pandas()
    return text.mask(_missing_words(at, text, "taken for missing"))


def _missing_words(at: Place, text: pd.Series, told: str) -> pd.Series:
    """Where the usual words for missing stand, and a note of what they are."""
    words = text.str.lower().isin(MISSING)
    if words.any():
        found = listed(sorted(set(text[words])))
        at.notes.append(f"{at}: {found} in {words.sum():,} rows is {told}")
    return words


def numbers_of(text: pd.Series) -> pd.Series:
    """Text as float64; missing where it is no number."""
    return pd.to_numeric(text.astype("object"), errors="coerce").astype("float64")


def floats(at: Place, values: pa.ChunkedArray) -> pd.Series:
    """A column of numbers as float64."""
    if not is_number(values.type):
        raise BadTable(f"{at} holds {values.type}, which is no number")
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    return values.cast(pa.float64(), safe=False).to_pandas().astype("float64")


def _numbers(at: Place, column: Column, values: pa.ChunkedArray) -> pd.Series:
    """Numbers within the column's bounds."""
    if values.type == TEXT:
        text = without_words(at, values)
        numbers = numbers_of(text)
        at.refuse(numbers.isna() & text.notna(), text, "is not a number")
    else:
        numbers = floats(at, values)
    outside = numbers.notna() & ~numbers.between(column.low, column.high)
    at.refuse(outside, numbers, f"must lie in [{column.low:g}, {column.high:g}]")
    return numbers


def _flags(at: Place, values: pa.ChunkedArray) -> pd.Series:
    """Yes and no, by whatever word, as 1 and 0."""
    text = _texts(at, values).str.lower()
    flags = text.isin(_TRUE).astype("float64").mask(text.isna())
    wrong = text.notna() & ~text.isin((*_TRUE, *_FALSE))
    at.refuse(wrong, text, "is neither 0 nor 1 (true, false)")
    return flags


def _texts(at: Place, values: pa.ChunkedArray) -> pd.Series:
    """Values as text; whole numbers that were stored as fractions without a point."""
    if pa.types.is_floating(values.type):
        numbers = floats(at, values)
        whole = numbers.isna() | ((numbers % 1 == 0) & (numbers.abs() < _EXACT))
        at.refuse(~whole, numbers, "is no whole number: store ids as text")
        values = pa.chunked_array([pa.array(numbers, pa.int64(), from_pandas=True)])
    try:
        return values.cast(TEXT).to_pandas().astype("str")
    except pa.ArrowException:
        raise BadTable(f"{at} holds {values.type}: give text") from None
