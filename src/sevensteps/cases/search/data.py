"""A reader's own documents, queries and judgements through the chapter's engine."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from sevensteps.data import (
    BadTable,
    Column,
    DataSchema,
    OfflineReport,
    Tables,
    lead,
    letor,
    load,
    refuse,
)
from sevensteps.measure import per_query, ranked
from sevensteps.measure.judged import over_queries
from sevensteps.measure.per_query import UNJUDGED, Ranked
from sevensteps.rank import rankers
from sevensteps.rank.text import Analyser, Bm25
from sevensteps.rank.training_pairs import Judged

from .engine.engine import Engine, Found
from .engine.query import Query
from .engine.shop import FIELDS, NUMBERS, Catalogue, Documents, QueryLog, understanding

CUT, FOLDS, DEEP = 10, 5, 100
SPLIT = GroupKFold(FOLDS, shuffle=True, random_state=7)
FORMS = ((1.2, 0.75), (0.9, 0.4), (2.0, 0.75))  # k1 and b of BM25 that are tried
BOOSTS = (1.0, 2.0, 4.0)  # of the title
TUNED, WORDS, BOTH = "BM25, tuned", "words, understood", "both, reciprocal ranks"
LINEAR, TREES, NDCG = "linear, pairwise", "trees, listwise", "NDCG@10"
SKIPPED = (
    "clicks and ranking by them, interleaving: need a log of what was shown",
    "satisfied sessions, sales, the ceiling: need shoppers, and the truth",
)
SYNONYMS = "synonyms.txt"
_KEY, _ID = Column("id", required=True, unique=True), Column("id", required=True)
_TEXT, _NUMBER = Column("text", required=True), Column("number", low=0)

SCHEMA = DataSchema(
    main="judgements",
    files=(SYNONYMS,),
    tables={
        "documents": {
            "document_id": _KEY,
            "title": _TEXT,
            "description": Column("text"),
            **dict.fromkeys(FIELDS, Column("category")),
            **dict.fromkeys(("price", "rating", "n_ratings", "sold"), _NUMBER),
        },
        "queries": {"query_id": _KEY, "query": _TEXT},
        "judgements": {
            "query_id": _ID,
            "document_id": _ID,
            "grade": Column("number", required=True, low=0, high=30),
        },
    },
)


def run_offline(folder: Path) -> OfflineReport:
    """Read, check, index, search, train on other queries and measure.

    A `ValueError` if a table is not as it should be, or the queries are too few.
    """
    data = read_collection(folder)
    if (n := len(np.unique(data.alike))) < 2 * FOLDS:
        raise ValueError(f"{n} different queries are judged: bring {2 * FOLDS} or more")
    engine, words = data.engine, data.engine.by_words(data.queries)
    near = engine.by_meaning(data.queries)
    found = engine.joined({"keyword": words, "dense": near})
    ways = {TUNED: _tuned(data), WORDS: data.of_ids(words)}
    ways |= {BOTH: data.of_ids(found.ids), **_trained(data, found)}
    results = {name: _measured(lists, data.alike) for name, lists in ways.items()}
    gains = {name: of[NDCG] - results[TUNED][NDCG] for name, of in results.items()}
    return OfflineReport(
        f"{len(engine.catalogue.documents):,} documents, {len(data.queries):,} judged "
        f"queries, {len(data.judged):,} judgements. What is tuned or trained is tried "
        f"on queries that it did not see, in {FOLDS} parts; queries of the same words "
        "stay together.",
        results,
        notes=tuple(data.notes),
        findings=tuple(lead(n, TUNED, by) for n, by in gains.items() if n != TUNED),
        skipped=SKIPPED,
    )


@dataclass(frozen=True)
class JudgedCollection:
    """What was judged, and the engine that searches it."""

    engine: Engine  # without a ranker
    queries: list[Query]  # those that were judged
    alike: NDArray[np.intp]  # (q,) a number for queries of the same words in any order
    judged: pd.DataFrame  # `row` and `document`, by their numbers, and `grade`
    notes: list[str]  # what was assumed, is missing, or was not used

    def lists(self, row: Any, document: Any, score: Any) -> Ranked:
        """Scored pairs as lists, behind them what was judged and is not on any."""
        scored = pd.DataFrame({"row": row, "document": document, "score": score})
        every = scored.merge(self.judged, "outer", ["row", "document"])
        score, grade = every["score"].fillna(-np.inf), every["grade"].fillna(UNJUDGED)
        return ranked(score, grade, every["row"])

    def of_ids(self, ids: Any) -> Ranked:
        """(q, k) ids, best first, as lists."""
        row, place = np.nonzero(ids >= 0)
        return self.lists(row, ids[row, place], -place)


def read_collection(directory: Path | str) -> JudgedCollection:
    """Read a folder of tables, check every value, and index the documents.

    Raises as `load`, and `BrokenSynonyms`, which names the lines of synonyms.txt.
    """
    tables = load(SCHEMA, directory)
    for table in SCHEMA.tables:
        if table not in tables.frames:
            raise BadTable(f"there is no table {table}: bring {table}.csv or .parquet")
    judged, file = _judgements(tables), Path(directory) / SYNONYMS
    told = file.read_text("utf-8-sig", "surrogateescape") if file.is_file() else "\n"
    engine = _engine(tables.frames["documents"], told)
    tables.notes.extend(_copies(engine.catalogue.documents, judged))
    asked = tables.frames["queries"]["query"]
    used, judged["row"] = np.unique(judged["row"], return_inverse=True)
    if lost := len(asked) - len(used):
        tables.notes.append(f"{lost:,} queries have no judgement, and are left out")
    queries = engine.read(asked.iloc[used].tolist())
    said = pd.Series([" ".join(sorted(query.words)) for query in queries])
    alike = pd.factorize(said)[0]
    return JudgedCollection(engine, queries, alike, judged, tables.notes)


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


def _copies(documents: Documents, judged: pd.DataFrame) -> list[str]:
    """A note of texts with two ids: judged under one, the other lowers every list."""
    texts = zip(documents.title.texts(), documents.body.texts(), strict=True)
    read = pd.Series([f"{title} {body}".strip() for title, body in texts])
    if not (copy := read.duplicated(keep=False)).any():
        return []
    unknown = copy & ~copy.index.isin(judged["document"])
    return [
        f"{copy.sum():,} documents have the same text as another under a second id, "
        f"and nobody judged {unknown.sum():,} of them: they count as not relevant and "
        "push down what is. Leave one of each"
    ]


def _engine(documents: pd.DataFrame, told: str) -> Engine:
    """The chapter's engine over the documents; what is not told is missing."""
    texts = "title", "description", *FIELDS
    made = documents.reindex(columns=[*texts, *NUMBERS])
    made = made.assign(product_id=range(len(made)), listed_at=0, in_stock=1.0)
    made["description"] = made["description"].astype(object).fillna("")
    kinds = dict.fromkeys(texts, pa.string()) | dict.fromkeys(NUMBERS, pa.float32())
    kinds |= {"product_id": pa.int32(), "listed_at": pa.int32()}
    products = pa.Table.from_pandas(made, pa.schema(kinds), preserve_index=False)
    catalogue = Catalogue.of(products, 0, analyser := Analyser())
    nobody = QueryLog(np.empty(0, np.int32), [], np.empty(0, np.int64))
    return Engine.of(catalogue, understanding(catalogue, analyser, nobody, told))


