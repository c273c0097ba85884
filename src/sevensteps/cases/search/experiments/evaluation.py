"""Queries sampled from a log, what an engine found for them, and how good that is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.query import Query
from sevensteps.cases.search.world import DAY
from sevensteps.measure import Interval, judged, per_query, ranked
from sevensteps.measure.judged import found_in
from sevensteps.rank.feature_table import FeatureTable
from sevensteps.rank.rankers import Ranker
from sevensteps.rank.training_pairs import Judged

from .simulation import Floats, Ids, SearchSimulation

CUT = 10  # positions that count
ROOM = 100  # good products that a list should have, if there are so many
GOOD = 3  # grade of a product that answers the query
BEST = 4  # grade of a product that has all that was asked
KINDS = (
    "kind alone", "kind and more", "other words", "a series", "a use", "mistyped",
)  # fmt: skip
_LOOKED = 200  # titles of the best products in which a query's words are looked for
_FEW = 1 / 4  # of these; a word that stands in fewer is not what sellers say
PerQuery = Callable[[Any], Floats]


@dataclass(frozen=True)
class QuerySample:
    """Queries sampled from a shop's log; one that was drawn twice counts twice.

    Queries of one need hang together, so needs are redrawn, if they are known.
    """

    query_id: Ids  # (q,) each once
    times: NDArray[np.int64]  # (q,) how often it was drawn
    need: Ids | None = None  # (q,) what each is asked for

    @classmethod
    def draw(
        cls, shop: SearchSimulation, n: int, *, seed: int = 0, days: int = 7
    ) -> Self:
        """From the first searches of the last days' sessions, without putting back."""
        log = shop.history.searches
        late = log["at"].to_numpy() >= (shop.history.days - days) * DAY
        some = np.flatnonzero(late & (log["attempt"].to_numpy() == 0))
        if not 1 <= n <= len(some):
            raise ValueError(f"between 1 and {len(some):,} searches can be drawn")
        chosen = np.random.default_rng([seed, 53]).choice(some, n, replace=False)
        query = log["query_id"].to_numpy()[chosen]
        ids, times = np.unique(query, return_counts=True)
        return cls(ids.astype(np.int32), times, shop.true_need[ids])

    def __len__(self) -> int:
        return len(self.query_id)

    def take(self, kept: NDArray[Any]) -> Self:
        """Some of the queries."""
        need = None if self.need is None else self.need[kept]
        return type(self)(self.query_id[kept], self.times[kept], need)

    def texts(self, shop: SearchSimulation) -> list[str]:
        """What was typed."""
        return shop.texts(self.query_id)

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


