"""Checks of tables that a reader brings: every fault by table, column and row."""

from collections.abc import Iterable

import pandas as pd
import pandera.pandas as pa

from ..worlds.payments.schema import ACTIONS, CATEGORIES, CHANNELS

SHOWN = 10  # faults named in one message
REQUIRED = {
    "payments": ("payment_id", "paid_at", "card_id", "merchant_id", "amount"),
    "cardholders": ("cardholder_id",),
    "cards": ("card_id", "cardholder_id"),
    "merchants": ("merchant_id",),
    "chargebacks": ("payment_id", "reported_at"),
}
OPTIONAL = {
    "payments": (
        "cardholder_id",
        "device_id",
        "channel",
        "country",
        "ip_country",
        "address_match",
        "ip_risk",
        "action",
        "is_fraud",
        "reported_at",
    ),
    "cardholders": ("country", "home_x", "home_y", "opened_at", "declared_income"),
    "cards": (),
    "merchants": ("category", "country", "x", "y", "is_online", "opened_at"),
    "chargebacks": (),
}
NUMBERS = frozenset(
    [
        *("amount", "address_match", "ip_risk", "declared_income"),
        *("home_x", "home_y", "x", "y"),
    ]
)
TIMES = frozenset(["paid_at", "reported_at", "opened_at"])
FLAGS = frozenset(("is_fraud", "is_online"))


class BadTable(ValueError):
    """A table that cannot be used; the message names table, column and row."""


def faults(table: str, column: str, rows: Iterable[tuple[int, str]]) -> BadTable:
    """An error that names the first faulty rows, counted from 1 below the header."""
    named = list(rows)
    lines = [f"{table}.{column} has impossible values (rows count without the header)"]
    lines += [f"  row {row + 1}: {why}" for row, why in named[:SHOWN]]
    if len(named) > SHOWN:
        lines.append(f"  … and {len(named) - SHOWN:,} more")
    lines.append("Correct these rows, or leave them out, and run it again.")
    return BadTable("\n".join(lines))


def _one_of(values: tuple[str, ...]) -> pa.Column:
    check = pa.Check.isin(values, error=f"must be one of {', '.join(values)}")
    return pa.Column(checks=check, nullable=True, required=False)


def _within(low: float, high: float) -> pa.Column:
    check = pa.Check.in_range(low, high, error=f"must lie in [{low:g}, {high:g}]")
    return pa.Column(float, check, nullable=True, required=False)


def _finite(nullable: bool = True, positive: bool = False) -> pa.Column:
    limit = pa.Check.in_range(
        0 if positive else -1e12,
        1e12,
        error="must be at least 0 and finite" if positive else "must be finite",
    )
    return pa.Column(float, limit, nullable=nullable, required=False)


def _key(unique: bool = False) -> pa.Column:
    return pa.Column(nullable=False, unique=unique)


SCHEMAS = {
    "payments": pa.DataFrameSchema(
        {
            "payment_id": _key(unique=True),
            "paid_at": pa.Column(nullable=False),
            "card_id": _key(),
            "merchant_id": _key(),
            "amount": _finite(nullable=False, positive=True),
            "channel": _one_of(CHANNELS),
            "action": _one_of(ACTIONS),
            "address_match": _within(0, 1),
            "ip_risk": _within(0, 1),
        }
    ),
    "cardholders": pa.DataFrameSchema(
        {
            "cardholder_id": _key(unique=True),
            "home_x": _finite(),
            "home_y": _finite(),
            "declared_income": _finite(positive=True),
        }
    ),
    "cards": pa.DataFrameSchema(
        {"card_id": _key(unique=True), "cardholder_id": _key()}
    ),
    "merchants": pa.DataFrameSchema(
        {
            "merchant_id": _key(unique=True),
            "category": _one_of(CATEGORIES),
            "x": _finite(),
            "y": _finite(),
        }
    ),
    "chargebacks": pa.DataFrameSchema(
        {"payment_id": _key(unique=True), "reported_at": pa.Column(nullable=False)}
    ),
}


def check_columns(table: str, frame: pd.DataFrame) -> None:
    """Raise if a required column is missing, and say how to name it."""
    missing = [c for c in REQUIRED[table] if c not in frame]
    if missing:
        example = "\n".join(f'  {c} = "name in your file"' for c in missing)
        raise BadTable(
            f"{table} lacks {', '.join(missing)}; it has {', '.join(frame.columns)}.\n"
            f"If they go by other names, write a columns.toml beside the file:\n"
            f"  [{table}]\n{example}"
        )
    if frame.empty and table == "payments":
        raise BadTable("payments has no rows")


def check_values(table: str, frame: pd.DataFrame) -> None:
    """Raise on the first column with an impossible value, naming its rows."""
    try:
        SCHEMAS[table].validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        column = cases["column"].iloc[0]
        mine = cases[cases["column"] == column]
        rows = zip(mine["index"], mine["failure_case"], mine["check"], strict=True)
        told = sorted((int(i), _why(value, check)) for i, value, check in rows)
        raise faults(table, column, told) from None


def _why(value: object, check: str) -> str:
    """A failed check of Pandera's, as a reader would say it."""
    if check == "not_nullable":
        return "is missing"
    return f"{value!r} {'occurs twice' if check == 'field_uniqueness' else check}"
