"""Metrics with intervals, money, calibration, experiments and off-policy estimates.

Scores come first, then labels, then the day of each row. What is measured comes back
as an `Interval`; two that were measured under the same resamples can be subtracted.
"""

from sevensteps.measure import judged, per_query
from sevensteps.measure.agreement import RankCorrelation, rank_correlation
from sevensteps.measure.assignment import (
    SampleRatio,
    assign,
    sample_ratio_check,
    unit_hash,
)
from sevensteps.measure.blocks import Blocks, day_blocks
from sevensteps.measure.budget import (
    alerts,
    precision_at_budget,
    recall_at_budget,
    recall_by_group,
)
from sevensteps.measure.calibration import (
    binomial_interval,
    brier,
    calibration_ratio,
    expected_calibration_error,
    log_loss,
    prior_correction,
    reliability,
)
from sevensteps.measure.daily import mean_per_day
from sevensteps.measure.experiment import (
    ABResult,
    ab_test,
    bootstrap_difference,
    cuped,
    per_unit,
)
from sevensteps.measure.interval import Interval, significant
from sevensteps.measure.latency import latency_quantile, latency_table
from sevensteps.measure.lists import (
    coverage,
    found_in,
    gini,
    ndcg_at_k,
    recall_at_k,
)
from sevensteps.measure.money import (
    ACTIONS,
    CostsLike,
    bill,
    cheapest_actions,
    expected_costs,
    money_saved,
    review_price,
)
from sevensteps.measure.offpolicy import (
    doubly_robust,
    effective_sample_size,
    exploration_weights,
    importance_weights,
    ips,
    snips,
)
from sevensteps.measure.power import (
    aa_false_positives,
    minimum_detectable_effect,
    peeking_alpha,
    peeking_false_positives,
    power,
    sample_size,
)
from sevensteps.measure.ranked import UNJUDGED, Ranked, ranked
from sevensteps.measure.ranking import average_precision, recall_at_fpr, roc_auc
from sevensteps.measure.raters import krippendorff_alpha, weighted_kappa
from sevensteps.measure.scorecard import by_group, paired_difference, scorecard
from sevensteps.measure.thresholds import (
    Thresholds,
    action_thresholds,
    best_thresholds,
)

__all__ = [
    "ACTIONS",
    "UNJUDGED",
    "ABResult",
    "Blocks",
    "CostsLike",
    "Interval",
    "RankCorrelation",
    "Ranked",
    "SampleRatio",
    "Thresholds",
    "aa_false_positives",
    "ab_test",
    "action_thresholds",
    "alerts",
    "assign",
    "average_precision",
    "best_thresholds",
    "bill",
    "binomial_interval",
    "bootstrap_difference",
    "brier",
    "by_group",
    "calibration_ratio",
    "cheapest_actions",
    "coverage",
    "cuped",
    "day_blocks",
    "doubly_robust",
    "effective_sample_size",
    "expected_calibration_error",
    "expected_costs",
    "exploration_weights",
    "found_in",
    "gini",
    "importance_weights",
    "ips",
    "judged",
    "krippendorff_alpha",
    "latency_quantile",
    "latency_table",
    "log_loss",
    "mean_per_day",
    "minimum_detectable_effect",
    "money_saved",
    "ndcg_at_k",
    "paired_difference",
    "peeking_alpha",
    "peeking_false_positives",
    "per_query",
    "per_unit",
    "power",
    "precision_at_budget",
    "prior_correction",
    "rank_correlation",
    "ranked",
    "recall_at_budget",
    "recall_at_fpr",
    "recall_at_k",
    "recall_by_group",
    "reliability",
    "review_price",
    "roc_auc",
    "sample_ratio_check",
    "sample_size",
    "scorecard",
    "significant",
    "snips",
    "unit_hash",
    "weighted_kappa",
]
