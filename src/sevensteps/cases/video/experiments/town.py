"""A small company whose every future can be lived, and lived again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.special import expit

from sevensteps.cases.video.recommender.items import Events, Floats, Ids, Items, Viewers
from sevensteps.cases.video.recommender.known import Known, known_after, look_curve
from sevensteps.cases.video.world import (
    Arms,
    History,
    Oracle,
    Outcome,
    Policy,
    VideoWorld,
)
from sevensteps.measure import ab_test
from sevensteps.simulate.parallel import side_by_side
from sevensteps.simulate.people import mean_of

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Truth:
    """What only the world knows of users and videos; (n, k) arrays.

    Attributes
    ----------
    click : probability of a click, once looked at
    value : satisfaction that watching gives
    """

    click: Floats
    value: Floats

    @property
    def worth(self) -> Floats:
        """Satisfaction expected of showing each video where it is looked at."""
        return self.click * self.value


@dataclass(frozen=True)
class Town:
    """A world, its past, and what the company knows on the morning after.

    Attributes
    ----------
    looks : (SLATE,) float32       how often each place is looked at, told by the log
    """

    world: VideoWorld
    history: History
    items: Items
    viewers: Viewers
    events: Events
    looks: Floats
    known: Known

    @classmethod
    def of(cls, world: VideoWorld, history: History | None = None) -> Town:
        """Read the past once, for all that follows."""
        history = history or world.history()
        items, viewers = Items.of(history.videos), Viewers.of(history.users)
        events = Events.of(history.impressions, items)
        looks = look_curve(events)
        known = known_after(events, items, viewers, looks)
        return cls(world, history, items, viewers, events, looks, known)

    def log_with(self, outcome: Outcome) -> tuple[Events, Items, Viewers]:
        """The past's events and then an outcome's; everything and everybody by then."""
        items, viewers = Items.of(outcome.videos), Viewers.of(outcome.users)
        lived = Events.of(outcome.impressions, items)
        return self.events.then(lived), items, viewers

    def truth(self, user: Ids, item: Ids) -> Truth:
        """Of (n,) users and (n, k) videos on the morning after; -1 is worth nothing."""
        match = self.world.affinity(self.history, user, np.maximum(item, 0))
        click = expit(1.3 * match.promise - 2.0)
        return Truth(np.where(item >= 0, click, 0), np.where(item >= 0, match.value, 0))

    def run(
        self,
        policy: Policy | Oracle,
        days: int,
        luck: int = 1,
        after: Outcome | None = None,
    ) -> Outcome:
        """Put one policy in production, from now on or after an outcome."""
        return self.world.live(policy, days, luck, history=self.history, after=after)

    def twins(
        self, policies: Mapping[str, Policy | Oracle], days: int, luck: int = 1
    ) -> dict[str, Outcome]:
        """The same people with the same luck under each policy."""
        lived = side_by_side(lambda p: self.run(p, days, luck), policies.values())
        return dict(zip(policies, lived, strict=True))


def per_person(outcome: Outcome, n_users: int) -> pd.DataFrame:
    """(users,) sums over an outcome's days; who never came has zeros.

    Columns: clicks, hours, likes, satisfaction, regrets (clicks whose value was below
    zero), days (on which one came).
    """
    pages = outcome.requests
    user, n = pages.user_id.to_numpy(), n_users
    clicked = outcome.impressions["clicked"].to_numpy(zero_copy_only=False)
    bad = clicked & (outcome.truth["true_value"].to_numpy() < 0)
    came = pages[["user_id", "day"]].drop_duplicates().user_id
    viewer = outcome.impressions["user_id"].to_numpy()
    sums = {
        "clicks": np.bincount(user, pages.clicks, n),
        "hours": np.bincount(user, pages.watched_s / 3_600, n),
        "likes": np.bincount(user, pages.likes, n),
        "satisfaction": np.bincount(user, pages.true_satisfaction, n),
        "regrets": np.bincount(viewer[bad], minlength=n).astype(float),
        "days": np.bincount(came, minlength=n).astype(float),
    }
    return pd.DataFrame(sums)


def board(outcomes: Mapping[str, Outcome], *, last: int | None = None) -> pd.DataFrame:
    """A row of intervals for each outcome: per 1,000 people and day.

    Rows come from the same people, so their differences are paired.

    Parameters
    ----------
    last : only so many days at the end; all when absent
    """
    n = max(int(o.requests.user_id.max()) for o in outcomes.values()) + 1
    days = min(len(o.daily) for o in outcomes.values())
    if last is not None:
        days, outcomes = last, {k: _end(o, last) for k, o in outcomes.items()}
    rows = {name: per_person(o, n) * (1_000 / days) for name, o in outcomes.items()}
    table = {
        name: {column: mean_of(each[column]) for column in each}
        for name, each in rows.items()
    }
    return pd.DataFrame.from_dict(table, orient="index")


def compare(outcome: Outcome, arms: Arms, treatment: str, control: str) -> pd.Series:
    """What an A/B test reads: differences per 1,000 people and day, Welch's intervals.

    Parameters
    ----------
    arms : the policy that was lived; everybody who existed counts, seen or not
    """
    n = outcome.users.num_rows
    sums = per_person(outcome, n) * (1_000 / len(outcome.daily))
    arm = arms.names(np.arange(n))
    new, old = sums[arm == treatment], sums[arm == control]
    return pd.Series({c: ab_test(new[c], old[c]).difference for c in sums})


def _end(outcome: Outcome, days: int) -> Outcome:
    """The last days of an outcome."""
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
    maker = outcome.videos["creator_id"].to_numpy()
    rows = {}
    for start in np.unique(span):
        often = np.bincount(video[day // days * days == start], minlength=n)
        rows[start] = {
            "shown": (often > 0).mean(),
            "top": np.sort(often)[-n // 100 :].sum() / often.sum(),
            "made by": len(np.unique(maker[often > 0])),
        }
    sums = daily[["true_satisfaction", "visitors"]].groupby(span).sum()
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.insert(0, "satisfaction", sums.true_satisfaction / sums.visitors)
    table["creators"] = daily.creators.groupby(span).last()
    return table
