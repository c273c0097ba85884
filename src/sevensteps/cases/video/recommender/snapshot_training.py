"""A training run: from a log to the snapshot that a service answers from.

A service imports nothing of this: training needs JAX, answering does not.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil, log2

import numpy as np

from sevensteps.rank import TowerPlan
from sevensteps.rank.neighbours import Built, build

from ..world import History
from . import net_training, tower_training
from .examples import ranker_rows, tower_examples
from .inputs import Towers
from .items import Events, Floats, Items, Viewers
from .known import known_after, look_curve
from .online import ServingSnapshot, popular_by_country
from .ranking import Net, Value

PROBED = 1 / 32  # of an index's lists
FEWEST_PROBES = 32  # a small index has short lists
SHARES = {"near": 100, "popular": 50, "fresh": 20, "followed": 20}  # of candidates

Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How much is learned from a log; the towers' seed is that of every draw."""

    ranker_days: int = 6  # the last ones, for the ranker; the towers stop before them
    window: int | None = None  # days of clicks before those, for the towers; or all
    max_clicks: int | None = 400_000  # at most so many for the towers, at random
    per_day: int = 10_000  # impressions of each day from which the ranker learns
    towers: TowerPlan = field(default_factory=lambda: TowerPlan(epochs=2, batch=256))


def train_snapshot(
    history: History,
    config: TrainingConfig | None = None,
    progress: Progress | None = None,
) -> ServingSnapshot:
    """Train towers, ranker and value on a log, if it holds enough; build the index."""
    config, done = config or TrainingConfig(), progress or (lambda *_: None)
    items, viewers = Items.of(history.videos), Viewers.of(history.users)
    events = Events.of(history.impressions, items)
    looks = look_curve(events)
    known = known_after(events, items, viewers, looks)
    done(1, 4)
    towers = train_towers(config, events, items, viewers, known.day)
    done(2, 4)
    log = events, items, viewers, towers, looks
    net = train_net(config, *log, known.day)
    first = known.day - config.ranker_days
    value = Value.fit(net, ranker_rows(*log, first=first, surveyed=True))
    done(3, 4)
    vector = towers.items(items, known.day)
    index = inverted(vector)
    done(4, 4)
    return ServingSnapshot(
        known=known,
        items=items,
        viewers=viewers,
        towers=towers,
        ranker=net,
        value=value,
        vector=vector,
        index=index,
        countries=popular_by_country(events, viewers),
        shares=SHARES,
        probes=probes_of(len(vector)),
    )


def train_towers(
    config: TrainingConfig, events: Events, items: Items, viewers: Viewers, day: int
) -> Towers:
    """Towers for `day`, of the clicks before the ranker's days."""
    end, seed = day - config.ranker_days, config.towers.seed
    early = events.take(events.day < end)
    clicks = tower_examples(early, items, viewers, seed=seed)
    if config.window is not None:
        clicks = clicks.take(np.flatnonzero(clicks.day >= end - config.window))
    if config.max_clicks is not None and len(clicks) > config.max_clicks:
        rng = np.random.default_rng([seed, 21])
        some = rng.choice(len(clicks), config.max_clicks, replace=False)
        clicks = clicks.take(np.sort(some))
    return tower_training.train(config.towers, items, clicks)[0]


def train_net(
    config: TrainingConfig,
    events: Events,
    items: Items,
    viewers: Viewers,
    towers: Towers,
    looks: Floats,
    day: int,
) -> Net:
    """A ranking network for `day`, of impressions of the ranker's days."""
    log = events, items, viewers, towers, looks
    first, seed = day - config.ranker_days, config.towers.seed
    rows = ranker_rows(*log, first=first, per_day=config.per_day, seed=seed)
    return net_training.fit(rows)


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
