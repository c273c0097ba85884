"""Bring your own data: the chapter's two stages against tuned baselines, on a log."""

from pathlib import Path

import numpy as np

from sevensteps.cases.video.recommender.items import DAY
from sevensteps.data import OfflineReport, lead
from sevensteps.measure import coverage

from . import stages
from .folds import MOST_USERS, K, TimeFold, cut, ndcg, recall
from .log import Log, read_log
from .stages import BASELINES, STAGES, proposals

#: Shares of the rows, in order of time, between which folds lie.
TRAINING, TESTS = (0.4, 0.5, 0.6, 0.7, 0.8), (0.8, 0.85, 0.9, 0.95, 1.0)
NDCG = f"NDCG@{K}"
SKIPPED = (
    "what a page gave its viewers: needs true satisfaction",
    "the online league, A/B tests and the loop: need a world that can be run again",
    "propensities and position bias: need positions that were filled at random",
)


def run_offline(folder: Path) -> OfflineReport:
    """Read (see `read_log`), check, cut by time, tune, train and measure.

    Baselines are tuned and the ranker is trained on the first four fifths of the rows,
    fold by fold; all are judged on the last fifth. Nothing is ever told a row that is
    later than what it is asked about.

    Raises
    ------
    ValueError        if a table is not as it should be (told by table, column and
                      row), or if nobody comes back
    """
    log = read_log(folder)
    training, tests = cut(log, TRAINING), cut(log, TESTS)
    settings = {name: stages.tuned(name, training) for name in BASELINES}
    models = stages.rankers(training, [proposals(f, settings) for f in training])
    lists = {
        name: [BASELINES[name](fold, **setting)[:, :K] for fold in tests]
        for name, setting in settings.items()
    }
    lists[STAGES] = [stages.ranked(models, proposals(f, settings)) for f in tests]
    reached = {name: ndcg(ids, tests) for name, ids in lists.items()}
    results = {
        name: {
            NDCG: reached[name],
            f"recall@{K}": recall(ids, tests),
            "of all items": f"{coverage(np.concatenate(ids), len(log.items)):.1%}",
            "setting": ", ".join(map(str, settings.get(name, {}).values())) or "-",
        }
        for name, ids in lists.items()
    }
    ours = reached[STAGES]
    findings = tuple(lead(STAGES, name, ours - reached[name]) for name in BASELINES)
    return OfflineReport(_summary(log, tests), results, log.notes, findings, SKIPPED)


def _summary(log: Log, tests: list[TimeFold]) -> str:
    """What was read and who is judged."""
    days = (log.seconds[-1] - log.seconds[0]) / DAY
    users, taken = (sum(len(getattr(f, k)) for f in tests) for k in ("user", "item"))
    return (
        f"{len(log.events):,} interactions of {len(log.viewers):,} users with "
        f"{len(log.items):,} items over {days:,.1f} days. Tuned and trained on the "
        f"first four fifths, judged on the last in {len(tests)} folds, each with at "
        f"most {MOST_USERS:,} users who had been seen before, drawn at random: "
        f"{users:,} in all took {taken:,} items that were new to them. "
        f"{sum(fold.newcomers for fold in tests):,} newcomers are not judged: of them "
        "a log holds nothing."
    )
