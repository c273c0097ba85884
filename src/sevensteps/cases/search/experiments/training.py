"""Training sets of logged clicks and of editors' grades; and a ranker of these."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.features import pair_features
from sevensteps.cases.search.engine.shop import QueryLog
from sevensteps.cases.search.world import DAY, DEVICES, PLACES, SearchWorld
from sevensteps.measure import (
    ByPlace,
    ClickLog,
    Evidence,
    click_log,
    harvested_propensity,
)
from sevensteps.rank.feature_table import FeatureTable
from sevensteps.rank.rankers import TreePlan, TreeRanker, lambdamart
from sevensteps.rank.training_pairs import Judged

from .evaluation import OfflineEvaluation, QuerySample
from .simulation import Ids, SearchSimulation, device_of, table_of

MOST = 5.0  # clicks an exposure that are believed
TOP, FURTHER = 20, 20  # of a list, editors see the top and some from further down
RANKS = ("rank_keyword", "rank_dense")  # a logged page does not hold them
GRADED = 600  # queries that editors see, drawn as often as they are asked
PLAN = TreePlan(n_trees=120, leaves=15)
Correction = Callable[[ClickLog, int], Evidence]


def clicks_of(searches: pa.Table, *, purchases: bool = False) -> ClickLog:
    """All searches of a log as positions that were shown and clicked, or bought.

    Queries are the units of chance, in two hundred groups.
    """
    hit = table_of(searches["clicked"])
    if purchases:
        position = searches["bought"].fill_null(-1).to_numpy()
        hit = position[:, None] == np.arange(PLACES)
    return click_log(table_of(searches["shown"]), hit, searches["query_id"].to_numpy())


def harvested_by_device(searches: pa.Table) -> tuple[ByPlace, ...]:
    """Propensities from two rankers that answered at random, for each of `DEVICES`.

    Searches with a random order are left out: they are another experiment.
    """
    randomised = searches["randomised"].to_numpy(zero_copy_only=False)
    log, device = clicks_of(searches), device_of(searches)
    return tuple(
        harvested_propensity(log.where((device == d) & ~randomised))
        for d in range(len(DEVICES))
    )


@dataclass(frozen=True)
class ClickTrainingSet:
    """Logged searches of some queries, and the pairs that they showed."""

    log: ClickLog  # (n,) searches
    device: NDArray[np.int8]  # (n,)
    day: NDArray[np.int32]  # (n,)
    row: NDArray[np.intp]  # (m,) number of the query of each pair of `log.pairs`
    features: FeatureTable  # (m, d) of each pair

    @classmethod
    def of(
        cls,
        shop: SearchSimulation,
        engine: Engine,
        query_id: Any,
        *,
        purchases: bool = False,
    ) -> Self:
        """All searches of the past for some queries, and what was clicked or bought."""
        searches = shop.history.searches
        asked = np.isin(searches["query_id"].to_numpy(), query_id)
        part = searches.filter(pa.array(asked))
        log = clicks_of(part, purchases=purchases)
        ids, row = np.unique(log.pairs.query, return_inverse=True)
        queries = engine.read(shop.texts(ids))
        features = pair_features(engine.reference, queries, row, log.pairs.product)
        day = part["at"].to_numpy() // DAY
        return cls(log, device_of(part), day, row, features)

    def positions(self, searches: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(m,) mean position of each pair in some searches, from 0; else NaN."""
        log = self.log.where(searches)
        times = log.count(log.filled)
        place = np.nonzero(log.filled)[1].astype(np.float64)
        total = log.count(log.filled, place)
        return np.where(times > 0, total / np.maximum(times, 1), np.nan)

    def evidence(self, correct: Correction, share: float = 1.0) -> Evidence:
        """What the clicks say of each pair, as `correct` (log, device) tells.

        A `share` of the searches is at random: the same ones whoever corrects.
        """
        kept = np.random.default_rng(3).random(len(self.log)) < share
        parts = [
            correct(self.log.where(kept & (self.device == d)), d)
            for d in range(len(DEVICES))
        ]
        clicks = np.sum([part.clicks for part in parts], axis=0)
        exposure = np.sum([part.exposure for part in parts], axis=0)
        return Evidence(self.log.pairs, clicks, exposure)

    def judged(self, evidence: Evidence, worth: Any = 1.0) -> Judged:
        """Clicks for each exposure, weighed by exposure: what pointwise trees learn.

        `worth`, (m,), is that of a click on each pair, or of a purchase.
        """
        seen = np.flatnonzero(evidence.exposure > 0)
        rate = np.minimum(evidence.rate[seen], MOST)
        return Judged.of(
            self.features.take(seen),
            self.row[seen],
            rate * np.broadcast_to(worth, len(self.row))[seen],
            evidence.exposure[seen],
        )


