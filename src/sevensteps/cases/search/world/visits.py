"""Who comes on a day, with which need, and in which words."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sevensteps.world import uniforms, unit_streams
from sevensteps.world.arrays import take

from .records import DAY, SEASONS, Draws, Flags, Ids, SearchIncident, SearchRequests
from .state import ShopRules, ShopState
from .texts import FORMS, SLIPS, QueryTable

FIRST_DAY_OF_YEAR = 60  # day 0 is the first of March
RATE = 0.17  # visits a day of an average shopper in an average mood
CHEERS = 0.6  # a good mood brings people back
TWICE = 0.25  # of visits have two needs
TRIES_AGAIN = 0.5  # of those not satisfied
FAD_DEMAND = 8.0  # times the usual on top of it, for needs that name the brand
MISTYPED = 0.13  # of searches
_FORM_SHARES = np.array((0.55, 0.25, 0.13, 0.07))
SHARES = np.append((1 - MISTYPED) * _FORM_SHARES, np.full(SLIPS, MISTYPED / SLIPS))
_PEAKS = {"spring": 105, "summer": 190, "autumn": 285, "winter": 15, "gifts": 345}
_WIDTH = 35.0  # days
_EARLY = 60
_HOURLY = np.array(
    (3, 2, 1, 1, 1, 2, 4, 6, 7, 8, 8, 8, 9, 9, 8, 8, 9, 10, 12, 14, 15, 13, 9, 5), float
)
_MINUTE = 60
SHOPPERS_ROOM = 2**28  # ids of shoppers fit into it


@dataclass(frozen=True, slots=True)
class Wave:
    """Searches of a day that come in together; (n,) arrays.

    `session` holds random keys, of what each session has in mind.
    """

    requests: SearchRequests
    need: Ids
    form: Ids
    session: NDArray[np.uint64]

    @property
    def search(self) -> NDArray[np.uint64]:
        """(n,) random keys, of how each search goes."""
        key = unit_streams(self.requests.search_id, seed=0, future=0, day=0)
        return key ^ self.session


def seasonal(day: int, incidents: tuple[SearchIncident, ...]) -> NDArray[np.float64]:
    """(seasons,) how much more or less each is asked for on a day."""
    sizes = (i.size for i in incidents if i.kind == "early_season" and i.on(day))
    early, factor = {"summer": round(_EARLY * math.fsum(sizes))}, [1.0]
    for name in SEASONS[1:]:
        today = FIRST_DAY_OF_YEAR + day + early.get(name, 0)
        away = abs((today - _PEAKS[name] + 182) % 365 - 182)
        factor.append(0.35 + 2.5 * np.exp(-0.5 * (away / _WIDTH) ** 2))
    return np.array(factor)


def demand(rules: ShopRules, day: int) -> NDArray[np.float64]:
    """(needs,) cumulated chances of being what a session is about."""
    needs = rules.needs
    weight = needs.weight * seasonal(day, rules.incidents)[needs.season]
    weight *= rules.asked.form[:, 0] >= 0
    for fad in rules.on("fad", day):
        weight *= 1 + FAD_DEMAND * fad.size * (needs.brand == fad.brand)
    upto = np.cumsum(weight)
    return np.asarray(upto / upto[-1])


def first_wave(rules: ShopRules, state: ShopState, day: int, future: int) -> Wave:
    """The first searches of all of a day's sessions, in order of time."""
    who, session_id = _sessions(rules, state, day, future)
    session = unit_streams(session_id, seed=rules.seed, future=future, day=day)
    at = day * DAY + _seconds(uniforms(session, 0, Draws.WHEN))
    order = np.lexsort((session_id, at))
    who, session_id, session = who[order], session_id[order], session[order]
    # One uniform is too coarse for the tail of a million needs.
    u = uniforms(session[:, None], np.arange(2), Draws.NEED).astype(np.float64)
    need = _drawn(demand(rules, day), u @ np.array((1, 2.0**-24)))
    form = _drawn(np.cumsum(SHARES), uniforms(session, 0, Draws.FORM))
    requests = SearchRequests(
        search_id=session_id * 4,  # room for the attempts
        session_id=session_id,
        shopper_id=who.astype(np.int32),
        at=at[order].astype(np.int32),
        device=state.shoppers.device[who],
        query_id=rules.asked.form[need, form],
        attempt=np.zeros(len(who), np.int8),
    )
    return Wave(requests, need, form, session)


def _sessions(
    rules: ShopRules, state: ShopState, day: int, future: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(n,) who has a session, and its id; some have two."""
    ids = np.arange(len(state.shoppers), dtype=np.int64)
    random_key = unit_streams(ids, seed=rules.seed, future=future, day=day)
    rate = RATE * state.shoppers.eager * np.exp(CHEERS * state.mood)
    comes = uniforms(random_key, 0, Draws.VISIT) < -np.expm1(-rate)
    twice = comes & (uniforms(random_key, 0, Draws.SESSIONS) < TWICE)
    who = np.concatenate([ids[comes], ids[twice]])
    second = np.arange(len(who)) >= comes.sum()
    return who, (np.int64(day) * SHOPPERS_ROOM + who) * 2 + second


def _drawn(upto: NDArray[np.float64], u: NDArray[np.floating]) -> Ids:
    """(n,) what each uniform falls on, by cumulated chances."""
    return np.searchsorted(upto, u, "right").clip(max=len(upto) - 1).astype(np.int32)


def _seconds(u: NDArray[np.floating]) -> NDArray[np.int32]:
    """Seconds of the day, by the hours at which people shop."""
    upto = np.cumsum([0, *_HOURLY])
    hours = np.interp(u, upto / upto[-1], np.arange(25))
    return np.minimum(hours * 3_600, DAY - 10 * _MINUTE).astype(np.int32)


def next_wave(wave: Wave, satisfied: Flags, asked: QueryTable) -> Wave:
    """Those who were not satisfied and try again, in other words, a minute later."""
    again = uniforms(wave.search, 0, Draws.RETRY) < TRIES_AGAIN
    rows = np.flatnonzero(~satisfied & again)
    form = wave.form[rows]
    form = np.where(form < FORMS, (form + 1) % FORMS, 0).astype(np.int32)
    need, old = wave.need[rows], take(wave.requests, rows)
    requests = replace(
        old,
        search_id=old.search_id + 1,
        at=old.at + _MINUTE,
        query_id=asked.form[need, form],
        attempt=old.attempt + np.int8(1),
    )
    return Wave(requests, need, form, wave.session[rows])
