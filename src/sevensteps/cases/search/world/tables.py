"""The world's arrays as tables: the company's, and the truth's."""

from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world import DayRecord
from sevensteps.world.columns import dictionary

from .catalogue import Making
from .pages import PageResponses
from .records import DEVICES, PLACES, SCHEMA, TRUTH, Ids, ResultPages
from .state import Shoppers, ShopRules, ShopState
from .texts import QueryTable
from .visits import Wave, day_of

SUMS = ("searches", "clicks", "bought", "revenue", "margin")


class Answered(NamedTuple):
    """The searches of a day, what was shown for them, and what happened."""

    wave: Wave
    pages: ResultPages
    seen: PageResponses

    def sales(self) -> tuple[NDArray[np.intp], Ids]:
        """Rows of the searches that ended in a purchase, and what was bought."""
        rows = np.flatnonzero(self.seen.bought >= 0)
        return rows, self.pages.product_id[rows, self.seen.bought[rows]]


def recorded(rules: ShopRules, state: ShopState, day: int, told: Answered) -> DayRecord:
    """The day's tables and its sums."""
    shown, sessions = told.pages.product_id, _sessions(rules, state, told)
    summed = (*SUMS[1:], "true_satisfied")
    return DayRecord(
        log=_searches(told),
        truth=_truth(rules, state, told),
        units=sessions,
        sums={
            "day": day,
            "visitors": sessions.shopper_id.nunique(),
            "sessions": len(sessions),
            "searches": len(shown),
            "without_results": (shown < 0).all(axis=1).sum(),
            **{name: sessions[name].sum() for name in summed},
            "true_mood": float(state.mood.mean()),
        },
    )


def products_table(making: Making, state: ShopState) -> pa.Table:
    """What the company knows of its products."""
    products, listings, shop = state.products, state.listings, state.shop
    words, n = making.words, shop.n_ratings
    rating = shop.stars_given / np.maximum(n, 1)
    filed = pa.array(words.kinds["department"]).take(pa.array(listings.category))
    said = {name: getattr(listings, name) for name in ("colour", "material", "size")}
    columns = {
        "product_id": np.arange(len(products), dtype=np.int32),
        "title": listings.title,
        "description": listings.description,
        "brand": making.name.take(pa.array(products.brand)),
        "department": filed,
        "category": words.names("kind", listings.category),
        **{name: words.names(name, thing) for name, thing in said.items()},
        "price": products.price,
        "margin": products.margin,
        "listed_at": products.listed_at,
        "in_stock": shop.in_stock,
        "rating": pa.array(rating.astype(np.float32), mask=n == 0),
        "n_ratings": n,
        "sold": shop.sold,
    }
    return pa.table(columns, schema=SCHEMA["products"])


def queries_table(asked: QueryTable) -> pa.Table:
    """Everything that was ever typed, or will be."""
    ids = np.arange(len(asked.text), dtype=np.int32)
    return pa.table({"query_id": ids, "text": asked.text}, schema=SCHEMA["queries"])


def shoppers_table(shoppers: Shoppers) -> pa.Table:
    """What the company knows of its shoppers."""
    ids = np.arange(len(shoppers), dtype=np.int32)
    device = dictionary(shoppers.device, DEVICES)
    return pa.table([ids, device, shoppers.joined_at], schema=SCHEMA["shoppers"])


def _places(values: NDArray[Any]) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), PLACES)


def _searches(day: Answered) -> pa.Table:
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
    return pa.table(columns, schema=SCHEMA["searches"])


def _truth(rules: ShopRules, state: ShopState, day: Answered) -> pa.Table:
    """What only the world knows of the same searches."""
    need, shown, seen = day.wave.need, day.pages.product_id, day.seen
    relevance = rules.relevance(state.products)
    grade = relevance.grade(need[:, None], np.maximum(shown, 0))
    grade[shown < 0] = -1
    columns = {
        "search_id": day.wave.requests.search_id,
        "true_need": need,
        "true_grade": _places(grade),
        "true_examined": _places(seen.examined),
        "true_satisfied": seen.satisfied,
        "true_without_click": seen.without_click,
    }
    return pa.table(columns, schema=TRUTH)


def _sessions(rules: ShopRules, state: ShopState, day: Answered) -> pd.DataFrame:
    """One row a session of one day: what came of it."""
    requests, seen, products = day.wave.requests, day.seen, state.products
    rows, bought = day.sales()
    revenue, margin = np.zeros((2, len(requests)))
    revenue[rows] = products.price[bought]
    margin[rows] = products.price[bought] * products.margin[bought]
    searches = pd.DataFrame(
        {
            "shopper_id": requests.shopper_id,
            "day": day_of(requests.session_id),
            "intent": rules.needs.intent[day.wave.need],
            "searches": 1,
            "clicks": seen.clicked.sum(axis=1),
            "bought": (seen.bought >= 0).astype(np.int64),
            "revenue": revenue,
            "margin": margin,
            "true_satisfied": seen.satisfied,
            "true_without_click": seen.without_click,
        }
    )
    # All but the sums are of one value in a session, or true once it was.
    how = dict.fromkeys(searches, "max") | dict.fromkeys(SUMS, "sum")
    by_session = searches.groupby(requests.session_id, sort=True)
    return by_session.agg(how).rename_axis("session_id").reset_index()
