"""Ways to steal. Each is a campaign: a plan of attempts, made when it starts.

A thief's `caution` (0 bold, 1 careful) moves the plan towards what honest people
do: usual amounts, a slower pace, a home address on the network, no shared device.
"""

import math

import numpy as np

from sevensteps.world import stream
from sevensteps.world.arrays import join

from .attempts import CampaignPlan, Scene, carry_out
from .honest import Today
from .rng import THEFT, Ids, Longs
from .rows import PaymentRows, blank, payment_ids
from .schema import BREACH_DAYS, DAY, EACH, LAST_DAY, METHODS, SHARE, PaymentsIncident

HOUR = 3_600.0
THIEF_ID = 1 << 23  # a day's numbers of attempts start here; honest ones at 0


def lost_stolen(s: Scene, n: int) -> CampaignPlan:
    """A found card: taps under the limit near its owner's home, then a large sum."""
    count = s.rng.integers(2, 7, n)
    card = np.repeat(s.cards(n), count)
    town = s.people.town[s.people.card_holder[card]]
    taps = s.rng.random(len(card)) < 0.65
    small, dear = s.rng.normal(3.4, 0.35, len(card)), s.rng.normal(5.2, 0.6, len(card))
    return CampaignPlan(
        at=s.paced(s.start(n), count, 0.7 * HOUR),
        card=card,
        merchant=s.people.in_town(town, s.rng.random(len(card))),
        log_amount=np.where(taps, small, dear),
        device=np.full(len(card), -1),
        campaign=np.repeat(np.arange(n), count),
    )


def breach(s: Scene, n: int) -> CampaignPlan:
    """Cards stolen from one online merchant, used weeks later: a common purchase."""
    return _breaches(s, n, payments_each("breach", s.rate), delay_days=14.0)


