"""Bring your own data: read payments from Parquet or CSV into a `History`."""

import warnings
from pathlib import Path
from typing import Any

import pandas as pd

from sevensteps.cases.fraud.world.records import History
from sevensteps.data.checks import BadTable
from sevensteps.data.loading import MAPPING, load

from .brought import assemble
from .spec import PAYMENTS

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
    frames, mapping = load(PAYMENTS, directory)
    return assemble(frames, _delay(frames, mapping.get("labels", {})))


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
