"""An engine whose ranker learned from editors' grades: what a small shop serves."""

from __future__ import annotations

import numpy as np

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.rankers import TreePlan, TreeRanker, lambdamart
from sevensteps.cases.search.world import SearchWorld

from .lessons import graded_lists
from .town import Town

GRADED = 600  # queries that editors see, drawn as often as they are asked
PLAN = TreePlan(n_trees=120, leaves=15)


def taught_engine(
    world: SearchWorld, *, queries: int = GRADED, seed: int = 0
) -> Engine:
    """Index a world's products and rank by LambdaMART.

    Parameters
    ----------
    queries : that editors grade; a query stands for all its searches, so frequent ones
        are likelier
    """
    town = Town.of(world)
    engine = town.engine
    return engine.with_ranker(taught_ranker(town, engine, queries=queries, seed=seed))


def taught_ranker(
    town: Town, engine: Engine, *, queries: int = GRADED, seed: int = 0
) -> TreeRanker:
    """LambdaMART for an engine of the town's products, taught by its editors.

    Parameters
    ----------
    queries : as for `taught_engine`
    """
    asked, rng = town.asked, np.random.default_rng([seed, 41])
    n, share = min(queries, len(asked.times)), asked.times / asked.times.sum()
    chosen = rng.choice(len(asked.times), n, replace=False, p=share)
    reads = engine.read([asked.text[row] for row in chosen])
    found = engine.retrieve(reads)
    features = engine.features(reads, found)
    asks = asked.query_id[chosen]
    return lambdamart(graded_lists(town, asks, found.ids, features, seed=seed), PLAN)
