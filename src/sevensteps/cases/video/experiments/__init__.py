"""The video case: a town to try policies in, and a reader's own interaction logs."""

from sevensteps.cases.video.data.logs import Log, read_log
from sevensteps.cases.video.data.trial import Trial, trial
from sevensteps.cases.video.experiments.cold import cold_starts
from sevensteps.cases.video.experiments.draws import BestOfBasket, Scorer, draws, earned
from sevensteps.cases.video.experiments.faults import Rebuilt, Silent, Skewed
from sevensteps.cases.video.experiments.judged import (
    Later,
    best_ten,
    hit_rate,
    judge,
    ndcg,
)
from sevensteps.cases.video.experiments.lab import INCIDENTS, Lab
from sevensteps.cases.video.experiments.ranked import (
    as_seen_from,
    click_auc,
    click_ratio,
)
from sevensteps.cases.video.experiments.retraining import Retraining, trained
from sevensteps.cases.video.experiments.town import (
    Town,
    Truth,
    board,
    by_span,
    compare,
    per_person,
)
from sevensteps.simulate.people import mean_of

__all__ = [
    "INCIDENTS",
    "BestOfBasket",
    "Lab",
    "Later",
    "Log",
    "Rebuilt",
    "Retraining",
    "Scorer",
    "Silent",
    "Skewed",
    "Town",
    "Trial",
    "Truth",
    "as_seen_from",
    "best_ten",
    "board",
    "by_span",
    "click_auc",
    "click_ratio",
    "cold_starts",
    "compare",
    "draws",
    "earned",
    "hit_rate",
    "judge",
    "mean_of",
    "ndcg",
    "per_person",
    "read_log",
    "trained",
    "trial",
]
