"""Metrics with intervals, money, calibration, experiments and off-policy estimates.

Scores come first, then labels, then the day of each row. What is measured comes back
as an `Interval`; two that were measured under the same resamples can be subtracted.
"""

from . import judged, per_query
from .agreement import krippendorff_alpha, rank_correlation, weighted_kappa
from .bootstrap import Interval, block_bootstrap, mean_per_day, significant
from .calibration import calibration_ratio, prior_correction, reliability
from .clicks.counterfactual import (
    clip_tradeoff,
    counterfactual_dcg,
    counterfactual_rank,
    reranked,
)
from .clicks.dbn import fit_dbn, fit_simplified_dbn
from .clicks.log import (
    ClickLog,
    Evidence,
    click_log,
    examined_evidence,
    ips_evidence,
    ips_weights,
    naive_evidence,
)
from .clicks.propensities import (
    ByPlace,
    harvested_propensity,
    inverse_rank,
    randomised_propensity,
)
from .experiment import (
    ab_test,
    assign,
    cuped,
    minimum_detectable_effect,
    per_unit,
    sample_ratio_check,
    sample_size,
)
from .interleaving import (
    preference,
    search_wins,
    searches_needed,
    sensitivity_ratio,
    team_draft,
)
from .judged import coverage, ndcg_at_k, recall_at_k
from .offpolicy import doubly_robust, ips, snips
from .per_query import ranked
from .ranking import (
    average_precision,
    precision_at_budget,
    recall_at_budget,
    recall_at_fpr,
    roc_auc,
    scorecard,
)
