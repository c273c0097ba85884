"""One day of honest payments, from `(seed, luck, day)`."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .people import SLOTS, People
from .records import Incident, Size
from .rng import HONEST, TRIPS, opaque_device, stream
from .rows import Rows
from .schema import COUNTRIES, DAY, ONLINE

QUARTER = 90  # trips are drawn a quarter at a time
LONGEST_TRIP = 21
NEW_PHONE_DAYS = 3
CONTACTLESS_LIMIT = 50.0
ID_BITS = 24  # of a raw id: a number within its day


@dataclass(frozen=True, slots=True)
class Today:
    """What all of a day's payments share."""

    day: int
    luck: int
    volume: float
    away: NDArray[np.int8]  # (n_cardholders,) country of the trip, 0 at home
    device: NDArray[np.int32]  # (n_cardholders,) the phone in use
    incidents: tuple[Incident, ...]

    def incident(self, kind: str) -> Incident | None:
        """The incident of that kind under way today, if any."""
        return next((i for i in self.incidents if i.kind == kind), None)


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
    people: People, seed: int, luck: int, day: int, incidents: tuple[Incident, ...]
) -> Today:
    """Season, travellers, phones and incidents of a day."""
    under_way = tuple(i for i in incidents if i.on(day))
    volume = season(day)
    for incident in under_way:
        if incident.kind == "holiday":
            volume *= 1 + 0.8 * incident.size
    generation = (day + people.phone_phase) // people.phone_life
    holders = np.arange(len(people.x), dtype=np.int64)
    return Today(
        day=day,
        luck=luck,
        volume=volume,
        away=travellers(people, seed, day, under_way),
        device=opaque_device(holders * 16 + generation),
        incidents=under_way,
    )


