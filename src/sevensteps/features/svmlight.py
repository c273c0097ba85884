"""Rows of the SVMlight text format, as LETOR and LightGBM write it, read quickly.

A line is a grade, perhaps `qid:` and its query, and pairs `feature:value` of what is
not zero; what follows a `#` is a comment. Files have a million lines and a hundred
numbers on each, so a block of lines is read at once: its structure is checked on the
bytes, its numbers by a parser of CSV. Only a block with a fault is read line by line,
to say where.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

AT_ONCE = 1 << 24  # bytes of a block
MOST_FEATURES = 1_000_000
MOST_QUERY = 10**15  # beyond some such number floats skip some
COMMENT = re.compile(rb"#[^\n]*")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
PLAIN = bytes.maketrans(b"\t\r\v\f", b"    ")
NEWLINE, SPACE, COLON = b"\n :"
QID = np.frombuffer(b"qid:", np.uint8)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows of one file, or of a block of it.

    Attributes
    ----------
    line : (n,) int           where each row stands, from 1
    grade : (n,) float        as written
    query : (n,) int          after `qid:`; None where lines have none
    x : (n, features) csr     float64; the columns are the features' own numbers
    """

    line: Ints
    grade: Floats
    query: Ints | None
    x: csr_matrix


def read_lines(path: Path) -> Lines:
    """Read a file, plain or `.gz`.

    Raises
    ------
    ValueError                names the file and the line of a fault, or says that
                              nothing is there
    """
    blocks: list[Lines] = []
    before = 0
    for text in _blocks(path):
        block = _parsed(text)
        queried = blocks[0].query is not None if blocks else None
        if block is None or (len(block.line) and (block.query is None) is queried):
            raise ValueError(f"{path.name}, {_fault(text, before, queried)}")
        if len(block.line):
            blocks.append(replace(block, line=block.line + before))
        before += text.count(b"\n")
    if not blocks:
        raise ValueError(f"{path.name} holds no rows: only blank lines or comments")
    return _joined(blocks)


def _blocks(path: Path) -> Iterator[bytes]:
    """Whole lines, some megabytes at a time, without a mark of their encoding."""
    rest, begun = b"", False
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while some := file.read(AT_ONCE):
                some = some if begun else some.removeprefix(b"\xef\xbb\xbf")
                begun = True
                head, newline, rest = (rest + some).rpartition(b"\n")
                if newline:
                    yield head + newline
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path.name} cannot be unpacked: {error}") from None
    if rest:
        yield rest + b"\n"


def _parsed(text: bytes) -> Lines | None:
    """The rows of a block; None if anything in it is not as it should be."""
    bare = COMMENT.sub(b"", text) if b"#" in text else text
    byte = np.frombuffer(b"\n" + bare.translate(PLAIN), np.uint8).copy()
    blank = (byte == SPACE) | (byte == NEWLINE)
    start = np.flatnonzero(blank[:-1] & ~blank[1:]) + 1  # of each token
    line = np.searchsorted(np.flatnonzero(byte == NEWLINE), start)
    first = np.diff(line, prepend=0) > 0
    colon = np.flatnonzero(byte == COLON)
    paired, after = start[~first], np.append(start[1:], len(byte))[~first]
    if len(colon) != len(paired) or ((colon <= paired) | (colon >= after)).any():
        return None
    query = _queries(byte, start, first)
    if query.sum() not in (0, first.sum()):
        return None
    byte[start[query][:, None] + np.arange(3)] = NEWLINE  # what remains are numbers
    byte[blank] = byte[colon] = NEWLINE
    number = _numbers(byte.tobytes())
    width = np.where(first | query, 1, 2)
    if number is None or len(number) != width.sum():
        return None
    return _rows(number, np.cumsum(width) - width, line, first, query)


def _queries(byte: NDArray[np.uint8], start: Ints, first: Bools) -> Bools:
    """Which tokens are the second of their line and begin with `qid:`."""
    second = np.zeros(len(start), dtype=bool)
    second[1:] = first[:-1] & ~first[1:]
    at = start[second]
    at = at[at + 3 < len(byte)]
    begins = (byte[at[:, None] + np.arange(4)] == QID).all(axis=1)
    second[np.flatnonzero(second)[: len(at)][~begins]] = False
    return second


