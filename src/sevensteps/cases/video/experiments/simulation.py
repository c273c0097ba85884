"""A video service whose future can be run under one policy after another."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from sevensteps.measure import Interval
from sevensteps.simulate import UNIT_BLOCKS, Simulation, mean_over_units

from ..recommender.items import Events, Flags, Floats, Ids, Items, Viewers
from ..recommender.known import Known, known_after, look_curve
from ..world import DAY, History, Outcome, VideoWorld


@dataclass(frozen=True, slots=True)
class TrueAffinity:
    """What only the world knows of users and videos; (n, k) arrays."""

    click: Floats  # probability of a click, once examined
    value: Floats  # satisfaction that watching gives

    @property
    def worth(self) -> Floats:
        """Satisfaction expected of showing each video where it is examined."""
        return self.click * self.value


@dataclass(frozen=True)
class VideoSimulation(Simulation[VideoWorld, History, Outcome]):
    """A video world after its past, and what the company knows by then."""

    @classmethod
    def after(cls, world: VideoWorld, history: History | None = None) -> Self:
        """After a world's usual past, or another one."""
        return cls(world, history or world.history())

    @cached_property
    def items(self) -> Items:
        """Videos of the past."""
        return Items.of(self.history.videos)

    @cached_property
    def viewers(self) -> Viewers:
        """Users of the past."""
        return Viewers.of(self.history.users)

    @cached_property
    def events(self) -> Events:
        """The past's impressions."""
        return Events.of(self.history.impressions, self.items)

    @cached_property
    def examination(self) -> Floats:
        """(SLATE,) float32 examination probability, as randomised positions show it."""
        return look_curve(self.events)

    @cached_property
    def known(self) -> Known:
        """Counts and memories at the end of the past."""
        return known_after(self.events, self.items, self.viewers, self.examination)

    def log_with(self, outcome: Outcome) -> tuple[Events, Items, Viewers]:
        """The past's events and then an outcome's; everything and everybody by then."""
        items, viewers = Items.of(outcome.videos), Viewers.of(outcome.users)
        new = Events.of(outcome.impressions, items)
        return self.events.then(new), items, viewers

    def truth(self, user: Ids, item: Ids) -> TrueAffinity:
        """Of (n,) users and (n, k) videos after the past; -1 is worth nothing."""
        match = self.world.affinity(self.history, user, np.maximum(item, 0))
        click = expit(1.3 * match.promise - 2.0)
        there = item >= 0
        return TrueAffinity(np.where(there, click, 0), np.where(there, match.value, 0))

    def per_unit_totals(self, outcome: Outcome) -> pd.DataFrame:
        """(users,) sums over an outcome's days; who never came has zeros.

        Columns: clicks, hours, likes, satisfaction, regrets (clicks whose value was
        below zero), days (on which one came).
        """
        pages, n = outcome.requests, outcome.users.num_rows
        user = pages.user_id
        clicked = outcome.impressions["clicked"].to_numpy()
        bad = clicked & (outcome.truth["true_value"].to_numpy() < 0)
        came = pages[["user_id", "day"]].drop_duplicates().user_id
        viewer = outcome.impressions["user_id"].to_numpy()
        totals = {
            "clicks": np.bincount(user, pages.clicks, n),
            "hours": np.bincount(user, pages.watched_s / 3_600, n),
            "likes": np.bincount(user, pages.likes, n),
            "satisfaction": np.bincount(user, pages.true_satisfaction, n),
            "regrets": np.bincount(viewer[bad], minlength=n).astype(float),
            "days": np.bincount(came, minlength=n).astype(float),
        }
        return pd.DataFrame(totals)

    def n_units(self, outcomes: Collection[Outcome]) -> int:
        """Users up to the last one who came under any policy."""
        return 1 + max(int(outcome.requests.user_id.max()) for outcome in outcomes)


def last_days(outcome: Outcome, days: int) -> Outcome:
    """An outcome's last days alone."""
    first = int(outcome.daily.index[-1]) - days + 1
    late = outcome.impressions["at"].to_numpy() >= first * DAY
    return replace(
        outcome,
        impressions=outcome.impressions.filter(pa.array(late)),
        truth=outcome.truth.filter(pa.array(late)),
        requests=outcome.requests[outcome.requests.day >= first],
        daily=outcome.daily.loc[first:],
    )


def by_span(outcome: Outcome, days: int) -> pd.DataFrame:
    """Spans of so many days: satisfaction per visit, what was shown, who creates.

    Columns: satisfaction (per visitor and day), shown (share of all videos), top
    (share of impressions on the hundredth part of videos that was shown most),
    made by (creators shown), creators (still uploading when the span ends).
    """
    daily = outcome.daily
    span = (daily.index - daily.index[0]) // days * days
    day = outcome.impressions["at"].to_numpy() // DAY - daily.index[0]
    video, n = outcome.impressions["video_id"].to_numpy(), outcome.videos.num_rows
    creator = outcome.videos["creator_id"].to_numpy()
    rows = {}
    for start in np.unique(span):
        often = np.bincount(video[day // days * days == start], minlength=n)
        rows[start] = {
            "shown": (often > 0).mean(),
            "top": np.sort(often)[-n // 100 :].sum() / often.sum(),
            "made by": len(np.unique(creator[often > 0])),
        }
    sums = daily[["true_satisfaction", "visitors"]].groupby(span).sum()
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.insert(0, "satisfaction", sums.true_satisfaction / sums.visitors)
    table["creators"] = daily.creators.groupby(span).last()
    return table


def cold_starts(
    outcomes: Mapping[str, Outcome], simulation: VideoSimulation
) -> pd.DataFrame:
    """How each policy treats the people, videos and creators who came after the past.

    Columns, intervals by people: satisfaction a page of newcomers and of all others;
    share of impressions that new videos get, and that videos of new creators get;
    mean true value of clicks on new videos and on all others.
    Missing where there is nobody to ask.
    """
    rows = {name: _cold_row(each, simulation) for name, each in outcomes.items()}
    return pd.DataFrame(rows).T


def _cold_row(outcome: Outcome, simulation: VideoSimulation) -> dict[str, Interval]:
    log, pages = outcome.impressions, outcome.requests
    user, item = log["user_id"].to_numpy(), log["video_id"].to_numpy()
    clicked, value = log["clicked"].to_numpy(), outcome.truth["true_value"].to_numpy()
    creator = outcome.videos["creator_id"].to_numpy()[item]
    new, everything = item >= len(simulation.items), np.ones(len(item), bool)
    newcomer = (pages.user_id >= len(simulation.viewers)).to_numpy()
    given, of = pages.true_satisfaction.to_numpy(), pages.user_id.to_numpy()
    new_creator = creator > simulation.items.creator.max()
    return {
        "a newcomer's page": _mean(given, of, newcomer),
        "another page": _mean(given, of, ~newcomer),
        "shown: new videos": _mean(new, user, everything),
        "shown: new creators": _mean(new_creator, user, everything),
        "value of a new video's click": _mean(value, user, clicked & new),
        "value of another click": _mean(value, user, clicked & ~new),
    }


def _mean(values: NDArray[Any], user: NDArray[Any], some: Flags) -> Interval:
    if len(np.unique(user[some] % UNIT_BLOCKS)) < 2:
        return Interval.missing()
    return mean_over_units(values[some], user[some])
