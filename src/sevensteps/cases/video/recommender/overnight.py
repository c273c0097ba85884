"""What is done overnight: from a log to all that a service answers from by morning.

A service imports nothing of this: training needs JAX, answering does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil, log2

import numpy as np

from sevensteps.cases.video.world import History
from sevensteps.measure.vectors import Built, build

from . import net_training, tower_training
from .examples import ranker_rows, tower_examples
from .items import Events, Floats, Items, Viewers
from .known import known_after, look_curve
from .online import Morning, popular_by_country
from .ranking import Net, Value
from .towers import Plan, Towers

PROBED = 1 / 32  # of an index's lists
FEWEST_PROBES = 32  # a small index has short lists

Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Night:
    """How much is learned from a log.

    Attributes
    ----------
    lesson : last days of the log, for the ranker; the towers stop before them
    clicks : at most so many for the towers, by lot
    per_day : impressions of each day from which the ranker learns
    shares : how many candidates each source may name
    towers : how the towers are built and trained
    """

    lesson: int = 6
    clicks: int = 400_000
    per_day: int = 10_000
    shares: Mapping[str, int] = field(
        default_factory=lambda: {
            "near": 100,
            "popular": 50,
            "fresh": 20,
            "followed": 20,
        }
    )
    towers: Plan = field(default_factory=lambda: Plan(epochs=2, batch=256))


def morning_after(
    history: History, night: Night | None = None, progress: Progress | None = None
) -> Morning:
    """Train towers, ranker and value on a log, and build the index.

    Parameters
    ----------
    night : how much is learned
    progress : called with how many of the steps are done, of how many

    Raises
    ------
    ValueError                if the log holds too few clicks or answers to learn from
    """
    night, done = night or Night(), progress or (lambda *_: None)
    items, viewers = Items.of(history.videos), Viewers.of(history.users)
    events = Events.of(history.impressions, items)
    looks = look_curve(events)
    known = known_after(events, items, viewers, looks)
    done(1, 4)
    towers = _towers(night, events, items, viewers, known.day)
    done(2, 4)
    net, value = _ranker(night, (events, items, viewers, towers, looks), known.day)
    done(3, 4)
    vector = towers.items(items, known.day)
    index = inverted(vector)
    done(4, 4)
    return Morning(
        known=known,
        items=items,
        viewers=viewers,
        towers=towers,
        ranker=net,
        value=value,
        vector=vector,
        index=index,
        countries=popular_by_country(events, viewers),
        shares=night.shares,
        probes=probes_of(len(vector)),
    )


def inverted(vector: Floats) -> Built:
    """An inverted file of (n, d) vectors: a byte a number, about sqrt(n) lists."""
    return build(f"IVF{_lists(len(vector))},SQ8", vector)


def probes_of(n: int) -> int:
    """How many lists of an index over `n` vectors are read for each request."""
    return max(FEWEST_PROBES, round(PROBED * _lists(n)))


def _lists(n: int) -> int:
    """A power of two, at least the square root.

    >>> _lists(30_000), _lists(2_000_000)
    (256, 2048)
    """
    return 1 << ceil(log2(n) / 2)


def _towers(
    night: Night, events: Events, items: Items, viewers: Viewers, today: int
) -> Towers:
    """Towers of the clicks before the lesson."""
    early = events.take(events.day < today - night.lesson)
    lessons = tower_examples(early, items, viewers)
    if (n := len(lessons.item)) > night.clicks:
        rng = np.random.default_rng([night.towers.seed, 21])
        lessons = lessons.take(np.sort(rng.choice(n, night.clicks, replace=False)))
    return tower_training.train(night.towers, items, lessons)[0]


def _ranker(
    night: Night, told: tuple[Events, Items, Viewers, Towers, Floats], today: int
) -> tuple[Net, Value]:
    """A network of the lesson's impressions; what a click is worth, of its answers."""
    first = today - night.lesson
    net = net_training.fit(ranker_rows(*told, first=first, per_day=night.per_day))
    return net, Value.fit(net, ranker_rows(*told, first=first, surveyed=True))
