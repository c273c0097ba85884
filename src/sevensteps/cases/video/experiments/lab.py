"""A small town to break on purpose, and the monitors that should notice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from sevensteps.cases.video.recommender.inputs import NAMES
from sevensteps.cases.video.recommender.items import Events, Floats, Items
from sevensteps.cases.video.recommender.policy import Encoder, TwoStage
from sevensteps.cases.video.recommender.ranking import Guess, Ranker, Value
from sevensteps.cases.video.recommender.towers import Towers
from sevensteps.cases.video.world import (
    KINDS,
    Incident,
    Outcome,
    Requests,
    Slates,
    View,
)
from sevensteps.measure import Interval
from sevensteps.monitor import Baseline, Drilled, Reference, drill_with_twin, grouped
from sevensteps.simulate.parallel import side_by_side
from sevensteps.simulate.people import mean_of

from .faults import Rebuilt, Silent, Skewed
from .retraining import Retraining
from .town import Town

OWN = ("stale_index", "version_skew", "silent_input")
INCIDENTS = (*KINDS, *OWN)
MUTED = "share_of_near"  # the input that falls silent
KEPT = 199  # one candidate of so many is kept for the monitors
NEW = 3  # days for which a video counts as new
#: What each monitor reads: the most unusual of its numbers is its value.
MONITORS: Mapping[str, tuple[str, ...]] = {
    "inputs": NAMES,
    "scores": ("worth, mean", "worth, spread"),
    "shown": ("shown new", "shown top 10", "creators"),
    "clicks": ("clicks", "share watched", "likes", "visitors"),
    "new videos": ("clicks on new", "share watched of new"),
    "survey": ("stars",),
}


@dataclass
class Heard:
    """A ranker that keeps some of what it is told, and of what it would pay for it.

    Parameters
    ----------
    value : what its scores are in
    silent : what happens to the inputs on their way
    indexed : from what towers the search's vectors come instead
    """

    value: Value
    ranker: Ranker | None = None
    silent: Silent | None = None
    indexed: Callable[[Towers], Encoder] | None = None
    day: int = 0
    told: dict[int, list[Floats]] = field(default_factory=dict)
    worth: dict[int, list[Floats]] = field(default_factory=dict)

    def dress(self, policy: TwoStage) -> TwoStage:
        """A policy that is heard, with whatever is broken."""
        if policy.ranker is not self:
            self.ranker = policy.ranker
        encoder = self.indexed(policy.towers) if self.indexed else None
        return replace(policy, ranker=self, indexed=encoder)

    def __call__(self, x: Floats) -> Guess:
        """(n, inputs) -> `Guess`."""
        assert self.ranker is not None
        x = self.silent(x, self.day) if self.silent else x
        guess = self.ranker(x)
        self.told.setdefault(self.day, []).append(x[::KEPT])
        self.worth.setdefault(self.day, []).append(self.value(guess)[::KEPT])
        return guess


@dataclass
class Watched:
    """A company whose rankers are heard, day by day."""

    learner: Retraining
    heard: Heard

    @classmethod
    def of(cls, learner: Retraining) -> Watched:
        """A company that starts from another's log, heard from its first day on."""
        heard = Heard(learner.value)
        return cls(replace(learner, dressed=heard.dress, trained_on=[]), heard)

    def __call__(self, requests: Requests, view: View) -> Slates:
        """Its pages."""
        self.heard.day = view.day
        return self.learner(requests, view)


@dataclass(frozen=True)
class Days:
    """What some days left: of the company, and of the truth.

    Attributes
    ----------
    x, day : (n, inputs), (n,)    some of the candidates' inputs as they arrived
    numbers : DataFrame           by day, what else is watched
    given : (users,)              true satisfaction
    """

    x: Floats
    day: np.ndarray
    numbers: pd.DataFrame
    given: np.ndarray

    @classmethod
    def of(cls, outcome: Outcome, heard: Heard) -> Days:
        """Of a future, and of what was heard in it."""
        days = outcome.daily.index
        told = [np.concatenate(heard.told[day]) for day in days]
        worth = [np.concatenate(heard.worth[day]) for day in days]
        numbers = daily_numbers(outcome)
        numbers["worth, mean"] = [each.mean() for each in worth]
        numbers["worth, spread"] = [each.std() for each in worth]
        pages = outcome.requests
        n = outcome.users.num_rows
        return cls(
            x=np.concatenate(told),
            day=np.repeat(days, [len(x) for x in told]),
            numbers=numbers,
            given=np.bincount(pages.user_id, pages.true_satisfaction, n),
        )


