"""Feeds that break: what the company is shown while an incident is under way."""

import numpy as np

from .honest import honest_ip_risk
from .records import PaymentsIncident
from .rng import fine_uniforms
from .rows import PaymentRows

STALE = 5  # purpose of the random numbers that fill a stale feed


def break_feeds(
    rows: PaymentRows, incidents: tuple[PaymentsIncident, ...], day: int
) -> PaymentRows:
    """Apply the day's feed incidents; the money that moves stays as it was."""
    for incident in incidents:
        if not incident.on(day):
            continue
        if incident.kind == "unit_change":
            rows.amount = _cents_as_euros(rows, incident)
        if incident.kind == "stale_feed":
            rows.ip_risk = _stale(rows)
    return rows


def _cents_as_euros(rows: PaymentRows, incident: PaymentsIncident) -> np.ndarray:
    """Some merchants (2 % x size, by a hash of their id) send cents as euros."""
    share = min(1.0, 0.02 * incident.size)
    wrong = (rows.merchant.astype(np.int64) * 2_654_435_761 % 1_000) < 1_000 * share
    return np.where(wrong, rows.charged * 100, rows.charged).astype(np.float32)


def _stale(rows: PaymentRows) -> np.ndarray:
    """The vendor's score with its usual distribution and no information."""
    score = honest_ip_risk(fine_uniforms(rows.random_key, STALE).astype(np.float32))
    return np.where(np.isnan(rows.ip_risk), np.nan, score).astype(np.float32)
