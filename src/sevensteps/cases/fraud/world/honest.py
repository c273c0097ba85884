"""A day's calendar and its honest payments, with room for others among them.

Honest payments are drawn in their own order, so that what thieves do on a day moves
nothing in what honest people do: counterfactual runs see the same people.
"""

from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from sevensteps.world import stream
from sevensteps.world.arrays import join

from .people import SLOTS, People
from .rng import HONEST, TRIPS, Bools, Codes, Floats, Ids, Keys, Longs
from .rows import ID_BITS, PaymentRows, blank, by_time, opaque_device, payment_ids
from .schema import COUNTRIES, DAY, ONLINE, PaymentsIncident

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


CONTACTLESS_LIMIT = 50.0
_ID_MASK = np.uint64((1 << ID_BITS) - 1)
_DULL = np.uint64(0b10111 << 52)  # bits that neither explore nor spend largely


def honest_day(now: Today, stolen: PaymentRows) -> PaymentRows:
    """All payments of a day, by time and id: honest ones with `stolen` among them."""
    size = now.people.size
    rng = stream(now.people.seed, HONEST, now.future, now.day)
    n = int(rng.poisson(size.n_cardholders * size.payments_a_day * now.volume))
    bits = rng.integers(0, 2**64, n, dtype=np.uint64)
    z = rng.standard_normal(n, dtype=np.float32)
    ids = payment_ids(now.future, now.day, np.arange(n))
    key = _time_key(CLOCK[_part(bits, 0, 16)], ids)
    key.sort()
    others = by_time(join([_bursts(rng, now, n), stolen]))
    second = others.paid_at - np.int32(now.day * DAY)
    at = np.searchsorted(key, _time_key(second, others.payment_id))
    at += np.arange(len(others))
    mine = np.ones(n + len(others), bool)
    mine[at] = False
    rows = blank(_spread(bits, mine, _DULL))
    key = _spread(key, mine, np.uint64(0))
    rows.paid_at = (key >> np.uint64(ID_BITS)).astype(np.int32)
    rows.paid_at += np.int32(now.day * DAY)
    rows.payment_id = (key & _ID_MASK).view(np.int64)
    _spend(rng, now, rows, mine, _spread(z, mine, np.float32(0)))
    for column in fields(PaymentRows):
        getattr(rows, column.name)[at] = getattr(others, column.name)
    return rows


def _time_key(second: Ids, ids: Longs) -> Keys:
    """Second of the day and payment id in one sortable number."""
    key = second.astype(np.uint64)
    key <<= np.uint64(ID_BITS)
    key |= ids.view(np.uint64)
    return key


def _part(bits: Keys, first: int, n_bits: int) -> Longs:
    """Some of the bits as indices."""
    part = bits >> np.uint64(first)
    part &= np.uint64((1 << n_bits) - 1)
    return part.view(np.int64)


def _spread(values: NDArray[Any], mine: Bools, filler: Any) -> NDArray[Any]:
    """The values where the mask is true, the filler elsewhere."""
    wide = np.full(len(mine), filler, values.dtype)
    wide[mine] = values
    return wide


def _spend(
    rng: Generator, now: Today, rows: PaymentRows, mine: Bools, z: Floats
) -> None:
    """Fill in who buys what, where and how, for the rows that are `mine`."""
    bits, people = rows.random_key, now.people
    card_bits = len(people.card_lookup).bit_length() - 1
    rows.card = people.card_lookup[_part(bits, 16, card_bits)]
    holder = people.card_holder[rows.card]
    slot = SLOTS[_part(bits, 44, 8)]
    rows.merchant = people.habits.ravel()[holder * np.int32(16) + slot]
    dice = (bits >> np.uint64(52)).astype(np.uint16)  # 12 bits of small choices
    _explore(rng, people, dice, rows.merchant)
    _travel(rng, now, holder, rows.merchant, mine)
    rows.amount = _amounts(rng, people, dice, holder, rows.merchant, z)
    rows.charged = rows.amount
    taps = (rows.amount <= CONTACTLESS_LIMIT) & ((dice & 0x300) != 0)
    rows.channel = taps.view(np.int8)  # CHIP 0, CONTACTLESS 1
    rows.channel[people.merchants.is_online[rows.merchant]] = ONLINE
    online = np.flatnonzero((rows.channel == ONLINE) & mine)
    _online_fields(rng, now, rows, online, holder[online])


