"""Two stages against tuned baselines on a reader's own log, later rows as the judge.

The log is cut by time. Each way of proposing is tuned on one stretch; the ranker
learns from that stretch and those before it what became of proposals; all are tried on
later stretches. Nothing is ever told a row that is later than what it is asked about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sevensteps.measure import Interval, coverage

from .asking import Ids, Way
from .blend import Lesson, Ranker, best_mix, mixed
from .candidates import candidates
from .logs import Log
from .stretches import K, Stretch, ndcg, recall
from .ways import GRIDS, Maker, popularity

LESSONS = (0.4, 0.5, 0.6, 0.7, 0.8)  # shares of the rows, in order of time
TESTS = (0.8, 0.85, 0.9, 0.95, 1.0)
OURS = "two stages"
BASELINES = ("popularity", "item to item", "factors")
ENOUGH_USERS = 1_000  # asked about, to choose a setting by
Setting = tuple[float, ...]


@dataclass(frozen=True)
class Trial:
    """What each way reached on the last fifth of a log.

    Attributes
    ----------
    n_users, n_taken : asked about, over all test stretches; what they took
    newcomers : users of those stretches who were never seen before; not asked about
    settings : what tuning chose
    aim : the experts that order the page
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
    settings = {name: tuned(name, enough(lessons)) for name in GRIDS}
    makers = {name: GRIDS[name][0](*setting) for name, setting in settings.items()}
    told = [(s, candidates(s, _ways(makers, s.past))) for s in lessons]
    names, ranker = chosen(told)
    lists: dict[str, list[Ids]] = {name: [] for name in (*BASELINES, OURS)}
    for stretch in tests:
        ways = _ways(makers, stretch.past)
        for name in BASELINES:
            lists[name].append(ways[name].best(stretch.user).item[:, :K])
        asked = candidates(stretch, ways)
        order = mixed(asked, ranker.experts(asked), names)
        lists[OURS].append(asked.lists(len(stretch.user), order))
    return _judged(log, tests, lists, settings, _said(names))


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


def enough(lessons: list[Stretch], users: int = ENOUGH_USERS) -> list[Stretch]:
    """The last stretches that together ask about so many users, or all."""
    asked = np.cumsum([len(s.user) for s in lessons[::-1]])
    return lessons[-1 - int(np.searchsorted(asked[:-1], users)) :]


def tuned(name: str, stretches: list[Stretch]) -> Setting:
    """The setting with the best NDCG on some stretches, one parameter after another."""
    make, grid = GRIDS[name]
    best = tuple(values[len(values) // 2] for values in grid)
    tried: dict[Setting, float] = {}

    def reached(setting: Setting) -> float:
        if setting not in tried:
            lists = [make(*setting)(s.past).best(s.user).item for s in stretches]
            tried[setting] = ndcg(lists, stretches).estimate
        return tried[setting]

    for place, values in enumerate(grid):
        options = [(*best[:place], value, *best[place + 1 :]) for value in values]
        best = max(options, key=reached)
    return best


def chosen(told: list[Lesson]) -> tuple[tuple[str, ...], Ranker]:
    """The experts that do best on late lessons, when learned from those before.

    The rankers are then trained on all lessons.
    """
    late = enough([stretch for stretch, _ in told[1:]]) if told[1:] else []
    tried = []
    for n in range(len(told) - len(late), len(told)):
        experts = Ranker.fit(told[:n]).experts(told[n][1])
        tried.append((told[n], experts))
    if not tried:  # one lesson: nothing was learned before it
        tried = [(told[0], dict(told[0][1].ranks))]
    return best_mix(tried), Ranker.fit(told)


def _said(names: tuple[str, ...]) -> str:
    """A mixture in words: an expert that was chosen twice counts double."""
    times = Counter(names)
    return " + ".join(f"{n} x {name}" if n > 1 else name for name, n in times.items())


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
