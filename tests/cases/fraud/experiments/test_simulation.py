"""Retraining policies in production, judged by what nobody blocked."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sevensteps.cases.fraud.experiments import (
    BlockOrAllow,
    PolicyRun,
    allow_all,
    judge_final_model,
)
from sevensteps.cases.fraud.experiments.simulation import FIRST, fit_trees
from sevensteps.cases.fraud.money import expected_costs
from sevensteps.cases.fraud.world import DAY, Costs
from sevensteps.measure import average_precision
from sevensteps.world.arrays import take

BASE = 60  # first day in production


def run_of(day, stolen, approved, ids=None, policy=None):
    """A run by hand."""
    ids = np.arange(len(day)) if ids is None else ids
    payments = {"paid_at": np.array(day) * DAY + 5, "approved": approved}
    truth = {"payment_id": ids, "true_is_fraud": stolen}
    tables = {"payments": pa.table(payments), "truth": pa.table(truth)}
    return PolicyRun(policy, SimpleNamespace(**tables))


HOW = {"window": 20, "label_gap": 2}


@pytest.fixture(scope="module")
def runs(simulation):
    """A few days under three plans."""
    how = HOW | {"decide": BlockOrAllow(simulation.world.costs), "cadence": 3}
    explored = {"blocked": "weighted", "explore": 0.3}
    plans = {"open": {"decide": allow_all}, "one": {}, "explored": explored}
    policies = {
        name: simulation.retraining(**how | plan) for name, plan in plans.items()
    }
    return simulation.counterfactual_runs(policies, days=5, seed=2, keep=PolicyRun)


def test_plans_differ_by_what_they_block(runs):
    assert list(runs) == ["open", "one", "explored"]
    assert runs["open"].outcome.payments["approved"].to_numpy().all()
    logs = {name: run.policy.logged() for name, run in runs.items()}
    live = {name: take(log, log.day >= BASE) for name, log in logs.items()}
    blocked = {name: log.blocked.any() for name, log in live.items()}
    assert blocked == {"open": False, "one": True, "explored": True}
    assert set(live["one"].weight) == {1.0}
    assert set(live["explored"].weight) == {1.0, 1 / 0.3}


def test_recall_is_the_share_of_thefts_stopped_by_span():
    day = np.array([0, 1, 1, 2, 3, 3, 3, 8]) + BASE
    stolen = [True, True, False, True, True, True, False, True]
    approved = [True, False, False, False, True, True, True, False]
    run = run_of(day, stolen, approved)
    assert run.recall(2).to_dict() == {0: 0.5, 2: pytest.approx(1 / 3), 8: 1.0}
    assert run.recall(30).to_dict() == {0: 0.5}


def test_recall_halves_as_planted():
    rng = np.random.default_rng(0)
    day = np.repeat(np.arange(30), 120)
    stolen = np.tile([True, True, False], len(day) // 3)
    stopped = rng.random(len(day)) < 0.8 * 0.5 ** (day / 12)
    run = run_of(day + BASE, stolen, ~stopped)
    assert run.half_life().estimate == pytest.approx(12, rel=0.15)


def test_a_policy_begins_with_the_past_as_known_by_then(simulation, history):
    day = history.column("paid_at") // DAY
    wanted = history.column("payment_id")[day >= FIRST]
    assert simulation.log.payment_id.tolist() == wanted.tolist()
    reports = history.chargebacks.to_pandas()
    known = reports["payment_id"][reports["reported_at"] < history.days * DAY]
    assert sorted(simulation.reported()) == sorted(known)
    assert len(known) < len(reports)


def test_a_run_hears_every_chargeback_in_time(simulation, runs):
    policy, outcome = runs["open"].policy, runs["open"].outcome
    reports = [simulation.history.chargebacks, outcome.chargebacks]
    every = pd.concat([table.to_pandas() for table in reports])
    morning = (BASE + 4) * DAY  # the last one
    known = every["payment_id"][every["reported_at"] < morning]
    assert sorted(policy.reported) == sorted(known)
    assert len(known) > len(simulation.reported())


def test_trees_keep_the_frauds_and_put_the_prior_back():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 2)).astype(np.float32)
    label = rng.random(20_000) < 1 / (1 + np.exp(4 - x[:, 0]))
    score = fit_trees(x, label, np.ones(20_000))(x)
    assert score.mean() == pytest.approx(label.mean(), rel=0.1)
    assert score[label].mean() > 2 * score[~label].mean()
    assert (fit_trees(x, label, np.ones(20_000))(x) == score).all()
    heavy = fit_trees(x, label, np.where(label, 5.0, 1.0))(x)
    assert heavy.mean() > 2 * score.mean()


def test_the_cheaper_of_two_actions():
    costs = Costs(chargeback_fee=5, insult_churn=0.2)
    p, amount = (a.ravel() for a in np.meshgrid(np.linspace(0, 1, 41), [1, 60, 3_000]))
    euros = expected_costs(p, amount, costs)
    action = BlockOrAllow(costs)(p, amount)
    assert action.tolist() == (3 * euros[:, [0, 3]].argmin(axis=1)).tolist()
    assert set(action) == {0, 3}


@pytest.mark.parametrize(("gap", "last"), [(2, 6), (6, 6), (8, 3)])
def test_a_run_is_not_judged_by_what_it_was_trained_on(office, gap, last):
    """Ten payments a day; the last two are stolen, and have the highest risk."""
    one, risk, n_days = office(window=12, label_gap=gap), [*range(8), 10, 11], 20
    one.policy.decide = allow_all
    for day in range(BASE, BASE + n_days):
        one.day(day, risk)
    day = np.repeat(np.arange(BASE, BASE + n_days), len(risk))
    ids = (100 * day.reshape(n_days, -1) + np.arange(len(risk))).ravel()
    stolen = [r > 8 for r in risk] * n_days
    run = run_of(day, stolen, [True] * len(day), ids, one.policy)
    assert judge_final_model(run, run, last=last).estimate == 1
    assert len(one.trained) == 2
    assert max(one.last.index // 100) == BASE + n_days - max(gap, last) - 1


def test_a_verdict_is_the_average_precision_of_the_last_days(simulation, runs):
    one, unhidden = runs["one"], runs["open"]
    log = unhidden.policy.logged()
    asked = take(log, log.day >= BASE + 2)
    rows = unhidden.day >= 2
    score = one.policy.train(BASE + 5 - 3 + 2)(asked.features)
    verdict = judge_final_model(one, unhidden, last=3)
    assert verdict == average_precision(score, unhidden.stolen[rows], asked.day)
    assert verdict.low > unhidden.stolen[rows].mean()


def test_totals_of_a_cardholder_are_the_ledgers(simulation, runs):
    outcome = runs["one"].outcome
    totals = simulation.per_unit_totals(outcome)
    assert len(totals) == simulation.world.size.n_cardholders
    assert totals["net"].sum() == pytest.approx(outcome.daily()["net"].sum())
    who = outcome.payments["cardholder_id"].to_numpy()
    rows = outcome.ledger.filter(pa.array(who == who[0])).to_pandas()
    assert totals["margin"][who[0]] == pytest.approx(rows["margin"].sum())
