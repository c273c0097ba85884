"""What follows a decision: who gets through, who complains, and when."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from .records import Costs
from .rng import fine_uniforms
from .rows import PaymentRows
from .schema import DAY, METHODS, Action
from .theft import DELAY_DAYS, P_REPORT, STEP_UP_STOPS

STEP, REVIEW, CHURN, REPORT, DELAY = range(5)  # of random numbers; 5 fills stale feeds
_MISTAKE = np.uint64(0xD1342543DE82EF95)
LONGEST_DELAY = 120.0  # days
DELAY_SD = 0.65  # of the logarithm
MISTAKES = 0.05  # honest payments reported as fraud, per stolen payment
FRIENDLY = METHODS.index("friendly")
REVIEW_SEES = np.array((1, 1, 1, 1, 1, 1, 0.1, 1))  # friendly fraud looks honest


def approved(
    rows: PaymentRows, action: NDArray[np.int8], costs: Costs
) -> NDArray[np.bool_]:
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
    rows: PaymentRows, passed: NDArray[np.bool_], base_rate: float
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Positions of the payments that will be charged back, and when that arrives.

    A tenth of frauds is never reported; a few honest payments are, by mistake; a
    payment that did not go through never is.
    """
    stolen = np.flatnonzero(passed & (rows.method > 0))
    told = (
        fine_uniforms(rows.random_key[stolen], REPORT) < P_REPORT[rows.method[stolen]]
    )
    wrong = np.flatnonzero(_mistaken(rows.random_key, MISTAKES * base_rate))
    wrong = wrong[passed[wrong] & (rows.method[wrong] == 0)]
    at = np.r_[stolen[told], wrong]
    days = _delay_days(
        fine_uniforms(rows.random_key[at], DELAY), DELAY_DAYS[rows.method[at]]
    )
    return at, (rows.paid_at[at] + days * DAY).astype(np.int32)


def _mistaken(random_key: NDArray[np.uint64], p: float) -> NDArray[np.bool_]:
    """One in 1/p: asked of every payment, hence one multiplication and no more."""
    mixed: NDArray[np.bool_] = random_key * _MISTAKE < np.uint64(p * 2**64)
    return mixed


def _delay_days(u: NDArray[np.float64], median: NDArray[np.float64]) -> NDArray[Any]:
    """Log-normal with that median, cut (not piled up) at the longest delay."""
    longest = ndtr(np.log(LONGEST_DELAY / median) / DELAY_SD)
    z = ndtri(np.maximum(u, 1e-6) * longest)
    return np.minimum(median * np.exp(DELAY_SD * z), LONGEST_DELAY)


def money(
    rows: PaymentRows,
    action: NDArray[np.int8],
    passed: NDArray[np.bool_],
    complained: NDArray[np.int64],
    left: NDArray[np.int64],
    costs: Costs,
) -> dict[str, NDArray[np.float32]]:
    """The ledger's columns, in euros, one value per payment."""
    stolen = rows.method > 0
    fee = np.zeros(len(rows), np.float32)
    fee[complained] = costs.chargeback_fee
    insult = np.zeros(len(rows), np.float32)
    insult[left] = costs.customer_value
    loss = np.where(stolen & passed, rows.charged * costs.fraud_loss_share, 0)
    margin = np.where(passed & ~stolen, rows.charged * costs.margin_rate, 0)
    return {
        "fraud_loss": loss.astype(np.float32),
        "chargeback_fee": fee,
        "review_cost": costs.review_cost * (action == Action.REVIEW).astype("f4"),
        "step_up_cost": costs.step_up_cost * (action == Action.STEP_UP).astype("f4"),
        "insult_cost": insult,
        "margin": margin.astype(np.float32),
    }


def leaves(
    rows: PaymentRows,
    action: NDArray[np.int8],
    passed: NDArray[np.bool_],
    holder: NDArray[np.int32],
    costs: Costs,
) -> NDArray[np.int64]:
    """Positions of the stopped honest payments after which a customer leaves.

    A customer leaves once, however many payments were stopped that day. Who gives up
    at a step-up loses the payment, not the patience.
    """
    at = np.flatnonzero(~passed & (rows.method == 0) & (action != Action.STEP_UP))
    at = at[fine_uniforms(rows.random_key[at], CHURN) < costs.insult_churn]
    return at[np.unique(holder[at], return_index=True)[1]]
