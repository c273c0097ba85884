"""What the contract tests run the shop's search on."""

from dataclasses import replace

import numpy as np
import pandas as pd

from sevensteps.cases.search.data import SCHEMA as SCHEMA
from sevensteps.cases.search.world import PLACES, Incumbent, Pages, SearchWorld, Size

make = SearchWorld
SIZE = Size(1_500, 300, 500, 40, days=4)
OTHER = {"examination": "cascade"}
#: Of the world's tables, by this generator: whoever means to change them raises it.
ROWS = {
    "history products": "1c3d2809f0a25996",
    "history queries": "fc4065c20279094f",
    "history shoppers": "396a04835f58a4aa",
    "history searches": "232e986e4f177f80",
    "truth": "3cc7c155c26c791e",
    "live": "b2491746f907973b",
    "live truth": "aeedd0c68bdd71b5",
    "arms": "c9907fd7321b4c78",
}
DEMO_WORLD = SearchWorld(Size(1_500, 1_000, 800, 40, days=6), seed=7)


def fixed(requests, view):
    """The same products for everybody."""
    return Pages.fixed(np.tile(np.arange(PLACES, dtype=np.int32), (len(requests), 1)))


def simulation():
    """Four thousand products, two thousand shoppers, a week."""
    from sevensteps.cases.search import experiments as shop

    world = SearchWorld(Size(4_000, 3_000, 2_000, 60, days=7))
    made = shop.SearchSimulation.after(world)

    def emptied(policy, day):
        return replace(policy, arrange=lambda lists, view: np.full_like(lists, -1))

    drill = shop.incident_drill(made, baseline_days=10, incident_days=2)
    faults = {"nothing": lambda policy, day: policy, "empty pages": emptied}
    return {
        "simulation": made,
        "today": Incumbent(7, shuffled=0),
        "rival": made.policy(sources=("keyword",)),
        "log": "searches",
        "drill": replace(drill, faults=faults),
        "loud": ("empty pages", "results"),
    }


def tables():
    """A small folder for `--data`."""
    grades = np.array([[int(q == d % 6) for d in range(12)] for q in range(6)])
    queries, documents = [f"q{q}" for q in range(6)], [f"d{d}" for d in range(12)]
    titles = [f"thing {d % 6} of kind {d}" for d in range(12)]
    texts = [f"thing {q}" for q in range(6)]
    judged = {
        "query_id": np.repeat(queries, 12),
        "document_id": documents * 6,
        "grade": grades.ravel(),
    }
    return {
        "judgements": pd.DataFrame(judged),
        "documents": pd.DataFrame({"document_id": documents, "title": titles}),
        "queries": pd.DataFrame({"query_id": queries, "query": texts}),
    }
