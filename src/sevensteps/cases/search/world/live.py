"""A policy in production: people search, click, buy, try again, come back or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world import DayRecord, uniforms
from sevensteps.world.arrays import join

from .examine import behave
from .opening import ShopRules
from .oracle import SearchOracle
from .records import Floats, Policy, SearchView, checked
from .rng import STARS
from .schema import MOST_SEARCHES
from .state import RATES, STAR, USUAL_RATING, Shop, ShopState
from .tables import (
    Answered,
    products_table,
    searches_table,
    sessions_table,
    shoppers_table,
    truth_table,
)
from .visits import first_wave, next_wave

FORGETS, LEARNS, LETS_DOWN = 0.99, 0.2, -0.6


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
