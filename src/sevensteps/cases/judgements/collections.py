"""A reader's own documents, queries and judgements, in whatever shape they come."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.features.checks import BadTable
from sevensteps.search.synonyms import Synonyms

from .files import sources
from .gathering import PAIR, SPLITS, Gathered, gathered
from .grades import graded
from .roles import Part, parts
from .synonyms import read_synonyms

FEWEST = 10  # judged queries that a trial needs
BEGIN = 100  # letters that tell texts apart
FACETS = ("brand", "colour", "category")
SPLIT = ("train", "validation", "test")
Texts = NDArray[np.object_]


@dataclass(frozen=True, eq=False)  # told apart by identity
class Collection:
    """Documents, queries, and what judges said of pairs of them.

    Attributes
    ----------
    shape : str                      whose files these are, e.g. "WANDS"
    document_id, title, body, facets : (n,) texts; empty where nothing is told. Facets
                                     are brand, colour and category in one line
    query_id, query, kind : (m,) texts of the judged queries
    split : (m,) int8                0 train, 1 validation, 2 test; -1 where not told
    row, item, grade : (p,)          a judgement's query and document by their places,
                                     and its grade: 0 is not relevant, higher better
    relevant : float                 from which grade on a document counts as relevant
    synonyms : Synonyms              of the words of queries, if the reader has some
    """

    shape: str
    document_id: Texts
    title: Texts
    body: Texts
    facets: Texts
    query_id: Texts
    query: Texts
    kind: Texts
    split: NDArray[np.int8]
    row: NDArray[np.int32]
    item: NDArray[np.int32]
    grade: NDArray[np.float64]
    relevant: float
    synonyms: Synonyms

    @property
    def n_documents(self) -> int:
        """How many documents can be found."""
        return len(self.document_id)

    @property
    def n_queries(self) -> int:
        """How many queries somebody judged."""
        return len(self.query_id)

    @cached_property
    def itself(self) -> NDArray[np.intp]:
        """(m,) the document that is the query, as in ArguAna; -1 where none is.

        It has the query's id and begins as the query does.
        """
        at = pd.Index(self.document_id).get_indexer(pd.Index(self.query_id))
        for q in np.flatnonzero(at >= 0):
            texts = (
                self.title[at[q]],
                self.body[at[q]],
                self.title[at[q]] + self.body[at[q]],
            )
            if _begun(self.query[q]) not in map(_begun, texts):
                at[q] = -1
        return at


def _begun(text: str) -> str:
    """The first letters of a text, however it is set."""
    return "".join(text.split()).lower()[:BEGIN]


def read_collection(folder: Path | str) -> tuple[Collection, list[str]]:
    """Read a folder of tables: our own schema, or the shape of a public collection.

    Ours: `documents` (document_id, title, description), `queries` (query_id, query) and
    `judgements` (query_id, document_id, grade, and if known split), as Parquet, CSV,
    TSV or JSON, packed (.gz, .zip) or not; and `synonyms.txt`, if there are some. Known
    by their files and columns: BEIR, TREC (qrels, SGML), SMART (.I .T .W), MS MARCO,
    LoTTE, Tevatron, WANDS, Amazon's ESCI, Home Depot, CrowdFlower, exports of Quepid
    and OpenSearch, and any one table of query, title and grade. Other names are told in
    `columns.toml`::

        [judgements]
        file = "my_labels.csv"
        grade = "stars"

    Returns
    -------
    collection, notes : what was read, and what was assumed or left out

    Raises
    ------
    FileNotFoundError         if there is no such folder
    BadTable                  (a ValueError) names file, column and row of a fault
    """
    where = Path(folder)
    if not where.is_dir():
        raise FileNotFoundError(
            f"no directory {where}: give one with documents, queries and judgements"
        )
    tables, others = sources(where)
    held, unused = parts(where, tables)
    told = gathered(held, unused + others)
    if unused:
        told.notes.append(f"not used: {', '.join(unused[:8])}")
    synonyms, said = read_synonyms(where)
    made = _collection(told, synonyms, _shape(held), _qrels(held))
    if n := int((made.itself >= 0).sum()):
        said.append(f"{n:,} queries are documents too: none is found for itself")
    return made, told.notes + said


def _shape(held: list[Part]) -> str:
    """Whose files these are, by their names and columns."""
    columns = {c.lower() for part in held for c in part.source.columns}
    names = {part.source.path.name.lower() for part in held}
    kinds = {part.source.kind for part in held}
    for shape, sure in (
        ("Amazon ESCI", "esci_label" in columns),
        ("WANDS", {"product.csv", "label.csv"} <= names),
        ("Home Depot", {"product_uid", "search_term"} <= columns),
        ("CrowdFlower", "median_relevance" in columns),
        ("BEIR", {"corpus.jsonl", "queries.jsonl"} <= names),
        ("TREC or SMART", "frame" in kinds and "0" in columns),
        ("MS MARCO", any(n.startswith(("collection", "msmarco")) for n in names)),
        ("our schema", any(n.startswith("judgements.") for n in names)),
    ):
        if sure:
            return shape
    return "one table" if len(held) == 1 else "several tables"


def _qrels(held: list[Part]) -> bool:
    """Whether the judgements are qrels: lists of what is relevant, at least in part."""
    judged = [p.source for p in held if p.role == "judgements"]
    return all(not s.header or "qrel" in s.name.lower() for s in judged)


def _collection(
    told: Gathered, synonyms: Synonyms, shape: str, qrels: bool
) -> Collection:
    judgements = _matched(told)
    mean = _once(told, judgements, qrels)
    row, asked = pd.factorize(mean["query_id"])
    if len(asked) < FEWEST:
        raise BadTable(
            f"judgements of known documents are there for {len(asked):,} queries; a "
            f"trial needs {FEWEST}"
        )
    queries = told.queries.set_index("query_id").reindex(asked).fillna("")
    queries = queries.rename_axis("query_id")
    documents = told.documents
    item = pd.Index(documents["document_id"]).get_indexer(pd.Index(mean["document_id"]))
    highest = float(mean["grade"].max())
    return Collection(
        shape,
        _texts(documents, "document_id"),
        _texts(documents, "title"),
        _joined(documents, "body", "details"),
        _joined(documents, *FACETS),
        _texts(queries.reset_index(), "query_id"),
        _texts(queries, "query"),
        _texts(queries, "kind"),
        _split(judgements, asked),
        row.astype(np.int32),
        item.astype(np.int32),
        mean["grade"].to_numpy(np.float64),
        min(1.0, highest) if qrels else highest / 2,
        synonyms,
    )


def _once(told: Gathered, judgements: pd.DataFrame, qrels: bool) -> pd.DataFrame:
    """Each pair with one grade, the mean of those it was given."""
    grades, notes = graded(judgements, from_zero=qrels)
    told.notes.extend(notes)
    pairs = judgements.assign(grade=grades).groupby(PAIR, sort=False)["grade"]
    mean = pairs.mean().round(6).reset_index()
    if again := len(judgements) - len(mean):
        told.notes.append(f"{again:,} repeated judgements merged by their mean")
    return mean


def _matched(told: Gathered) -> pd.DataFrame:
    """The judgements whose query and document are known.

    Raises
    ------
    BadTable          if they are less than half
    """
    judgements = told.judgements
    for table, own in ((told.queries, "query_id"), (told.documents, "document_id")):
        kind = own.removesuffix("_id")
        kinds = {"query": "queries"}.get(kind, f"{kind}s")
        ids = _alike(judgements[own], table[own])
        if own == "query_id" and _counted(ids, table[own]):
            told.notes.append("judgements number the queries in their order: so read")
            ids = table[own].iloc[ids.astype("int64") - 1].set_axis(ids.index)
        judgements = judgements.assign(**{own: ids})
        known = judgements[own].isin(table[own])
        if known.mean() < 0.5:
            raise BadTable(
                f"{(~known).sum():,} of {len(known):,} judgements name a {own} that no "
                f"table tells, such as {judgements[own][~known].iloc[0]!r}; known are "
                f"{', '.join(map(repr, table[own].head(3)))}. Bring the {kinds} too, "
                "or leave these judgements out"
            )
        if not known.all():
            told.notes.append(
                f"{(~known).sum():,} judgements of an unknown {kind} left out"
            )
        judgements = judgements[known]
    return judgements


def _alike(ids: pd.Series, known: pd.Series) -> pd.Series:
    """Ids as the other table writes them: with its zeros before, without .0 behind."""
    lost = ~ids.isin(known)
    if not lost.any():
        return ids
    written = pd.Series(known.to_numpy(), index=_bare(known))
    written = written[~written.index.duplicated(keep=False)]
    return ids.where(~lost, _bare(ids).map(written).fillna(ids))


def _bare(ids: pd.Series) -> pd.Series:
    return ids.str.strip().str.replace(r"\.0$", "", regex=True).str.lstrip("0")


def _counted(ids: pd.Series, known: pd.Series) -> bool:
    """Whether ids count the known ones from 1, as Cranfield's judgements do."""
    mine, theirs = (_bare(pd.Series(s.unique())) for s in (ids, known))
    if not (mine.str.isdigit().all() and theirs.str.isdigit().all()):
        return False
    places = set(map(str, range(1, len(theirs) + 1)))
    return set(mine) == places != set(theirs)


def _texts(frame: pd.DataFrame, name: str) -> Texts:
    if name not in frame:
        return np.full(len(frame), "", object)
    return frame[name].to_numpy(object)


def _joined(frame: pd.DataFrame, *names: str) -> Texts:
    told = pd.Series("", index=frame.index, dtype="str")
    for name in names:
        if name in frame:
            told = told + " " + frame[name]
    return told.str.strip().to_numpy(object)


def _split(judgements: pd.DataFrame, asked: pd.Index) -> NDArray[np.int8]:
    """The part of each query that its judgements name: the latest, if they differ."""
    if "split" not in judgements:
        return np.full(len(asked), -1, np.int8)
    told = judgements["split"].fillna("").str.strip().str.lower().map(SPLITS)
    code = told.map({name: n for n, name in enumerate(SPLIT)}).fillna(-1)
    if code.nunique() < 2:  # all from train.csv: this is no split
        return np.full(len(asked), -1, np.int8)
    by_query: Any = code.groupby(judgements["query_id"]).max()
    return by_query.reindex(asked).to_numpy(np.int8)
