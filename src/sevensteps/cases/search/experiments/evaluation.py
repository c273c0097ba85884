"""Queries sampled from a log, what an engine found for them, and how good that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.query import Query
from sevensteps.measure import Interval, judged, per_query, ranked
from sevensteps.rank.feature_table import FeatureTable
from sevensteps.rank.rankers import Ranker
from sevensteps.rank.training_pairs import Judged

from .simulation import SearchSimulation

CUT = 10  # positions that count
ROOM = 100  # good products that a list should have, if there are so many
GOOD = 3  # grade of a product that answers the query
DAY = 86_400
Ids = NDArray[np.int32]
Floats = NDArray[np.float64]
PerQuery = Callable[[Any], Floats]


@dataclass(frozen=True)
class QuerySample:
    """Queries sampled from a shop's log; one that was drawn twice counts twice.

    Attributes
    ----------
    query_id : (q,) int32         each once
    times : (q,) int64            how often it was drawn
    need : (q,) int32             what each is asked for, if it is known: queries of one
                                  need hang together, so needs are redrawn
    """

    query_id: Ids
    times: NDArray[np.int64]
    need: Ids | None = None

    @classmethod
    def draw(
        cls, shop: SearchSimulation, n: int, *, seed: int = 0, days: int = 7
    ) -> QuerySample:
        """From the first searches of the last days' sessions, without putting back."""
        log = shop.history.searches
        late = log["at"].to_numpy() >= (shop.history.days - days) * DAY
        some = np.flatnonzero(late & (log["attempt"].to_numpy() == 0))
        if not 1 <= n <= len(some):
            raise ValueError(f"between 1 and {len(some):,} searches can be drawn")
        chosen = np.random.default_rng([seed, 53]).choice(some, n, replace=False)
        query = log["query_id"].to_numpy()[chosen]
        ids, times = np.unique(query, return_counts=True)
        need = shop.world.true_queries().true_need.to_numpy()[ids]
        return cls(ids.astype(np.int32), times, need)

    def __len__(self) -> int:
        return len(self.query_id)

    def take(self, kept: NDArray[Any]) -> QuerySample:
        """Some of the queries."""
        need = None if self.need is None else self.need[kept]
        return QuerySample(self.query_id[kept], self.times[kept], need)

    def texts(self, shop: SearchSimulation) -> list[str]:
        """What was typed."""
        return texts_of(shop, self.query_id)

    def mean(self, values: Floats, where: Any = None) -> Interval:
        """Mean over searches, needs redrawn; of some queries, or of all.

        Means of the same draw are paired: their difference has its own interval.
        """
        chosen = values if where is None else np.where(where, values, np.nan)
        each = np.repeat(np.arange(len(chosen)), self.times)
        unit = self.query_id if self.need is None else self.need
        return judged.over_queries(chosen[each], each, block=unit[each])

    def bands(self, shop: SearchSimulation) -> NDArray[np.str_]:
        """(q,) head, torso or tail: a third of all searches each."""
        asked = shop.asked
        upto = np.cumsum(asked.times) / asked.times.sum()
        names = np.array(["head", "torso", "tail"])
        of = pd.Series(names[np.searchsorted([1 / 3, 2 / 3], upto)], asked.query_id)
        return of.reindex(self.query_id).to_numpy(str)


def texts_of(shop: SearchSimulation, query_id: NDArray[np.integer]) -> list[str]:
    """What was typed for each query."""
    text = shop.history.queries["text"]
    typed: list[str] = text.take(pa.array(query_id)).to_pylist()
    return typed