def _breaches(
    s: Scene, n_events: int, payments: float, delay_days: float
) -> CampaignPlan:
    victims = [_customers(s, int(payments / 2)) for _ in range(n_events)]
    cards = np.concatenate([np.empty(0, np.int32), *victims])
    count = s.rng.integers(1, 4, len(cards))
    start = (s.day + 2 + s.rng.exponential(delay_days, len(cards))) * DAY
    n = int(count.sum())
    return CampaignPlan(
        at=s.paced(start, count, 14 * HOUR),
        card=np.repeat(cards, count),
        merchant=s.resale(n),
        log_amount=s.rng.normal(4.9, 0.8, n),
        device=np.repeat(s.rng.integers(0, max(1, len(cards) // 3), len(cards)), count),
        campaign=np.repeat(np.arange(len(cards)), count),
    )


def _customers(s: Scene, n: int) -> Ids:
    """Cards of `n` people who return to one online merchant, large enough if any is."""
    holders = np.empty(0, np.int64)
    for merchant in s.people.online(0, s.rng.random(8)):
        more = np.flatnonzero((s.people.habits == merchant).any(axis=1))
        holders = more if len(more) > len(holders) else holders
        if len(holders) >= n:
            break
    cards = holders.astype(np.int32)  # a holder's first card has the holder's number
    return s.rng.permutation(cards)[:n]


def card_testing(s: Scene, n: int) -> CampaignPlan:
    """A bot tries stolen numbers with tiny sums; what works is cashed in later."""
    tests = _tests(s, s.rng.integers(8, 31, n))
    works = np.flatnonzero(s.rng.random(len(tests.card)) < 0.2)
    m = len(works)
    cash = CampaignPlan(
        at=tests.at[works] + DAY * s.rng.uniform(0.3, 4, m),
        card=tests.card[works],
        merchant=s.resale(m),
        log_amount=s.rng.normal(5.0, 0.7, m),
        device=500 + np.arange(m),
        campaign=n + np.arange(m),
    )
    return join([tests, cash])


def _tests(s: Scene, tried: Longs) -> CampaignPlan:
    """Each bot tries its numbers at one online shop."""
    n, total = len(tried), int(tried.sum())
    shop = s.people.online.ids
    return CampaignPlan(
        at=s.paced((s.day + s.rng.random(n)) * DAY, tried, 25.0),
        card=s.cards(total),
        merchant=np.repeat(shop[s.rng.integers(0, len(shop), n)], tried),
        log_amount=np.log(s.rng.uniform(0.5, 2.5, total)),
        device=np.repeat(np.arange(n), tried),
        campaign=np.repeat(np.arange(n), tried),
    )


def takeover(s: Scene, n: int) -> CampaignPlan:
    """Somebody else logs in, from a new device, and buys large."""
    count = s.rng.integers(1, 5, n)
    total = int(count.sum())
    return CampaignPlan(
        at=s.paced(s.start(n), count, 2 * HOUR),
        card=np.repeat(s.cards(n), count),
        merchant=s.resale(total),
        log_amount=s.rng.normal(5.5, 0.7, total),
        device=np.repeat(np.arange(n), count),
        campaign=np.repeat(np.arange(n), count),
    )


def ring(s: Scene, n: int) -> CampaignPlan:
    """A few devices, a dozen cards and two small merchants that are in on it."""
    count = s.rng.integers(12, 37, n)
    total, who = int(count.sum()), np.repeat(np.arange(n), count)
    members = s.cards(n * 12).reshape(n, 12)
    shop = s.people.online.ids
    small = shop[np.argsort(s.people.merchants.popularity[shop])[: len(shop) // 2]]
    mules = small[s.rng.integers(0, len(small), (n, 2))]
    return CampaignPlan(
        at=s.paced(s.start(n), count, 9 * HOUR),
        card=members[who, s.rng.integers(0, 12, total)],
        merchant=mules[who, s.rng.integers(0, 2, total)],
        log_amount=s.rng.normal(4.3, 0.5, total),
        device=who * 4 + s.rng.integers(0, 4, total),
        campaign=who,
    )


def new_method(s: Scene, n: int) -> CampaignPlan:
    """A card loaded into a stranger's phone: many taps under the limit, in shops."""
    count = s.rng.integers(5, 14, n)
    total = int(count.sum())
    card = np.repeat(s.cards(n), count)
    country = s.people.country[s.people.card_holder[card]].astype(int)
    return CampaignPlan(
        at=s.paced(s.start(n), count, 2.5 * HOUR),
        card=card,
        merchant=s.people.in_country(country, s.rng.random(total)),
        log_amount=np.log(s.rng.uniform(20, 49, total)),
        device=np.full(total, -1),
        campaign=np.repeat(np.arange(n), count),
    )


PLANNERS = {
    METHODS.index(plan.__name__): plan
    for plan in (lost_stolen, breach, card_testing, takeover, ring, new_method)
}


def payments_each(method: str, rate: float) -> float:
    """Stolen payments per campaign of a method that steals `rate` payments a day."""
    return max(20.0, BREACH_DAYS * rate) if method == "breach" else EACH[method]


def campaigns(now: Today, rate: float, caution: dict[str, float]) -> PaymentRows:
    """All attempts of campaigns that start on a day; times may lie weeks ahead."""
    path = now.people.seed, THEFT, now.future, now.day + 1_000
    counts = stream(*path)
    parts = [blank(np.empty(0, np.uint64))]
    for code, plan_of in PLANNERS.items():
        method = METHODS[code]
        ours = rate * (SHARE[method] + _surge(method, now))
        n = int(counts.poisson(ours / payments_each(method, ours)))
        struck = [i for i in now.under_way(method) if i.start_day == now.day]
        if n or struck:
            scene = Scene(
                stream(*path, code), now.people, now.day, ours, caution[method]
            )
            plan = _with_incidents(plan_of(scene, n), scene, rate, struck)
            parts.append(carry_out(plan, scene, code))
    rows = join(parts)
    numbers = THIEF_ID + np.arange(len(rows))
    # campaigns older than the world borrow the days that no world reaches
    rows.payment_id = payment_ids(now.future, now.day % (LAST_DAY + 100), numbers)
    return rows


def _surge(method: str, now: Today) -> float:
    """Extra share of theft while a new method spreads."""
    if method != "new_method":
        return 0.0
    return math.fsum(0.5 * i.size for i in now.under_way(method))


def _with_incidents(
    plan: CampaignPlan, s: Scene, rate: float, struck: list[PaymentsIncident]
) -> CampaignPlan:
    """The injected breaches: one merchant each, twenty days' worth of all theft."""
    for incident in struck:
        if incident.kind == "breach":
            payments = max(20.0, BREACH_DAYS * rate * incident.size)
            extra = _breaches(s, 1, payments, delay_days=6.0)
            extra.campaign += 50_000
            plan = join([plan, extra])
    return plan