def _tuned(data: JudgedCollection) -> Ranked:
    """BM25 of title and body, set on other queries; the words as typed."""
    analyser, tried = data.engine.understanding.analyser, []
    words = [analyser.tokens(query.text) for query in data.queries]
    documents = data.engine.catalogue.documents
    for k1, b in FORMS:
        title, body = (Bm25.of(t, k1, b) for t in (documents.title, documents.body))
        every = ((title.scores(said), body.scores(said)) for said in words)
        tried.append([[_best(boost * t + b) for boost in BOOSTS] for t, b in every])
    ids = np.concatenate(np.swapaxes(tried, 1, 2))
    reached = np.array([_ndcg(data.of_ids(one)) for one in ids])
    chosen = np.empty(ids.shape[1:], np.int64)
    for learn, asked in SPLIT.split(data.alike, groups=data.alike):
        chosen[asked] = ids[np.nanmean(reached[:, learn], axis=1).argmax(), asked]
    return data.of_ids(chosen)


def _best(score: NDArray[np.float32]) -> NDArray[np.int64]:
    """(DEEP,) documents by falling score; -1 fills up."""
    order = np.argsort(-score, kind="stable")[:DEEP]
    ids = np.where(score[order] > 0, order, -1)
    return np.pad(ids, (0, DEEP - len(ids)), constant_values=-1)


def _trained(data: JudgedCollection, found: Found) -> dict[str, Ranked]:
    """What was found as rankers order it that saw none of its queries.

    They learn from what was judged, or from all, if only good ones were judged.
    """
    (row, document), features = found.pairs, data.engine.features(data.queries, found)
    pairs = pd.DataFrame({"row": row, "document": document})
    grade = pairs.merge(data.judged, "left")["grade"].fillna(UNJUDGED).to_numpy()
    known = grade != UNJUDGED
    if len(np.unique(row[grade == 0])) < len(data.queries) / 2:
        data.notes.append(
            "for most queries nothing was judged not relevant: to learn from, what was "
            "found and not judged counts as grade 0"
        )
        known[:] = True
    every = Judged.of(features, row, np.maximum(grade, 0))
    gains = tuple(2**g - 1 for g in range(int(data.judged["grade"].max()) + 1))
    trees = partial(rankers.lambdamart, plan=letor.PLAN, gains=gains)
    fits: tuple[Callable[[Judged], rankers.Ranker], ...] = rankers.pairwise, trees
    made = {}
    for name, fit in zip((LINEAR, TREES), fits, strict=True):
        score = np.empty(len(row), np.float32)
        for learn, tried in SPLIT.split(data.alike, groups=data.alike):
            ranker = fit(every.take(known & np.isin(row, learn)))
            asked = np.isin(row, tried)
            score[asked] = ranker.scores(features.take(asked))
        made[name] = data.lists(row, document, score)
    return made


def _ndcg(lists: Ranked) -> NDArray[np.float64]:
    return per_query.ndcg(lists, k=CUT, ties="average")


def _measured(lists: Ranked, alike: NDArray[np.intp]) -> dict[str, Any]:
    """Metrics of one way; queries of the same words are redrawn together."""
    each = {
        NDCG: _ndcg(lists),
        "judged only": _ndcg(lists.condensed()),
        "judged of the first 10": per_query.judged_share(lists, k=CUT),
    }
    block = alike[lists.query]
    return {m: over_queries(v, lists.query, block=block) for m, v in each.items()}
