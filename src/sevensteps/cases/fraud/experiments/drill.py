"""Monitors around a scoring model, and incidents that they should notice."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.cases.fraud.features import FEATURES
from sevensteps.cases.fraud.world import DAY, KINDS, Incident, PaymentsWorld
from sevensteps.monitor import DriftReference, expected_by_day, reports_by_day
from sevensteps.simulate import IncidentDrill, Monitors

from .policies import Score
from .samples import Sample, sample
from .simulation import PaymentsSimulation

INPUTS = (
    "amount",
    "amount_ratio",
    "card_n_24h",
    "card_device_30d",
    "is_online",
    "is_foreign",
    "ip_foreign",
    "address_match",
    "ip_risk",
    "device_missing",
)
_COLUMNS = [FEATURES.index(name) for name in INPUTS]
WARM_UP = 45  # the features of earlier days are still filling up
_SUSPICIOUS = 0.01  # a probability above which a payment counts as an alert
_ODD, _ENOUGH = 20.0, 3  # a merchant's amounts against its usual; its payments a day


@dataclass(frozen=True)
class ShadowDays:
    """Days of a history in which a model scored and decided nothing."""

    rows: Sample
    merchant: NDArray[np.int32]  # (n,) of each payment
    probability: NDArray[np.float64]  # (n,) of fraud, as the model says
    reported_day: NDArray[np.int64]  # (m,) of all chargebacks, also of earlier payments
    end: int  # the day after the last


@dataclass(frozen=True)
class ShadowSimulation(PaymentsSimulation):
    """A model in shadow: the world's own rule decides, and the past goes on.

    Nothing follows from a score, so a run is a history that is that much longer.
    """

    def run(  # type: ignore[override]
        self,
        policy: Score,
        days: int,
        *,
        seed: int = 0,
        after: ShadowDays | None = None,
    ) -> ShadowDays:
        """Score the days that follow the history, or other shadow days."""
        start = self.history.days if after is None else after.end
        history = self.world.history(start + days)
        rows = sample(history, {start: 1.0})
        merchant = history.column("merchant_id")[rows.row]
        reported_day = history.chargebacks["reported_at"].to_numpy() // DAY
        return ShadowDays(
            rows, merchant, policy(rows.x), reported_day, end=start + days
        )


def daily_numbers(days: ShadowDays, usual: ShadowDays) -> pd.DataFrame:
    """One number a day for each thing that is watched; `usual` days are expected."""
    reference = DriftReference.fit(usual.rows.x[::10][:, _COLUMNS], INPUTS)
    rows, p = days.rows, days.probability
    numbers = reference.psi_by_day(rows.x[:, _COLUMNS], rows.day)
    numbers["alerts"] = pd.Series(p > _SUSPICIOUS).groupby(rows.day).sum()
    numbers["frauds"] = expected_by_day(p, rows.day)
    numbers["chargebacks"] = reports_by_day(days.reported_day, numbers.index)
    numbers["merchants"] = odd_merchants(rows, days.merchant)
    return numbers


def odd_merchants(rows: Sample, merchant: NDArray[np.integer]) -> pd.Series:
    """Merchants, by day, whose typical amount is far above their own last month's.

    A fault in one merchant's feed hardly moves a histogram of all payments. Here each
    merchant is compared with itself.
    """
    ratio = rows.amount / rows.column("merchant_mean_30d")
    table = pd.DataFrame({"day": rows.day, "merchant": merchant, "ratio": ratio})
    each = table.groupby(["day", "merchant"])["ratio"].agg(["median", "size"])
    odd = (each["median"] > _ODD) & (each["size"] >= _ENOUGH)
    return odd.groupby("day").sum().astype(float)


MONITORS: Monitors[ShadowDays] = Monitors(
    reads={
        "inputs": INPUTS,
        "merchants": ("merchants",),
        "scores": ("alerts", "frauds"),
        "chargebacks": ("chargebacks",),
    },
    observe=lambda policy, outcome: outcome,
    daily_numbers=daily_numbers,
)


def incident_drill(
    world: PaymentsWorld, score: Score, start: int
) -> IncidentDrill[ShadowDays]:
    """Each of the world's incidents from day `start` to its end.

    Parameters
    ----------
    world : without incidents
    score : (n, F) -> (n,) probabilities of the model that is in production
    start : thresholds come from the days before it
    """
    return IncidentDrill(
        simulation=ShadowSimulation(world, world.history(WARM_UP)),
        policy=score,
        faults={},
        monitors=MONITORS,
        incidents=dict.fromkeys(KINDS, Incident),
        baseline_days=start - WARM_UP,
        incident_days=world.size.days - start,
    )
