"""Read the wanted columns of a table as text, in bounded memory."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sevensteps.features.checks import BadTable

from .files import Source, records, stream

BATCH = 100_000  # rows read at once
LONGEST = 4_000  # characters of a text that are kept
HIDDEN = re.compile(r"<(style|script)\b.*?</\1>", re.S | re.I)
TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.S)


def load(
    source: Source,
    names: Mapping[str, str],
    *,
    first: tuple[str, Collection[str]] | None = None,
    most: int | None = None,
) -> tuple[pd.DataFrame, int]:
    """Columns of a table under our names, every value as text, missing ones empty.

    Parameters
    ----------
    names : theirs by ours
    first : a column of ours, and values of it that are kept in any case
    most : other rows that are kept, from the top; all when absent

    Returns
    -------
    frame, rows left out

    Raises
    ------
    BadTable          a file that is not what its first lines promise, by its row
    """
    kept, others, rows = [], 0, 0
    for part in _batches(source, names):
        rows += len(part)
        if most is not None and first is not None:
            must = part[first[0]].isin(first[1])
            free = (~must).cumsum() <= most - others
            part = part[must | free]
            others += int((~must & free).sum())
        kept.append(part)
    if not kept:
        return pd.DataFrame({ours: pd.Series(dtype="str") for ours in names}), 0
    frame = pd.concat(kept, ignore_index=True)
    return frame, rows - len(frame)


def _batches(source: Source, names: Mapping[str, str]) -> Iterator[pd.DataFrame]:
    if source.kind == "frame":
        yield _text(pd.DataFrame(source.frame), names)
    elif source.kind == "parquet":
        file = pq.ParquetFile(source.path)
        for batch in file.iter_batches(BATCH, columns=list(set(names.values()))):
            yield _from_arrow(batch, names)
    elif source.kind in ("lines", "rows"):
        yield from _from_lines(source, names)
    else:
        yield from _delimited(source, names)


def _text(frame: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {o: frame[theirs].fillna("").astype("str") for o, theirs in names.items()}
    )


def _from_arrow(batch: pa.RecordBatch, names: Mapping[str, str]) -> pd.DataFrame:
    made = {}
    for ours, theirs in names.items():
        column = batch.column(theirs)
        if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
            column = pc.binary_join(column, " ")
        if pa.types.is_floating(column.type) and _whole(column):
            column = column.cast(pa.int64())  # an id that was read with gaps
        text = column.cast(pa.large_string()).fill_null("")
        made[ours] = pd.Series(text.to_pandas(), dtype="str")
    return pd.DataFrame(made)


def _whole(column: pa.Array) -> bool:
    """Whether every number is a whole one."""
    rounded = pc.all(pc.equal(pc.floor(column), column)).as_py()
    return bool(rounded) and len(column) > column.null_count


def _from_lines(source: Source, names: Mapping[str, str]) -> Iterator[pd.DataFrame]:
    rows: list[tuple[str, ...]] = []
    for row in records(source, list(names.values())):
        rows.append(row)
        if len(rows) == BATCH:
            yield pd.DataFrame(rows, columns=list(names), dtype="str")
            rows = []
    yield pd.DataFrame(rows, columns=list(names), dtype="str")


def _delimited(source: Source, names: Mapping[str, str]) -> Iterator[pd.DataFrame]:
    place = {theirs: n for n, theirs in enumerate(source.columns)}
    wanted = sorted({place[theirs] for theirs in names.values()})
    _told_apart(source, names)
    file = stream(source.path, source.member)
    try:
        reader = pd.read_csv(file, usecols=wanted, **_how(source))
        for part in reader:
            told = part.fillna("")  # lines that end early
            yield pd.DataFrame(
                {o: _unquoted(source, told[place[t]]) for o, t in names.items()}
            )
    except (ValueError, EOFError, OSError) as error:
        raise BadTable(
            f"{source.name} cannot be read ({str(error).strip()}). Save it again with "
            "one header line, the same number of fields on each line, and UTF-8"
        ) from None
    finally:
        file.close()


def _how(source: Source) -> dict[str, Any]:
    """What pandas must know to read a table in parts, all as text."""
    return {
        "sep": r"\s+" if source.separator == " " else source.separator,
        "header": 0 if source.header else None,
        "names": list(range(len(source.columns))),
        "dtype": "str",
        "keep_default_na": False,
        "encoding": source.encoding,
        "encoding_errors": "replace",  # Windows leaves a few bytes without a meaning
        "quoting": csv.QUOTE_MINIMAL if source.quoted else csv.QUOTE_NONE,
        "chunksize": BATCH,
        "low_memory": False,
    }


def _told_apart(source: Source, names: Mapping[str, str]) -> None:
    for theirs in names.values():
        if source.columns.count(theirs) > 1:
            raise BadTable(
                f"{source.name} has two columns {theirs}: rename one of them"
            )


def _unquoted(source: Source, column: pd.Series) -> pd.Series:
    """Fields as they were before somebody put quotes around them."""
    if source.quoted:
        return column
    inside = column.str.len().gt(1) & column.str.startswith('"')
    inside &= column.str.endswith('"')
    if not inside.any():
        return column
    bare = column.str.slice(1, -1).str.replace('""', '"', regex=False)
    return column.where(~inside, bare)


def clean(texts: pd.Series) -> pd.Series:
    """Texts without markup, cut where they grow long.

    >>> list(clean(pd.Series(["a <b>bold</b> &amp; plain", "4 < 5"])))
    ['a  bold  & plain', '4 < 5']
    """
    made = texts.copy()
    entity = made.str.contains("&", regex=False)
    made[entity] = [html.unescape(text) for text in made[entity]]
    tagged = made.str.contains(r"<[/!a-zA-Z]")
    made[tagged] = [TAG.sub(" ", HIDDEN.sub(" ", text)) for text in made[tagged]]
    return made.str.slice(0, LONGEST)
