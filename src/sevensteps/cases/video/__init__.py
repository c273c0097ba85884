"""The video case: a town to try policies in, and a reader's own interaction logs."""

from sevensteps.cases.people import mean_of

from .cold import cold_starts
from .draws import BestOfBasket, Scorer, draws, earned
from .faults import Rebuilt, Silent, Skewed
from .judged import Later, best_ten, hit_rate, judge, ndcg
from .lab import INCIDENTS, Lab
from .logs import Log, read_log
from .ranked import as_seen_from, click_auc, click_ratio
from .retraining import Retraining, trained
from .town import Town, Truth, board, by_span, compare, per_person
from .trial import Trial, trial

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
