"""What follows a decision: who gets through, who complains, and when."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from .kinds import DELAY_DAYS, P_REPORT, STEP_UP_STOPS
from .people import People
from .records import Costs
from .rng import (
    CHURN,
    DELAY,
    REPORT,
    REVIEW,
    STEP,
    Bools,
    Codes,
    Doubles,
    Longs,
    fine_uniforms,
)
from .rows import PaymentRows
from .schema import DAY, LEDGER, SCHEMA, Action

_MISTAKE = np.uint64(0xD1342543DE82EF95)
LONGEST_DELAY = 120.0  # days
DELAY_SD = 0.65  # of the logarithm
MISTAKES = 0.05  # honest payments reported as fraud, per stolen payment
REVIEW_SEES = np.array((1, 1, 1, 1, 1, 1, 0.1, 1))  # friendly fraud looks honest


def approved(rows: PaymentRows, action: Codes, costs: Costs) -> Bools:
    """Which payments go through in the end, after step-ups and reviews."""
    passed = action == Action.ALLOW
    stolen = rows.method > 0
    steps = np.flatnonzero(action == Action.STEP_UP)
    method = rows.method[steps]
    stops = np.minimum(0.99, costs.step_up_stops * STEP_UP_STOPS[method])
    stops = np.where(stolen[steps], stops, costs.step_up_abandon)
    passed[steps] = fine_uniforms(rows.random_key[steps], STEP) >= stops
    seen = np.flatnonzero(action == Action.REVIEW)
    catches = costs.review_catches * REVIEW_SEES[rows.method[seen]]
    catches = np.where(stolen[seen], catches, costs.review_insults)
    passed[seen] = fine_uniforms(rows.random_key[seen], REVIEW) >= catches
    return passed


def reports(
    rows: PaymentRows, passed: Bools, base_rate: float
) -> tuple[Longs, pa.Table]:
    """Positions of the payments that will be charged back, and their chargebacks.

    A tenth of frauds is never reported; a few honest payments are, by mistake; a
    payment that did not go through never is.
    """
    stolen = np.flatnonzero(passed & (rows.method > 0))
    u = fine_uniforms(rows.random_key[stolen], REPORT)
    told = stolen[u < P_REPORT[rows.method[stolen]]]
    # one in 1/p: asked of every payment, hence one multiplication and no more
    mistaken = rows.random_key * _MISTAKE < np.uint64(MISTAKES * base_rate * 2**64)
    wrong = np.flatnonzero(mistaken)
    wrong = wrong[passed[wrong] & (rows.method[wrong] == 0)]
    at = np.r_[told, wrong]
    u = fine_uniforms(rows.random_key[at], DELAY)
    days = _delay_days(u, DELAY_DAYS[rows.method[at]])
    when = (rows.paid_at[at] + days * DAY).astype(np.int32)
    columns = [rows.payment_id[at], when]
    return at, pa.Table.from_arrays(columns, schema=SCHEMA["chargebacks"])


def _delay_days(u: Doubles, median: Doubles) -> NDArray[Any]:
    """Log-normal with that median, cut (not piled up) at the longest delay."""
    longest = ndtr(np.log(LONGEST_DELAY / median) / DELAY_SD)
    z = ndtri(np.maximum(u, 1e-6) * longest)
    return np.minimum(median * np.exp(DELAY_SD * z), LONGEST_DELAY)


def leaves(
    rows: PaymentRows, action: Codes, passed: Bools, people: People, costs: Costs
) -> Longs:
    """Positions of the stopped honest payments after which a customer leaves.

    A customer leaves once, however many payments were stopped that day. Who gives up
    at a step-up loses the payment, not the patience.
    """
    at = np.flatnonzero(~passed & (rows.method == 0) & (action != Action.STEP_UP))
    at = at[fine_uniforms(rows.random_key[at], CHURN) < costs.insult_churn]
    holder = people.card_holder[rows.card[at]]
    return at[np.unique(holder, return_index=True)[1]]


def ledger(
    rows: PaymentRows,
    action: Codes,
    passed: Bools,
    complained: Longs,
    left: Longs,
    costs: Costs,
) -> pa.Table:
    """What a day's payments cost and earned, in euros; see `schema.LEDGER`."""
    stolen = rows.method > 0
    fee, insult = np.zeros((2, len(rows)), np.float32)
    fee[complained] = costs.chargeback_fee
    insult[left] = costs.customer_value
    loss = np.where(stolen & passed, rows.charged * costs.fraud_loss_share, 0)
    margin = np.where(passed & ~stolen, rows.charged * costs.margin_rate, 0)
    columns = [
        rows.payment_id,
        rows.paid_at // np.int32(DAY),
        loss.astype(np.float32),
        fee,
        costs.review_cost * (action == Action.REVIEW).astype("f4"),
        costs.step_up_cost * (action == Action.STEP_UP).astype("f4"),
        insult,
        margin.astype(np.float32),
    ]
    return pa.Table.from_arrays(columns, schema=LEDGER)
