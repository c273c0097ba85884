"""Monitors of a shop, and what should set them off: in the world, and inside the shop.

Inside break a file of synonyms, a dictionary, a nightly build of the index.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from sevensteps.cases.search.engine.engine import POOL
from sevensteps.cases.search.engine.phrases import parse
from sevensteps.cases.search.world import DAY, KINDS, Incident, Outcome
from sevensteps.monitor import psi
from sevensteps.rank.rankers import Ranker
from sevensteps.simulate import IncidentDrill, Monitors

from .clicks import table_of
from .simulation import EnginePolicy, SearchSimulation

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
    sound = policy.understanding
    table = parse(shifted_synonyms(synonyms), sound.analyser)
    return replace(policy, understanding=replace(sound, synonyms=table))


def lost_speller(policy: EnginePolicy, day: int) -> EnginePolicy:
    """No typing error is corrected."""
    return replace(policy, understanding=policy.understanding.without("spelling"))


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
    clicked = table_of(outcome.searches["clicked"])
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
    daily = outcome.daily
    table["searches a session"] = daily.searches / daily.sessions
    table["bought"] = daily.bought / daily.sessions
    table["margin"] = daily.margin / daily.sessions
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
    shown = table_of(outcome.searches["shown"])
    row, position = np.nonzero(table_of(outcome.searches["clicked"]))
    day = outcome.searches["at"].to_numpy()[row] // DAY
    return pd.Series(shown[row, position], index=day)


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
