"""Cardholders, cards, merchants and the habits that join them: drawn once a world."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from sevensteps.world import stream

from . import schema
from .rng import PEOPLE, Bools, Codes, Doubles, Floats, Ids, Longs

N_HABITS = 16  # merchants that a cardholder returns to
_HABIT_WEIGHT = 1 / (np.arange(N_HABITS) + 1.5)  # the first habits more often
SLOTS = np.searchsorted(  # 256 equally likely entries -> habit
    np.cumsum(_HABIT_WEIGHT) / _HABIT_WEIGHT.sum(), (np.arange(256) + 0.5) / 256
).astype(np.uint8)

_HOME_TOWNS, _AWAY_TOWNS = 40, 6


@dataclass(frozen=True, slots=True)
class Merchants:
    """One row per merchant; money in log-euros, places in km."""

    category: Codes
    country: Codes
    town: Ids  # -1 online
    x: Floats
    y: Floats
    is_online: Bools
    opened_day: Ids
    popularity: Doubles
    log_mean: Floats
    log_sd: Floats


@dataclass(frozen=True, slots=True)
class Draw:
    """Draws merchants in proportion to popularity from one group of many."""

    ids: Ids
    cumulated: Doubles
    start: Longs

    def __call__(self, group: Longs | int, u: Doubles) -> Ids:
        """Merchant ids, one per `u` in [0, 1), each from its `group`."""
        low = self.cumulated[self.start[group]]
        high = self.cumulated[self.start[np.asarray(group) + 1]]
        at = np.searchsorted(self.cumulated, low + u * (high - low), side="right") - 1
        return self.ids[np.minimum(at, len(self.ids) - 1)]


@dataclass(frozen=True, slots=True)
class People:
    """Cardholders and cards; arrays by cardholder unless named `card_…`."""

    size: schema.PaymentsSize
    seed: int
    country: Codes
    town: Longs
    x: Floats
    y: Floats
    opened_day: Ids
    income: Floats
    declared_income: Floats
    log_spend: Floats
    hides_device: Bools
    disputes: Bools  # given to friendly fraud
    phone_phase: Ids
    phone_life: Ids
    habits: Ids  # (n, N_HABITS) merchant ids
    card_holder: Ids
    card_lookup: Ids  # 2**k entries, cards in proportion to activity
    merchants: Merchants
    in_town: Draw  # physical merchants by town
    in_country: Draw  # physical merchants by country
    online: Draw  # online merchants, one group
    resale: Draw  # online merchants whose goods are easily sold on


def draw_people(size: schema.PaymentsSize, seed: int) -> People:
    """The population of a world, a pure function of its size and seed."""
    rng = stream(seed, PEOPLE)
    n, towns = size.n_cardholders, _towns(rng)
    merchants = _merchants(rng, size.n_merchants, towns)
    home = _home_towns(rng, n)
    town_country, town_x, town_y = towns
    income, declared = _incomes(rng, n)
    draws = _draws(merchants, len(town_country))
    card_holder, card_lookup = _cards(rng, n)
    return People(
        size=size,
        seed=seed,
        country=town_country[home].astype(np.int8),
        town=home,
        x=(town_x[home] + rng.normal(0, 6, n)).astype(np.float32),
        y=(town_y[home] + rng.normal(0, 6, n)).astype(np.float32),
        opened_day=(-rng.exponential(900, n)).astype(np.int32),
        income=income,
        declared_income=declared,
        log_spend=(0.35 * (np.log(income) - 7.7) + rng.normal(0, 0.2, n)).astype("f4"),
        hides_device=rng.random(n) < 0.06,
        disputes=rng.random(n) < 0.04,
        phone_phase=rng.integers(0, 2_000, n).astype(np.int32),
        phone_life=rng.integers(400, 1_100, n).astype(np.int32),
        habits=_habits(rng, home, draws["in_town"], draws["online"]),
        card_holder=card_holder,
        card_lookup=card_lookup,
        merchants=merchants,
        **draws,
    )


def _incomes(rng: Generator, n: int) -> tuple[Floats, Floats]:
    """Monthly incomes, and what is declared of them: the rich stay silent."""
    income = np.exp(rng.normal(7.7, 0.5, n)).astype(np.float32)
    silent = rng.random(n) < 1 / (1 + np.exp(-(np.log(income) - 8.1) * 3))
    return income, np.where(silent, np.nan, income.round(-2)).astype(np.float32)


def _towns(rng: Generator) -> tuple[Longs, ...]:
    """Country and place of each town: forty at home, six in each other country."""
    n_away = len(schema.COUNTRIES) - 1
    country = np.repeat(
        np.arange(len(schema.COUNTRIES)), [_HOME_TOWNS] + [_AWAY_TOWNS] * n_away
    )
    angle = rng.uniform(0, 2 * np.pi, len(country))
    radius = 300 * np.sqrt(rng.random(len(country)))
    far = np.r_[0, np.geomspace(700, 8_000, n_away)][country]
    bearing = np.r_[0, rng.uniform(0, 2 * np.pi, n_away)][country]
    x = far * np.cos(bearing) + radius * np.cos(angle)
    y = far * np.sin(bearing) + radius * np.sin(angle)
    return country, x, y


def _home_towns(rng: Generator, n: int) -> Longs:
    """96 % live at home, in towns whose sizes fall as 1/rank; 4 % abroad."""
    share = 1 / np.arange(1, _HOME_TOWNS + 1)
    town = rng.choice(_HOME_TOWNS, n, p=share / share.sum())
    abroad = rng.random(n) < 0.04
    n_away = _AWAY_TOWNS * (len(schema.COUNTRIES) - 1)
    return np.where(abroad, _HOME_TOWNS + rng.integers(0, n_away, n), town)


def _merchants(rng: Generator, n: int, towns: tuple[Longs, ...]) -> Merchants:
    """Heavy-tailed merchants: 70 % at home, online or in a town."""
    category = rng.choice(
        len(schema.CATEGORIES), n, p=schema.MERCHANT_SHARE / schema.MERCHANT_SHARE.sum()
    )
    category[: 2 * len(schema.CATEGORIES)] = np.tile(
        np.arange(len(schema.CATEGORIES)), 2
    )
    is_online = rng.random(n) < schema.ONLINE_SHARE[category]
    town_country, town_x, town_y = towns
    weight = np.where(town_country == 0, 0.70 / _HOME_TOWNS, 0.30 / (11 * _AWAY_TOWNS))
    town = rng.choice(len(town_country), n, p=weight / weight.sum())
    place = np.where(is_online, np.nan, 1.0)
    return Merchants(
        category=category.astype(np.int8),
        country=town_country[town].astype(np.int8),
        town=np.where(is_online, -1, town).astype(np.int32),
        x=(place * (town_x[town] + rng.normal(0, 5, n))).astype(np.float32),
        y=(place * (town_y[town] + rng.normal(0, 5, n))).astype(np.float32),
        is_online=is_online,
        opened_day=(-rng.exponential(1_200, n)).astype(np.int32),
        popularity=rng.pareto(1.1, n) + 0.02,
        log_mean=(schema.LOG_MEAN[category] + rng.normal(0, 0.3, n)).astype(np.float32),
        log_sd=schema.LOG_SD[category].astype(np.float32),
    )


def _draws(merchants: Merchants, n_towns: int) -> dict[str, Draw]:
    """Shops by town and by country; online ones, and those that thieves prefer."""
    shops = np.flatnonzero(~merchants.is_online)
    online = np.flatnonzero(merchants.is_online)
    wanted = [schema.CATEGORIES.index(name) for name in schema.RESALE]
    resale = online[np.isin(merchants.category[online], wanted)]
    one_group = np.zeros(len(merchants.town), int)
    return {
        "in_town": _draw(merchants, shops, merchants.town, n_towns),
        "in_country": _draw(merchants, shops, merchants.country, len(schema.COUNTRIES)),
        "online": _draw(merchants, online, one_group, 1),
        "resale": _draw(merchants, resale, one_group, 1),
    }


def _draw(merchants: Merchants, ids: Longs, group_of: NDArray[Any], n: int) -> Draw:
    """Cumulate popularity by group; an empty group borrows its neighbour's."""
    ids = ids[np.argsort(group_of[ids], kind="stable")]
    cumulated = np.r_[0.0, np.cumsum(merchants.popularity[ids])]
    start = np.searchsorted(group_of[ids], np.arange(n + 1))
    start[-1] = len(ids)
    return Draw(ids.astype(np.int32), cumulated, start)


def _habits(rng: Generator, home: Longs, in_town: Draw, online: Draw) -> Ids:
    """Sixteen merchants each: local ones, and online ones by the holder's mix."""
    shape = (len(home), N_HABITS)
    p_online = rng.beta(2.5, 5.0, len(home))
    near = in_town(np.repeat(home, N_HABITS), rng.random(shape[0] * N_HABITS))
    far = online(0, rng.random(shape[0] * N_HABITS))
    is_online = rng.random(shape) < p_online[:, None]
    return np.where(is_online, far.reshape(shape), near.reshape(shape))


def _cards(rng: Generator, n: int) -> tuple[Ids, Ids]:
    """One card each and a second for a fifth, with a table to draw them by activity."""
    second = np.flatnonzero(rng.random(n) < 0.2)
    holder = np.r_[np.arange(n), second].astype(np.int32)
    activity = rng.lognormal(0, 0.8, n)[holder]
    activity[n:] *= 0.5
    entries = 1 << max(14, int(np.ceil(np.log2(16 * len(holder)))))
    edges = np.round(np.cumsum(activity) / activity.sum() * entries).astype(int)
    lookup = np.repeat(np.arange(len(holder)), np.diff(np.r_[0, edges]))
    return holder, lookup.astype(np.int32)
