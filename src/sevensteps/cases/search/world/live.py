"""A policy in production: people search, click, buy, try again, come back or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world import DayRecord, uniforms

from .examine import PageResponses, behave
from .matching import ShopDay
from .opening import ShopRules
from .oracle import SearchOracle
from .records import Floats, Policy, ResultPages, SearchView, checked
from .relevance import Relevance
from .rng import STARS
from .schema import MOST_SEARCHES
from .state import RATES, STAR, USUAL_RATING, Shop, ShopState
from .tables import (
    products_table,
    searches_table,
    sessions_table,
    shoppers_table,
    truth_table,
)
from .visits import Wave, demand, first_wave, next_wave

FORGETS, LEARNS, LETS_DOWN = 0.99, 0.2, -0.6


Answered = tuple[
    Wave, ResultPages, PageResponses
]  # searches, what was shown, what happened


def searched(
    rules: ShopRules,
    state: ShopState,
    policy: Policy | SearchOracle,
    day: int,
    future: int,
    log: pa.Table | None,
) -> list[Answered]:
    """A day's waves: who searched, what was shown, what happened."""
    stage = rules.stage(state, day)
    view = SearchView(
        day,
        products_table(rules.making, state),
        rules.queries,
        shoppers_table(state.shoppers),
        log,
    )
    upto = demand(rules.needs, rules.asked, day, rules.incidents)
    people = state.shoppers, state.mood
    wave = first_wave(*people, upto, rules.asked, day, rules.seed, future)
    waves = []
    for _ in range(MOST_SEARCHES):
        pages = _pages(policy, stage, wave, view)
        seen = _seen(rules, stage, wave, pages)
        waves.append((wave, pages, seen))
        wave = next_wave(wave, seen.satisfied, rules.asked)
        view = replace(view, log=None)
    return waves


def _pages(
    policy: Policy | SearchOracle, stage: ShopDay, wave: Wave, view: SearchView
) -> ResultPages:
    """What a policy shows, which sees the company's tables only."""
    if isinstance(policy, SearchOracle):
        return policy.pages(stage, wave)
    pages = policy(wave.requests, view)
    return checked(pages, len(wave.requests), view.products.num_rows)


def _seen(
    rules: ShopRules, stage: ShopDay, wave: Wave, pages: ResultPages
) -> PageResponses:
    product = np.maximum(pages.product_id, 0)
    match = stage.meet(wave.need, wave.requests.shopper_id, wave.session, product)
    random_key = wave.session, wave.search
    device = wave.requests.device
    return behave(rules.examination, match, pages.product_id, device, *random_key)


def evening(
    state: ShopState, sessions: pd.DataFrame, waves: list[Answered]
) -> ShopState:
    """Sales are counted, some buyers leave stars, moods move."""
    products, shop = state.products, state.shop
    sold, given, rated = (np.zeros(len(products), np.float32) for _ in range(3))
    for wave, pages, seen in waves:
        rows = np.flatnonzero(seen.bought >= 0)
        bought = pages.product_id[rows, seen.bought[rows]]
        stars = first_stars(products.quality[bought], wave.search[rows])
        rates = uniforms(wave.search[rows], 1, STARS) < RATES
        np.add.at(sold, bought, 1)
        np.add.at(rated, bought[rates], 1)
        np.add.at(given, bought[rates], stars[rates])
    return replace(
        state,
        shop=Shop(
            in_stock=shop.in_stock,
            n_ratings=shop.n_ratings + rated.astype(np.int32),
            stars_given=shop.stars_given + given,
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
    rules: ShopRules, state: ShopState, waves: list[Answered], day: int
) -> DayRecord:
    """The day's tables and its sums."""
    relevance = Relevance(rules.making.words, rules.needs, state.products)
    searches, truth = [], []
    for wave, pages, seen in waves:
        shown = np.maximum(pages.product_id, 0)
        grade = relevance.grade(wave.need[:, None], shown)
        grade[pages.product_id < 0] = -1
        searches.append(searches_table(wave.requests, pages, seen))
        truth.append(truth_table(wave.requests, wave.need, grade, seen))
    sessions = sessions_table(waves, rules.needs.intent, state.products)
    empty = sum(int((pages.product_id < 0).all(axis=1).sum()) for _, pages, _ in waves)
    return DayRecord(
        log=pa.concat_tables(searches).combine_chunks(),
        truth=pa.concat_tables(truth).combine_chunks(),
        units=sessions,
        sums={
            "day": day,
            "visitors": int(sessions.shopper_id.nunique()),
            "sessions": len(sessions),
            "searches": int(sessions.searches.sum()),
            "without_results": empty,
            "clicks": int(sessions.clicks.sum()),
            "bought": int(sessions.bought.sum()),
            "revenue": float(sessions.revenue.sum()),
            "margin": float(sessions.margin.sum()),
            "true_satisfied": int(sessions.true_satisfied.sum()),
            "true_mood": float(state.mood.mean()),
        },
    )
