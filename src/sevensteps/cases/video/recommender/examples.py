"""Training examples: each event beside what was known on its own morning."""

from dataclasses import dataclass, fields

import numpy as np

from sevensteps.rank.towers import Choices, joined
from sevensteps.world.arrays import join

from ..world import SLATE
from .inputs import Towers, inputs, shelf_on
from .items import Events, Floats, Ids, Items, Viewers
from .known import walk

HARD = 4  # videos passed over that stand beside each click


@dataclass(frozen=True, slots=True)
class Rows(Events):
    """A ranker's examples: events, each beside its inputs."""

    x: Floats  # (n, len(NAMES))


def tower_examples(
    events: Events, items: Items, viewers: Viewers, *, seed: int = 0
) -> Choices:
    """Every click, with the user's clicks of earlier days.

    A click counts what was watched of the video. `seed` is of the choice among the
    videos that were passed over.
    """
    parts = []
    for today, known in walk(events, items, viewers):
        rng = np.random.default_rng([seed, known.day])
        hits, passed = today.take(today.clicked), passed_over(today, rng)
        parts.append(
            Choices(
                user=hits.user,
                item=hits.item,
                day=hits.day.astype(np.float32),
                weight=hits.share,
                codes={"language": viewers.language[hits.user]},
                last=known.last[hits.user],
                strength=known.last_share[hits.user],
                passed=passed[today.clicked],
            )
        )
    return joined(parts)


def passed_over(events: Events, rng: np.random.Generator) -> Ids:
    """(n, HARD) videos that were seen on each event's page and not clicked.

    Seen is what stands above the page's last click: those below may not have been
    looked at. Drawn at random; -1 where there are fewer.
    """
    first = np.ones(len(events), bool)
    first[1:] = (events.user[1:] != events.user[:-1]) | (
        events.position[1:] <= events.position[:-1]
    )
    page = np.cumsum(first) - 1
    video = np.full((first.sum(), SLATE), -1, np.int32)
    clicked = np.zeros(video.shape, bool)
    video[page, events.position] = events.item
    clicked[page, events.position] = events.clicked
    above = np.cumsum(clicked[:, ::-1], axis=1)[:, ::-1] > 0
    left = above & ~clicked & (video >= 0)
    order = np.argsort(np.where(left, rng.random(video.shape), 2), axis=1)[:, :HARD]
    drawn = np.take_along_axis(np.where(left, video, -1), order, 1)
    return np.asarray(drawn[page], np.int32)


def ranker_rows(
    events: Events,
    items: Items,
    viewers: Viewers,
    towers: Towers,
    looks: Floats,
    *,
    first: int,
    per_day: int | None = None,
    surveyed: bool = False,
    seed: int = 0,
) -> Rows:
    """Impressions of each day from `first` on, with what was known that morning.

    The towers must have been trained on days before `first`: what they have seen of
    a label would otherwise come back as an input.

    At most `per_day` of each day, at random, or all; if `surveyed`, only those whose
    viewer was asked for stars.
    """
    parts = []
    for today, known in walk(events, items, viewers, looks):
        if known.day < first:
            continue
        some = today.take(today.stars > 0) if surveyed else today
        if per_day is not None and per_day < len(some):
            rng = np.random.default_rng([seed, known.day])
            some = some.take(np.sort(rng.choice(len(some), per_day, replace=False)))
        shelf = shelf_on(known, items, viewers, towers, np.unique(some.user))
        x = inputs(shelf, some.user, some.item[:, None])[:, 0]
        parts.append(Rows(**{f.name: getattr(some, f.name) for f in fields(some)}, x=x))
    return join(parts)
