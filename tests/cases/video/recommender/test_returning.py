"""What a return is worth: found where it was planted, refused where it cannot be."""

import numpy as np
import pytest

from sevensteps.cases.video.recommender.items import Events
from sevensteps.cases.video.recommender.returning import value_of_returns


def log(days=30, users=800, seed=0):
    """People who come back for what they watched, not for what they clicked."""
    rng, parts = np.random.default_rng(seed), []
    mood = np.zeros(users)
    for day in range(days):
        came = np.flatnonzero(rng.random(users) < 1 / (1 + np.exp(0.5 - 2 * mood)))
        share = rng.random(len(came)).astype(np.float32)
        mood[:] = 0
        mood[came] = share - 0.5
        parts.append((came, np.full(len(came), day), share))
    user, day, share = (np.concatenate(p) for p in zip(*parts, strict=True))
    n, none = len(user), np.zeros(len(user), bool)
    return Events(
        user=user.astype(np.int32),
        item=np.zeros(n, np.int32),
        day=day.astype(np.int32),
        position=np.zeros(n, np.int8),
        explored=none,
        clicked=~none,
        liked=rng.random(n) < 0.1,
        subscribed=none,
        share=share,
        stars=np.zeros(n, np.int8),
    )


def test_what_was_planted_is_found():
    value = value_of_returns(log(), 800)
    assert value.share == pytest.approx(2, abs=0.5)
    assert abs(value.like) < 0.3


def test_a_short_log_is_refused():
    with pytest.raises(ValueError, match="10 days; got 6"):
        value_of_returns(log(days=6), 800)
