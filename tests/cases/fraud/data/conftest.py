"""Payments that a reader might bring."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest


def payments(n_days=60, per_day=40, start="2026-01-07"):
    """Payments drawn at random: 3 % fraud, reported two days later."""
    rng = np.random.default_rng(1)
    n = n_days * per_day
    fraud = rng.random(n) < 0.03
    seconds = np.sort(rng.integers(0, n_days * 86_400, n))
    at = pd.Timestamp(start) + pd.to_timedelta(seconds, unit="s")
    amount = np.where(fraud, rng.lognormal(5, 1, n), rng.lognormal(3, 1, n))
    columns = {
        "payment_id": np.arange(n) + 1_000,
        "paid_at": at,
        "card_id": rng.integers(0, 150, n),
        "merchant_id": rng.integers(0, 30, n),
        "amount": amount.round(2),
        "is_fraud": fraud.astype(int),
        "reported_at": at + pd.Timedelta(days=2),
    }
    return pd.DataFrame(columns)


@pytest.fixture
def bring(tmp_path):
    """Write tables by name, and a mapping; the folder they lie in."""

    def write(mapping="", **tables):
        for name, table in tables.items():
            pd.DataFrame(table).to_csv(tmp_path / f"{name}.csv", index=False)
        if mapping:
            (tmp_path / "columns.toml").write_text(mapping)
        return tmp_path

    return write


@pytest.fixture
def written(tmp_path):
    """Writes a world's history as a company might keep it; the folder it lies in."""

    def write(history):
        for name in ("payments", "cardholders", "cards", "merchants", "chargebacks"):
            pq.write_table(getattr(history, name), tmp_path / f"{name}.parquet")
        return tmp_path

    return write