def _explore(
    rng: Generator, people: People, dice: NDArray[np.uint16], merchant: Ids
) -> None:
    """An eighth of payments go somewhere new: online, or another town at home."""
    new = np.flatnonzero((dice & 7) == 0)
    web = (dice[new] & 8) > 0
    out, to_web = new[~web], new[web]
    merchant[out] = people.in_country(0, rng.random(len(out)))
    merchant[to_web] = people.online(0, rng.random(len(to_web)))


def _travel(
    rng: Generator, now: Today, holder: Ids, merchant: Ids, mine: Bools
) -> None:
    """Who travels pays in the shops of the country visited."""
    people, there = now.people, now.away[holder]
    gone = np.flatnonzero(there)
    gone = gone[mine[gone] & ~people.merchants.is_online[merchant[gone]]]
    merchant[gone] = people.in_country(there[gone].astype(int), rng.random(len(gone)))


def _amounts(
    rng: Generator,
    people: People,
    dice: NDArray[np.uint16],
    holder: Ids,
    merchant: Ids,
    z: Floats,
) -> Floats:
    """Log-normal by merchant and purse; one payment in 512 is 4 to 12 times larger."""
    z *= people.merchants.log_sd[merchant]
    z += people.merchants.log_mean[merchant]
    z += people.log_spend[holder]
    large = np.flatnonzero((dice >> 3) == 1)
    z[large] += rng.uniform(np.log(4), np.log(12), len(large)).astype(np.float32)
    np.exp(z, out=z)
    return cents(z)


def cents(amount: Floats) -> Floats:
    """Rounded to a cent, at least half a euro, at most 9,000."""
    np.clip(amount, 0.5, 9_000.0, out=amount)
    amount *= np.float32(100)
    np.rint(amount, out=amount)
    amount /= np.float32(100)
    return amount


def _online_fields(
    rng: Generator, now: Today, rows: PaymentRows, at: Longs, who: Ids
) -> None:
    """Device, network address, address match and vendor score, with their gaps."""
    people, there = now.people, now.away[who]
    rows.device[at] = np.where(people.hides_device[who], -1, now.phone(who))
    home = people.country[who]
    ip = np.where(there > 0, there, home)
    u = rng.random((4, len(at)), dtype=np.float32)
    abroad = np.flatnonzero(u[0] > 0.99)  # a VPN
    ip[abroad] = (u[0, abroad] * 1e6).astype(np.int64) % len(COUNTRIES)
    ip[u[1] > 0.98] = -1  # lost completely at random
    rows.ip_country[at] = ip
    match = 1 - 0.3 * u[2] * u[2]
    match[u[1] < 0.04] *= 0.4  # moved house, parcel to the office
    foreign = people.merchants.country[rows.merchant[at]] != home
    match[foreign] = np.nan
    rows.address_match[at] = match
    rows.ip_risk[at] = honest_ip_risk(u[3])


def honest_ip_risk(u: Floats) -> Floats:
    """The vendor's score on honest traffic: low, with a tail."""
    return u * u * u


def _bursts(rng: Generator, now: Today, n_rows: int) -> PaymentRows:
    """Honest bursts: a few people make many small payments within an hour."""
    people, lookup = now.people, now.people.card_lookup
    n = int(rng.poisson(n_rows * 0.0004))
    count = rng.integers(5, 13, n)
    total = int(count.sum())
    first = rng.integers(8 * 3600, 21 * 3600, n)
    gap = rng.exponential(120, total)
    before = np.repeat(np.cumsum(gap)[np.cumsum(count) - count], count)
    second = np.repeat(first, count) + np.minimum(np.cumsum(gap) - before, 3_600)
    rows = blank(rng.integers(0, 2**64, total, dtype=np.uint64))
    number = np.arange(n_rows, n_rows + total)
    rows.payment_id = payment_ids(now.future, now.day, number)
    rows.paid_at = second.astype(np.int32) + np.int32(now.day * DAY)
    rows.card = np.repeat(lookup[rng.integers(0, len(lookup), n)], count)
    rows.merchant = np.repeat(people.online(0, rng.random(n)), count)
    rows.amount = cents(rng.uniform(0.9, 6, total).astype(np.float32))
    rows.charged = rows.amount
    rows.channel[:] = ONLINE
    _online_fields(rng, now, rows, np.arange(total), people.card_holder[rows.card])
    return rows
