"""Two stages against tuned baselines on a reader's own log, later rows as the judge.

The log is cut by time. Each way of proposing is tuned on one stretch; the ranker
learns from that stretch and those before it what became of proposals; all are tried on
later stretches. Nothing is ever told a row that is later than what it is asked about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sevensteps.measure import Interval, coverage

from .blend import AIMS, Candidates, Ranker, candidates
from .logs import Log
from .stretches import Ids, K, Stretch, ndcg, recall
from .ways import GRIDS, Maker, Way, popularity

LESSONS = (0.4, 0.5, 0.6, 0.7, 0.8)  # shares of the rows, in order of time
TESTS = (0.8, 0.85, 0.9, 0.95, 1.0)
OURS = "two stages"
BASELINES = ("popularity", "item to item", "factors")
Setting = tuple[float, ...]


@dataclass(frozen=True)
class Trial:
    """What each way reached on the last fifth of a log.

    Attributes
    ----------
    n_users, n_taken : asked about, over all test stretches; what they took
    newcomers : users of those stretches who were never seen before; not asked about
    settings : what tuning chose
    aim : what the ranker was trained for, or the way that no ranker beat
    ndcg, recall : at K, by way
    coverage : share of all items on any list
    """

    n_users: int
    n_taken: int
    newcomers: int
    settings: dict[str, Setting]
    aim: str
    ndcg: dict[str, Interval]
    recall: dict[str, Interval]
    coverage: dict[str, float]

    def lead(self, over: str) -> Interval:
        """NDCG of the two stages less another's, paired by user."""
        return self.ndcg[OURS] - self.ndcg[over]

    def verdict(self, over: str) -> str:
        """The lead in words."""
        lead = self.lead(over)
        if lead.low > 0:
            return f"ahead of {over} by {lead}"
        if lead.high < 0:
            return f"behind {over} by {lead}"
        return f"not distinguishable from {over}: {lead}"


def trial(log: Log) -> Trial:
    """Tune, train, and try on the last fifth of the rows.

    Raises
    ------
    ValueError
        if nobody comes back: there is nothing to learn or to judge by
    """
    lessons, tests = _cut(log, LESSONS), _cut(log, TESTS)
    settings = {name: tuned(name, lessons[-1]) for name in GRIDS}
    makers = {name: GRIDS[name][0](*setting) for name, setting in settings.items()}
    told = [(s, candidates(s, _ways(makers, s.past))) for s in lessons]
    aim, ranker = chosen(told, makers)
    lists: dict[str, list[Ids]] = {name: [] for name in (*BASELINES, OURS)}
    for stretch in tests:
        ways = _ways(makers, stretch.past)
        for name in BASELINES:
            lists[name].append(ways[name](stretch.user).item[:, :K])
        lists[OURS].append(_ours(ranker, aim, stretch, ways))
    return _judged(log, tests, lists, settings, aim)


def _cut(log: Log, shares: tuple[float, ...]) -> list[Stretch]:
    at = np.quantile(log.seconds, shares)
    made = [Stretch.of(log, float(a), float(b)) for a, b in pairwise(at) if b > a]
    made = [s for s in made if len(s.item)]
    if not made:
        raise ValueError(
            "nobody who was seen before takes anything later: a trial needs users who "
            "come back, over more than one instant"
        )
    return made


def _ways(makers: Mapping[str, Maker], past: Log) -> dict[str, Way]:
    """Every way from one past; beside them, popularity of late and of always."""
    span = float(past.seconds[-1] - past.seconds[0]) / 86_400
    more = {"late": popularity(max(span / 50, 0.05)), "ever": popularity(1e6)}
    return {name: make(past) for name, make in (dict(makers) | more).items()}


def tuned(name: str, stretch: Stretch) -> Setting:
    """The setting with the best NDCG on a stretch, one parameter after another."""
    make, grid = GRIDS[name]
    best = tuple(values[len(values) // 2] for values in grid)
    tried: dict[Setting, float] = {}

    def reached(setting: Setting) -> float:
        if setting not in tried:
            lists = make(*setting)(stretch.past)(stretch.user).item
            tried[setting] = ndcg([lists], [stretch]).estimate
        return tried[setting]

    for place, values in enumerate(grid):
        options = [(*best[:place], value, *best[place + 1 :]) for value in values]
        best = max(options, key=reached)
    return best


def chosen(
    told: list[tuple[Stretch, Candidates]], makers: Mapping[str, Maker]
) -> tuple[str, Ranker | None]:
    """The aim that does best on the last lesson, learned from the earlier ones.

    If no ranker beats the best single way there, that way is taken, without a ranker.
    The ranker is then trained on all lessons.
    """
    *early, (last, asked) = told
    if not early:
        return _best_way(last, makers), None
    reached = {
        aim: ndcg([Ranker.fit(early, aim).lists(last, asked)], [last]).estimate
        for aim in AIMS
    }
    aim = max(AIMS, key=lambda a: reached[a])
    single = _best_way(last, makers)
    alone = ndcg([makers[single](last.past)(last.user).item], [last]).estimate
    if reached[aim] <= alone:
        return single, None
    return aim, Ranker.fit(told, aim)


def _best_way(last: Stretch, makers: Mapping[str, Maker]) -> str:
    def reached(name: str) -> float:
        return ndcg([makers[name](last.past)(last.user).item], [last]).estimate

    return max(makers, key=reached)


def _ours(
    ranker: Ranker | None, aim: str, stretch: Stretch, ways: Mapping[str, Way]
) -> Ids:
    if ranker is None:
        return ways[aim](stretch.user).item[:, :K]
    return ranker.lists(stretch, candidates(stretch, ways))


def _judged(
    log: Log,
    tests: list[Stretch],
    lists: Mapping[str, list[Ids]],
    settings: dict[str, Setting],
    aim: str,
) -> Trial:
    return Trial(
        n_users=sum(len(s.user) for s in tests),
        n_taken=sum(len(s.item) for s in tests),
        newcomers=sum(s.newcomers for s in tests),
        settings=settings,
        aim=aim,
        ndcg={name: ndcg(ids, tests) for name, ids in lists.items()},
        recall={name: recall(ids, tests) for name, ids in lists.items()},
        coverage={
            name: coverage(np.concatenate(ids), log.n_items)
            for name, ids in lists.items()
        },
    )
