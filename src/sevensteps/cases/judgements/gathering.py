"""Documents, queries and judgements out of whatever tables hold them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import pandas as pd

from sevensteps.features.checks import BadTable

from .files import Source
from .grades import NONE
from .roles import TEXTS, Part
from .tables import clean, load

MOST_DOCUMENTS = 1_000_000  # beside those that are judged
PAIR = ["query_id", "document_id"]
BRING = {
    "judgements": "judgements.csv with query_id, document_id, grade",
    "documents": "documents.csv with document_id, title, description",
    "texts of queries": "queries.csv with query_id, query",
}
SPLITS = {
    "train": "train",
    "training": "train",
    "dev": "validation",
    "valid": "validation",
    "validation": "validation",
    "val": "validation",
    "vali": "validation",
    "test": "test",
    "eval": "test",
}


@dataclass(slots=True)
class Gathered:
    """Three tables of text, and what was assumed to make them."""

    documents: pd.DataFrame
    queries: pd.DataFrame
    judgements: pd.DataFrame
    notes: list[str]


def gathered(parts: Sequence[Part], unread: Sequence[str] = ()) -> Gathered:
    """Read every part, the judgements first, so that what is judged is kept.

    Parameters
    ----------
    unread : names of files that hold no part, for messages

    Raises
    ------
    BadTable          if there are no judgements, or none with a grade
    """
    notes: list[str] = []
    pairs = [_pairs(p, notes) for p in parts if p.role == "judgements"]
    graded = [p for p in pairs if "grade" in p]
    if not graded:
        raise _missing("judgements", parts, unread)
    judgements = pd.concat(graded, ignore_index=True)
    if judgements.empty:
        names = ", ".join(p.source.name for p in parts if p.role == "judgements")
        raise BadTable(f"{names}: no row has a grade")
    queries = [p for p in pairs if "query" in p]
    told = [p for p in parts if p.role == "queries"]
    some = [p for p in told if "query" in p.names]  # others tell of sources and kinds
    queries += [_queries(p, notes) for p in some or ([] if queries else told)]
    texts = [p for p in pairs if set(p) & set(TEXTS)]
    if not texts and not any(p.role == "documents" for p in parts):
        raise _missing("documents", parts, unread)
    if not queries:
        raise _missing("texts of queries", parts, unread)
    documents = _documents(parts, texts, set(judgements["document_id"]), notes)
    return Gathered(documents, _asked(queries, notes), judgements, notes)


def _asked(queries: list[pd.DataFrame], notes: list[str]) -> pd.DataFrame:
    """One row for each query that has a text."""
    merged = _merged(queries, "query_id")
    blank = merged["query"].str.strip().eq("")
    if blank.all():
        raise BadTable("no query has a text")
    if blank.any():
        notes.append(f"{blank.sum():,} queries without a text left out")
    return merged[~blank].reset_index(drop=True)


def _missing(what: str, parts: Sequence[Part], unread: Sequence[str]) -> BadTable:
    """What is not there, and what is."""
    held = "; ".join(
        f"{p.source.name} ({', '.join(p.source.columns)}), taken for {p.role}"
        for p in parts
    )
    more = ""
    if unread:
        more = f". Not understood: {', '.join(unread[:8])}"
        more += "; numbered features, `2 qid:1 1:0.5`, are for --letor"
    return BadTable(
        f"there are no {what}: bring {BRING[what]}, as CSV, TSV, Parquet or JSON; "
        "or, if they are there under other names, tell these in columns.toml. Found: "
        f"{held or 'no table'}{more}"
    )


def _tell_encoding(source: Source, notes: list[str]) -> None:
    if source.encoding == "cp1252":
        notes.append(f"{source.name} is not UTF-8; read as Windows' Latin-1")


def _pairs(part: Part, notes: list[str]) -> pd.DataFrame:
    """Pairs of a query and a document, their grades, and what is told of both."""
    frame, _ = load(part.source, part.names)
    _tell_encoding(part.source, notes)
    if not part.source.header and len(part.source.columns) == 4:
        frame = _smart(part, frame)
    frame = frame.assign(file=part.source.name, place=range(len(frame)))
    frame = _chosen(frame, part.source.name, notes)
    for own, text in (("query_id", ["query"]), ("document_id", ["title", "body"])):
        if own not in frame:
            told = [name for name in text if name in frame]
            if not told:
                raise BadTable(f"{part.source.name} lacks {own}")
            frame[own] = sum((" " + frame[t] for t in told[1:]), frame[told[0]])
    if "split" not in frame and (split := _split_of(part.source.name)):
        frame["split"] = split
    if "grade" in frame and (empty := _missing_grade(frame["grade"])).any():
        notes.append(
            f"{empty.sum():,} rows of {part.source.name} without a grade left out"
        )
        frame = frame[~empty]
    return frame


def _missing_grade(told: pd.Series) -> pd.Series:
    return told.str.strip().str.lower().isin(NONE)


def _smart(part: Part, frame: pd.DataFrame) -> pd.DataFrame:
    """SMART's lines put the document second and no grade behind it."""
    if not pd.to_numeric(frame["grade"], errors="coerce").eq(0).all():
        return frame
    names = {"query_id": "0", "document_id": "1"}
    return load(part.source, names)[0].assign(grade="1")


