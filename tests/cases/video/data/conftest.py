"""Logs that a reader might bring."""

import numpy as np
import pandas as pd
import pytest


def tastes(n=12_000, seed=1):
    """300 users, each with one of three tastes and 100 items for it, over 40 days."""
    rng = np.random.default_rng(seed)
    user = rng.integers(300, size=n)
    item = (user % 3) * 100 + (100 * rng.random(n) ** 2).astype(int)
    return dated(user, item, rng)


def noise(n=12_000, seed=2):
    rng = np.random.default_rng(seed)
    return dated(rng.integers(300, size=n), rng.integers(300, size=n), rng)


def dated(user, item, rng):
    days = pd.to_timedelta(np.sort(rng.random(len(user))) * 40, "D")
    at = pd.Timestamp("2024-01-01") + days
    return pd.DataFrame({"user_id": user, "video_id": item, "at": at})


@pytest.fixture
def bring(tmp_path):

    def write(**tables):
        for name, frame in tables.items():
            frame.to_csv(tmp_path / f"{name}.csv", index=False)
        return tmp_path

    return write