def shown_to_editors(ids: Ids, *, seed: int = 0) -> NDArray[np.intp]:
    """Which of everything on (q, k) lists editors see, counted row by row.

    The first twenty of each list, and about twenty from further down, so that a ranker
    sees what is bad, too.
    """
    position, longest = np.nonzero(ids >= 0)[1], ids.shape[1]
    u = np.random.default_rng([seed, 59]).random(len(position))
    further = u < FURTHER / max(longest - TOP, 1)
    return np.flatnonzero((position < TOP) | further)


def judged_by_editors(
    shop: SearchSimulation, evaluation: OfflineEvaluation, *, seed: int = 0
) -> Judged:
    """What editors see of an evaluation's lists, graded by one of them each."""
    lists, features = evaluation.answers, evaluation.features
    return _judged(shop, lists.sample.query_id, lists.ids, features, seed)


def _judged(
    shop: SearchSimulation, query_id: Ids, ids: Ids, features: FeatureTable, seed: int
) -> Judged:
    """What editors see of (q, k) lists; no truth is asked for."""
    seen = shown_to_editors(ids, seed=seed)
    row, position = (part[seen] for part in np.nonzero(ids >= 0))
    graders = shop.world.editors(shop.history, seed=seed)
    given = graders.grade(query_id[row], ids[row, position], raters=1)
    return Judged.of(features.take(seen), row, given.grade.to_numpy())


def other_needs(
    shop: SearchSimulation,
    queries: QuerySample | QueryLog,
    apart: QuerySample,
    n: int | None = None,
) -> QuerySample:
    """At most `n` queries, none of them asked for a need of another sample.

    Only the world can split so: to a shop "gray coach" is a query of its own.
    """
    need = shop.true_need
    free = ~np.isin(need[queries.query_id], need[apart.query_id])
    return QuerySample(queries.query_id, queries.times).take(np.flatnonzero(free)[:n])


def needs_apart(
    shop: SearchSimulation, share: float, *, seed: int = 0
) -> NDArray[np.bool_]:
    """(all queries,) whether a query's need is among some that are kept for a test."""
    u = np.random.default_rng([seed, 67]).random(shop.true_need.max() + 1)
    return u[shop.true_need] < share


def needs_with_variants(
    shop: SearchSimulation, n: int, *, seed: int = 0
) -> QuerySample:
    """All logged queries of `n` random needs, mistyped ones among them; each once."""
    asked, rng = shop.asked, np.random.default_rng([seed, 61])
    need = shop.true_need[asked.query_id]
    chosen = rng.choice(np.unique(need[asked.times > 1]), n, replace=False)
    ids = np.sort(asked.query_id[np.isin(need, chosen)])
    return QuerySample(ids, np.ones(len(ids), np.int64))


def trained_engine(world: SearchWorld, *, queries: int = GRADED) -> Engine:
    """Index a world's products and rank by LambdaMART; see `train_from_judgments`."""
    shop = SearchSimulation.after(world)
    return shop.engine.with_ranker(train_from_judgments(shop, shop.engine, queries))


def train_from_judgments(
    shop: SearchSimulation, engine: Engine, queries: int = GRADED
) -> TreeRanker:
    """LambdaMART for an engine of the shop's products: what a small shop serves.

    Its editors grade so many queries. A query stands for all its searches, so frequent
    ones are likelier.
    """
    asked, rng = shop.asked, np.random.default_rng([0, 41])
    n, share = min(queries, len(asked.times)), asked.times / asked.times.sum()
    chosen = rng.choice(len(asked.times), n, replace=False, p=share)
    reads = engine.read([asked.text[row] for row in chosen])
    found = engine.retrieve(reads)
    features = engine.features(reads, found)
    judged = _judged(shop, asked.query_id[chosen], found.ids, features, seed=0)
    return lambdamart(judged, PLAN)