@dataclass(frozen=True)
class GradedLists:
    """Lists for sampled queries, and their true grades."""

    sample: QuerySample
    ids: Ids  # (q, k) best first; -1 fills up
    grade: NDArray[np.int8]  # (q, k)
    missed: pd.DataFrame  # row and grade of the best products that are on no list
    n_good: NDArray[np.int64]  # (q,) products in the catalogue that answer the query

    @classmethod
    def of(cls, shop: SearchSimulation, sample: QuerySample, ids: Ids) -> Self:
        """Grade lists by the shop's truth."""
        world, past = shop.world, shop.history
        every = world.relevant(sample.query_id, history=past)
        row = pd.Index(sample.query_id).get_indexer(pd.Index(every["query_id"]))
        lost = every.assign(row=row)[~found_in(ids, row, every["product_id"])]
        lost = lost.sort_values("grade", ascending=False, kind="stable")
        good = row[every["grade"] >= GOOD]
        return cls(
            sample, ids, world.grades(sample.query_id, ids, past),
            lost.groupby("row").head(CUT)[["row", "grade"]],
            np.bincount(good, minlength=len(sample)),
        )  # fmt: skip

    @property
    def pairs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row and position of everything on the lists."""
        row, position = np.nonzero(self.ids >= 0)
        return row, position

    def values(self, scores: Any = None, metric: PerQuery | None = None) -> Floats:
        """(q,) a metric of each list, NDCG@10 when absent.

        Of (n,) scores of everything on the lists, or of their own order.
        """
        (row, position), every = self.pairs, np.arange(len(self.sample))
        score = -position.astype(np.float64) if scores is None else np.asarray(scores)
        # Behind the lists what they miss, and something worthless, so that a query
        # counts for which nothing was found.
        never = np.full(len(self.missed) + len(every), -np.inf)
        grade = np.r_[self.grade[row, position], self.missed["grade"], 0 * every]
        rows = np.r_[row, self.missed["row"], every]
        lists = ranked(np.r_[score, never], grade, rows)
        if metric is None:  # over all orders of equal scores
            return per_query.ndcg(lists, k=CUT, ties="average")
        return metric(lists)

    def ndcg(self, scores: Any = None) -> Interval:
        """NDCG@10, against the best list that the catalogue allows."""
        return self.sample.mean(self.values(scores))

    def ceiling(self) -> Floats:
        """(q,) NDCG of the best order of what is on each list."""
        return self.values(self.grade[self.pairs])

    def recall(self) -> Floats:
        """(q,) share of the good products that are on the list; of `ROOM`, if more."""
        found = ((self.grade >= GOOD) & (self.ids >= 0)).sum(axis=1)
        wanted = np.minimum(self.n_good, ROOM)
        share = np.minimum(found, wanted) / np.maximum(wanted, 1)
        return np.where(wanted > 0, share, np.nan)


@dataclass(frozen=True)
class OfflineEvaluation:
    """Graded lists with the features of each pair."""

    answers: GradedLists  # what the engine found
    queries: list[Query]  # as it understood them
    features: FeatureTable  # (n, d) of everything on the lists

    @classmethod
    def of(cls, shop: SearchSimulation, engine: Engine, sample: QuerySample) -> Self:
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

    def with_features(self, features: FeatureTable) -> Self:
        """The same pairs, with other features."""
        return replace(self, features=features)

    def judged(self, grade: Any) -> Judged:
        """A training set of all pairs, with these grades."""
        return Judged.of(self.features, self.row, grade)

    def scores(self, ranker: Ranker) -> NDArray[np.float32]:
        """(n,) a ranker's score of each pair, from the features that it knows."""
        names = getattr(ranker, "names", self.features.names)
        return ranker.scores(self.features.only(*names))

    def values(self, ranker: Ranker, metric: PerQuery | None = None) -> Floats:
        """(q,) a metric of the lists as a ranker orders them."""
        return self.answers.values(self.scores(ranker), metric)

    def ndcg(self, ranker: Ranker) -> Interval:
        """NDCG@10 of a ranker's order."""
        return self.answers.sample.mean(self.values(ranker))


def query_kinds(shop: SearchSimulation, sample: QuerySample) -> NDArray[np.str_]:
    """(q,) one of `KINDS` each.

    *Mistyped* comes first, then *a use* ("ideas for a lounge") and *a series* (a
    brand's line by its name). *Other words*: some word of the query stands in less than
    a quarter of the best products' titles. The rest says what titles say: the *kind
    alone*, or *kind and more*.
    """
    true = shop.world.true_queries().loc[sample.query_id]
    intent = true.true_intent.to_numpy()
    by_kind = {
        "mistyped": true.true_mistyped.to_numpy(),
        "a use": intent == "exploratory",
        "a series": intent == "navigational",
        "other words": _in_other_words(shop, sample),
        "kind and more": intent == "exact",
    }
    return np.select([*by_kind.values()], [*by_kind], "kind alone")


def _in_other_words(shop: SearchSimulation, sample: QuerySample) -> NDArray[np.bool_]:
    """Whether one of the words stands in few titles of the best products."""
    good = shop.world.relevant(sample.query_id, at_least=BEST, history=shop.history)
    looked = good.groupby("query_id").head(_LOOKED).groupby("query_id")["product_id"]
    title, best = shop.catalogue.documents.title, dict(iter(looked))
    rare = np.zeros(len(sample), bool)
    for at, text in enumerate(sample.texts(shop)):
        held = title.take(best.get(sample.query_id[at], []))
        for asked in shop.analyser.tokens(text):
            said = held.row[held.code == title.vocabulary.get(asked, -1)]
            rare[at] |= len(np.unique(said)) < _FEW * len(held)
    return rare
