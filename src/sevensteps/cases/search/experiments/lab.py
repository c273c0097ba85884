"""A small shop to break on purpose, and the monitors that should notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.rankers import Ranker
from sevensteps.cases.search.engine.shop import Catalogue
from sevensteps.cases.search.world import KINDS, Incident, Outcome, View
from sevensteps.measure import Interval
from sevensteps.monitor import Baseline, Drilled, drill_with_twin, grouped, psi
from sevensteps.simulate.parallel import side_by_side
from sevensteps.simulate.people import mean_of

from .clicks import table_of
from .faults import FAULTS, Readings, broken_readings
from .policy import EnginePolicy
from .town import Town, per_shopper

INCIDENTS = (*KINDS, *FAULTS)
TOP, NEW_DAYS, DAY = 10, 7, 86_400
#: What each monitor reads: the most unusual of its numbers is its value.
MONITORS: Mapping[str, tuple[str, ...]] = {
    "results": ("without results", "results a search"),
    "abandonment": ("without click", "searches a session"),
    "places": ("first clicked", "clicks a search"),
    "sales": ("bought", "margin"),
    "demand": ("searches", "brands drift", "categories drift"),
    "index": ("new shown", "new bought"),
}


@dataclass(frozen=True)
class Lab:
    """Futures that branch off one calm stretch: a calm one, and one an incident.

    Parameters
    ----------
    ranker : orders what is found
    calm, struck : days before the incidents, and with them
    """

    town: Town
    ranker: Ranker | None = None
    calm: int = 24
    struck: int = 10

    @property
    def first(self) -> int:
        """The day on which incidents begin."""
        return self.town.history.days + self.calm

    def drill(
        self, kinds: Sequence[str] = INCIDENTS
    ) -> tuple[Drilled, dict[str, Interval]]:
        """Who noticed when, and what each incident took from shoppers.

        Returns
        -------
        Drilled                   days are counted from the incident's start
        dict of Interval          satisfied sessions lost per 1,000 shoppers and day of
                                  the incident, against the calm twin
        """
        before = self.town.run(self.company(None), self.calm)
        branch = partial(self._branch, before)
        twin, *struck = side_by_side(branch, [None, *kinds])
        usual = daily_numbers(before, before)
        baseline = Baseline.of(usual)
        watched = [
            grouped(baseline.surprise(daily_numbers(o, before)), MONITORS)
            for o in (twin, *struck)
        ]
        none = pd.concat([grouped(baseline.surprise(usual), MONITORS), watched[0]])
        named = {"none": none} | dict(zip(kinds, watched[1:], strict=True))
        lost = {k: _lost(twin, o) for k, o in zip(kinds, struck, strict=True)}
        return drill_with_twin(named, self.first), lost

    def company(self, kind: str | None) -> EnginePolicy:
        """The shop's engine, built each night; from the first day on with a fault."""
        town, first = self.town, self.first
        reads = broken_readings(
            kind or "", town.understanding, town.history.synonyms, town.analyser, first
        )
        build = partial(_built, town.catalogue, reads, self.ranker)
        stale = first if kind == "stale_index" else None
        return EnginePolicy(build, every=1, stale_from=stale)

    def _branch(self, before: Outcome, kind: str | None) -> Outcome:
        """The days after the calm ones, with or without an incident."""
        policy = self.company(kind)
        return self._place(kind).run(policy, self.struck, after=before)

    def _place(self, kind: str | None) -> Town:
        """The town, or one to which something happens."""
        if kind is None or kind in FAULTS:
            return self.town
        happens = Incident(kind, self.first, self.struck)  # type: ignore[arg-type]
        return replace(self.town, world=self.town.world.inject(happens))


def _built(
    start: Catalogue, reads: Readings, ranker: Ranker | None, view: View
) -> Engine:
    """The engine of a night."""
    analyser = reads.sound.analyser
    now = Catalogue.of(view.products, view.day, analyser, start)
    return Engine.of(now, reads.on(view.day), ranker, sources=("keyword",))


def daily_numbers(outcome: Outcome, usual: Outcome) -> pd.DataFrame:
    """What the shop's own log tells of each day, by day; see `MONITORS`.

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


def _bought(shown: np.ndarray, place: np.ndarray) -> np.ndarray:
    """(n, 1) the product that was bought; -1 for none."""
    some = np.take_along_axis(shown, np.maximum(place, 0)[:, None].astype(int), axis=1)
    return np.where(place[:, None] >= 0, some, -1)


def _drift(outcome: Outcome, usual: Outcome, column: str) -> pd.Series:
    """PSI of what is clicked, day by day, against the usual days."""
    names = outcome.products[column].to_pandas().astype("category")
    code = names.cat.codes.to_numpy()
    n = len(names.cat.categories)
    expected = np.bincount(code[_clicked(usual)[1]], minlength=n)
    day, product = _clicked(outcome)
    found = {
        d: psi(expected, np.bincount(code[product[day == d]], minlength=n))
        for d in outcome.daily.index
    }
    return pd.Series(found)


def _clicked(outcome: Outcome) -> tuple[np.ndarray, np.ndarray]:
    """Day and product of each click."""
    shown = table_of(outcome.searches["shown"])
    row, place = np.nonzero(table_of(outcome.searches["clicked"]))
    day = outcome.searches["at"].to_numpy() // DAY
    return day[row], shown[row, place]


def _lost(calm: Outcome, struck: Outcome) -> Interval:
    """Satisfied sessions lost per 1,000 shoppers and day, paired by shopper."""
    n, days = calm.shoppers.num_rows, len(calm.daily)
    had, has = (per_shopper(o, n).satisfied for o in (calm, struck))
    return mean_of((had - has) * 1_000 / days)
