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
from sevensteps.measure.clicks.dbn import (
    DynamicBayesian,
    fit_dbn,
    fit_simplified_dbn,
)
from sevensteps.measure.clicks.experiments import (
    inverse_rank,
    randomised_propensity,
)
from sevensteps.measure.clicks.harvest import harvested_propensity
from sevensteps.measure.clicks.log import ClickLog, Pairs, click_log, pair_values
from sevensteps.measure.clicks.targets import (
    Evidence,
    Shrunk,
    examined_evidence,
    ips_evidence,
    ips_weights,
    naive_evidence,
    shrunk,
)

__all__ = [
    "ByPlace",
    "ClickLog",
    "DynamicBayesian",
    "Evidence",
    "Pairs",
    "Shrunk",
    "click_log",
    "clip_tradeoff",
    "counterfactual_dcg",
    "counterfactual_rank",
    "examined_evidence",
    "fit_dbn",
    "fit_simplified_dbn",
    "harvested_propensity",
    "inverse_rank",
    "ips_evidence",
    "ips_weights",
    "naive_evidence",
    "pair_values",
    "randomised_propensity",
    "reranked",
    "shrunk",
]
