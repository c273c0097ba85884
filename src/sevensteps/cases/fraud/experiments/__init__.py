"""The fraud case: samples, candidates, policies, a simulation, an incident drill."""

from sevensteps.cases.fraud.world import incumbent_rule

from .models import Probability, Sample, linear, prepared, sample, suspicion, trees
from .policies import (
    ModelPolicy,
    RetrainingPolicy,
    SplitByCardholder,
    TrainingLog,
    allow_everything,
)
from .simulation import (
    BlockOrAllow,
    PaymentsSimulation,
    PolicyRun,
    allow_all,
    incident_drill,
    judge_final_model,
)
