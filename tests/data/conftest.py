"""A small schema, a table of it, and a folder to bring it in."""

import numpy as np
import pandas as pd
import pytest

from sevensteps.data import Column, DataSchema, load

SCHEMA = DataSchema(
    main="sales",
    clock="sold_at",
    tables={
        "sales": {
            "sale_id": Column("id", required=True, unique=True),
            "sold_at": Column("time", required=True),
            "shop": Column("id", required=True),
            "price": Column("number", required=True, low=0, high=1e8),
            "device": Column("id"),
            "country": Column("category"),
            "way": Column("category", choices=("cash", "card")),
            "returned": Column("flag", complete=True),
            "told_at": Column("time"),
        },
        "shops": {"shop": Column("id", required=True, unique=True)},
    },
    settings={"labels": {"delay": (0, 2_000)}},
)
ROWS = 600


def sales():
    rng = np.random.default_rng(1)
    sold = np.sort(rng.integers(0, 60 * 86_400, ROWS))
    return pd.DataFrame(
        {
            "sale_id": np.arange(ROWS) + 1_000,
            "sold_at": pd.Timestamp("2026-01-07") + pd.to_timedelta(sold, unit="s"),
            "shop": rng.integers(0, 40, ROWS),
            "price": rng.lognormal(3, 1, ROWS).round(2),
            "returned": (rng.random(ROWS) < 0.1).astype(int),
        }
    )


@pytest.fixture
def reading(tmp_path):
    def read(files, mapping=None):
        if isinstance(files, pd.DataFrame):
            files = {"sales.csv": files}
        if mapping is not None:
            files = files | {"columns.toml": mapping}
        for name, what in files.items():
            path = tmp_path / name
            if isinstance(what, str | bytes):
                path.write_bytes(what if isinstance(what, bytes) else what.encode())
            elif name.endswith(".parquet"):
                what.to_parquet(path)
            else:
                what.to_csv(path, index=False)
        return load(SCHEMA, tmp_path)

    return read
