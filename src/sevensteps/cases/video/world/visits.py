"""Who comes on a day, when, and for how many pages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from sevensteps.world.arrays import within
from sevensteps.world.streams import uniforms

from .people import Users
from .records import Floats, PageRequests
from .rng import PAGES, VISIT, WHEN
from .schema import DAY, MOST_PAGES

RETURNS = 0.5  # log-odds of a visit for one unit of remembered satisfaction
WEEKEND = 0.2  # log-odds of a visit on a Saturday or Sunday
HOURLY = np.repeat((5, 2, 4, 8, 9, 10, 15, 10), 3)  # visits by local hour, relative
AHEAD = np.array((-6, -6, 5, -3, 1, 0))  # hours before the world's clock, by country


def pages(
    users: Users, mood: Floats, random_key: NDArray[np.uint64], day: int
) -> tuple[PageRequests, NDArray[np.uint64]]:
    """Who comes, when, and for how many pages; with the random key of each page."""
    weekend = WEEKEND * (day % 7 >= 5)
    chance = expit(users.habit + RETURNS * mood + np.float32(weekend))
    user = np.flatnonzero(uniforms(random_key, 0, VISIT) < chance).astype(np.int32)
    eager = -np.log(np.maximum(uniforms(random_key[user], 0, PAGES), 1e-7))
    n = 1 + np.minimum(eager * users.patience[user], MOST_PAGES - 1).astype(int)
    page = within(n)
    user = np.repeat(user, n)
    begun = _begun(uniforms(random_key[user], 0, WHEN), users.country[user])
    at = (day * DAY + begun + 600 * page).astype(np.int32)
    key = random_key[user] ^ (page.astype(np.uint64) << np.uint64(57))
    order = np.lexsort((user, at))
    number = (user.astype(np.int64) * 4_096 + day) * MOST_PAGES + page
    return PageRequests(
        number[order], user[order], at[order], page[order].astype(np.int8)
    ), key[order]


def _begun(u: Floats, country: NDArray[np.int8]) -> NDArray[np.float64]:
    """Seconds into the day, by the clock of each one's country."""
    upto = np.concatenate([[0.0], np.cumsum(HOURLY)])
    local = np.interp(u, upto / upto[-1], np.arange(25))
    seconds = (local - AHEAD[country]) % 24 * 3_600
    return np.asarray(np.minimum(seconds, DAY - 600 * MOST_PAGES))
