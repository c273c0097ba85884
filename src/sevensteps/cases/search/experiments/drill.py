"""Monitors of a shop, and what should set them off: in the world, and inside the shop.

Inside break a file of synonyms, a dictionary, a nightly build of the index.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from sevensteps.cases.search.engine.engine import POOL
from sevensteps.cases.search.world import DAY, KINDS, Incident, Outcome
from sevensteps.monitor import psi
from sevensteps.rank.phrases import parse
from sevensteps.simulate import IncidentDrill, Monitors

from .simulation import EnginePolicy, SearchSimulation, table_of

TOP, NEW_DAYS = 10, 7


def shifted_synonyms(text: str) -> str:
    """A file of synonyms whose second column slipped by one line.

    Every line still reads well, so no parser objects: "sofa, couch" and "rug, carpet"
    become "sofa, carpet" and so on.
    """
    lines = [line.partition(",") for line in text.splitlines() if "," in line]
    moved = [*lines[1:], *lines[:1]]
    pairs = zip(lines, moved, strict=True)
    return "".join(f"{own},{other}\n" for (own, *_), (*_, other) in pairs)


def broken_synonyms(policy: EnginePolicy, day: int, *, synonyms: str) -> EnginePolicy:
    """The merchandisers' file is read with its second column slipped."""
    sound = policy.understanding
    table = parse(shifted_synonyms(synonyms), sound.analyser)
    return replace(policy, understanding=replace(sound, synonyms=table))


def lost_speller(policy: EnginePolicy, day: int) -> EnginePolicy:
    """No typing error is corrected."""
    return replace(policy, understanding=policy.understanding.without("spelling"))


def stale_index(policy: EnginePolicy, day: int) -> EnginePolicy:
    """The index of the day is the last one."""
    return replace(policy, every=10**6)


def daily_numbers(outcome: Outcome, usual: Outcome) -> pd.DataFrame:
    """What the log holds of each day; `usual` days say which brands are expected."""
    day = outcome.searches["at"].to_numpy() // DAY
    shown, clicked = (table_of(outcome.searches[c]) for c in ("shown", "clicked"))
    bought = outcome.searches["bought"].fill_null(-1).to_numpy()
    listed = outcome.products["listed_at"].to_numpy() // DAY
    new = (listed[np.maximum(shown, 0)] > day[:, None] - NEW_DAYS) & (shown >= 0)
    numbers = pd.DataFrame(
        {
            "without results": (shown < 0).all(axis=1),
            "results a search": (shown >= 0).sum(axis=1),
            "without click": ~clicked.any(axis=1),
            "first clicked": clicked[:, 0],
            "clicks a search": clicked.sum(axis=1),
            "new shown": new[:, :TOP].mean(axis=1),
            "new bought": new[np.arange(len(new)), bought] & (bought >= 0),
        }
    )
    table = numbers.groupby(day).mean()
    daily, sums = outcome.daily, ["searches", "bought", "margin"]
    names = ["searches a session", "bought", "margin"]
    table[names] = daily[sums].div(daily.sessions, axis=0)
    table["searches"] = daily.searches
    for name, column in (("brands", "brand"), ("categories", "category")):
        table[f"{name} drift"] = _drift(outcome, usual, column)
    return table


def _drift(outcome: Outcome, usual: Outcome, column: str) -> pd.Series:
    """PSI of what is clicked, by day, against the usual days; NaN without a click."""
    names = outcome.products[column].to_pandas().astype("category").cat
    code, n = names.codes.to_numpy(), len(names.categories)
    expected = np.bincount(code[_clicked(usual)], minlength=n)
    by_day = _clicked(outcome).groupby(level=0)
    drift = by_day.agg(lambda ids: psi(expected, np.bincount(code[ids], minlength=n)))
    return drift.reindex(outcome.daily.index)


def _clicked(outcome: Outcome) -> pd.Series:
    """What was clicked, by day."""
    shown, clicked = (table_of(outcome.searches[c]) for c in ("shown", "clicked"))
    day = outcome.searches["at"].to_numpy() // DAY
    return pd.Series(shown[clicked], index=day[np.nonzero(clicked)[0]])


MONITORS: Monitors[Outcome] = Monitors(
    reads={
        "results": ("without results", "results a search"),
        "abandonment": ("without click", "searches a session"),
        "places": ("first clicked", "clicks a search"),
        "sales": ("bought", "margin"),
        "demand": ("searches", "brands drift", "categories drift"),
        "index": ("new shown", "new bought"),
    },
    observe=lambda policy, outcome: outcome,
    daily_numbers=daily_numbers,
)


def incident_drill(
    shop: SearchSimulation, *, baseline_days: int = 24, incident_days: int = 10
) -> IncidentDrill[Outcome]:
    """The world's incidents and the shop's faults; harm is in satisfied sessions.

    The shop serves what keywords find, in an index that is built each night.
    """
    synonyms = shop.history.synonyms
    return IncidentDrill(
        simulation=shop,
        policy=shop.policy(sources=("keyword",), every=1, pool=POOL),
        faults={
            "broken_synonyms": partial(broken_synonyms, synonyms=synonyms),
            "lost_speller": lost_speller,
            "stale_index": stale_index,
        },
        monitors=MONITORS,
        incidents=dict.fromkeys(KINDS, Incident),
        harm="satisfied",
        baseline_days=baseline_days,
        incident_days=incident_days,
    )
