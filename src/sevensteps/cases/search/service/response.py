"""What is told of a search: its products, and how the query was understood."""

from typing import Any

import numpy as np

from sevensteps.cases.search.engine.query import Reading

from .asking import Asked
from .live import State
from .stages import ResultList


def page(
    asked: Asked, reading: Reading, listed: ResultList, bundle: str
) -> dict[str, Any]:
    """One page of an answer as JSON has it."""
    n, first = len(listed.ids), (asked.page - 1) * asked.places
    ids, why = listed.ids[first : first + asked.places], listed.why
    if not ids and why is None:
        why = f"there are only {n} results; ask for an earlier page"
    return {
        "products": _products(asked.state, ids),
        "page": asked.page,
        "found": n,
        "understood": _understood(reading),
        "relaxed": listed.relaxed,
        "why": why,
        "version": asked.state.version,
        "bundle": bundle,
    }


def _products(state: State, ids: tuple[int, ...]) -> list[dict[str, Any]]:
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


def _understood(reading: Reading) -> dict[str, Any]:
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
