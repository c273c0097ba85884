"""Policies in a live world: the old rule, a model, two models."""

import copy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from sevensteps.cases.fraud.experiments import (
    ModelPolicy,
    Probability,
    SplitByCardholder,
    allow_everything,
    incumbent_rule,
)
from sevensteps.cases.fraud.features import FEATURES, offline
from sevensteps.cases.fraud.world import COUNTRIES, Action

AMOUNT, RISK = FEATURES.index("amount"), FEATURES.index("ip_risk")
DAYS = 3


def risky(x):
    return np.nan_to_num(x[:, RISK]).astype(np.float64)


def expensive(x):
    return x[:, AMOUNT].astype(np.float64) / 1_000


def stop_high(score, amount):
    """Block what is scored above a half."""
    return np.where(score > 0.5, Action.BLOCK, Action.ALLOW).astype(np.int8)


@pytest.fixture
def live(simulation):
    """Features of the first day after the history."""
    return copy.deepcopy(simulation.live_features)


@pytest.fixture
def produce(simulation):
    """Puts a policy in production for three days."""
    return lambda policy: simulation.run(policy, DAYS)


def test_the_rule_is_the_one_under_which_the_history_was_made(history):
    view = SimpleNamespace(history=history)
    action = incumbent_rule(history.payments, view)
    np.testing.assert_array_equal(action, history.column("action"))
    assert (action == Action.BLOCK).sum() > 5
    assert incumbent_rule(history.payments.slice(0, 0), view).shape == (0,)


@pytest.mark.parametrize(
    ("amount", "channel", "abroad", "stop"),
    [
        (900.01, "online", True, True),
        (900.0, "online", True, False),
        (5_000, "online", False, False),
        (5_000, "chip", True, False),
    ],
)
def test_the_rule_blocks_large_foreign_online_payments_only(
    history, amount, channel, abroad, stop
):
    home = history.cardholders["country"][17].as_py()
    country = next(c for c in COUNTRIES if (c != home) is abroad)
    columns = {
        "cardholder_id": pa.array([17], pa.int32()),
        "amount": pa.array([amount], pa.float32()),
        "channel": pa.array([channel]).dictionary_encode(),
        "country": pa.array([country]).dictionary_encode(),
    }
    (action,) = incumbent_rule(pa.table(columns), SimpleNamespace(history=history))
    assert action == (Action.BLOCK if stop else Action.ALLOW)


def test_a_models_actions_follow_from_its_features(history, live, produce):
    seen = []

    def spy(x):
        seen.append(x)
        return risky(x)

    outcome = produce(ModelPolicy(live, spy, stop_high))
    new = outcome.payments.drop(["approved"])
    whole = replace(
        history,
        payments=pa.concat_tables([history.payments, new]),
        chargebacks=pa.concat_tables([history.chargebacks, outcome.chargebacks]),
        days=history.days + DAYS,
    )
    risk = offline(whole, only=["ip_risk"])["ip_risk"].to_numpy()
    blocked = np.nan_to_num(risk[history.payments.num_rows :]) > 0.5
    assert blocked.any()
    actions = outcome.payments["action"].to_pylist()
    assert actions == ["block" if stop else "allow" for stop in blocked]
    assert len(seen) == DAYS
    assert {x.shape[1] for x in seen} == {len(FEATURES)}


def test_each_row_of_an_arm_gets_its_own_score(live, produce, world):
    arm = np.arange(world.size.n_cardholders) % 2 == 1
    rows = produce(SplitByCardholder(live, expensive, risky, stop_high, arm)).payments
    treated = arm[rows["cardholder_id"].to_numpy()]
    blocked = np.array(rows["action"].to_pylist()) == "block"
    amount, risk = (rows[name].to_numpy() for name in ("amount", "ip_risk"))
    expected = np.where(treated, np.nan_to_num(risk) > 0.5, amount > 500)
    np.testing.assert_array_equal(blocked, expected)


def test_runs_in_threads_do_not_disturb_each_other(simulation, live, produce):
    nobody = np.zeros(simulation.world.size.n_cardholders, bool)
    never = Probability(SimpleNamespace(), kept=0.2)
    plans = {
        "expensive": ModelPolicy(live, expensive, stop_high),
        "risky": ModelPolicy(live, risky, stop_high),
        "split": SplitByCardholder(live, risky, never, stop_high, nobody),
        "allow": allow_everything,
    }
    threaded = replace(simulation, threads=True)
    outcomes = threaded.counterfactual_runs(plans, days=DAYS)
    assert list(outcomes) == list(plans)
    alone = produce(copy.deepcopy(plans["risky"])).payments
    assert outcomes["risky"].payments.equals(alone)
    assert outcomes["split"].payments.equals(alone)
    assert not outcomes["expensive"].payments.equals(alone)
    assert outcomes["allow"].payments["approved"].to_numpy().all()
