"""Monitors of a shop, and what should set them off: in the world, and inside the shop.

Inside break a file of synonyms, a dictionary, a nightly build of the index.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from sevensteps.cases.search.engine.engine import POOL
from sevensteps.cases.search.engine.synonym_file import parse
from sevensteps.cases.search.engine.understanding import Understanding
from sevensteps.cases.search.world import DAY, KINDS, Incident, Outcome
from sevensteps.monitor import psi
from sevensteps.rank.rankers import Ranker
from sevensteps.simulate import IncidentDrill, Monitors

from .clicks import table_of
from .policy import EnginePolicy
from .simulation import SearchSimulation

TOP, NEW_DAYS = 10, 7
NEVER = 1_000_000  # days between two builds


def shifted_synonyms(text: str) -> str:
    """A file of synonyms whose second column slipped by one line.

    Every line still reads well, so no parser objects: "sofa, couch" and "rug, carpet"
    become "sofa, carpet" and so on.
    """
    lines = [line for line in text.splitlines() if "," in line]
    parts = [[part.strip() for part in line.split(",")] for line in lines]
    moved = [*parts[1:], *parts[:1]]
    pairs = zip(parts, moved, strict=True)
    return "".join(f"{own[0]}, {', '.join(other[1:])}\n" for own, other in pairs)


def broken_synonyms(policy: EnginePolicy, day: int, *, synonyms: str) -> EnginePolicy:
    """The merchandisers' file is read with its second column slipped."""
    sound = policy.build.understanding
    table = parse(shifted_synonyms(synonyms), sound.analyser).synonyms
    broken = Understanding(sound.analyser, sound.speller, table, sound.gazetteer)
    return replace(policy, build=replace(policy.build, understanding=broken))


def lost_speller(policy: EnginePolicy, day: int) -> EnginePolicy:
    """No typing error is corrected."""
    broken = policy.build.understanding.without("spelling")
    return replace(policy, build=replace(policy.build, understanding=broken))


def stale_index(policy: EnginePolicy, day: int) -> EnginePolicy:
    """The index of the day is the last one."""
    return replace(policy, every=NEVER)


def daily_numbers(outcome: Outcome, usual: Outcome) -> pd.DataFrame:
    """What the shop's own log holds of each day; see `MONITORS`.

    Parameters
    ----------
    usual : days whose brands and categories are what is expected
    """
    day = outcome.searches["at"].to_numpy() // DAY
    shown = table_of(outcome.searches["shown"])
    clicked = table_of(outcome.searches["clicked"]).astype(bool)
    listed = outcome.products["listed_at"].to_numpy() // DAY
    bought = outcome.searches["bought"].fill_null(-1).to_numpy()
    numbers = pd.DataFrame(
        {
            "without results": (shown < 0).all(axis=1),
            "results a search": (shown >= 0).sum(axis=1),
            "without click": ~clicked.any(axis=1),
            "first clicked": clicked[:, 0],
            "clicks a search": clicked.sum(axis=1),
            "new shown": _new(shown, day, listed).mean(axis=1),
            "new bought": _new(_bought(shown, bought), day, listed)[:, 0],
        }
    )
    table = numbers.groupby(day).mean()
    daily = outcome.daily
    table["searches a session"] = daily.searches / daily.sessions
    table["bought"] = daily.bought / daily.sessions
    table["margin"] = daily.margin / daily.sessions
    table["searches"] = daily.searches
    for name, column in (("brands", "brand"), ("categories", "category")):
        table[f"{name} drift"] = _drift(outcome, usual, column)
    return table


def _new(ids: np.ndarray, day: np.ndarray, listed: np.ndarray) -> np.ndarray:
    """Whether each of the first ten products was listed within the last days."""
    top = ids[:, :TOP]
    fresh = listed[np.maximum(top, 0)] > day[:, None] - NEW_DAYS
    return np.asarray(fresh & (top >= 0))


def _bought(shown: np.ndarray, position: np.ndarray) -> np.ndarray:
    """(n, 1) the product that was bought; -1 for none."""
    at = np.maximum(position, 0)[:, None].astype(int)
    some = np.take_along_axis(shown, at, axis=1)
    return np.where(position[:, None] >= 0, some, -1)


def _drift(outcome: Outcome, usual: Outcome, column: str) -> pd.Series:
    """PSI of what is clicked, by day, against the usual days; NaN without a click."""
    names = outcome.products[column].to_pandas().astype("category")
    code = names.cat.codes.to_numpy()
    n = len(names.cat.categories)
    expected = np.bincount(code[_clicked(usual)[1]], minlength=n)
    day, product = _clicked(outcome)
    drift = {
        d: psi(expected, np.bincount(code[product[day == d]], minlength=n))
        for d in np.unique(day)
    }
    return pd.Series(drift, dtype=float).reindex(outcome.daily.index)


def _clicked(outcome: Outcome) -> tuple[np.ndarray, np.ndarray]:
    """Day and product of each click."""
    shown = table_of(outcome.searches["shown"])
    row, position = np.nonzero(table_of(outcome.searches["clicked"]))
    day = outcome.searches["at"].to_numpy() // DAY
    return day[row], shown[row, position]


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
    shop: SearchSimulation,
    ranker: Ranker | None = None,
    *,
    baseline_days: int = 24,
    incident_days: int = 10,
) -> IncidentDrill[Outcome]:
    """The world's incidents and the shop's faults; harm is in satisfied sessions.

    Parameters
    ----------
    ranker : orders what keywords find, in an index that is built each night
    """
    synonyms = shop.history.synonyms
    return IncidentDrill(
        simulation=shop,
        policy=shop.policy(ranker, sources=("keyword",), every=1, pool=POOL),
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
