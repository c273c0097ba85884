"""Searches drawn from a log, what an engine found for them, and how good that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.judged import Judged
from sevensteps.cases.search.engine.query import Query
from sevensteps.cases.search.engine.rankers import Ranker
from sevensteps.cases.search.engine.table import FeatureTable
from sevensteps.measure import Interval, judged, per_query, ranked

from .town import Town

CUT = 10  # places that count
ROOM = 100  # good products that a list should have, if there are so many
GOOD = 3  # grade of a product that answers the query
DAY = 86_400
Ids = NDArray[np.int32]
Floats = NDArray[np.float64]
PerQuery = Callable[[Any], Floats]


@dataclass(frozen=True)
class Drawn:
    """Searches of a town's log; a query that was drawn twice counts twice.

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
    def of(cls, town: Town, n: int, *, seed: int = 0, days: int = 7) -> Drawn:
        """From the first searches of the last days' sessions, without putting back."""
        log = town.history.searches
        late = log["at"].to_numpy() >= (town.history.days - days) * DAY
        some = np.flatnonzero(late & (log["attempt"].to_numpy() == 0))
        if not 1 <= n <= len(some):
            raise ValueError(f"between 1 and {len(some):,} searches can be drawn")
        drawn = np.random.default_rng([seed, 53]).choice(some, n, replace=False)
        query = log["query_id"].to_numpy()[drawn]
        ids, times = np.unique(query, return_counts=True)
        need = town.world.true_queries().true_need.to_numpy()[ids]
        return cls(ids.astype(np.int32), times, need)

    def __len__(self) -> int:
        return len(self.query_id)

    def take(self, kept: NDArray[Any]) -> Drawn:
        """Some of the queries."""
        need = None if self.need is None else self.need[kept]
        return Drawn(self.query_id[kept], self.times[kept], need)

    def texts(self, town: Town) -> list[str]:
        """What was typed."""
        return texts_of(town, self.query_id)

    def mean(self, values: Floats, where: Any = None) -> Interval:
        """Mean over searches, needs redrawn; of some queries, or of all.

        Means of the same draw are paired: their difference has its own interval.
        """
        told = values if where is None else np.where(where, values, np.nan)
        each = np.repeat(np.arange(len(told)), self.times)
        unit = self.query_id if self.need is None else self.need
        return judged.over_queries(told[each], each, block=unit[each])

    def bands(self, town: Town) -> NDArray[np.str_]:
        """(q,) head, torso or tail: a third of all searches each."""
        asked = town.asked
        upto = np.cumsum(asked.times) / asked.times.sum()
        names = np.array(["head", "torso", "tail"])
        of = pd.Series(names[np.searchsorted([1 / 3, 2 / 3], upto)], asked.query_id)
        return of.reindex(self.query_id).to_numpy(str)


def texts_of(town: Town, query_id: NDArray[np.integer]) -> list[str]:
    """What was typed for each query."""
    text = town.history.queries["text"]
    told: list[str] = text.take(pa.array(query_id)).to_pylist()
    return told


