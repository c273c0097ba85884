"""From a thief's plan to the payments that the company sees, and what it teaches."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from sevensteps.world.arrays import join, take

from .honest import CONTACTLESS_LIMIT, cents, honest_ip_risk
from .people import People
from .rng import Bools, Codes, Doubles, Floats, Ids, Longs
from .rows import PaymentRows, blank, by_time, opaque_device
from .schema import CHIP, CONTACTLESS, COUNTRIES, DAY, METHODS, ONLINE, PATIENCE

LONGEST_CAMPAIGN = 70  # days; a thief who is slower stops there
CAMPAIGNS_A_DAY = 1_000_000  # campaign = (LONGEST_CAMPAIGN + day) * this + number
CAMPAIGNS_A_METHOD = 100_000
MEMORY = 0.5 ** (1 / 7)  # thieves judge by their last weeks: half-life 7 days
PACE = 5.0  # a wholly cautious thief takes (1 + PACE) times as long


@dataclass(slots=True)
class CampaignPlan:
    """Attempts of one method's campaigns started on one day; (n,) arrays."""

    at: Doubles  # seconds
    card: Ids
    merchant: Ids
    log_amount: Doubles
    device: Longs  # number of the thief's device that day, -1 none
    campaign: Longs  # number within day and method


@dataclass(frozen=True, slots=True)
class Scene:
    """What a method needs to plan its campaigns."""

    rng: Generator
    people: People
    day: int
    rate: float  # stolen payments a day by this method
    caution: float

    def cards(self, n: int) -> Ids:
        """Cards in proportion to their use."""
        lookup = self.people.card_lookup
        return lookup[self.rng.integers(0, len(lookup), n)]

    def start(self, n: int) -> Doubles:
        """Instants of the day, more in the evening."""
        return (self.day + self.rng.beta(5, 2.5, n)) * DAY

    def paced(self, start: Doubles, count: Longs, gap: float) -> Doubles:
        """Instants of `count` attempts after each start, slower with caution."""
        gaps = self.rng.exponential(gap * (1 + PACE * self.caution), count.sum())
        total = np.cumsum(gaps)
        before = np.r_[0.0, total][np.cumsum(count) - count]
        return np.repeat(start, count) + total - np.repeat(before, count)

    def resale(self, n: int) -> Ids:
        """Online merchants whose goods are easily sold on."""
        return self.people.resale(0, self.rng.random(n))


def carry_out(plan: CampaignPlan, s: Scene, method: int) -> PaymentRows:
    """The attempts as payments: what caution changes, and what the feed shows."""
    n, people = len(plan.at), s.people
    holder = people.card_holder[plan.card]
    online = people.merchants.is_online[plan.merchant]
    rows = blank(np.zeros(n, np.uint64))
    rows.paid_at = plan.at.astype(np.int32)
    rows.card, rows.merchant = plan.card, plan.merchant
    rows.amount = rows.charged = _amounts(plan, s, holder)
    in_shop = np.where(rows.amount <= CONTACTLESS_LIMIT, CONTACTLESS, CHIP)
    rows.channel = np.where(online, ONLINE, in_shop).astype(np.int8)
    rows.device = _devices(plan, s, online, method)
    rows.ip_country = _ip_country(s, holder, online)
    rows.address_match = _address_match(plan, s, holder, online)
    rows.ip_risk = _ip_risk(s, online)
    rows.random_key = s.rng.integers(0, 2**64, n, dtype=np.uint64)
    rows.method[:] = method
    campaign = (LONGEST_CAMPAIGN + s.day) * CAMPAIGNS_A_DAY + plan.campaign
    rows.campaign = (campaign + method * CAMPAIGNS_A_METHOD).astype(np.int32)
    return take(rows, plan.at < (s.day + LONGEST_CAMPAIGN) * DAY)


def _amounts(plan: CampaignPlan, s: Scene, holder: Ids) -> Floats:
    """Between the thief's wish and what the victim would spend there."""
    shops, n = s.people.merchants, len(holder)
    usual = shops.log_mean[plan.merchant] + s.people.log_spend[holder]
    usual = usual + shops.log_sd[plan.merchant] * s.rng.standard_normal(n)
    log_amount = (1 - s.caution) * plan.log_amount + s.caution * usual
    return cents(np.exp(log_amount).astype(np.float32))