def travellers(
    people: People, seed: int, day: int, incidents: tuple[Incident, ...] = ()
) -> NDArray[np.int8]:
    """Country code that each cardholder visits on `day`; 0 for nobody's trip."""
    n = len(people.x)
    away = np.zeros(n, np.int8)
    holiday = any(i.kind == "holiday" and i.on(day) for i in incidents)
    busy = 2.5 if holiday else 1.0
    for quarter in range((day - LONGEST_TRIP) // QUARTER, day // QUARTER + 1):
        who, start, end, where, taken = _trips(n, seed, quarter)
        on = (taken < 0.4 * busy) & (start <= day) & (day < end)
        away[who[on]] = where[on]
    return away


@lru_cache(maxsize=8)
def _trips(n: int, seed: int, quarter: int) -> tuple[NDArray[Any], ...]:
    """Who may travel in a quarter, from and until which day, where, and how likely."""
    rng = stream(seed, TRIPS, quarter + 100)
    start = quarter * QUARTER + rng.integers(0, QUARTER, n)
    return (
        rng.integers(0, n, n),
        start,
        start + rng.integers(2, LONGEST_TRIP, n),
        rng.integers(1, len(COUNTRIES), n).astype(np.int8),
        rng.random(n),
    )


def new_phone(people: People, day: int) -> NDArray[np.bool_]:
    """Whose phone is younger than three days."""
    return (day + people.phone_phase) % people.phone_life < NEW_PHONE_DAYS


def honest_day(people: People, size: Size, seed: int, now: Today) -> list[Rows]:
    """All honest payments of a day: the usual ones in order of time, and bursts."""
    rng = stream(seed, HONEST, now.luck, now.day)
    n = int(rng.poisson(size.n_cardholders * size.payments_a_day * now.volume))
    bits = rng.integers(0, 2**64, n, dtype=np.uint64)
    second = np.sort(CLOCK[(bits & np.uint64(0xFFFF)).astype(np.uint16)])
    card = people.card_lookup[
        ((bits >> np.uint64(16)) & np.uint64(len(people.card_lookup) - 1)).view("i8")
    ]
    holder = people.card_holder[card]
    slot = SLOTS[((bits >> np.uint64(44)) & np.uint64(255)).view("i8")]
    merchant = people.habits.ravel()[holder * np.int32(16) + slot]
    dice = (bits >> np.uint64(52)).astype(np.uint16)  # 12 bits of small choices
    _explore(rng, people, dice, merchant)
    _travel(rng, people, now, holder, merchant)
    amount = _amounts(rng, people, dice, holder, merchant)
    rows = _rows(now, second, card, merchant, amount, fate=bits)
    rows.channel = _channels(people, dice, merchant, amount)
    _online_fields(rng, people, now, rows, holder)
    return [rows, _bursts(rng, people, now, n)]


def _explore(
    rng: np.random.Generator,
    people: People,
    dice: NDArray[np.uint16],
    merchant: NDArray[np.int32],
) -> None:
    """An eighth of payments go somewhere new: online, or another town at home."""
    new = np.flatnonzero((dice & 7) == 0)
    to_web = np.flatnonzero(dice[new] & 8)
    merchant[new] = people.in_country(0, rng.random(len(new)))
    merchant[new[to_web]] = people.online(0, rng.random(len(to_web)))


def _travel(
    rng: np.random.Generator,
    people: People,
    now: Today,
    holder: NDArray[np.int32],
    merchant: NDArray[np.int32],
) -> None:
    """Who travels pays in the shops of the country visited."""
    there = now.away[holder]
    gone = np.flatnonzero(there)
    gone = gone[~people.merchants.is_online[merchant[gone]]]
    merchant[gone] = people.in_country(there[gone].astype(int), rng.random(len(gone)))


def _amounts(
    rng: np.random.Generator,
    people: People,
    dice: NDArray[np.uint16],
    holder: NDArray[np.int32],
    merchant: NDArray[np.int32],
) -> NDArray[np.float32]:
    """Log-normal by merchant and purse; one payment in 500 is 4 to 12 times larger."""
    z = rng.standard_normal(len(holder), dtype=np.float32)
    z *= people.merchants.log_sd[merchant]
    z += people.merchants.log_mean[merchant]
    z += people.log_spend[holder]
    large = np.flatnonzero((dice >> 3) == 1)
    z[large] += rng.uniform(np.log(4), np.log(12), len(large)).astype(np.float32)
    np.exp(z, out=z)
    return cents(z)


def cents(amount: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rounded to a cent, at least half a euro, at most 9,000."""
    np.clip(amount, 0.5, 9_000.0, out=amount)
    amount *= np.float32(100)
    np.rint(amount, out=amount)
    amount /= np.float32(100)
    return amount


def _rows(
    now: Today,
    second: NDArray[np.int32],
    card: NDArray[np.int32],
    merchant: NDArray[np.int32],
    amount: NDArray[np.float32],
    fate: NDArray[np.uint64],
    first_id: int = 0,
) -> Rows:
    n = len(second)
    nothing = np.full(n, np.nan, np.float32)
    return Rows(
        raw_id=raw_ids(now.luck, now.day, np.arange(first_id, first_id + n)),
        paid_at=second + np.int32(now.day * DAY),
        card=card,
        merchant=merchant,
        device=np.full(n, -1, np.int32),
        channel=np.full(n, ONLINE, np.int8),
        amount=amount,
        charged=amount,
        ip_country=np.full(n, -1, np.int8),
        address_match=nothing,
        ip_risk=nothing.copy(),
        fate=fate,
        method=np.zeros(n, np.int8),
        campaign=np.full(n, -1, np.int32),
    )


def raw_ids(luck: int, day: int, number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers that name a payment of a day under any policy, before scrambling."""
    return (np.int64(luck % 256) << 40) | (np.int64(day) << ID_BITS) | number


def _channels(
    people: People,
    dice: NDArray[np.uint16],
    merchant: NDArray[np.int32],
    amount: NDArray[np.float32],
) -> NDArray[np.int8]:
    """Online shops sell online; small sums in shops are mostly contactless."""
    taps = (amount <= CONTACTLESS_LIMIT) & ((dice & 0x300) != 0)
    channel = taps.astype(np.int8)  # CHIP 0, CONTACTLESS 1
    channel[people.merchants.is_online[merchant]] = ONLINE
    return channel


def _online_fields(
    rng: np.random.Generator,
    people: People,
    now: Today,
    rows: Rows,
    holder: NDArray[np.int32],
) -> None:
    """Device, network address, address match and vendor score, with their gaps."""
    at = np.flatnonzero(rows.channel == ONLINE)
    who = holder[at]
    hides = people.hides_device[who]
    rows.device[at] = np.where(hides, -1, now.device[who])
    there, home = now.away[who], people.country[who]
    ip = np.where(there > 0, there, home)
    u = rng.random((4, len(at)), dtype=np.float32)
    abroad = np.flatnonzero(u[0] > 0.99)  # a VPN
    ip[abroad] = (u[0, abroad] * 1e6).astype(np.int64) % len(COUNTRIES)
    ip[u[1] > 0.98] = -1  # lost completely at random
    rows.ip_country[at] = ip
    match = 1 - 0.3 * u[2] * u[2]
    match[u[1] < 0.04] *= 0.4  # moved house, parcel to the office
    foreign = people.merchants.country[rows.merchant[at]] != home
    rows.address_match[at] = np.where(foreign, np.nan, match)
    rows.ip_risk[at] = honest_ip_risk(u[3])


def honest_ip_risk(u: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vendor's score on honest traffic: low, with a tail."""
    return u * u * u


def _bursts(rng: np.random.Generator, people: People, now: Today, n_rows: int) -> Rows:
    """Honest bursts: a few people make many small payments within an hour."""
    n = int(rng.poisson(n_rows * 0.0004))
    count = rng.integers(5, 13, n)
    first = rng.integers(8 * 3600, 21 * 3600, n)
    lookup = people.card_lookup
    card = np.repeat(lookup[rng.integers(0, len(lookup), n)], count)
    merchant = np.repeat(people.online(0, rng.random(n)), count)
    gap = rng.exponential(120, count.sum())
    within = np.cumsum(gap) - np.repeat(np.cumsum(gap)[np.cumsum(count) - count], count)
    second = np.repeat(first, count) + np.minimum(within, 3_600)
    amount = cents(rng.uniform(0.9, 6, len(card)).astype(np.float32))
    fate = rng.integers(0, 2**64, len(card), dtype=np.uint64)
    extra = _rows(now, second.astype("i4"), card, merchant, amount, fate, n_rows)
    _online_fields(rng, people, now, extra, people.card_holder[card])
    return extra