@dataclass(frozen=True)
class GradedLists:
    """Lists for sampled queries, and their true grades.

    Attributes
    ----------
    sample : the queries
    ids : (q, k) int32            best first; -1 fills up
    grade : (q, k) int8
    missed : (q, CUT) int8        the best grades of what is not on the list
    n_good : (q,) int64           products in the catalogue that answer the query
    """

    sample: QuerySample
    ids: Ids
    grade: NDArray[np.int8]
    missed: NDArray[np.int8]
    n_good: NDArray[np.int64]

    @classmethod
    def of(cls, shop: SearchSimulation, sample: QuerySample, ids: Ids) -> GradedLists:
        """Grade lists by the shop's truth."""
        world, past = shop.world, shop.history
        every = world.relevant(sample.query_id, history=past)
        row = pd.Index(sample.query_id).get_indexer(pd.Index(every["query_id"]))
        good = row[every["grade"].to_numpy() >= GOOD]
        return cls(
            sample, ids, world.grades(sample.query_id, ids, past),
            _missed(every, row, ids), np.bincount(good, minlength=len(sample)),
        )  # fmt: skip

    @property
    def pairs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row and position of everything on the lists."""
        row, position = np.nonzero(self.ids >= 0)
        return row, position

    def values(self, scores: Any = None, metric: PerQuery | None = None) -> Floats:
        """(q,) a metric of each list, NDCG@10 when absent.

        Parameters
        ----------
        scores : (n,) of everything on the lists; their own order when absent
        """
        row, position = self.pairs
        score = -position.astype(np.float64) if scores is None else np.asarray(scores)
        lists = ranked(*self._with_missed(score, row, self.grade[row, position]))
        return ndcg(lists) if metric is None else metric(lists)

    def ndcg(self, scores: Any = None, where: Any = None) -> Interval:
        """NDCG@10, against the best list that the catalogue allows."""
        return self.sample.mean(self.values(scores), where)

    def ceiling(self) -> Floats:
        """(q,) NDCG of the best order of what is on each list."""
        row, position = self.pairs
        return self.values(self.grade[row, position])

    def recall(self, room: int = ROOM) -> Floats:
        """(q,) share of the good products that are on the list; of `room`, if more."""
        found = ((self.grade >= GOOD) & (self.ids >= 0)).sum(axis=1)
        wanted = np.minimum(self.n_good, room)
        share = np.minimum(found, wanted) / np.maximum(wanted, 1)
        return np.where(wanted > 0, share, np.nan)

    def _with_missed(
        self, score: Floats, row: NDArray[Any], grade: NDArray[Any]
    ) -> tuple[Floats, NDArray[Any], NDArray[Any]]:
        """Behind the list what is not on it, with a score of minus infinity."""
        lost, at = np.nonzero(self.missed)
        # A query without any row would not be counted.
        empty = np.setdiff1d(np.arange(len(self.sample)), np.r_[row, lost])
        never = np.full(len(lost) + len(empty), -np.inf)
        grades = np.r_[grade, self.missed[lost, at], np.zeros(len(empty), np.int8)]
        return np.r_[score, never], grades, np.r_[row, lost, empty]


def ndcg(lists: Any) -> Floats:
    """(q,) NDCG@10, over all orders of equal scores."""
    return per_query.ndcg(lists, k=CUT, ties="average")


def _missed(every: pd.DataFrame, row: NDArray[Any], ids: Ids) -> NDArray[np.int8]:
    """(q, CUT) the best grades among `every` relevant product that no list holds."""
    wide = np.int64(max(every["product_id"].max(), ids.max(initial=0)) + 1)
    position = np.nonzero(ids >= 0)
    held = position[0] * wide + ids[position]
    lost = ~np.isin(row * wide + every["product_id"].to_numpy(), held)
    row, grade = row[lost], every["grade"].to_numpy()[lost]
    order = np.lexsort((-grade, row))
    row, grade = row[order], grade[order]
    nth = np.arange(len(row)) - np.searchsorted(row, row)
    best = np.zeros((len(ids), CUT), np.int8)
    best[row[nth < CUT], nth[nth < CUT]] = grade[nth < CUT]
    return best


@dataclass(frozen=True)
class OfflineEvaluation:
    """Graded lists with the features of each pair.

    Attributes
    ----------
    answers : what the engine found
    queries : as it understood them
    features : (n, d)             of everything on the lists
    """

    answers: GradedLists
    queries: list[Query]
    features: FeatureTable

    @classmethod
    def of(
        cls, shop: SearchSimulation, engine: Engine, sample: QuerySample
    ) -> OfflineEvaluation:
        """Let an engine find products for sampled queries."""
        queries = engine.read(sample.texts(shop))
        found = engine.retrieve(queries)
        features = engine.features(queries, found)
        return cls(GradedLists.of(shop, sample, found.ids), queries, features)

    @property
    def row(self) -> NDArray[np.intp]:
        """(n,) which query each pair belongs to."""
        return self.answers.pairs[0]

    @property
    def query_id(self) -> Ids:
        """(n,) of each pair."""
        return self.answers.sample.query_id[self.row]

    @property
    def product(self) -> Ids:
        """(n,) of each pair."""
        return self.answers.ids[self.answers.pairs]

    @property
    def grade(self) -> NDArray[np.int8]:
        """(n,) the true grade of each pair."""
        return self.answers.grade[self.answers.pairs]

    def with_features(self, features: FeatureTable) -> OfflineEvaluation:
        """The same pairs, with other features."""
        return replace(self, features=features)

    def judged(self, grade: Any = None, weight: Any = None) -> Judged:
        """A training set: with the true grades, or others."""
        given = self.grade if grade is None else grade
        return Judged.of(self.features, self.row, given, weight)

    def scores(self, ranker: Ranker) -> NDArray[np.float32]:
        """(n,) a ranker's score of each pair, from the features that it knows."""
        names = getattr(ranker, "names", self.features.names)
        return ranker.scores(self.features.only(*names))

    def values(self, ranker: Ranker, metric: PerQuery | None = None) -> Floats:
        """(q,) a metric of the lists as a ranker orders them."""
        return self.answers.values(self.scores(ranker), metric)

    def ndcg(self, ranker: Ranker, where: Any = None) -> Interval:
        """NDCG@10 of a ranker's order."""
        return self.answers.sample.mean(self.values(ranker), where)