def _devices(plan: CampaignPlan, s: Scene, online: Bools, method: int) -> Ids:
    """The thief's own device, hidden in a third of payments and more with caution."""
    n_holders = len(s.people.x)
    raw = n_holders * 16 + ((s.day + 400) * 8 + method) * 1_024 + plan.device % 1_024
    fresh = raw + 512 * s.rng.integers(1, 2**10, len(raw))
    own = np.where(s.rng.random(len(raw)) < 0.6 * s.caution, fresh, raw)
    hidden = s.rng.random(len(raw)) < 0.30 + 0.30 * s.caution
    return np.where(online & ~hidden, opaque_device(own), -1).astype(np.int32)


def _ip_country(s: Scene, holder: Ids, online: Bools) -> Codes:
    """From home through a proxy in half the cases, always when cautious."""
    n = len(holder)
    elsewhere = s.rng.integers(0, len(COUNTRIES), n)
    at_home = s.rng.random(n) < 0.5 + 0.5 * s.caution
    code = np.where(at_home, s.people.country[holder], elsewhere)
    lost = s.rng.random(n) < 0.02
    return np.where(online & ~lost, code, -1).astype(np.int8)


def _address_match(plan: CampaignPlan, s: Scene, holder: Ids, online: Bools) -> Floats:
    """Half the thieves know the address."""
    n = len(holder)
    knows = s.rng.random(n) < 0.5 + 0.3 * s.caution
    u = s.rng.random(n)
    match = np.where(knows, 1 - 0.3 * u * u, 0.1 + 0.5 * u)
    foreign = s.people.merchants.country[plan.merchant] != s.people.country[holder]
    return np.where(online & ~foreign, match, np.nan).astype(np.float32)


def _ip_risk(s: Scene, online: Bools) -> Floats:
    """The vendor's score on thieves: high when bold, as honest people's when not."""
    u = s.rng.random(len(online)).astype(np.float32)
    as_honest = s.rng.random(len(online)) < 0.25 + 0.6 * s.caution
    score = np.where(as_honest, honest_ip_risk(u), np.sqrt(u))
    return np.where(online, score, np.nan).astype(np.float32)


def stop_after_declines(
    rows: PaymentRows, declined: Bools, earlier: Longs | int = 0
) -> Bools:
    """Which attempts, in order of time, are still made: thieves give up.

    `earlier` are the declines that each attempt's campaign met on earlier days.
    """
    order = np.argsort(rows.campaign, kind="stable")
    hit, campaign = declined[order].astype(int), rows.campaign[order]
    before = np.cumsum(hit) - hit
    before -= before[np.searchsorted(campaign, campaign, side="left")]
    left = PATIENCE[rows.method] - earlier
    made = np.empty(len(rows), bool)
    made[order] = before < left[order]
    return made


@dataclass(slots=True)
class Underworld:
    """The thieves' side of a live run: plans, setbacks and what they learn."""

    half_life: float
    caution: dict[str, float]
    pending: PaymentRows
    setbacks: Counter[int] = field(default_factory=Counter)
    tried: Doubles = field(default_factory=lambda: np.zeros(len(METHODS)))
    declined: Doubles = field(default_factory=lambda: np.zeros(len(METHODS)))

    def due(self, day: int, fresh: PaymentRows, closed: Ids) -> PaymentRows:
        """Today's attempts, in order of time, on cards that are still open."""
        every = join([self.pending, fresh])
        given_up = self._earlier(every) >= PATIENCE[every.method]
        every = take(every, ~np.isin(every.card, closed) & ~given_up)
        now = every.paid_at < (day + 1) * DAY
        self.pending = take(every, ~now)
        return by_time(take(every, now))

    def made(self, rows: PaymentRows, declined: Bools) -> Bools:
        """(n,) whether each payment is still tried, given the day's declines."""
        at = np.flatnonzero(rows.campaign >= 0)
        planned = take(rows, at)
        still = stop_after_declines(planned, declined[at], self._earlier(planned))
        made = np.ones(len(rows), bool)
        made[at] = still
        self._learn(take(planned, still), declined[at][still])
        return made

    def _earlier(self, rows: PaymentRows) -> Longs:
        """Declines that each row's campaign has met so far."""
        return np.array([self.setbacks[c] for c in rows.campaign.tolist()], np.int64)

    def _learn(self, rows: PaymentRows, declined: Bools) -> None:
        """Count setbacks; move caution towards the share of attempts declined."""
        self.setbacks.update(rows.campaign[declined].tolist())
        n = len(METHODS)
        self.tried = MEMORY * self.tried + np.bincount(rows.method, minlength=n)
        hit = np.bincount(rows.method[declined], minlength=n)
        self.declined = MEMORY * self.declined + hit
        step = 1 - 0.5 ** (1 / self.half_life)
        for code, method in enumerate(METHODS):
            if self.tried[code] > 0.5:
                target = self.declined[code] / self.tried[code]
                self.caution[method] += step * (target - self.caution[method])