@dataclass(frozen=True)
class Lab:
    """Futures that branch off one calm stretch: a calm one, and one an incident.

    Parameters
    ----------
    learner : Retraining      the company, not yet in production
    other : Towers            of another training, for the version skew
    calm, struck : int        days before the incidents, and with them
    """

    town: Town
    learner: Retraining
    other: Towers
    calm: int = 24
    struck: int = 10

    def drill(
        self, kinds: Sequence[str] = INCIDENTS
    ) -> tuple[Drilled, dict[str, Interval]]:
        """Who noticed when, and what each incident took from people.

        Returns
        -------
        Drilled                   days are counted from the incident's start
        dict of Interval          true satisfaction lost per 1,000 people and day of the
                                  incident, against the calm twin
        """
        company = Watched.of(self.learner)
        before = self.town.run(company, self.calm)
        usual = Days.of(before, company.heard)
        branch = partial(self._branch, before, company)
        twin, *struck = side_by_side(branch, [None, *kinds])
        lost = {
            kind: _lost(twin, days, self.struck)
            for kind, days in zip(kinds, struck, strict=True)
        }
        reference = Reference.of(usual.x, NAMES)
        calm, *numbers = (_numbers(d, reference) for d in (usual, twin, *struck))
        baseline = Baseline.of(calm)
        calm, quiet, *told = (
            grouped(baseline.surprise(one), MONITORS) for one in (calm, *numbers)
        )
        none = pd.concat([calm, quiet])
        named = {"none": none} | dict(zip(kinds, told, strict=True))
        return drill_with_twin(named, self.first), lost

    @property
    def first(self) -> int:
        """The day on which incidents begin."""
        return self.town.history.days + self.calm

    def _branch(self, before: Outcome, company: Watched, kind: str | None) -> Days:
        """The days after the calm ones, with or without an incident."""
        company = deepcopy(company)
        heard = company.heard
        if kind == "silent_input":
            heard.silent = Silent(NAMES.index(MUTED), self.first)
        elif kind == "stale_index":
            heard.indexed = partial(Rebuilt, every=10_000, first=self.first)
        elif kind == "version_skew":
            heard.indexed = partial(Skewed, other=self.other, first=self.first)
        company.learner.dress()
        outcome = self._place(kind).run(company, self.struck, after=before)
        return Days.of(outcome, heard)

    def _place(self, kind: str | None) -> Town:
        """The town, or one to which something happens."""
        if kind is None or kind in OWN:
            return self.town
        happens = Incident(kind, self.first, self.struck)  # type: ignore[arg-type]
        return replace(self.town, world=self.town.world.inject(happens))


def daily_numbers(outcome: Outcome) -> pd.DataFrame:
    """What the company's own log tells of each day, by day.

    Columns: visitors; clicks a page; share watched and likes a click; shares of
    impressions on new videos and on the day's ten most shown; creators shown for each
    1,000 impressions; clicks an impression and share watched of new videos; stars.
    """
    items = Items.of(outcome.videos)
    events = Events.of(outcome.impressions, items)
    rows = {day: _told(today, items, day) for day, today in events.days()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("day")


def _told(today: Events, items: Items, day: int) -> dict[str, float]:
    hit, n = today.clicked, len(today)
    new = items.born[today.item] > day - NEW
    often = np.bincount(today.item)
    asked = today.stars > 0
    return {
        "visitors": len(np.unique(today.user)),
        "clicks": hit.mean(),
        "share watched": _mean(today.share[hit]),
        "likes": _mean(today.liked[hit]),
        "shown new": new.mean(),
        "shown top 10": np.sort(often)[-10:].sum() / n,
        "creators": len(np.unique(items.creator[today.item])) * 1_000 / n,
        "clicks on new": _mean(hit[new]),
        "share watched of new": _mean(today.share[hit & new]),
        "stars": _mean(today.stars[asked]),
    }


def _mean(values: np.ndarray) -> float:
    """Of what is there; missing where nothing is."""
    return float(values.mean()) if len(values) else np.nan


def _numbers(days: Days, reference: Reference) -> pd.DataFrame:
    """Everything that is watched, by day: drift of each input, and the rest."""
    return reference.psi_by_day(days.x, days.day).join(days.numbers)


def _lost(calm: Days, struck: Days, n_days: int) -> Interval:
    """True satisfaction lost per 1,000 people and day, paired by person."""
    n = max(len(calm.given), len(struck.given))
    had, has = (np.pad(d.given, (0, n - len(d.given))) for d in (calm, struck))
    return mean_of((had - has) * 1_000 / n_days)
