"""The fraud case: samples, candidates, policies, a simulation, an incident drill."""

from sevensteps.cases.fraud.world import incumbent_rule

from .drill import incident_drill
from .models import Probability, linear, prepared, suspicion, trees
from .policies import (
    ModelPolicy,
    RetrainingPolicy,
    SplitByCardholder,
    TrainingLog,
    allow_everything,
)
from .samples import Sample, sample
from .simulation import (
    BlockOrAllow,
    PaymentsSimulation,
    PolicyRun,
    allow_all,
    judge_final_model,
)
