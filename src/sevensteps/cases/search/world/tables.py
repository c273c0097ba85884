"""The world's arrays as tables: the company's, and the truth's."""

from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world import DayRecord
from sevensteps.world.arrays import dictionary

from .catalogue import Making
from .needs import Grades
from .pages import PageResponses
from .records import DEVICES, PLACES, SCHEMA, TRUTH, Ids, ResultPages
from .state import ShopRules, ShopState
from .visits import Wave

SUMS = ("searches", "clicks", "bought", "revenue", "margin")


class Answered(NamedTuple):
    """The searches of a day, what was shown for them, and what happened."""

    wave: Wave
    pages: ResultPages
    seen: PageResponses
    grade: Grades  # (n, PLACES) of what was shown

    def sales(self) -> tuple[NDArray[np.intp], Ids]:
        """Rows of the searches that ended in a purchase, and what was bought."""
        rows = np.flatnonzero(self.seen.bought >= 0)
        return rows, self.pages.product_id[rows, self.seen.bought[rows]]


def recorded(rules: ShopRules, state: ShopState, day: int, told: Answered) -> DayRecord:
    """The day's tables and its sums."""
    shown, sessions = told.pages.product_id, _sessions(rules, state, day, told)
    summed = (*SUMS[1:], "true_satisfied")
    return DayRecord(
        log=_searches(told),
        truth=_truth(told),
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


def company_tables(
    rules: ShopRules, state: ShopState
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """What the company knows: products, queries (all that are ever typed), shoppers."""
    text, people = rules.asked.text, state.shoppers
    queries = pa.table([_ids(len(text)), text], schema=SCHEMA["queries"])
    who = [_ids(len(people)), dictionary(people.device, DEVICES), people.joined_at]
    shoppers = pa.table(who, schema=SCHEMA["shoppers"])
    return _products(rules.making, state), queries, shoppers


def _products(making: Making, state: ShopState) -> pa.Table:
    products, listings, shop = state.products, state.listings, state.shop
    words, n = making.words, shop.n_ratings
    rating = shop.stars_given / np.maximum(n, 1)
    filed = pa.array(words.kinds["department"]).take(pa.array(listings.category))
    said = {name: getattr(listings, name) for name in ("colour", "material", "size")}
    columns = {
        "product_id": _ids(len(products)),
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


def _ids(n: int) -> Ids:
    return np.arange(n, dtype=np.int32)


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


def _truth(day: Answered) -> pa.Table:
    """What only the world knows of the same searches."""
    shown, seen = day.pages.product_id, day.seen
    grade = np.where(shown >= 0, day.grade, np.int8(-1))
    columns = {
        "search_id": day.wave.requests.search_id,
        "true_need": day.wave.need,
        "true_grade": _places(grade),
        "true_examined": _places(seen.examined),
        "true_satisfied": seen.satisfied,
        "true_without_click": seen.without_click,
    }
    return pa.table(columns, schema=TRUTH)


def _sessions(
    rules: ShopRules, state: ShopState, day: int, told: Answered
) -> pd.DataFrame:
    """One row a session of one day: what came of it."""
    requests, seen, products = told.wave.requests, told.seen, state.products
    rows, bought = told.sales()
    revenue, margin = np.zeros((2, len(requests)))
    revenue[rows] = products.price[bought]
    margin[rows] = products.price[bought] * products.margin[bought]
    searches = pd.DataFrame(
        {
            "shopper_id": requests.shopper_id,
            "day": day,
            "intent": rules.needs.intent[told.wave.need],
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
