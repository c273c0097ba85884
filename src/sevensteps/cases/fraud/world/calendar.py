"""What all payments of a day share: season, clock, travellers, phones, incidents."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sevensteps.world import stream

from .people import People
from .records import PaymentsIncident
from .rng import TRIPS, Bools, Codes, Ids, opaque_device
from .schema import COUNTRIES

QUARTER = 90  # trips are drawn a quarter at a time
LONGEST_TRIP = 21
NEW_PHONE_DAYS = 3
TRIPS_A_QUARTER = 0.4  # per cardholder; all that are drawn are taken in a holiday


@dataclass(frozen=True)
class Today:
    """A day of a future, of the world's people, and what is under way on it."""

    people: People
    future: int
    day: int
    incidents: tuple[PaymentsIncident, ...] = ()

    def under_way(self, kind: str) -> list[PaymentsIncident]:
        """Incidents of a kind that are under way."""
        return [i for i in self.incidents if i.kind == kind and i.on(self.day)]

    @cached_property
    def volume(self) -> float:
        """Payments relative to a usual day's."""
        volume = season(self.day)
        for incident in self.under_way("holiday"):
            volume *= 1 + 0.8 * incident.size
        return volume

    @cached_property
    def away(self) -> Codes:
        """(n_cardholders,) country that each visits; 0 at home."""
        away = np.zeros(self.people.size.n_cardholders, np.int8)
        holiday = bool(self.under_way("holiday"))
        first = (self.day - LONGEST_TRIP) // QUARTER
        for quarter in range(first, self.day // QUARTER + 1):
            how = self.people.seed, quarter, holiday
            who, start, end, where = _trips(len(away), *how)
            on = np.flatnonzero((start <= self.day) & (self.day < end))
            away[who[on]] = where[on]
        away[away == self.people.country] = 0  # who visits home is not abroad
        return away

    @property
    def new_phone(self) -> Bools:
        """(n_cardholders,) whose phone is younger than three days."""
        age = (self.day + self.people.phone_phase) % self.people.phone_life
        return age < NEW_PHONE_DAYS

    def phone(self, holder: Ids) -> Ids:
        """The id of each holder's phone."""
        people = self.people
        lived = self.day + people.phone_phase[holder]
        generation = lived // people.phone_life[holder]
        return opaque_device(holder.astype(np.int64) * 16 + generation)


def season(day: int) -> float:
    """Relative volume: weekend up, payday up, December up."""
    weekday, of_month, of_year = (day + 2) % 7, day % 30, day % 365
    week = (0.94, 0.94, 0.96, 0.98, 1.10, 1.16, 0.92)[weekday]
    month = 1.08 if of_month >= 25 or of_month <= 2 else 0.98
    year = 1.0 + 0.20 * np.exp(-(((of_year - 350) / 12) ** 2))
    return float(week * month * year)


def _clock() -> Ids:
    """65,536 equally likely entries -> second of the day; quiet at night."""
    hour = np.arange(0, 24.01, 0.25)
    rate = 0.04 + np.exp(-(((hour - 12.7) / 3.0) ** 2))
    rate += 0.9 * np.exp(-(((hour - 18.4) / 2.4) ** 2))
    cumulated = np.r_[0, np.cumsum((rate[1:] + rate[:-1]) / 2)]
    quantile = (np.arange(65_536) + 0.5) / 65_536
    second = np.interp(quantile, cumulated / cumulated[-1], hour * 3600)
    return second.astype(np.int32)


CLOCK = _clock()


@lru_cache(maxsize=8)
def _trips(n: int, seed: int, quarter: int, holiday: bool) -> tuple[NDArray[Any], ...]:
    """Who travels in a quarter, from which day until before which, and where."""
    rng = stream(seed, TRIPS, quarter + 100)
    start = quarter * QUARTER + rng.integers(0, QUARTER, n)
    who, length = rng.integers(0, n, n), rng.integers(2, LONGEST_TRIP, n)
    where = rng.integers(1, len(COUNTRIES), n).astype(np.int8)
    taken = np.flatnonzero(rng.random(n) < (1.0 if holiday else TRIPS_A_QUARTER))
    return who[taken], start[taken], (start + length)[taken], where[taken]
