"""A small world to break on purpose, and the monitors that should notice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from sevensteps.cases.fraud.experiments.policies import Score
from sevensteps.cases.fraud.experiments.samples import Sample, sample
from sevensteps.cases.fraud.features import FEATURES
from sevensteps.cases.fraud.world import (
    DAY,
    KINDS,
    History,
    Incident,
    Kind,
    PaymentsWorld,
)
from sevensteps.monitor import (
    Baseline,
    Drilled,
    Reference,
    chargebacks_by_day,
    drill_with_twin,
    estimate_by_day,
)
from sevensteps.simulate.parallel import side_by_side

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
CALM_FROM = 45  # the features of earlier days are still filling up
_SUSPICIOUS = 0.01  # a probability above which a payment counts as an alert
_ODD, _ENOUGH = 20.0, 3  # a merchant's amounts against its usual; its payments a day


@dataclass(frozen=True)
class Lab:
    """Six histories of the same people: one calm, and one for each incident.

    Parameters
    ----------
    world : PaymentsWorld     without incidents
    score : (n, F) -> (n,)    probabilities of the model that is in production
    start : int               first day of the incidents; thresholds come from the calm
                              days before it
    """

    world: PaymentsWorld
    score: Score
    start: int

    def drill(self, kinds: Sequence[Kind] = KINDS) -> Drilled:
        """Inject each incident alone, and see which monitor notices, and when.

        An alarm that the calm twin rings on the same day is no detection.
        """
        days = partial(_Days.watched, self.world, self.start)
        calm, *broken = side_by_side(days, [None, *kinds])
        usual = calm.before(self.start)
        reference = Reference.of(usual.rows.x[::10][:, _COLUMNS], list(INPUTS))
        numbers = [self._numbers(days, reference) for days in (calm, *broken)]
        monitors = _monitors(numbers, self.start)
        named = dict(zip(["none", *kinds], monitors, strict=True))
        return drill_with_twin(named, self.start)

    def _numbers(self, days: _Days, reference: Reference) -> pd.DataFrame:
        """One number a day for each thing that is watched."""
        rows = days.rows
        p = self.score(rows.x)
        found = estimate_by_day(p, p > _SUSPICIOUS, rows.day)[["alerts", "frauds"]]
        found["chargebacks"] = chargebacks_by_day(days.told, found.index)
        found["merchants"] = odd_merchants(rows, days.merchant)
        return reference.psi_by_day(rows.x[:, _COLUMNS], rows.day).join(found)


@dataclass(frozen=True)
class _Days:
    """A history's payments from some day on, with what monitors need besides."""

    rows: Sample
    merchant: np.ndarray
    told: np.ndarray

    @classmethod
    def of(cls, history: History, first: int) -> _Days:
        rows = sample(history, {first: 1.0})
        told = history.chargebacks["reported_at"].to_numpy() // DAY
        return cls(rows, history.column("merchant_id")[rows.row], told)

    @classmethod
    def watched(cls, world: PaymentsWorld, start: int, kind: Kind | None) -> _Days:
        """The calm days, or those from an incident's first on."""
        first = CALM_FROM if kind is None else start
        return cls.of(injected(world, start, kind).history(), first)

    def before(self, day: int) -> _Days:
        early = self.rows.day < day
        return _Days(self.rows.where(early), self.merchant[early], self.told)


def injected(world: PaymentsWorld, start: int, kind: Kind | None) -> PaymentsWorld:
    """The world with an incident from a day on to its end, or as it is."""
    if kind is None:
        return world
    return world.inject(Incident(kind, start, world.size.days - start))


def odd_merchants(rows: Sample, merchant: np.ndarray) -> pd.Series:
    """Merchants, by day, whose typical amount is far above their own last month's.

    A fault in one merchant's feed hardly moves a histogram of all payments. Here each
    merchant is compared with itself.
    """
    ratio = rows.amount / rows.column("merchant_mean_30d")
    table = pd.DataFrame({"day": rows.day, "merchant": merchant, "ratio": ratio})
    each = table.groupby(["day", "merchant"])["ratio"].agg(["median", "size"])
    odd = (each["median"] > _ODD) & (each["size"] >= _ENOUGH)
    return odd.groupby("day").sum().astype(float)


def _monitors(numbers: Sequence[pd.DataFrame], start: int) -> list[pd.DataFrame]:
    """Four monitors a day: the most unusual number of its kind; odd merchants."""
    baseline = Baseline.of(numbers[0].loc[: start - 1])
    monitors = []
    for one in numbers:
        surprise = baseline.surprise(one)
        monitors.append(
            pd.DataFrame(
                {
                    "inputs": surprise[list(INPUTS)].max(axis=1),
                    "merchants": one["merchants"],
                    "scores": surprise[["alerts", "frauds"]].max(axis=1),
                    "chargebacks": surprise["chargebacks"],
                }
            )
        )
    return monitors
