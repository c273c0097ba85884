"""A two-stage policy that learns from what it has shown, on a calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from sevensteps.cases.video.recommender.items import Events, Floats, Items, Viewers
from sevensteps.cases.video.recommender.known import known_after
from sevensteps.cases.video.recommender.policy import TwoStage
from sevensteps.cases.video.recommender.ranking import Value
from sevensteps.cases.video.recommender.snapshot_training import (
    TrainingConfig,
    train_net,
    train_towers,
)
from sevensteps.cases.video.world import Requests, Slates, View
from sevensteps.rank.towers import TowerPlan
from sevensteps.simulate import Calendar

RANKER_DAYS = 5  # days from which the ranker learns; the towers stop before them


@dataclass
class RetrainedTwoStage:
    """Trains anew every `cadence` days on the log, in which its own pages stand.

    Parameters
    ----------
    events : of the past, before the policy goes live
    examination : (SLATE,) examination probability of each position; a policy that
        never randomises cannot measure it again
    value : what a click is worth; decided once, so that only the learning differs
    shares, explores : as for `TwoStage`
    cadence : days between two trainings; 0 trains once
    window : days of clicks from which the towers learn
    per_day : impressions of each day from which the ranker learns
    explored : share of the pages on which a position is drawn, if `explores` is set
    instrument : done to each new policy before it goes live, so that a drill can record
    """

    events: Events
    examination: Floats
    value: Value
    shares: Mapping[str, int]
    explores: int | None = None
    cadence: int = 3
    window: int = 14
    per_day: int = 10_000
    explored: float = 1.0
    instrument: Callable[[TwoStage], TwoStage] | None = None
    calendar: Calendar = field(init=False)
    _now: TwoStage | None = None

    def __post_init__(self) -> None:
        self.calendar = Calendar(self.cadence)

    def __call__(self, requests: Requests, view: View) -> Slates:
        """The pages of the latest model."""
        items, viewers = Items.of(view.videos), Viewers.of(view.users)
        if self._now is not None and view.log is not None:
            self.events = self.events.then(Events.of(view.log, items))
        if self._now is None or self.calendar.due(view.day):
            self._now = self._trained(items, viewers, view.day)
            self.instrument_now()
            self.calendar.note(view.day)
        return self._now(requests, view)

    def instrument_now(self) -> None:
        """Instrument the policy that is in production, once more if it was before."""
        if self._now is not None and self.instrument is not None:
            self._now = self.instrument(self._now)

    def _trained(self, items: Items, viewers: Viewers, day: int) -> TwoStage:
        made = train_two_stage(
            self.events,
            items,
            viewers,
            self.examination,
            day,
            value=self.value,
            shares=self.shares,
            explores=self.explores,
            window=self.window,
            per_day=self.per_day,
            seed=day,
        )
        return replace(made, explored=self.explored)


def train_two_stage(
    events: Events,
    items: Items,
    viewers: Viewers,
    examination: Floats,
    day: int,
    *,
    value: Value,
    shares: Mapping[str, int],
    explores: int | None = None,
    window: int = 14,
    per_day: int = 10_000,
    seed: int = 0,
) -> TwoStage:
    """A policy from the log before `day`: towers, then a ranker on the last days.

    The parameters are those of `RetrainedTwoStage`.
    """
    config = TrainingConfig(
        ranker_days=RANKER_DAYS,
        window=window,
        max_clicks=None,
        per_day=per_day,
        towers=TowerPlan(epochs=2, batch=256, seed=seed),
    )
    towers = train_towers(config, events, items, viewers, day)
    net = train_net(config, (events, items, viewers, towers, examination), day)
    return TwoStage(
        known=known_after(events, items, viewers, examination),
        towers=towers,
        ranker=net,
        goal=value.goal,
        shares=shares,
        explores=explores,
    )
