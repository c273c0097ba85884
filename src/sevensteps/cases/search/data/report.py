"""Bring your own data: the chapter's engine on a reader's judgements, beside BM25."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from sevensteps.cases.search.engine.engine import Found
from sevensteps.cases.search.engine.query import Query
from sevensteps.data import OfflineReport, lead
from sevensteps.measure import per_query, ranked
from sevensteps.measure.judged import over_queries
from sevensteps.measure.per_query import UNJUDGED, Ranked
from sevensteps.rank import rankers
from sevensteps.rank.feature_table import FeatureTable
from sevensteps.rank.text import Bm25
from sevensteps.rank.training_pairs import Judged

from .collection import JudgedCollection, read_collection
from .letor import PLAN

CUT, FOLDS, DEEP = 10, 5, 100
FORMS = ((1.2, 0.75), (0.9, 0.4), (2.0, 0.75))  # k1 and b of BM25 that are tried
BOOSTS = (1.0, 2.0, 4.0)  # of the title
TUNED, WORDS, BOTH = "BM25, tuned", "words, understood", "both, reciprocal ranks"
LINEAR, TREES, NDCG = "linear, pairwise", "trees, listwise", "NDCG@10"
SKIPPED = (
    "clicks and ranking by them, interleaving: need a log of what was shown",
    "satisfied sessions, sales, the ceiling: need shoppers, and the truth",
)


@dataclass(frozen=True)
class CandidatePairs:
    """What the engine found for the judged queries, and its features."""

    data: JudgedCollection
    queries: list[Query]  # as understood
    found: Found  # lists of both sources together
    features: FeatureTable  # (n, d) of everything found
    alike: NDArray[np.intp]  # (q,) a number for queries of the same words in any order

    @classmethod
    def of(cls, data: JudgedCollection) -> CandidatePairs:
        """Let the engine find documents for all queries."""
        queries = data.engine.read(data.texts)
        found = data.engine.retrieve(queries)
        features = data.engine.features(queries, found)
        said = pd.Series([" ".join(sorted(query.words)) for query in queries])
        return cls(data, queries, found, features, pd.factorize(said)[0])

    def grades(self, row: Any, document: Any) -> NDArray[np.float64]:
        """(n,) grade of each pair; -1 where nobody judged."""
        asked = pd.MultiIndex.from_arrays([row, document])
        return self.data.judged.reindex(asked, fill_value=UNJUDGED).to_numpy()

    def lists(self, row: Any, document: Any, score: Any) -> Ranked:
        """Scored pairs as lists, behind them what was judged and is not on any."""
        judged = self.data.judged
        lost = judged.drop(pd.MultiIndex.from_arrays([row, document]), errors="ignore")
        return ranked(
            np.r_[score, np.full(len(lost), -np.inf)],
            np.r_[self.grades(row, document), lost],
            np.r_[row, lost.index.get_level_values("row")],
        )

    def of_ids(self, ids: Any) -> Ranked:
        """(q, k) ids, best first, as lists."""
        row, place = np.nonzero(ids >= 0)
        return self.lists(row, ids[row, place], -place)

    @property
    def folds(self) -> list[Any]:
        """Queries to learn from and to try, no two alike on both sides."""
        split = GroupKFold(FOLDS, shuffle=True, random_state=7)
        return list(split.split(self.alike, groups=self.alike))


def run_offline(folder: Path) -> OfflineReport:
    """Read, check, index, search, train on other queries and measure.

    Raises
    ------
    ValueError        a table is not as it should be, or the queries are too few
    """
    pairs = CandidatePairs.of(data := read_collection(folder))
    if (n := len(np.unique(pairs.alike))) < 2 * FOLDS:
        raise ValueError(f"{n} different queries are judged: bring {2 * FOLDS} or more")
    ways = {
        TUNED: _tuned(pairs),
        WORDS: pairs.of_ids(data.engine.by_words(pairs.queries)),
        BOTH: pairs.of_ids(pairs.found.ids),
        **_trained(pairs),
    }
    results = {name: _measured(lists, pairs.alike) for name, lists in ways.items()}
    gains = {name: of[NDCG] - results[TUNED][NDCG] for name, of in results.items()}
    return OfflineReport(
        f"{len(data.engine.catalogue.documents):,} documents, {len(data.texts):,} "
        f"judged queries, {len(data.judged):,} judgements. What is tuned or trained is "
        f"tried on queries that it did not see, in {FOLDS} parts; queries of the same "
        "words stay together.",
        results,
        notes=tuple(data.notes),
        findings=tuple(lead(n, TUNED, by) for n, by in gains.items() if n != TUNED),
        skipped=SKIPPED,
    )


def _tuned(pairs: CandidatePairs) -> Ranked:
    """BM25 of title and body, set on other queries; the words as typed."""
    engine = pairs.data.engine
    words = list(map(engine.understanding.analyser.tokens, pairs.data.texts))
    documents, tried = engine.catalogue.documents, []
    for k1, b in FORMS:
        title, body = (Bm25.of(t, k1, b) for t in (documents.title, documents.body))
        every = ((title.scores(said), body.scores(said)) for said in words)
        tried.append([[_best(boost * t + b) for boost in BOOSTS] for t, b in every])
    ids = np.concatenate(np.swapaxes(tried, 1, 2))
    reached = np.array([_ndcg(pairs.of_ids(one)) for one in ids])
    chosen = np.empty(ids.shape[1:], np.int64)
    for learn, asked in pairs.folds:
        chosen[asked] = ids[np.nanmean(reached[:, learn], axis=1).argmax(), asked]
    return pairs.of_ids(chosen)


def _best(score: NDArray[np.float32]) -> NDArray[np.int64]:
    """(DEEP,) documents by falling score; -1 fills up."""
    order = np.argsort(-score, kind="stable")[:DEEP]
    ids = np.where(score[order] > 0, order, -1)
    return np.pad(ids, (0, DEEP - len(ids)), constant_values=-1)


def _trained(pairs: CandidatePairs) -> dict[str, Ranked]:
    """What was found as rankers order it that saw none of its queries."""
    (row, document), lesson = pairs.found.pairs, _lesson(pairs)
    gains = tuple(2**g - 1 for g in range(int(pairs.data.judged.max()) + 1))
    trees = partial(rankers.lambdamart, plan=PLAN, gains=gains)
    fits: dict[str, Callable[[Judged], rankers.Ranker]]
    fits = {LINEAR: rankers.pairwise, TREES: trees}
    made = {}
    for name, fit in fits.items():
        score = np.empty(len(row), np.float32)
        for learn, tried in pairs.folds:
            ranker = fit(lesson.take(np.isin(lesson.query, learn)))
            asked = np.flatnonzero(np.isin(row, tried))
            score[asked] = ranker.scores(pairs.features.take(asked))
        made[name] = pairs.lists(row, document, score)
    return made


def _lesson(pairs: CandidatePairs) -> Judged:
    """Rows to learn from: what was judged, or all, if only good ones were judged."""
    row, document = pairs.found.pairs
    grade = pairs.grades(row, document)
    known = np.flatnonzero(grade != UNJUDGED)
    if len(np.unique(row[grade == 0])) < len(pairs.queries) / 2:
        pairs.data.notes.append(
            "for most queries nothing was judged not relevant: to learn from, what was "
            "found and not judged counts as grade 0"
        )
        known = np.arange(len(row))
    features = pairs.features.take(known)
    return Judged.of(features, row[known], np.maximum(grade[known], 0))


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
