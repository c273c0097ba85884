"""A reader's documents, queries and judgements as the chapter's engine takes them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.shop import (
    FIELDS,
    NUMBERS,
    Catalogue,
    QueryLog,
    understanding,
)
from sevensteps.data import BadTable, Tables, load, refuse
from sevensteps.rank.text import Analyser

from .schema import SCHEMA, SYNONYMS


@dataclass(frozen=True, slots=True)
class JudgedCollection:
    """What was judged, and the engine that searches it."""

    engine: Engine  # without a ranker
    texts: list[str]  # the judged queries as typed
    #: (n,) grades, whole, 0 and up; by the numbers of query and document.
    judged: pd.Series
    notes: list[str]  # what was assumed, is missing, or was not used


def read_collection(directory: Path | str) -> JudgedCollection:
    """Read a folder of tables, check every value, and index the documents.

    Raises
    ------
    FileNotFoundError         if there is no directory or no table of judgements
    BadTable                  (a ValueError) names table, column and row of a fault
    BrokenSynonyms            (a ValueError) names the lines of synonyms.txt
    """
    tables = load(SCHEMA, directory)
    for table in SCHEMA.tables:
        if table not in tables.frames:
            raise BadTable(f"there is no table {table}: bring {table}.csv or .parquet")
    documents, queries = (tables.frames[t] for t in ("documents", "queries"))
    judged = _judgements(tables)
    _tell_copies(documents, judged, tables.notes)
    used, row = np.unique(judged["row"], return_inverse=True)
    if lost := len(queries) - len(used):
        tables.notes.append(f"{lost:,} queries have no judgement, and are left out")
    file = Path(directory) / SYNONYMS
    told = file.read_text("utf-8-sig", "surrogateescape") if file.is_file() else "\n"
    return JudgedCollection(
        _engine(documents, told),
        queries["query"].iloc[used].tolist(),
        judged.assign(row=row).set_index(["row", "document"])["grade"],
        tables.notes,
    )


def _judgements(tables: Tables) -> pd.DataFrame:
    """Number of query and document, and the grade, each pair once."""
    told = tables.frames["judgements"]
    fraction = told["grade"] % 1 > 0
    refuse("judgements", "grade", fraction, told["grade"], "is no whole number: round")
    judged = told[["grade"]].copy()
    for name, kind in {"query_id": "queries", "document_id": "documents"}.items():
        codes = pd.Index(tables.frames[kind][name]).get_indexer(pd.Index(told[name]))
        refuse("judgements", name, codes < 0, told[name], f"is not in {kind}")
        judged["row" if kind == "queries" else "document"] = codes
    once = judged.drop_duplicates()
    twice = once.duplicated(["row", "document"]).reindex(judged.index, fill_value=False)
    why = "has another grade for this query above"
    refuse("judgements", "document_id", twice, told["document_id"], why)
    if repeats := len(judged) - len(once):
        tables.notes.append(f"{repeats:,} judgements repeat another, and count once")
    if (least := judged["grade"].min()) > 0:
        tables.notes.append(f"no grade is below {least:g}, and only 0 is not relevant")
    return once


def _tell_copies(
    documents: pd.DataFrame, judged: pd.DataFrame, notes: list[str]
) -> None:
    """Note texts with two ids: judged under one, the other lowers every list."""
    empty = pd.Series("", documents.index)
    text = documents["title"] + "\n" + documents.get("description", empty).fillna("")
    read = pd.Series(Analyser().tokens_of(text).texts(), documents.index)
    if (copy := read.duplicated(keep=False).to_numpy()).any():
        unknown = copy & ~np.isin(np.arange(len(documents)), judged["document"])
        notes.append(
            f"{copy.sum():,} documents have the same text as another under a second "
            f"id, and nobody judged {unknown.sum():,} of them: they count as not "
            "relevant and push down what is. Leave one of each"
        )


def _engine(documents: pd.DataFrame, told: str) -> Engine:
    """The chapter's engine over the documents; what is not told is missing."""
    made = documents.reindex(columns=["title", "description", *FIELDS, *NUMBERS])
    made = made.assign(product_id=range(len(made)), listed_at=0, in_stock=1.0)
    made["description"] = made["description"].astype(object).fillna("")
    kinds = dict.fromkeys(("title", "description", *FIELDS), pa.string())
    kinds |= dict.fromkeys(NUMBERS, pa.float32())
    kinds |= {"product_id": pa.int32(), "listed_at": pa.int32()}
    products = pa.Table.from_pandas(made, pa.schema(kinds), preserve_index=False)
    catalogue = Catalogue.of(products, 0, analyser := Analyser())
    nobody = QueryLog(np.empty(0, np.int32), [], np.empty(0, np.int64))
    return Engine.of(catalogue, understanding(catalogue, analyser, nobody, told))
