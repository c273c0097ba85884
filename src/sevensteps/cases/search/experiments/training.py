"""A ranker trained on editors' judgments: what a small shop serves."""

from __future__ import annotations

import numpy as np

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.world import SearchWorld
from sevensteps.rank.rankers import TreePlan, TreeRanker, lambdamart

from .simulation import SearchSimulation
from .training_sets import judged_lists

GRADED = 600  # queries that editors see, drawn as often as they are asked
PLAN = TreePlan(n_trees=120, leaves=15)


def trained_engine(
    world: SearchWorld, *, queries: int = GRADED, seed: int = 0
) -> Engine:
    """Index a world's products and rank by LambdaMART.

    Parameters
    ----------
    queries : that editors grade; a query stands for all its searches, so frequent ones
        are likelier
    """
    shop = SearchSimulation.after(world)
    ranker = train_from_judgments(shop, shop.engine, queries=queries, seed=seed)
    return shop.engine.with_ranker(ranker)


def train_from_judgments(
    shop: SearchSimulation, engine: Engine, *, queries: int = GRADED, seed: int = 0
) -> TreeRanker:
    """LambdaMART for an engine of the shop's products, on its editors' judgments.

    Parameters
    ----------
    queries : as for `trained_engine`
    """
    asked, rng = shop.asked, np.random.default_rng([seed, 41])
    n, share = min(queries, len(asked.times)), asked.times / asked.times.sum()
    chosen = rng.choice(len(asked.times), n, replace=False, p=share)
    reads = engine.read([asked.text[row] for row in chosen])
    found = engine.retrieve(reads)
    features = engine.features(reads, found)
    asks = asked.query_id[chosen]
    return lambdamart(judged_lists(shop, asks, found.ids, features, seed=seed), PLAN)
