"""An engine whose ranker learned from editors' grades: what a small shop serves."""

from __future__ import annotations

import numpy as np

from sevensteps.search.engine import Engine
from sevensteps.search.judged import Judged
from sevensteps.search.rankers import TreePlan, TreeRanker, lambdamart
from sevensteps.worlds.search import SearchWorld

from .town import Town

GRADED = 600  # queries that editors see, drawn as often as they are asked
LOOKED = 40  # products of each: places of the first list, and some from further down
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
    n = min(queries, len(asked.times))
    chosen = rng.choice(
        len(asked.times), n, replace=False, p=asked.times / asked.times.sum()
    )
    reads = engine.read([asked.text[row] for row in chosen])
    found = engine.retrieve(reads)
    row, product = found.pairs
    kept = np.concatenate([_looked(at, rng) for at in _groups(row)])
    features = engine.features(reads, found).take(kept)
    editors = town.world.editors(town.history, seed=seed)
    graded = editors.grade(asked.query_id[chosen[row[kept]]], product[kept], raters=1)
    return lambdamart(Judged.of(features, row[kept], graded.grade), PLAN)


def _groups(row: np.ndarray) -> list[np.ndarray]:
    edges = np.flatnonzero(np.diff(row)) + 1
    return np.split(np.arange(len(row)), edges)


def _looked(at: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows of one query that editors see: half from the top, half from anywhere."""
    top, rest = at[: LOOKED // 2], at[LOOKED // 2 :]
    some = rng.choice(rest, min(LOOKED - len(top), len(rest)), replace=False)
    return np.concatenate([top, np.sort(some)])
