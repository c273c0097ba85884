"""An answer as JSON has it: products, how the query was read, which path answered."""

from __future__ import annotations

from typing import Any

import numpy as np

from sevensteps.cases.search.engine.understanding import Reading

from .serving import Answer


def told(answer: Answer) -> dict[str, Any]:
    """The content of a reply."""
    listed = answer.listed
    return {
        "products": _products(answer),
        "page": answer.asking.page,
        "found": len(listed.ids),
        "understood": _understood(answer.reading),
        "source": listed.source,
        "fallback": listed.fallback,
        "relaxed": listed.relaxed,
        "why": answer.why,
        "cached": answer.cached,
        "version": answer.state.version,
        "stages": {name: round(ms, 3) for name, ms in answer.stages.items()},
    }


def _products(answer: Answer) -> list[dict[str, Any]]:
    catalogue, ids = answer.state.engine.catalogue, answer.page
    numbers = catalogue.documents.numbers
    at = np.array(ids, np.intp)
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
