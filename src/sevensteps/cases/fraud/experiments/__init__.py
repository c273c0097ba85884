"""The fraud case: samples, candidates, policies, and two small worlds to break."""

from sevensteps.cases.fraud.experiments.lab import Lab, odd_merchants
from sevensteps.cases.fraud.experiments.models import (
    Probability,
    linear,
    prepared,
    signed_log,
    suspicion,
    trees,
)
from sevensteps.cases.fraud.experiments.policies import (
    ModelPolicy,
    Split,
    allow_everything,
    incumbent_rule,
    twins,
)
from sevensteps.cases.fraud.experiments.retraining import Logged, RetrainingPolicy
from sevensteps.cases.fraud.experiments.samples import Sample, sample, told_days
from sevensteps.cases.fraud.experiments.town import (
    BlockOrAllow,
    Run,
    Town,
    allow_all,
    judge,
)

__all__ = [
    "BlockOrAllow",
    "Lab",
    "Logged",
    "ModelPolicy",
    "Probability",
    "RetrainingPolicy",
    "Run",
    "Sample",
    "Split",
    "Town",
    "allow_all",
    "allow_everything",
    "incumbent_rule",
    "judge",
    "linear",
    "odd_merchants",
    "prepared",
    "sample",
    "signed_log",
    "suspicion",
    "told_days",
    "trees",
    "twins",
]
