"""A two-stage policy that learns from what it has shown, at a cadence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from sevensteps.cases.video.recommender.examples import ranker_rows, tower_examples
from sevensteps.cases.video.recommender.items import Events, Floats, Items, Viewers
from sevensteps.cases.video.recommender.known import known_after
from sevensteps.cases.video.recommender.net_training import fit
from sevensteps.cases.video.recommender.policy import TwoStage
from sevensteps.cases.video.recommender.ranking import Value
from sevensteps.cases.video.recommender.tower_training import train
from sevensteps.cases.video.recommender.towers import Plan
from sevensteps.cases.video.world import Requests, Slates, View

LESSON = 5  # days from which the ranker learns; the towers stop before them


@dataclass
class Retraining:
    """Trains anew every `cadence` days on the log, in which its own pages stand.

    Parameters
    ----------
    events : of the past, before the policy goes live
    looks : (SLATE,) how often each place is looked at; a policy that never draws by
        lot cannot measure it again
    value : what a click is worth; decided once, so that only the learning differs
    shares, explores : as for `TwoStage`
    cadence : days between two trainings
    window : days of clicks from which the towers learn
    per_day : impressions of each day from which the ranker learns
    explored : share of the pages on which a place is drawn, where `explores` is set
    dressed : done to each new policy before it goes live; a drill listens in so
    """

    events: Events
    looks: Floats
    value: Value
    shares: Mapping[str, int]
    explores: int | None = None
    cadence: int = 3
    window: int = 14
    per_day: int = 10_000
    explored: float = 1.0
    dressed: Callable[[TwoStage], TwoStage] | None = None
    trained_on: list[int] = field(default_factory=list)
    _now: TwoStage | None = None

    def __call__(self, requests: Requests, view: View) -> Slates:
        """The pages of the latest model."""
        items, viewers = Items.of(view.videos), Viewers.of(view.users)
        if self._now is not None and view.log is not None:
            self.events = self.events.then(Events.of(view.log, items))
        if not self.trained_on or view.day - self.trained_on[-1] >= self.cadence:
            self._now = self._trained(items, viewers, view.day)
            self.dress()
            self.trained_on.append(view.day)
        assert self._now is not None
        return self._now(requests, view)

    def dress(self) -> None:
        """Dress the policy that is in production, once more if it was before."""
        if self._now is not None and self.dressed is not None:
            self._now = self.dressed(self._now)

    def _trained(self, items: Items, viewers: Viewers, day: int) -> TwoStage:
        made = trained(
            self.events,
            items,
            viewers,
            self.looks,
            day,
            value=self.value,
            shares=self.shares,
            explores=self.explores,
            window=self.window,
            per_day=self.per_day,
            seed=day,
        )
        return replace(made, explored=self.explored)


def trained(
    events: Events,
    items: Items,
    viewers: Viewers,
    looks: Floats,
    day: int,
    *,
    value: Value,
    shares: Mapping[str, int],
    explores: int | None = None,
    window: int = 14,
    per_day: int = 10_000,
    seed: int = 0,
) -> TwoStage:
    """A policy from the log until a morning: towers, then a ranker on the last days.

    The parameters are those of `Retraining`.
    """
    split = day - LESSON
    clicks = tower_examples(events.take(events.day < split), items, viewers, seed=seed)
    late = np.flatnonzero(clicks.day >= split - window)
    plan = Plan(epochs=2, batch=256, seed=seed)
    towers, _ = train(plan, items, clicks.take(late))
    told = events, items, viewers, towers, looks
    rows = ranker_rows(*told, first=split, per_day=per_day, seed=seed)
    return TwoStage(
        known=known_after(events, items, viewers, looks),
        towers=towers,
        ranker=fit(rows),
        goal=value.goal,
        shares=shares,
        explores=explores,
    )