@dataclass(frozen=True)
class Answers:
    """Lists for drawn searches, and their true grades.

    Attributes
    ----------
    drawn : the searches
    ids : (q, k) int32            best first; -1 fills up
    grade : (q, k) int8
    missed : (q, CUT) int8        the best grades of what is not on the list
    n_good : (q,) int64           products in the catalogue that answer the query
    """

    drawn: Drawn
    ids: Ids
    grade: NDArray[np.int8]
    missed: NDArray[np.int8]
    n_good: NDArray[np.int64]

    @classmethod
    def of(cls, town: Town, drawn: Drawn, ids: Ids) -> Answers:
        """Grade lists by the town's truth."""
        world, past = town.world, town.history
        every = world.relevant(drawn.query_id, history=past)
        row = pd.Index(drawn.query_id).get_indexer(pd.Index(every["query_id"]))
        good = row[every["grade"].to_numpy() >= GOOD]
        return cls(
            drawn, ids, world.grades(drawn.query_id, ids, past),
            _missed(every, row, ids), np.bincount(good, minlength=len(drawn)),
        )  # fmt: skip

    @property
    def pairs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row and place of everything on the lists."""
        row, place = np.nonzero(self.ids >= 0)
        return row, place

    def values(self, scores: Any = None, metric: PerQuery | None = None) -> Floats:
        """(q,) a metric of each list, NDCG of ten places when absent.

        Parameters
        ----------
        scores : (n,) of everything on the lists; their own order when absent
        """
        row, place = self.pairs
        score = -place.astype(np.float64) if scores is None else np.asarray(scores)
        lists = ranked(*self._with_missed(score, row, self.grade[row, place]))
        return ndcg(lists) if metric is None else metric(lists)

    def ndcg(self, scores: Any = None, where: Any = None) -> Interval:
        """NDCG of ten places, against the best list that the catalogue allows."""
        return self.drawn.mean(self.values(scores), where)

    def ceiling(self) -> Floats:
        """(q,) NDCG of the best order of what is on each list."""
        row, place = self.pairs
        return self.values(self.grade[row, place])

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
        empty = np.setdiff1d(np.arange(len(self.drawn)), np.r_[row, lost])
        never = np.full(len(lost) + len(empty), -np.inf)
        grades = np.r_[grade, self.missed[lost, at], np.zeros(len(empty), np.int8)]
        return np.r_[score, never], grades, np.r_[row, lost, empty]


def ndcg(lists: Any) -> Floats:
    """(q,) NDCG of ten places, over all orders of equal scores."""
    return per_query.ndcg(lists, k=CUT, ties="average")


def _missed(every: pd.DataFrame, row: NDArray[Any], ids: Ids) -> NDArray[np.int8]:
    """(q, CUT) the best grades among `every` relevant product that no list holds."""
    wide = np.int64(max(every["product_id"].max(), ids.max(initial=0)) + 1)
    place = np.nonzero(ids >= 0)
    held = place[0] * wide + ids[place]
    lost = ~np.isin(row * wide + every["product_id"].to_numpy(), held)
    row, grade = row[lost], every["grade"].to_numpy()[lost]
    order = np.lexsort((-grade, row))
    row, grade = row[order], grade[order]
    nth = np.arange(len(row)) - np.searchsorted(row, row)
    best = np.zeros((len(ids), CUT), np.int8)
    best[row[nth < CUT], nth[nth < CUT]] = grade[nth < CUT]
    return best


@dataclass(frozen=True)
class Trial:
    """Answers with what a ranker is told of each pair.

    Attributes
    ----------
    answers : what the engine found
    queries : as it understood them
    features : (n, d)             of everything on the lists
    """

    answers: Answers
    queries: list[Query]
    features: FeatureTable

    @classmethod
    def of(cls, town: Town, engine: Engine, drawn: Drawn) -> Trial:
        """Let an engine find products for drawn searches."""
        queries = engine.read(drawn.texts(town))
        found = engine.retrieve(queries)
        features = engine.features(queries, found)
        return cls(Answers.of(town, drawn, found.ids), queries, features)

    @property
    def row(self) -> NDArray[np.intp]:
        """(n,) which query each pair belongs to."""
        return self.answers.pairs[0]

    @property
    def query_id(self) -> Ids:
        """(n,) of each pair."""
        return self.answers.drawn.query_id[self.row]

    @property
    def product(self) -> Ids:
        """(n,) of each pair."""
        return self.answers.ids[self.answers.pairs]

    @property
    def grade(self) -> NDArray[np.int8]:
        """(n,) the true grade of each pair."""
        return self.answers.grade[self.answers.pairs]

    def told(self, features: FeatureTable) -> Trial:
        """The same pairs, of which a ranker is told something else."""
        return replace(self, features=features)

    def judged(self, grade: Any = None, weight: Any = None) -> Judged:
        """What a ranker learns from: the true grades, or others."""
        given = self.grade if grade is None else grade
        return Judged.of(self.features, self.row, given, weight)

    def scores(self, ranker: Ranker) -> NDArray[np.float32]:
        """(n,) what a ranker says of each pair, told the features that it knows."""
        names = getattr(ranker, "names", self.features.names)
        return ranker.scores(self.features.only(*names))

    def values(self, ranker: Ranker, metric: PerQuery | None = None) -> Floats:
        """(q,) a metric of the lists as a ranker orders them."""
        return self.answers.values(self.scores(ranker), metric)

    def ndcg(self, ranker: Ranker, where: Any = None) -> Interval:
        """NDCG of ten places of a ranker's order."""
        return self.answers.drawn.mean(self.values(ranker), where)
