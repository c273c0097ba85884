"""The world's arrays as tables: the company's, and the truth's."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world.columns import dictionary

from .catalogue import Making, Products
from .examine import PageResponses
from .needs import QueryTable
from .records import Ids, ResultPages
from .relevance import Grades
from .schema import DEVICES, PLACES, PRODUCTS, QUERIES, SEARCHES, SHOPPERS, TRUTH
from .state import Shoppers, ShopState
from .visits import Wave, day_of


class Answered(NamedTuple):
    """The searches of a day, what was shown for them, and what happened."""

    wave: Wave
    pages: ResultPages
    seen: PageResponses

    def sales(self) -> tuple[NDArray[np.intp], Ids]:
        """Rows of the searches that ended in a purchase, and what was bought."""
        rows = np.flatnonzero(self.seen.bought >= 0)
        return rows, self.pages.product_id[rows, self.seen.bought[rows]]


def products_table(making: Making, state: ShopState) -> pa.Table:
    """What the company knows of its products."""
    products, listings, shop = state.products, state.listings, state.shop
    words, n = making.words, shop.n_ratings
    rating = shop.stars_given / np.maximum(n, 1)
    department = pa.array(words.kinds["department"])
    columns = {
        "product_id": np.arange(len(products), dtype=np.int32),
        "title": listings.title,
        "description": listings.description,
        "brand": making.brands.name.take(pa.array(products.brand)),
        "department": department.take(pa.array(listings.category)),
        "category": words.names(words.kind, listings.category),
        "colour": words.names(words.colour, listings.colour),
        "material": words.names(words.material, listings.material),
        "size": words.names(words.size, listings.size),
        "price": products.price,
        "margin": products.margin,
        "listed_at": products.listed_at,
        "in_stock": shop.in_stock,
        "rating": pa.array(rating.astype(np.float32), mask=n == 0),
        "n_ratings": n,
        "sold": shop.sold,
    }
    return pa.table(columns, schema=PRODUCTS)


def queries_table(asked: QueryTable) -> pa.Table:
    """Everything that was ever typed, or will be."""
    ids = np.arange(len(asked.text), dtype=np.int32)
    return pa.table({"query_id": ids, "text": asked.text}, schema=QUERIES)


def shoppers_table(shoppers: Shoppers) -> pa.Table:
    """What the company knows of its shoppers."""
    columns = {
        "shopper_id": np.arange(len(shoppers), dtype=np.int32),
        "device": dictionary(shoppers.device, DEVICES),
        "joined_at": shoppers.joined_at,
    }
    return pa.table(columns, schema=SHOPPERS)


def _places(values: NDArray[Any]) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), PLACES)


def searches_table(day: Answered) -> pa.Table:
    """One row a search."""
    requests, bought = day.wave.requests, day.seen.bought
    columns = {f.name: getattr(requests, f.name) for f in fields(requests)} | {
        "device": dictionary(requests.device, DEVICES),
        "ranker": day.pages.ranker,
        "randomised": day.pages.randomised,
        "shown": _places(day.pages.product_id),
        "clicked": _places(day.seen.clicked),
        "bought": pa.array(bought, mask=bought < 0),
    }
    return pa.table(columns, schema=SEARCHES)


def truth_table(day: Answered, grade: Grades) -> pa.Table:
    """What only the world knows of the same searches."""
    columns = {
        "search_id": day.wave.requests.search_id,
        "true_need": day.wave.need,
        "true_grade": _places(grade),
        "true_examined": _places(day.seen.examined),
        "true_satisfied": day.seen.satisfied,
        "true_without_click": day.seen.without_click,
    }
    return pa.table(columns, schema=TRUTH)


def sessions_table(
    day: Answered, intent: NDArray[np.int8], products: Products
) -> pd.DataFrame:
    """One row a session of one day: what came of it."""
    requests, seen = day.wave.requests, day.seen
    rows, bought = day.sales()
    revenue, margin = np.zeros((2, len(requests)))
    revenue[rows] = products.price[bought]
    margin[rows] = products.price[bought] * products.margin[bought]
    searches = pd.DataFrame(
        {
            "shopper_id": requests.shopper_id,
            "day": day_of(requests.session_id),
            "intent": intent[day.wave.need],
            "searches": 1,
            "clicks": seen.clicked.sum(axis=1),
            "bought": (seen.bought >= 0).astype(np.int64),
            "revenue": revenue,
            "margin": margin,
            "true_satisfied": seen.satisfied,
            "true_without_click": seen.without_click,
        }
    )
    how = {"shopper_id": "first", "day": "first", "intent": "first"}
    how |= dict.fromkeys(("searches", "clicks", "bought", "revenue", "margin"), "sum")
    how |= {"true_satisfied": "max", "true_without_click": "max"}
    by_session = searches.groupby(requests.session_id, sort=True)
    return by_session.agg(how).rename_axis("session_id").reset_index()
