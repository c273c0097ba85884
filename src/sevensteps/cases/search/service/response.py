"""What is told of a search: its products, and how the query was understood."""

from __future__ import annotations

from typing import Any

import numpy as np

from sevensteps.cases.search.engine.understanding import Reading

from .state import State


def products(state: State, ids: tuple[int, ...]) -> list[dict[str, Any]]:
    """Products as a page shows them."""
    catalogue = state.engine.catalogue
    numbers, at = catalogue.documents.numbers, np.array(ids, np.intp)
    prices, stock = numbers["price"][at].tolist(), numbers["in_stock"][at].tolist()
    return [
        {
            "product_id": number,
            "title": catalogue.titles[number],
            "price": round(price, 2),
            "in_stock": bool(there),
        }
        for number, price, there in zip(ids, prices, stock, strict=True)
    ]


def understood(reading: Reading) -> dict[str, Any]:
    """What was made of the query as typed."""
    query = reading.query
    return {
        "words": list(query.words),
        "corrected": [{"from": one, "to": other} for one, other in reading.corrected],
        "synonyms": {
            t.word: [s for s, _ in t.synonyms] for t in query.terms if t.synonyms
        },
        "attributes": [{"field": name, "value": v} for name, v in query.attributes],
        "dropped": list(reading.dropped),
    }