def _split_of(name: str) -> str:
    """Train, validation or test, if the file's name says so."""
    words = PurePath(name).name.lower().replace("-", ".").replace("_", ".").split(".")
    return next((SPLITS[word] for word in words if word in SPLITS), "")


def _chosen(frame: pd.DataFrame, name: str, notes: list[str]) -> pd.DataFrame:
    """The rows in English, and of the smaller version where there are two."""
    if "locale" in frame:
        english = frame["locale"].str.lower().isin(["us", "en", "en_us", "uk", "gb"])
        if english.any() and not english.all():
            notes.append(
                f"only the {english.sum():,} rows of {name} in English are used"
            )
            frame = frame[english]
    if "small" in frame:
        small = frame["small"].isin(["1", "true", "True"])
        if small.any() and not small.all():
            notes.append(
                f"only the {small.sum():,} rows of {name}'s small version are used: "
                "they are the ranking task's"
            )
            frame = frame[small]
    return frame.drop(columns=["locale", "small"], errors="ignore")


def _queries(part: Part, notes: list[str]) -> pd.DataFrame:
    frame, _ = load(part.source, part.names)
    if "query" not in frame:
        raise BadTable(
            f"{part.source.name} has no text of a query; it has "
            f"{', '.join(part.source.columns)}. Call it `query`, or tell its name in "
            "columns.toml"
        )
    if "query_id" not in frame:
        frame["query_id"] = frame["query"].str.strip()
    frame = _chosen(frame, part.source.name, [])
    _repeats(frame, "query_id", part.source.name, notes)
    return frame


def _repeats(frame: pd.DataFrame, own: str, name: str, notes: list[str]) -> None:
    """Say how many rows tell of what an earlier one told of."""
    if n := int(frame[own].duplicated().sum()):
        notes.append(
            f"{n:,} rows of {name} repeat a {own}: of each text, the first that is not "
            "empty counts"
        )


def _documents(
    parts: Sequence[Part],
    texts: list[pd.DataFrame],
    judged: Collection[str],
    notes: list[str],
) -> pd.DataFrame:
    """One row for each document, its texts cleaned."""
    told = list(texts)
    for part in parts:
        if part.role == "documents":
            told.append(_catalogue(part, judged, notes))
        elif part.role == "attributes":
            told.append(_attributes(part))
    merged = _merged(told, "document_id")
    for name in TEXTS:
        if name in merged:
            merged[name] = clean(merged[name])
    texts_of = [merged[name] for name in TEXTS if name in merged]
    if not any(text.str.strip().ne("").any() for text in texts_of):
        raise BadTable("no document has a text: neither a title nor a description")
    return merged


def _catalogue(part: Part, judged: Collection[str], notes: list[str]) -> pd.DataFrame:
    if "document_id" not in part.names:
        raise BadTable(
            f"{part.source.name} has no document_id; it has "
            f"{', '.join(part.source.columns)}. Tell its name in columns.toml"
        )
    first = ("document_id", judged)
    frame, left = load(part.source, part.names, first=first, most=MOST_DOCUMENTS)
    if left:
        notes.append(
            f"{left:,} documents of {part.source.name} that nobody judged left out: "
            f"{MOST_DOCUMENTS:,} of those are enough"
        )
    _tell_encoding(part.source, notes)
    frame = _chosen(frame, part.source.name, notes)
    _repeats(frame, "document_id", part.source.name, notes)
    return frame


def _attributes(part: Part) -> pd.DataFrame:
    """Names and values, one line each, as one text for each document."""
    rows, _ = load(part.source, part.names)
    brand = rows["name"].str.lower().str.contains("brand", regex=False)
    rows["said"] = rows["name"].where(~rows["name"].str.match("(?i)bullet"), "")
    rows["said"] = rows["said"].str.cat(rows["value"], sep=" ")
    by = rows.groupby("document_id", sort=False)
    made = by["said"].agg(" ".join).rename("details").reset_index()
    first = rows[brand].drop_duplicates("document_id").set_index("document_id")["value"]
    return made.assign(brand=made["document_id"].map(first).fillna(""))


def _merged(frames: list[pd.DataFrame], own: str) -> pd.DataFrame:
    """One row for each id; of each column the first text that is not empty."""
    shared = [own, "query", "kind"] if own == "query_id" else [own, *TEXTS]
    every = pd.concat([f[[c for c in shared if c in f]] for f in frames])
    ids = every[own].drop_duplicates()
    made = {own: ids.reset_index(drop=True)}
    for name in every.columns.drop(own):
        told = every[every[name].notna() & every[name].ne("")]
        first = told.drop_duplicates(own).set_index(own)[name]
        made[name] = first.reindex(ids).fillna("").reset_index(drop=True).astype("str")
    return pd.DataFrame(made)
