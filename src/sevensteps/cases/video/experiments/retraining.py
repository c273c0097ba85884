"""A two-stage policy that learns from what it has shown, on a calendar."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sevensteps.rank import TowerPlan
from sevensteps.simulate import Calendar

from ..recommender.items import Events, Floats, Items, Viewers
from ..recommender.known import known_after
from ..recommender.policy import TwoStage
from ..recommender.ranking import Value
from ..recommender.snapshot_training import TrainingConfig, train_net, train_towers
from ..world import Requests, Slates, View

RANKER_DAYS = 5  # days from which the ranker learns; the towers stop before them
WINDOW = 14  # days of clicks before those, for the towers


@dataclass
class RetrainedTwoStage:
    """Trains anew every `cadence` days on the log, in which its own pages stand."""

    events: Events  # of the past, before the policy goes live
    #: (SLATE,) examination probability of each position; a policy that never randomises
    #: cannot measure it again
    examination: Floats
    #: What a click is worth; decided once, so that only the learning differs
    value: Value
    shares: Mapping[str, int]  # shares, explores, explored: as for `TwoStage`
    explores: int | None = None
    explored: float = 1.0
    cadence: int = 3  # days between two trainings; 0 trains once
    per_day: int = 10_000  # impressions of each day from which the ranker learns
    calendar: Calendar = field(init=False)
    _now: TwoStage | None = None

    def __post_init__(self) -> None:
        self.calendar = Calendar(self.cadence)

    def __call__(self, requests: Requests, view: View) -> Slates:
        """The pages of the latest model."""
        return self.policy_on(view)(requests, view)

    def policy_on(self, view: View) -> TwoStage:
        """The latest model, trained anew if it is time."""
        items, viewers = Items.of(view.videos), Viewers.of(view.users)
        if self._now is not None and view.log is not None:
            self.events = self.events.then(Events.of(view.log, items))
        if self._now is None or self.calendar.due(view.day):
            made = train_two_stage(
                self.events,
                items,
                viewers,
                self.examination,
                view.day,
                value=self.value,
                shares=self.shares,
                per_day=self.per_day,
                seed=view.day,
            )
            made.explores, made.explored = self.explores, self.explored
            self._now = made
            self.calendar.note(view.day)
        return self._now


def train_two_stage(
    events: Events,
    items: Items,
    viewers: Viewers,
    examination: Floats,
    day: int,
    *,
    value: Value,
    shares: Mapping[str, int],
    per_day: int = 10_000,
    seed: int = 0,
) -> TwoStage:
    """A policy from the log before `day`: towers, then a ranker on the last days.

    The parameters are those of `RetrainedTwoStage`.
    """
    config = TrainingConfig(
        ranker_days=RANKER_DAYS,
        window=WINDOW,
        max_clicks=None,
        per_day=per_day,
        towers=TowerPlan(epochs=2, batch=256, seed=seed),
    )
    towers = train_towers(config, events, items, viewers, day)
    net = train_net(config, events, items, viewers, towers, examination, day)
    known = known_after(events, items, viewers, examination)
    return TwoStage(known, towers, net, value.goal, shares)