def _numbers(text: bytes) -> Floats | None:
    """One number a line; None if one of them is none."""
    try:
        table = pd.read_csv(
            BytesIO(text),
            header=None,
            dtype=np.float64,
            sep="\t",
            quoting=csv.QUOTE_NONE,
        )
    except pd.errors.EmptyDataError:
        return np.empty(0)
    except ValueError:
        return None
    number: Floats = table.iloc[:, 0].to_numpy()
    return number if table.shape[1] == 1 and np.isfinite(number).all() else None


def _rows(
    number: Floats, at: Ints, line: Ints, first: Bools, query: Bools
) -> Lines | None:
    """Rows from numbers, and from where each token's begin."""
    pair = ~first & ~query
    row = (np.cumsum(first) - 1)[pair]
    feature, value, asked = number[at[pair]], number[at[pair] + 1], number[at[query]]
    if ((feature < 0) | (feature > MOST_FEATURES) | (feature % 1 > 0)).any():
        return None
    if ((np.abs(asked) >= MOST_QUERY) | (asked % 1 != 0)).any():
        return None
    key = row * (MOST_FEATURES + 1) + feature.astype(np.int64)
    if (np.diff(key) <= 0).any() and len(np.unique(key)) < len(key):
        return None
    some = value != 0
    column = feature[some].astype(np.int32)
    n = int(first.sum())
    begin = np.concatenate([[0], np.cumsum(np.bincount(row[some], minlength=n))])
    shape = n, int(feature.max(initial=-1)) + 1
    x = csr_matrix((value[some], column, begin), shape)
    x.sort_indices()
    told = asked.astype(np.int64) if query.any() else None
    return Lines(line[first], number[at[first]], told, x)


def _joined(blocks: list[Lines]) -> Lines:
    """All blocks as one, as wide as the widest."""
    width = max(block.x.shape[1] for block in blocks)
    for block in blocks:
        block.x.resize(block.x.shape[0], width)
    query = [block.query for block in blocks if block.query is not None]
    return Lines(
        np.concatenate([block.line for block in blocks]),
        np.concatenate([block.grade for block in blocks]),
        np.concatenate(query) if query else None,
        vstack([block.x for block in blocks], format="csr"),
    )


def _fault(text: bytes, before: int, queried: bool | None) -> str:
    """The first line of a block that is at fault, and what is wrong with it."""
    for i, line in enumerate(text.split(b"\n"), start=before + 1):
        tokens = line.partition(b"#")[0].decode("utf-8", "replace").split()
        if tokens and queried is None:  # the first row of the file: so must all be
            queried = tokens[1:] != [] and tokens[1].startswith("qid:")
        if tokens and (wrong := _wrong(tokens, bool(queried))):
            return f"line {i:,}: {wrong}"
    return f"after line {before:,}: what is there cannot be read as grade and pairs"


def _wrong(tokens: list[str], queried: bool) -> str:
    """What is wrong with a line, nothing if it is right."""
    grade, *pairs = tokens
    if not NUMBER.fullmatch(grade):
        return f"it must begin with a grade, not with {grade[:40]!r}"
    if (has := bool(pairs) and pairs[0].startswith("qid:")) != queried:
        return "a qid, unlike lines before it" if has else f"no qid behind {grade!r}"
    asked = pairs.pop(0).removeprefix("qid:") if has else "0"
    if not re.fullmatch(r"-?\d{1,15}", asked):
        return f"qid must be a whole number below 10**15, not {asked[:40]!r}"
    seen = set()
    for pair in pairs:
        feature, colon, value = pair.partition(":")
        if (
            not colon
            or not re.fullmatch(r"\d{1,7}", feature)
            or int(feature) > MOST_FEATURES
        ):
            return f"{pair[:40]!r} is no feature:value; features count from 0 or 1"
        if not NUMBER.fullmatch(value) or not np.isfinite(float(value)):
            return (
                f"feature {feature} is {value[:40]!r}: give a number, or leave it out"
            )
        if int(feature) in seen:
            return f"feature {feature} is given twice"
        seen.add(int(feature))
    return ""
