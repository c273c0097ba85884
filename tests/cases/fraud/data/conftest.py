"""Payments that a reader might bring."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

Bring = Callable[..., Path]


def payments(n_days=60, per_day=40, start="2026-01-07"):
    """Payments drawn at random: 3 % fraud, reported two days later."""
    rng = np.random.default_rng(1)
    n = n_days * per_day
    fraud = rng.random(n) < 0.03
    seconds = np.sort(rng.integers(0, n_days * 86_400, n))
    at = pd.Timestamp(start) + pd.to_timedelta(seconds, unit="s")
    amount = np.where(fraud, rng.lognormal(5, 1, n), rng.lognormal(3, 1, n))
    return pd.DataFrame(
        {
            "payment_id": np.arange(n) + 1_000,
            "paid_at": at,
            "card_id": rng.integers(0, 150, n),
            "merchant_id": rng.integers(0, 30, n),
            "amount": amount.round(2),
            "is_fraud": fraud.astype(int),
            "reported_at": at + pd.Timedelta(days=2),
        }
    )


@pytest.fixture
def bring(tmp_path):
    """Write tables by name, and a mapping; the folder they lie in."""

    def write(mapping="", **tables):
        for name, frame in tables.items():
            frame.to_csv(tmp_path / f"{name}.csv", index=False)
        if mapping:
            (tmp_path / "columns.toml").write_text(mapping)
        return tmp_path

    return write
