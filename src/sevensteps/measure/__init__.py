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
from sevensteps.measure.bootstrap import Blocks, block_bootstrap
from sevensteps.measure.budget import (
    alerts,
    precision_at_budget,
    recall_at_budget,
)
from sevensteps.measure.calibration import (
    binomial_interval,
    calibration_ratio,
    prior_correction,
    reliability,
)
from sevensteps.measure.clicks import (
    ByPlace,
    ClickLog,
    DynamicBayesian,
    Evidence,
    Pairs,
    Shrunk,
    click_log,
    clip_tradeoff,
    counterfactual_dcg,
    counterfactual_rank,
    examined_evidence,
    fit_dbn,
    fit_simplified_dbn,
    harvested_propensity,
    inverse_rank,
    ips_evidence,
    ips_weights,
    naive_evidence,
    pair_values,
    randomised_propensity,
    reranked,
    shrunk,
)
from sevensteps.measure.daily import mean_per_day
from sevensteps.measure.experiment import (
    ABResult,
    ab_test,
    cuped,
    per_unit,
)
from sevensteps.measure.interleaving import (
    Interleaved,
    Preference,
    preference,
    search_wins,
    team_draft,
)
from sevensteps.measure.interval import Interval, significant
from sevensteps.measure.latency import latency_quantile
from sevensteps.measure.lists import coverage, found_in, ndcg_at_k, recall_at_k
from sevensteps.measure.offpolicy import (
    doubly_robust,
    effective_sample_size,
    ips,
    snips,
)
from sevensteps.measure.power import (
    minimum_detectable_effect,
    power,
    sample_size,
)
from sevensteps.measure.ranked import UNJUDGED, Ranked, ranked
from sevensteps.measure.ranking import average_precision, recall_at_fpr, roc_auc
from sevensteps.measure.raters import krippendorff_alpha, weighted_kappa
from sevensteps.measure.scorecard import scorecard
from sevensteps.measure.sensitivity import searches_needed, sensitivity_ratio

__all__ = [
    "UNJUDGED",
    "ABResult",
    "Blocks",
    "ByPlace",
    "ClickLog",
    "DynamicBayesian",
    "Evidence",
    "Interleaved",
    "Interval",
    "Pairs",
    "Preference",
    "RankCorrelation",
    "Ranked",
    "SampleRatio",
    "Shrunk",
    "ab_test",
    "alerts",
    "assign",
    "average_precision",
    "binomial_interval",
    "block_bootstrap",
    "calibration_ratio",
    "click_log",
    "clip_tradeoff",
    "counterfactual_dcg",
    "counterfactual_rank",
    "coverage",
    "cuped",
    "doubly_robust",
    "effective_sample_size",
    "examined_evidence",
    "fit_dbn",
    "fit_simplified_dbn",
    "found_in",
    "harvested_propensity",
    "inverse_rank",
    "ips",
    "ips_evidence",
    "ips_weights",
    "judged",
    "krippendorff_alpha",
    "latency_quantile",
    "mean_per_day",
    "minimum_detectable_effect",
    "naive_evidence",
    "ndcg_at_k",
    "pair_values",
    "per_query",
    "per_unit",
    "power",
    "precision_at_budget",
    "preference",
    "prior_correction",
    "randomised_propensity",
    "rank_correlation",
    "ranked",
    "recall_at_budget",
    "recall_at_fpr",
    "recall_at_k",
    "reliability",
    "reranked",
    "roc_auc",
    "sample_ratio_check",
    "sample_size",
    "scorecard",
    "search_wins",
    "searches_needed",
    "sensitivity_ratio",
    "shrunk",
    "significant",
    "snips",
    "team_draft",
    "unit_hash",
    "weighted_kappa",
]
