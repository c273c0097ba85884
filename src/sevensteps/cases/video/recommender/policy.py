"""The two stages as a policy: candidates, ranking, pages, a day at a time."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np

from sevensteps.world.arrays import chunks, take

from ..world import MOST_PAGES, Requests, Slates, View, basket, explore
from .inputs import NAMES, Shelf, Towers, inputs, shelf_on
from .items import Codes, Events, Floats, Ids, Items, Viewers
from .known import Known
from .pages import Layout, pages_of
from .ranking import OutcomeModel, Prediction
from .sources import Followed, Near, Source, flat, fresh, merged, popular

Goal = Callable[[Prediction, Floats], Floats]  # guess, inputs -> score
Encoder = Callable[[Items, float], Floats]  # catalogue, day -> (items, d) vectors
CHUNK = 256  # users at a time


@dataclass
class TwoStage:
    """Candidates from several sources, ranked by a goal, composed into pages."""

    #: What was known when the policy went live; copied, then kept up to date
    known: Known
    towers: Towers
    ranker: OutcomeModel
    goal: Goal  # what to rank by, from a guess and the inputs
    #: How many candidates each source may name: near, popular, fresh, followed
    shares: Mapping[str, int] = field(default_factory=lambda: {"near": 120})
    layout: Layout = field(default_factory=Layout)
    #: Seed of an even draw for one place of a page, as the incumbent's; or None:
    #: nothing is drawn
    explores: int | None = None
    explored: float = 1.0  # share of the pages on which a place is drawn
    #: The vectors that the search looks through; those of the item tower, made every
    #: morning, when absent. Drills give old ones, or another tower's
    indexed: Encoder | None = None
    _fresh: bool = True

    def __post_init__(self) -> None:
        self.known = deepcopy(self.known)

    def __call__(self, requests: Requests, view: View) -> Slates:
        """(n,) requests -> (n, SLATE) videos; one to four pages a user."""
        items, viewers = Items.of(view.videos), Viewers.of(view.users)
        self._keep_up(items, viewers, view)
        user, row = np.unique(requests.user_id, return_inverse=True)
        pages = self.pages(items, viewers, user)
        slates = Slates.fixed(pages[row, requests.page])
        if self.explores is not None:
            self._explore(slates, viewers.language[requests.user_id], view)
        return slates

    def pages(self, items: Items, viewers: Viewers, user: Ids) -> Ids:
        """(n, MOST_PAGES, SLATE) videos for some users, by what is known now."""
        shelf = shelf_on(self.known, items, viewers, self.towers, user)
        sources = self._sources(shelf)
        parts = chunks(len(user), CHUNK)
        return np.concatenate(
            [self._pages(shelf, sources, user[some]) for some in parts]
        )

    def _pages(self, shelf: Shelf, sources: Mapping[str, Source], user: Ids) -> Ids:
        found = merged(sources, self.shares, user)
        x = inputs(shelf, user, np.maximum(found, 0)).reshape(-1, len(NAMES))
        score = self.goal(self.ranker(x), x).reshape(found.shape)
        return pages_of(self.layout, shelf, user, found, score, MOST_PAGES)

    def _sources(self, shelf: Shelf) -> dict[str, Source]:
        known, items, viewers = shelf.known, shelf.items, shelf.viewers
        held = self.indexed(items, known.day) if self.indexed else shelf.vector
        made: dict[str, Callable[[], Source]] = {
            "near": lambda: Near(self.towers, shelf.vector, flat(held), known, viewers),
            "popular": lambda: popular(known, items, viewers),
            "fresh": lambda: fresh(known, items, viewers),
            "followed": lambda: Followed.of(known, items),
        }
        return {name: made[name]() for name in self.shares}

    def _explore(self, slates: Slates, language: Codes, view: View) -> None:
        """Draw one place on some of the pages."""
        assert self.explores is not None
        rng = np.random.default_rng([self.explores, view.day])
        some = np.flatnonzero(rng.random(len(language)) < self.explored)
        part = take(slates, some)
        explore(part, basket(self.explores, view), language[some], rng)
        slates.video_id[some] = part.video_id
        slates.propensity[some] = part.propensity
        slates.explored[some] = part.explored

    def _keep_up(self, items: Items, viewers: Viewers, view: View) -> None:
        """Learn yesterday; what came before the first day is known already."""
        if not self._fresh and view.day <= self.known.day:
            raise ValueError(
                f"this policy has lived until day {self.known.day} and cannot go back "
                f"to day {view.day}: make a new one for another future"
            )
        if self._fresh or view.log is None:
            self.known.meet(items, viewers)
        else:
            self.known.learn(Events.of(view.log, items), items, viewers, view.day)
        self.known.day, self._fresh = view.day, False


def clicks(guess: Prediction, x: Floats) -> Floats:
    """The goal of clicks."""
    return guess.click


def watch_time(guess: Prediction, x: Floats) -> Floats:
    """The goal of minutes watched."""
    return guess.click * guess.share * x[:, NAMES.index("length_min")]


@dataclass(frozen=True, slots=True)
class Lean:
    """A goal between what suits a person and what is popular."""

    goal: Goal  # what suits the person
    lean: float  # 0 for that goal alone, 1 for popularity alone
    scale: float  # size of the goal's scores where a video's trend counts one

    def __call__(self, guess: Prediction, x: Floats) -> Floats:
        """(n,) the mixture of both."""
        trend = self.scale * x[:, NAMES.index("video_trend")]
        return (1 - self.lean) * self.goal(guess, x) + self.lean * trend
