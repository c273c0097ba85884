"""Learning from biased clicks: who looks where, and what a click is then worth.

A log of searches becomes a `ClickLog`. Propensities come from experiments or are
harvested; click models explain whole lists; weights and targets feed a ranker.
"""

from sevensteps.measure.clicks.by_place import ByPlace
from sevensteps.measure.clicks.counterfactual import (
    clip_tradeoff,
    counterfactual_dcg,
    counterfactual_rank,
    reranked,
)
from sevensteps.measure.clicks.dbn import fit_dbn
from sevensteps.measure.clicks.em import em_propensity
from sevensteps.measure.clicks.experiments import (
    inverse_rank,
    randomised_propensity,
    swap_propensity,
)
from sevensteps.measure.clicks.harvest import harvested_propensity
from sevensteps.measure.clicks.log import ClickLog, Pairs, click_log, pair_values
from sevensteps.measure.clicks.models import (
    ClickModel,
    DynamicBayesian,
    PositionBased,
    fit_cascade,
    fit_position_based,
    fit_simplified_dbn,
    perplexity,
)
from sevensteps.measure.clicks.targets import (
    Evidence,
    Shrunk,
    affine_weights,
    examined_evidence,
    ips_evidence,
    ips_weights,
    naive_evidence,
    shrunk,
)
from sevensteps.measure.clicks.trust import TrustBias, trust_bias

__all__ = [
    "ByPlace",
    "ClickLog",
    "ClickModel",
    "DynamicBayesian",
    "Evidence",
    "Pairs",
    "PositionBased",
    "Shrunk",
    "TrustBias",
    "affine_weights",
    "click_log",
    "clip_tradeoff",
    "counterfactual_dcg",
    "counterfactual_rank",
    "em_propensity",
    "examined_evidence",
    "fit_cascade",
    "fit_dbn",
    "fit_position_based",
    "fit_simplified_dbn",
    "harvested_propensity",
    "inverse_rank",
    "ips_evidence",
    "ips_weights",
    "naive_evidence",
    "pair_values",
    "perplexity",
    "randomised_propensity",
    "reranked",
    "shrunk",
    "swap_propensity",
    "trust_bias",
]
