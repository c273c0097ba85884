"""The video case: a simulation, offline evaluation, retraining, an incident drill."""

from sevensteps.simulate import mean_over_units

from .drill import RareRebuild, incident_drill
from .offline import (
    LaterClicks,
    as_seen_from,
    best_ten,
    click_auc,
    click_ratio,
    hit_rate,
    judge_candidates,
    ndcg,
)
from .randomised import BestOfBasket, CandidateScorer, earned, randomised_positions
from .retraining import RetrainedTwoStage, train_two_stage
from .simulation import VideoSimulation, by_span, cold_starts, last_days
