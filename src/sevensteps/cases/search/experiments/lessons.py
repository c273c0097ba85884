"""What a shop can learn a ranker from: logged clicks, and editors' grades."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.features import pair_features
from sevensteps.cases.search.engine.judged import Judged
from sevensteps.cases.search.engine.shop import Asked
from sevensteps.cases.search.engine.table import FeatureTable
from sevensteps.cases.search.world import DAY, DEVICES
from sevensteps.measure import ByPlace, ClickLog, Evidence, harvested_propensity

from .clicks import clicks_of, purchases_of
from .town import Town
from .trial import Drawn, Ids, Trial, texts_of

MOST = 5.0  # clicks an exposure that are believed
TOP, FURTHER = 20, 20  # places that editors see of a list, and rows from further down
RANKS = ("rank_keyword", "rank_dense")  # a logged page does not tell them
Correction = Callable[[ClickLog, int], Evidence]


def device_of(searches: pa.Table) -> NDArray[np.int8]:
    """(n,) of each search, as a place in `DEVICES`."""
    code: NDArray[np.int8] = searches["device"].combine_chunks().indices.to_numpy()
    return code


def harvested_by_device(searches: pa.Table) -> tuple[ByPlace, ...]:
    """Propensities from two rankers that answered by a coin, for each of `DEVICES`.

    Searches with a random order are left out: they are another experiment.
    """
    lot = searches["randomised"].to_numpy(zero_copy_only=False)
    log, device = clicks_of(searches), device_of(searches)
    return tuple(
        harvested_propensity(log.where((device == d) & ~lot))
        for d in range(len(DEVICES))
    )


@dataclass(frozen=True)
class ClickLesson:
    """Logged searches of some queries, and the pairs that they showed.

    Attributes
    ----------
    log : the searches
    device : (n,) of each
    day : (n,) of each
    row : (m,) number of the query of each pair of `log.pairs`
    features : (m, d) of each pair
    """

    log: ClickLog
    device: NDArray[np.int8]
    day: NDArray[np.int32]
    row: NDArray[np.intp]
    features: FeatureTable

    @classmethod
    def of(
        cls, town: Town, engine: Engine, query_id: Any, *, purchases: bool = False
    ) -> ClickLesson:
        """All searches of a town's past for some queries.

        Parameters
        ----------
        purchases : learn from what was bought, not from what was clicked
        """
        searches = town.history.searches
        asked = np.isin(searches["query_id"].to_numpy(), query_id)
        part = searches.filter(pa.array(asked))
        log = purchases_of(part) if purchases else clicks_of(part)
        ids, row = np.unique(log.pairs.query, return_inverse=True)
        queries = engine.read(texts_of(town, ids))
        told = pair_features(engine.reference, queries, row, log.pairs.product)
        day = part["at"].to_numpy() // DAY
        return cls(log, device_of(part), day, row, told)

    def places(self, searches: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(m,) mean place of each pair in some searches, from 0; NaN if not shown."""
        log = self.log.where(searches)
        pair, place = log.pair[log.filled], np.nonzero(log.filled)[1]
        times = np.bincount(pair, minlength=len(self.row))
        total = np.bincount(pair, place, minlength=len(self.row))
        return np.divide(
            total, times, out=np.full(len(self.row), np.nan), where=times > 0
        )

    def evidence(self, correct: Correction, share: float = 1.0) -> Evidence:
        """What the clicks say of each pair, device by device.

        Parameters
        ----------
        correct : (log, number of its device) to what they say
        share : of the searches, by lot; the same ones whoever corrects
        """
        kept = np.random.default_rng(3).random(len(self.log)) < share
        told = [
            correct(self.log.where(kept & (self.device == d)), d)
            for d in range(len(DEVICES))
        ]
        clicks = np.sum([part.clicks for part in told], axis=0)
        exposure = np.sum([part.exposure for part in told], axis=0)
        return Evidence(self.log.pairs, clicks, exposure)

    def judged(self, evidence: Evidence, worth: Any = 1.0) -> Judged:
        """Clicks for each exposure, weighed by exposure: what pointwise trees learn.

        Parameters
        ----------
        worth : (m,) float        of a click on each pair, or of a purchase
        """
        seen = np.flatnonzero(evidence.exposure > 0)
        rate = np.minimum(evidence.rate[seen], MOST)
        return Judged.of(
            self.features.take(seen),
            self.row[seen],
            rate * np.broadcast_to(worth, len(self.row))[seen],
            evidence.exposure[seen],
        )


def shown_to_editors(trial: Trial, *, seed: int = 0) -> NDArray[np.intp]:
    """Pairs of a trial that editors see: numbers of its rows.

    The first twenty of each list, and about twenty from further down, so that a ranker
    sees what is bad, too.
    """
    return _looked_at(trial.answers.ids, seed)


def editors_lesson(town: Town, trial: Trial, *, seed: int = 0) -> Judged:
    """What editors see of a trial, graded by one of them each."""
    answers = trial.answers
    asked = answers.drawn.query_id
    return graded_lists(town, asked, answers.ids, trial.features, seed=seed)


def graded_lists(
    town: Town, query_id: Ids, ids: Ids, features: FeatureTable, *, seed: int = 0
) -> Judged:
    """What editors see of lists, graded by one of them each; no truth is asked for.

    Parameters
    ----------
    query_id : (q,) int32         whose lists they are
    ids : (q, k) int32            products, best first; -1 fills up
    features : (n, d)             of everything on the lists
    """
    seen = _looked_at(ids, seed)
    row, place = (part[seen] for part in np.nonzero(ids >= 0))
    graders = town.world.editors(town.history, seed=seed)
    given = graders.grade(query_id[row], ids[row, place], raters=1)
    return Judged.of(features.take(seen), row, given.grade.to_numpy())


def _looked_at(ids: Ids, seed: int) -> NDArray[np.intp]:
    """Which of everything on the lists, counted row by row."""
    place, longest = np.nonzero(ids >= 0)[1], ids.shape[1]
    lot = np.random.default_rng([seed, 59]).random(len(place))
    return np.flatnonzero((place < TOP) | (lot < FURTHER / max(longest - TOP, 1)))


def other_needs(
    town: Town, drawn: Drawn | Asked, apart: Drawn, n: int | None = None
) -> Drawn:
    """At most `n` queries, none of them asked for a need of another draw.

    Only the world can split so: to a shop "gray coach" is a query of its own.
    """
    need = town.world.true_queries().true_need
    free = ~np.isin(need[drawn.query_id], need[apart.query_id])
    return Drawn(drawn.query_id, drawn.times).take(np.flatnonzero(free)[:n])


def needs_apart(town: Town, share: float, *, seed: int = 0) -> NDArray[np.bool_]:
    """(all queries,) whether a query's need is among some that are kept for a test."""
    need = town.world.true_queries().true_need.to_numpy()
    lot = np.random.default_rng([seed, 67]).random(need.max() + 1)
    return lot[need] < share


def needs_with_variants(town: Town, n: int, *, seed: int = 0) -> Drawn:
    """All logged queries of `n` needs by lot, mistyped ones among them; each once."""
    asked, rng = town.asked, np.random.default_rng([seed, 61])
    need = town.world.true_queries().true_need.to_numpy()[asked.query_id]
    chosen = rng.choice(np.unique(need[asked.times > 1]), n, replace=False)
    ids = np.sort(asked.query_id[np.isin(need, chosen)])
    return Drawn(ids, np.ones(len(ids), np.int64))
