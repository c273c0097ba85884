"""What a click is worth by who comes back tomorrow: no survey, the log alone."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression

from .items import Events, Floats
from .ranking import Value

WARM_UP = 7  # days by which a user's own habit is told


def value_of_returns(events: Events, n_users: int) -> Value:
    """Weights of clicks, shares watched and likes by what they do to a return.

    A logistic regression over (user, day) of a visit on the next day on what the visit
    held. How often the user has come so far and how many pages were asked for stand
    beside it: who likes much comes often anyway, and that is not what a like *does*.
    The weights are log-odds, an association and no experiment.

    Raises
    ------
    ValueError
        if the log is too short to hold habits and returns
    """
    days = int(events.day.max()) + 1
    if days < WARM_UP + 3:
        raise ValueError(f"returns need a log of {WARM_UP + 3} days; got {days}")
    cell = events.user.astype(np.int64) * days + events.day
    shape = (n_users, days)

    def total(amount: Floats) -> Floats:
        return np.bincount(cell, amount, n_users * days).astype("f4").reshape(shape)

    hit = events.clicked.astype(np.float32)
    ones = np.ones(len(events), np.float32)
    held = [hit, events.share * hit, events.liked.astype(np.float32), ones]
    sums = [total(amount) for amount in held]
    came = sums[-1] > 0
    user, day = np.nonzero(came[:, WARM_UP:-1])
    day += WARM_UP
    habit = np.cumsum(came, axis=1)[user, day - 1] / day
    told = np.column_stack([*(each[user, day] for each in sums), habit])
    fitted = LogisticRegression(C=1e6, max_iter=500)
    base, share, like, *_ = fitted.fit(told, came[user, day + 1]).coef_[0]
    return Value(float(base), float(share), float(like))
