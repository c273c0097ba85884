"""What all payments of a day share: season, clock, travellers, phones, incidents."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sevensteps.world import stream

from .people import People
from .records import PaymentsIncident
from .rng import TRIPS, opaque_device
from .schema import COUNTRIES

QUARTER = 90  # trips are drawn a quarter at a time
LONGEST_TRIP = 21
NEW_PHONE_DAYS = 3
TRIPS_A_QUARTER = 0.4  # per cardholder; all that are drawn are taken in a holiday


@dataclass(frozen=True, slots=True)
class Today:
    """What all of a day's payments share."""

    day: int
    future: int
    volume: float
    away: NDArray[np.int8]  # (n_cardholders,) country of the trip, 0 at home
    incidents: tuple[PaymentsIncident, ...]


def season(day: int) -> float:
    """Relative volume: weekend up, payday up, December up."""
    weekday, of_month, of_year = (day + 2) % 7, day % 30, day % 365
    week = (0.94, 0.94, 0.96, 0.98, 1.10, 1.16, 0.92)[weekday]
    month = 1.08 if of_month >= 25 or of_month <= 2 else 0.98
    year = 1.0 + 0.20 * np.exp(-(((of_year - 350) / 12) ** 2))
    return float(week * month * year)


def _clock() -> NDArray[np.int32]:
    """65,536 equally likely entries -> second of the day; quiet at night."""
    hour = np.arange(0, 24.01, 0.25)
    rate = 0.04 + np.exp(-(((hour - 12.7) / 3.0) ** 2))
    rate += 0.9 * np.exp(-(((hour - 18.4) / 2.4) ** 2))
    cumulated = np.r_[0, np.cumsum((rate[1:] + rate[:-1]) / 2)]
    quantile = (np.arange(65_536) + 0.5) / 65_536
    second = np.interp(quantile, cumulated / cumulated[-1], hour * 3600)
    return second.astype(np.int32)


CLOCK = _clock()


def today(
    people: People,
    seed: int,
    future: int,
    day: int,
    incidents: tuple[PaymentsIncident, ...],
) -> Today:
    """Season, travellers and incidents of a day."""
    under_way = tuple(i for i in incidents if i.on(day))
    volume = season(day)
    for incident in under_way:
        if incident.kind == "holiday":
            volume *= 1 + 0.8 * incident.size
    away = travellers(people, seed, day, under_way)
    return Today(day, future, volume, away, under_way)


def travellers(
    people: People, seed: int, day: int, incidents: tuple[PaymentsIncident, ...] = ()
) -> NDArray[np.int8]:
    """Country code that each cardholder visits on `day`; 0 for nobody's trip."""
    n = len(people.x)
    away = np.zeros(n, np.int8)
    holiday = any(i.kind == "holiday" and i.on(day) for i in incidents)
    for quarter in range((day - LONGEST_TRIP) // QUARTER, day // QUARTER + 1):
        who, start, end, where = _trips(n, seed, quarter, holiday)
        on = np.flatnonzero((start <= day) & (day < end))
        away[who[on]] = where[on]
    away[away == people.country] = 0  # who visits home is not abroad
    return away


@lru_cache(maxsize=8)
def _trips(n: int, seed: int, quarter: int, holiday: bool) -> tuple[NDArray[Any], ...]:
    """Who travels in a quarter, from which day until before which, and where."""
    rng = stream(seed, TRIPS, quarter + 100)
    start = quarter * QUARTER + rng.integers(0, QUARTER, n)
    who, length = rng.integers(0, n, n), rng.integers(2, LONGEST_TRIP, n)
    where = rng.integers(1, len(COUNTRIES), n).astype(np.int8)
    taken = np.flatnonzero(rng.random(n) < (1.0 if holiday else TRIPS_A_QUARTER))
    return who[taken], start[taken], (start + length)[taken], where[taken]


def new_phone(people: People, day: int) -> NDArray[np.bool_]:
    """Whose phone is younger than three days."""
    return (day + people.phone_phase) % people.phone_life < NEW_PHONE_DAYS


def phone(people: People, holder: NDArray[np.int32], day: int) -> NDArray[np.int32]:
    """The id of each holder's phone on `day`."""
    generation = (day + people.phone_phase[holder]) // people.phone_life[holder]
    return opaque_device(holder.astype(np.int64) * 16 + generation)
