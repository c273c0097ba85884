"""Metrics with intervals, money, calibration, experiments and off-policy estimates.

Scores come first, then labels, then the day of each row. What is measured comes back
as an `Interval`; two that were measured under the same resamples can be subtracted.
"""

from sevensteps.measure import judged, per_query
from sevensteps.measure.agreement import (
    krippendorff_alpha,
    rank_correlation,
    weighted_kappa,
)
from sevensteps.measure.bootstrap import (
    Interval,
    block_bootstrap,
    mean_per_day,
    significant,
)
from sevensteps.measure.calibration import (
    calibration_ratio,
    prior_correction,
    reliability,
)
from sevensteps.measure.clicks.counterfactual import (
    clip_tradeoff,
    counterfactual_dcg,
    counterfactual_rank,
    reranked,
)
from sevensteps.measure.clicks.dbn import fit_dbn, fit_simplified_dbn
from sevensteps.measure.clicks.log import (
    ClickLog,
    Evidence,
    click_log,
    examined_evidence,
    ips_evidence,
    ips_weights,
    naive_evidence,
)
from sevensteps.measure.clicks.propensities import (
    ByPlace,
    harvested_propensity,
    inverse_rank,
    randomised_propensity,
)
from sevensteps.measure.experiment import (
    ab_test,
    assign,
    cuped,
    minimum_detectable_effect,
    per_unit,
    sample_ratio_check,
    sample_size,
)
from sevensteps.measure.interleaving import (
    preference,
    search_wins,
    searches_needed,
    sensitivity_ratio,
    team_draft,
)
from sevensteps.measure.judged import coverage, ndcg_at_k, recall_at_k
from sevensteps.measure.offpolicy import doubly_robust, ips, snips
from sevensteps.measure.per_query import ranked
from sevensteps.measure.ranking import (
    average_precision,
    precision_at_budget,
    recall_at_budget,
    recall_at_fpr,
    roc_auc,
    scorecard,
)
