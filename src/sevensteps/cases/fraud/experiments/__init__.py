"""The fraud case: samples, candidates, policies, a simulation, an incident drill."""

from sevensteps.cases.fraud.experiments.drill import incident_drill, odd_merchants
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
    SplitByCardholder,
    allow_everything,
)
from sevensteps.cases.fraud.experiments.retraining import RetrainingPolicy, TrainingLog
from sevensteps.cases.fraud.experiments.samples import Sample, reported_days, sample
from sevensteps.cases.fraud.experiments.simulation import (
    BlockOrAllow,
    PaymentsSimulation,
    PolicyRun,
    allow_all,
    judge_final_model,
)
from sevensteps.cases.fraud.world import incumbent_rule

__all__ = [
    "BlockOrAllow",
    "ModelPolicy",
    "PaymentsSimulation",
    "PolicyRun",
    "Probability",
    "RetrainingPolicy",
    "Sample",
    "SplitByCardholder",
    "TrainingLog",
    "allow_all",
    "allow_everything",
    "incident_drill",
    "incumbent_rule",
    "judge_final_model",
    "linear",
    "odd_merchants",
    "prepared",
    "reported_days",
    "sample",
    "signed_log",
    "suspicion",
    "trees",
]
