"""A policy in production: people search, click, buy, try again, come back or not.

What follows are the world's arrays as tables: the company's, and the truth's.
"""

from dataclasses import fields, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world import DayRecord, uniforms
from sevensteps.world.arrays import join
from sevensteps.world.columns import dictionary

from .catalogue import Making, Products
from .examine import PageResponses, behave
from .matching import Grades
from .needs import QueryTable
from .opening import ShopRules
from .oracle import SearchOracle
from .records import Floats, Ids, Policy, ResultPages, SearchView, checked
from .rng import STARS
from .schema import (
    DEVICES,
    MOST_SEARCHES,
    PLACES,
    PRODUCTS,
    QUERIES,
    SEARCHES,
    SHOPPERS,
    TRUTH,
)  # fmt: skip
from .state import RATES, STAR, USUAL_RATING, Shop, Shoppers, ShopState
from .visits import Wave, day_of, first_wave, next_wave

FORGETS, LEARNS, LETS_DOWN = 0.99, 0.2, -0.6


class Answered(NamedTuple):
    """The searches of a day, what was shown for them, and what happened."""

    wave: Wave
    pages: ResultPages
    seen: PageResponses

    def sales(self) -> tuple[NDArray[np.intp], Ids]:
        """Rows of the searches that ended in a purchase, and what was bought."""
        rows = np.flatnonzero(self.seen.bought >= 0)
        return rows, self.pages.product_id[rows, self.seen.bought[rows]]


def searched(
    rules: ShopRules,
    state: ShopState,
    policy: Policy | SearchOracle,
    day: int,
    future: int,
    log: pa.Table | None,
) -> Answered:
    """A day's searches in waves: those who are not content ask again."""
    stage, products = rules.stage(state, day), products_table(rules.making, state)
    people = shoppers_table(state.shoppers)
    view = SearchView(day, products, rules.queries, people, log)
    wave, waves = first_wave(rules, state, day, future), []
    for _ in range(MOST_SEARCHES):
        requests = wave.requests
        if isinstance(policy, SearchOracle):
            pages = policy.pages(stage, wave)
        else:  # which sees the company's tables only
            pages = checked(policy(requests, view), len(requests), products.num_rows)
        shown, keys = pages.product_id, (wave.session, wave.search)
        who = requests.shopper_id
        match = stage.meet(wave.need, who, wave.session, np.maximum(shown, 0))
        seen = behave(rules.examination, match, shown, requests.device, *keys)
        waves.append((wave, pages, seen))
        wave = next_wave(wave, seen.satisfied, rules.asked)
        view = replace(view, log=None)
    return Answered(*(join([*part]) for part in zip(*waves, strict=True)))


def evening(state: ShopState, sessions: pd.DataFrame, day: Answered) -> ShopState:
    """Sales are counted, some buyers leave stars, moods move."""
    shop, n = state.shop, len(state.products)
    rows, bought = day.sales()
    key = day.wave.search[rows]
    stars = first_stars(state.products.quality[bought], key)
    rates = uniforms(key, 1, STARS) < RATES
    rated = np.bincount(bought[rates], minlength=n)
    given = np.bincount(bought[rates], stars[rates], minlength=n)
    sold = np.bincount(bought, minlength=n)
    return replace(
        state,
        shop=Shop(
            in_stock=shop.in_stock,
            n_ratings=shop.n_ratings + rated.astype(np.int32),
            stars_given=shop.stars_given + given.astype(np.float32),
            sold=shop.sold + sold.astype(np.int32),
        ),
        mood=_mood(state.mood, sessions),
    )


def first_stars(quality: Floats, random_key: NDArray[np.uint64]) -> Floats:
    """Whole stars that a buyer gives, by what the product is like."""
    blur = 2 * uniforms(random_key, 0, STARS) - 1
    return np.rint(USUAL_RATING + STAR * quality + blur).clip(1, 5).astype(np.float32)


def _mood(mood: Floats, sessions: pd.DataFrame) -> Floats:
    """Moods after a day: those who came remember how it went."""
    who = sessions.shopper_id.to_numpy()
    went = np.where(sessions.true_satisfied.to_numpy(), 1.0, LETS_DOWN)
    n = np.bincount(who, minlength=len(mood))
    mean = np.bincount(who, went, minlength=len(mood)) / np.maximum(n, 1)
    kept = FORGETS * mood
    moved = np.where(n > 0, (1 - LEARNS) * kept + LEARNS * mean, kept)
    return np.asarray(moved, np.float32)


def recorded(
    rules: ShopRules, state: ShopState, served: Answered, day: int
) -> DayRecord:
    """The day's tables and its sums."""
    shown = served.pages.product_id
    relevance = rules.stage(state, day).relevance
    grade = relevance.grade(served.wave.need[:, None], np.maximum(shown, 0))
    grade[shown < 0] = -1
    sessions = sessions_table(served, rules.needs.intent, state.products)
    sums = ("clicks", "bought", "revenue", "margin", "true_satisfied")
    return DayRecord(
        log=searches_table(served),
        truth=truth_table(served, grade),
        units=sessions,
        sums={
            "day": day,
            "visitors": sessions.shopper_id.nunique(),
            "sessions": len(sessions),
            "searches": len(shown),
            "without_results": (shown < 0).all(axis=1).sum(),
            **{name: sessions[name].sum() for name in sums},
            "true_mood": float(state.mood.mean()),
        },
    )


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
