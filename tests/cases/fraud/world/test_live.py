"""The world answers a policy: twins, arms, money, and thieves who learn."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.fraud.world import DAY, METHODS, Action, Costs
from sevensteps.cases.fraud.world.schema import PATIENCE

from .conftest import allow_all, joined


def honest(outcome):
    """Payments by id."""
    keep = np.logical_not(outcome.truth["true_is_fraud"])
    return outcome.payments.filter(keep).to_pandas().set_index("payment_id")


def block_large(batch, view):
    return np.where(batch["amount"].to_numpy() > 150, 3, 0).astype(np.int8)


@pytest.fixture(scope="module")
def blocked(known):
    """Twenty days in which large payments are blocked."""
    return known.live(block_large)


def test_a_twin_sees_the_same_honest_payments(allowed, blocked):
    a, b = honest(allowed), honest(blocked)
    assert b.index.isin(a.index).all()
    decided = ["action", "approved"]
    assert a.loc[b.index].drop(columns=decided).equals(b.drop(columns=decided))
    lost = set(a.cardholder_id[~a.index.isin(b.index)])
    insults = blocked.ledger.filter(blocked.ledger["insult_cost"].to_numpy() > 0)
    left = b.loc[insults["payment_id"].to_numpy(), "cardholder_id"]
    assert lost <= set(left)
    assert 0 < len(left) == left.nunique()


def step_up(batch, view):
    return np.full(batch.num_rows, Action.STEP_UP, np.int8)


def test_a_twin_has_the_same_random_numbers(known):
    def step_up_half(batch, view):
        return step_up(batch, view) * (batch["cardholder_id"].to_numpy() % 2)

    a, b = (honest(known.live(p, days=3)) for p in (step_up, step_up_half))
    same = b.index[b.action == "step_up"]
    assert a.approved[same].equals(b.approved[same])
    assert a.approved.mean() == pytest.approx(0.96, abs=0.01)


def test_reviews_end_at_capacity_in_order_of_time(known):
    def review(batch, view):
        assert view.review_capacity == 7
        return np.full(batch.num_rows, Action.REVIEW, np.int8)

    outcome = known.live(review, 2, replace(known.world, review_capacity=7))
    rows = outcome.payments.to_pandas()
    seen = rows.action == "review"
    assert seen.groupby(rows.paid_at // DAY).sum().tolist() == [7, 7]
    assert seen[:7].all()
    assert outcome.ledger["review_cost"].to_numpy().sum() == pytest.approx(14 * 4.0)


def test_the_ledger_adds_up(blocked, known):
    costs = known.world.costs
    rows = joined(blocked.payments, blocked.ledger)
    stolen, passed = blocked.truth["true_is_fraud"].to_numpy(), rows.approved.to_numpy()
    assert rows.fraud_loss[~stolen | ~passed].eq(0).all()
    assert rows.fraud_loss.sum() == pytest.approx(rows.amount[stolen & passed].sum())
    margin = rows.amount[~stolen & passed].sum() * costs.margin_rate
    assert rows.margin.sum() == pytest.approx(margin, rel=1e-4)
    fees = blocked.chargebacks.num_rows * costs.chargeback_fee
    assert rows.chargeback_fee.sum() == fees
    columns = [c for c in blocked.ledger.column_names[2:] if c != "margin"]
    net = rows.margin.sum() - rows[columns].sum().sum()
    assert blocked.daily()["net"].sum() == pytest.approx(net, rel=1e-4)


@pytest.fixture(scope="module")
def careful(known, oracle):
    """Twenty days under the oracle, of thieves who learn fast."""
    return known.live(oracle, world=replace(known.world, adaptation_half_life=5))


def test_caution_rises_with_the_stated_half_life(careful, allowed):
    for method in ("lost_stolen", "takeover", "card_testing"):
        boldness = np.log2(1 - careful.caution[method].to_numpy()[:15])
        half_life = -1 / np.polyfit(np.arange(15), boldness, 1)[0]
        assert 4 < half_life < 6.5, method
    assert (allowed.caution[["lost_stolen", "takeover", "ring"]].iloc[-1] < 0.1).all()


def surprise(outcome, known, method):
    """How many standard deviations a theft is off the victim's usual sum: median."""
    people, shops = known.world.people, known.world.people.merchants
    rows = joined(outcome.payments, outcome.truth)
    rows = rows[(rows.true_method == method) & (rows.day >= 74)]
    usual = shops.log_mean[rows.merchant_id] + people.log_spend[rows.cardholder_id]
    off = (np.log(rows.amount) - usual) / shops.log_sd[rows.merchant_id]
    return off.abs().median()


@pytest.mark.parametrize("method", ["takeover", "card_testing"])
def test_cautious_thieves_spend_like_their_victims(allowed, known, careful, method):
    bold = surprise(allowed, known, method)
    assert surprise(careful, known, method) < 0.75 * bold


def test_a_campaign_ends_when_its_patience_does(stopped):
    rows = joined(stopped.payments, stopped.truth)
    rows = rows[(rows.true_campaign >= 0) & ~rows.approved]
    declined = rows.groupby(["true_method", "true_campaign"], observed=True).size()
    most = declined.groupby("true_method", observed=True).max()
    patience = pd.Series(PATIENCE, METHODS)[most.index]
    assert (most <= patience).all()
    assert (most == patience).any()


def test_thieves_leave_cards_that_were_reported(allowed):
    rows = joined(allowed.payments, allowed.truth).set_index("payment_id")
    told = allowed.chargebacks.to_pandas().set_index("payment_id").reported_at
    closed = (told // DAY).groupby(rows.card_id[told.index].to_numpy()).min()
    theft = rows[rows.true_campaign >= 0]
    assert len(closed) > 50
    assert not (theft.day > theft.card_id.map(closed)).any()


def test_step_ups_stop_a_takeover_less_than_a_lost_card(known):
    outcome = known.live(step_up, days=10)
    rows = joined(outcome.payments, outcome.truth)
    passed = rows.groupby("true_method", observed=True).approved.mean()
    assert passed["friendly"] == 1
    assert 0.35 < passed["takeover"] < 0.57
    assert passed["lost_stolen"] < 0.15


def test_a_company_may_have_other_costs(known):
    dearer = replace(known.world, costs=Costs(chargeback_fee=50))
    a, b = (known.live(allow_all, 2, w).daily() for w in (known.world, dearer))
    assert b.chargeback_fee.sum() == 2 * a.chargeback_fee.sum() > 0
    assert b.fraud_loss.equals(a.fraud_loss)
