"""Bring your own data: read payments from Parquet or CSV into a `History`."""

import tomllib
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..worlds.payments.records import History
from .brought import assemble
from .checks import OPTIONAL, REQUIRED, BadTable, check_columns, check_values
from .parsing import parse

MAPPING = "columns.toml"
DELAY_DAYS = 30  # taken where a fraud's report has no date, and said so


def read_tables(directory: Path | str) -> History:
    """Read a directory of tables, check every value, and build a history.

    The directory holds `payments.parquet` or `payments.csv` (or a folder
    `payments/` of Parquet files) with at least payment_id, paid_at, card_id,
    merchant_id and amount; and labels: a table `chargebacks` (payment_id,
    reported_at), or a column `is_fraud` in payments with, if known, `reported_at`.
    `cardholders`, `cards` and `merchants` are optional, and so are the other
    columns of `worlds.payments.schema`; what is absent is null.

    Times are timestamps (ISO in CSV) or whole seconds; integers from 10^9 on are
    seconds since 1970. Ids may be of any type. Names that differ are told in
    `columns.toml`, ours on the left; nothing is guessed from a name::

        [payments]
        file = "transactions.csv"
        payment_id = "TRANSACTION_ID"
        amount = "TX_AMOUNT"

        [labels]
        delay_days = 7   # is_fraud without reported_at becomes known so late

    Parameters
    ----------
    directory : path

    Returns
    -------
    History                   ids renumbered 0..n-1 where they are not integers;
                              day 0 is the last Wednesday before the first payment

    Raises
    ------
    FileNotFoundError         if there is no directory or no payments table
    BadTable                  (a ValueError) names table, column and row of a fault
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"no directory {folder}: give one with payments.csv or payments.parquet"
        )
    mapping = _mapping(folder)
    frames = {}
    for table in REQUIRED:
        frame = _load(folder, table, dict(mapping.get(table, {})))
        if frame is not None:
            check_columns(table, frame)
            frames[table] = parse(table, frame)
            check_values(table, frames[table])
    if "payments" not in frames:
        found = ", ".join(sorted(p.name for p in folder.iterdir())) or "nothing"
        raise FileNotFoundError(
            f"{folder} has no payments.parquet or payments.csv; it holds {found}. "
            f'Another name is told in {MAPPING}: [payments] file = "…"'
        )
    return assemble(frames, _delay(frames, mapping.get("labels", {})))


def _mapping(folder: Path) -> dict[str, dict[str, Any]]:
    """The reader's own names, if any; an unknown name of ours is an error."""
    path = folder / MAPPING
    if not path.exists():
        return {}
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadTable(f"{MAPPING} is not valid TOML: {error}") from None
    known = {t: {"file", *REQUIRED[t], *OPTIONAL[t]} for t in REQUIRED}
    known["labels"] = {"delay_days"}
    for table, names in told.items():
        if table not in known or not isinstance(names, dict):
            raise BadTable(f"{MAPPING}: no table {table!r}; ours are {sorted(known)}")
        extra = sorted(set(names) - known[table])
        if extra:
            raise BadTable(
                f"{MAPPING} [{table}]: {', '.join(extra)} is no column of ours; "
                f"write ours on the left, yours on the right. Ours: "
                f"{', '.join(sorted(known[table]))}"
            )
    return told


def _load(folder: Path, table: str, names: dict[str, str]) -> pd.DataFrame | None:
    """One table under our column names, None if there is no such file."""
    file = names.pop("file", None)
    choices = [file] if file else [f"{table}.parquet", f"{table}.csv", table]
    path = next((folder / c for c in choices if (folder / c).exists()), None)
    if path is None:
        if file:
            raise FileNotFoundError(f"{MAPPING} names {file}, which is not in {folder}")
        return None
    if path.suffix not in (".csv", ".parquet", ""):
        raise BadTable(f"{path.name}: give Parquet or CSV (pickles are never opened)")
    frame = _read(path)
    absent = sorted(set(names.values()) - set(frame.columns))
    if absent:
        raise BadTable(
            f"{MAPPING} [{table}] names {', '.join(absent)}, which {path.name} "
            f"lacks; it has {', '.join(map(str, frame.columns))}"
        )
    frame = frame.rename(columns={theirs: ours for ours, theirs in names.items()})
    ours = [*REQUIRED[table], *OPTIONAL[table]]
    return (
        frame[[c for c in frame.columns if c in ours]] if _any(frame, ours) else frame
    )


def _read(path: Path) -> pd.DataFrame:
    """A file as it is; one that is no table is told by its name."""
    try:
        if path.suffix != ".csv":
            return pq.read_table(path).to_pandas()
        frame = pd.read_csv(path)
    except (ValueError, pa.ArrowException) as error:  # pandas' errors are ValueErrors
        kind = "CSV in UTF-8" if path.suffix == ".csv" else "Parquet"
        raise BadTable(
            f"{path.name} cannot be read as {kind} ({str(error).strip()}). Save it "
            "again as Parquet, or as CSV with commas, one header line and UTF-8"
        ) from None
    if len(frame.columns) == 1 and (found := set(frame.columns[0]) & {";", "\t", "|"}):
        raise BadTable(
            f"{path.name} has one column only: its fields are separated by "
            f"{found.pop()!r}. Save it again with commas"
        )
    return frame


def _any(frame: pd.DataFrame, ours: list[str]) -> bool:
    """Whether any column is ours; if none is, the error should show them all."""
    return any(c in ours for c in frame.columns)


def _delay(frames: dict[str, pd.DataFrame], told: dict[str, Any]) -> float:
    """Days until an undated fraud is known: as told, else a typical chargeback's."""
    payments = frames["payments"]
    if "chargebacks" not in frames and "is_fraud" not in payments:
        raise BadTable(
            "there are no labels: bring chargebacks (payment_id, reported_at), or a "
            "column is_fraud in payments"
        )
    undated = "chargebacks" not in frames and "reported_at" not in payments
    days = told.get("delay_days")
    if days is None and undated:
        warnings.warn(
            f"is_fraud has no reported_at: taking each fraud as known {DELAY_DAYS} "
            f"days later. Set [labels] delay_days in {MAPPING}",
            stacklevel=3,
        )
    days = DELAY_DAYS if days is None else days
    if not isinstance(days, int | float) or isinstance(days, bool) or not days >= 0:
        raise BadTable(f"{MAPPING}: delay_days must be a number >= 0, got {days!r}")
    return float(days)
