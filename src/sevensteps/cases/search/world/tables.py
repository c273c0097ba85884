"""The world's arrays as tables: the company's, and the truth's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world.columns import dictionary

from .catalogue import Making
from .examine import PageResponses
from .needs import QueryTable
from .people import Shoppers
from .phrases import Grammar
from .records import Ids, ResultPages, SearchRequests
from .relevance import Grades
from .schema import DEVICES, PLACES, PRODUCTS, QUERIES, SEARCHES, SHOPPERS, TRUTH
from .state import ShopState
from .visits import Wave, day_of


def _named(names: list[str], code: NDArray[np.integer]) -> pa.Array:
    """A name for each code; null where it is -1."""
    return pa.array(names).take(pa.array(code, mask=code < 0))


def products_table(making: Making, state: ShopState) -> pa.Table:
    """What the company knows of its products."""
    products, listings, shop = state.products, state.listings, state.shop
    words: Grammar = making.words
    kinds = words.words.kinds
    sizes = [size.name for kind in kinds for size in kind.sizes]
    n = shop.n_ratings
    rating = shop.stars_given / np.maximum(n, 1)
    columns = {
        "product_id": np.arange(len(products), dtype=np.int32),
        "title": listings.title,
        "description": listings.description,
        "brand": making.brands.name.take(pa.array(products.brand)),
        "department": _named([k.department for k in kinds], listings.category),
        "category": _named([k.name for k in kinds], listings.category),
        "colour": _named([c.name for c in words.words.colours], listings.colour),
        "material": _named([m.name for m in words.words.materials], listings.material),
        "size": _named(sizes, listings.size),
        "price": products.price,
        "margin": products.margin,
        "listed_at": products.listed_at,
        "in_stock": shop.in_stock,
        "rating": pa.array(rating.astype(np.float32), mask=n == 0),
        "n_ratings": n,
        "sold": shop.sold,
    }
    return pa.Table.from_arrays(
        [pa.array(c) for c in columns.values()], schema=PRODUCTS
    )


def queries_table(asked: QueryTable) -> pa.Table:
    """Everything that was ever typed, or will be."""
    n = len(asked.text)
    return pa.Table.from_arrays(
        [pa.array(np.arange(n, dtype=np.int32)), asked.text], schema=QUERIES
    )


def shoppers_table(shoppers: Shoppers) -> pa.Table:
    """What the company knows of its shoppers."""
    n = len(shoppers)
    return pa.Table.from_arrays(
        [
            pa.array(np.arange(n, dtype=np.int32)),
            dictionary(shoppers.device, DEVICES),
            pa.array(shoppers.joined_at),
        ],
        schema=SHOPPERS,
    )


def _places(values: NDArray[Any]) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), PLACES)


def searches_table(
    requests: SearchRequests, pages: ResultPages, seen: PageResponses
) -> pa.Table:
    """One row a search."""
    return pa.Table.from_arrays(
        [
            pa.array(requests.search_id),
            pa.array(requests.session_id),
            pa.array(requests.shopper_id),
            pa.array(requests.at),
            dictionary(requests.device, DEVICES),
            pa.array(requests.query_id),
            pa.array(requests.attempt),
            pa.array(pages.ranker),
            pa.array(pages.randomised),
            _places(pages.product_id),
            _places(seen.clicked),
            pa.array(seen.bought, mask=seen.bought < 0),
        ],
        schema=SEARCHES,
    )


def truth_table(
    requests: SearchRequests, need: Ids, grade: Grades, seen: PageResponses
) -> pa.Table:
    """What only the world knows of the same searches."""
    return pa.Table.from_arrays(
        [
            pa.array(requests.search_id),
            pa.array(need),
            _places(grade),
            _places(seen.examined),
            pa.array(seen.satisfied),
            pa.array(seen.without_click),
        ],
        schema=TRUTH,
    )


def money(products: Any, pages: ResultPages, seen: PageResponses) -> tuple[Any, Any]:
    """(n,) EUR taken and EUR earned by each page."""
    rows = np.flatnonzero(seen.bought >= 0)
    sold = pages.product_id[rows, seen.bought[rows]]
    taken, earned = np.zeros((2, len(pages.ranker)))
    taken[rows] = products.price[sold]
    earned[rows] = products.price[sold] * products.margin[sold]
    return taken, earned


def sessions_table(
    waves: list[tuple[Wave, ResultPages, PageResponses]],
    intent: NDArray[np.int8],
    products: Any,
) -> pd.DataFrame:
    """One row a session of one day: what came of it."""
    rows = pd.concat(
        [_session_rows(wave, pages, seen, products) for wave, pages, seen in waves]
    )
    first = rows.groupby("session_id", sort=True)
    table = first[["shopper_id", "day", "need"]].first()
    table["intent"] = intent[table.pop("need")]
    sums = first[["searches", "clicks", "bought", "revenue", "margin"]].sum()
    kept = first[["true_satisfied", "true_without_click"]].max()
    return table.join(sums).join(kept).reset_index()


def _session_rows(
    wave: Wave, pages: ResultPages, seen: PageResponses, products: Any
) -> pd.DataFrame:
    requests = wave.requests
    taken, earned = money(products, pages, seen)
    return pd.DataFrame(
        {
            "session_id": requests.session_id,
            "shopper_id": requests.shopper_id,
            "day": day_of(requests.session_id),
            "need": wave.need,
            "searches": 1,
            "clicks": seen.clicked.sum(axis=1),
            "bought": (seen.bought >= 0).astype(np.int64),
            "revenue": taken,
            "margin": earned,
            "true_satisfied": seen.satisfied,
            "true_without_click": seen.without_click,
        }
    )
