"""What the ways are tried on: pairs of queries and documents, and their grades.

Two protocols, because judgement sets differ. *Retrieve*: a way finds documents in the
whole collection, and what nobody judged counts as not relevant. *Re-rank*: a way only
orders what was judged for a query; fair where judgements are few, or were collected
from lists that none of the ways made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.measure import Interval, per_query
from sevensteps.measure.judged import over_queries
from sevensteps.measure.ranked import UNJUDGED, Missing, Ranked, ranked

from .collections import Collection
from .matching import PLAIN, Setting, best
from .meaning import Meaning
from .texts import Ids, Texts

Protocol = Literal["retrieve", "re-rank"]
K = 10  # places that NDCG looks at
DEEP = 100  # places that recall looks at
DEPTH = {"BM25": 150, "title": 50, "dense": 100}  # that each way brings to the pool
Scores = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)  # told apart by identity
class Arena:
    """Pairs of some queries, in order of the query, within it by lot.

    Attributes
    ----------
    protocol : "retrieve" or "re-rank"
    queries : (q,) places in the collection
    row : (p,) place of each pair's query in `queries`
    item : (p,) its document
    grade : (p,) -1 where nobody judged it
    missed_row, missed_grade : what was judged and no way found
    group : (q,) what intervals redraw: queries that say the same
    relevant : the lowest grade of a relevant document
    """

    protocol: Protocol
    queries: NDArray[np.intp]
    row: Ids
    item: Ids
    grade: NDArray[np.float64]
    missed_row: Ids
    missed_grade: NDArray[np.float64]
    group: NDArray[np.int32]
    relevant: float

    def __len__(self) -> int:
        return len(self.row)

    def of(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """(p,) whether a pair is of one of these queries."""
        return np.isin(self.row, rows)

    def take(self, rows: NDArray[np.intp]) -> Arena:
        """Some of the queries, numbered anew in their order."""
        some = np.sort(rows)
        kept, missed = self.of(some), np.isin(self.missed_row, some)
        return replace(
            self,
            queries=self.queries[some],
            row=np.searchsorted(some, self.row[kept]).astype(np.int32),
            item=self.item[kept],
            grade=self.grade[kept],
            missed_row=np.searchsorted(some, self.missed_row[missed]).astype(np.int32),
            missed_grade=self.missed_grade[missed],
            group=self.group[some],
        )

    def lists(self, scores: Scores, missing: Missing = "zero") -> Ranked:
        """What scores make of the pairs; missed documents are on no list."""
        every = np.concatenate([scores, np.full(len(self.missed_row), -np.inf)])
        grade = np.concatenate([self.grade, self.missed_grade])
        row = np.concatenate([self.row, self.missed_row])
        return ranked(every, grade, row).treated(missing)

    def ndcg(self, scores: Scores, missing: Missing = "zero") -> NDArray[np.float64]:
        """(q,) NDCG@10 of each query; its gain is the grade. NaN: nothing to gain."""
        lists = self.lists(scores, missing)
        return per_query.ndcg(lists, k=K, gain="linear", ties="average")

    def reciprocal_rank(self, scores: Scores) -> NDArray[np.float64]:
        """(q,) one over the place of the first relevant document."""
        return per_query.reciprocal_rank(self.lists(scores), relevant=self.relevant)

    def recall(self, scores: Scores, k: int = DEEP) -> NDArray[np.float64]:
        """(q,) share of the relevant documents on the first places."""
        return per_query.recall_at_k(self.lists(scores), k=k, relevant=self.relevant)

    def judged(self, scores: Scores) -> NDArray[np.float64]:
        """(q,) share of the first ten places that somebody judged."""
        return per_query.judged_share(self.lists(scores), k=K)

    def mean(
        self, each: NDArray[np.float64], rows: NDArray[np.intp] | None = None
    ) -> Interval:
        """Mean over all queries, or some, and its interval."""
        some = np.arange(len(self.queries)) if rows is None else np.sort(rows)
        if not np.isfinite(each[some]).any() or len(np.unique(self.group[some])) < 2:
            return Interval.missing()
        return over_queries(each[some], some, block=self.group[some])


def rerank_arena(
    data: Collection, queries: NDArray[np.intp], group: NDArray[np.int32]
) -> Arena:
    """The judged pairs of some queries."""
    place = np.full(data.n_queries, -1, np.int32)
    place[queries] = np.arange(len(queries))
    row, item = place[data.row], data.item
    kept = row >= 0
    return _arena("re-rank", data, queries, group, row[kept], item[kept])


def retrieve_arena(
    data: Collection,
    queries: NDArray[np.intp],
    group: NDArray[np.int32],
    texts: Mapping[str, Texts],
    meaning: Meaning,
) -> Arena:
    """What BM25, BM25 of the titles and vectors find for some queries."""
    stems = texts["stems"]
    found = [
        best(stems, PLAIN, DEPTH["BM25"], queries),
        best(stems, Setting(body=0, facets=0), DEPTH["title"], queries),
        meaning.best(DEPTH["dense"], queries),
    ]
    if "understood" in texts:
        found.append(best(texts["understood"], PLAIN, DEPTH["title"], queries))
    row = np.concatenate([np.repeat(np.arange(len(f)), f.shape[1]) for f in found])
    item = np.concatenate([f.ravel() for f in found]).astype(np.int64)
    n = data.n_documents
    other = (item >= 0) & (item != data.itself[queries][row])
    pair = np.unique((row * n + item)[other])
    return _arena(
        "retrieve",
        data,
        queries,
        group,
        (pair // n).astype(np.int32),
        (pair % n).astype(np.int32),
    )


def _arena(
    protocol: Protocol,
    data: Collection,
    queries: NDArray[np.intp],
    group: NDArray[np.int32],
    row: Ids,
    item: Ids,
) -> Arena:
    """Pairs with their grades; their order is by lot, so that ties mean nothing."""
    place = np.full(data.n_queries, -1, np.int64)
    place[queries] = np.arange(len(queries))
    n, mine = np.int64(data.n_documents), place[data.row] >= 0
    judged = pd.Index(place[data.row[mine]] * n + data.item[mine])
    lot = np.random.default_rng(23).random(len(row))
    order = np.lexsort((lot, row))
    row, item = row[order], item[order]
    at = judged.get_indexer(pd.Index(row * n + item))
    given = data.grade[mine]
    grade = np.where(at >= 0, given[at], UNJUDGED)
    missed = np.ones(len(given), bool)
    missed[at[at >= 0]] = False
    return Arena(
        protocol,
        queries,
        row,
        item,
        grade,
        (judged[missed] // n).to_numpy(np.int32),
        given[missed],
        group[queries],
        data.relevant,
    )
