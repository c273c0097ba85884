"""Documents, queries and judgements out of whatever tables hold them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import pandas as pd

from sevensteps.features.checks import BadTable

from .roles import TEXTS, Part
from .tables import clean, load

MOST_DOCUMENTS = 1_000_000  # beside those that are judged
PAIR = ["query_id", "document_id"]
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


def gathered(parts: Sequence[Part]) -> Gathered:
    """Read every part, the judgements first, so that what is judged is kept.

    Raises
    ------
    BadTable          if there are no judgements, or none with a grade
    """
    notes: list[str] = []
    pairs = [_pairs(p, notes) for p in parts if p.role == "judgements"]
    graded = [p for p in pairs if "grade" in p]
    if not graded:
        held = "; ".join(
            f"{p.source.name} ({', '.join(p.source.columns)})" for p in parts
        )
        raise BadTable(
            "there are no judgements: bring judgements.csv with query_id, document_id "
            f"and grade. Found: {held or 'no table at all'}"
        )
    judgements = pd.concat(graded, ignore_index=True)
    queries = [p for p in pairs if "query" in p]
    queries += [_queries(p) for p in parts if p.role == "queries"]
    texts = [p for p in pairs if set(p) & set(TEXTS)]
    documents = _documents(parts, texts, set(judgements["document_id"]), notes)
    return Gathered(documents, _merged(queries, "query_id"), judgements, notes)


def _pairs(part: Part, notes: list[str]) -> pd.DataFrame:
    """Pairs of a query and a document, their grades, and what is told of both."""
    frame, _ = load(part.source, part.names)
    if part.source.encoding == "latin-1":
        notes.append(f"{part.source.name} is not UTF-8; read as Latin-1")
    frame = _chosen(frame, part.source.name, notes)
    if not part.source.header and len(part.source.columns) == 4:
        frame = _smart(part, frame)
    for own, text in (("query_id", ["query"]), ("document_id", ["title", "body"])):
        if own not in frame:
            told = [name for name in text if name in frame]
            if not told:
                raise BadTable(f"{part.source.name} lacks {own}")
            frame[own] = sum((" " + frame[t] for t in told[1:]), frame[told[0]])
    if "split" not in frame and (split := _split_of(part.source.name)):
        frame["split"] = split
    if "grade" in frame and (empty := frame["grade"].str.strip().eq("")).any():
        notes.append(
            f"{empty.sum():,} rows of {part.source.name} without a grade left out"
        )
        frame = frame[~empty]
    return frame


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


def _queries(part: Part) -> pd.DataFrame:
    frame, _ = load(part.source, part.names)
    if "query" not in frame:
        raise BadTable(
            f"{part.source.name} has no text of a query; it has "
            f"{', '.join(part.source.columns)}. Call it `query`, or tell its name in "
            "columns.toml"
        )
    if "query_id" not in frame:
        frame["query_id"] = frame["query"].str.strip()
    return _chosen(frame, part.source.name, [])


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
    if not told:
        raise BadTable(
            "there are no documents: bring documents.csv with document_id, title and "
            "description"
        )
    merged = _merged(told, "document_id")
    for name in TEXTS:
        if name in merged:
            merged[name] = clean(merged[name])
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
    if part.source.encoding == "latin-1":
        notes.append(f"{part.source.name} is not UTF-8; read as Latin-1")
    return _chosen(frame, part.source.name, notes)


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
    if not frames:
        raise BadTable(
            "there are no texts of queries: bring queries.csv with query_id and query"
        )
    shared = [own, "query", "kind"] if own == "query_id" else [own, *TEXTS]
    every = pd.concat([f[[c for c in shared if c in f]] for f in frames])
    ids = every[own].drop_duplicates()
    made = {own: ids.reset_index(drop=True)}
    for name in every.columns.drop(own):
        told = every[every[name].notna() & every[name].ne("")]
        first = told.drop_duplicates(own).set_index(own)[name]
        made[name] = first.reindex(ids).fillna("").reset_index(drop=True).astype("str")
    return pd.DataFrame(made)
