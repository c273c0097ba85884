"""All features of a history at once, on DuckDB."""

import tempfile
from collections.abc import Sequence
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sevensteps.cases.fraud.world import History
from sevensteps.cases.fraud.world.schema import PAYMENTS

from . import pipeline
from .names import FEATURES, MONTH
from .nightly import LABELS, Labels

MEMORY = "2GB"  # DuckDB spills beyond it; the tables themselves come on top
_COLUMNS = tuple(name for name in PAYMENTS.names if name != "action")


def feature_tables(
    payments: ir.Table,
    cardholders: ir.Table,
    merchants: ir.Table,
    chargebacks: ir.Table,
    labels: Labels = "as_known",
    since: int = 0,
) -> tuple[ir.Table, ...]:
    """The pipeline as lazy Ibis tables that share `slot`, for any Ibis engine.

    `payments` needs an int32 column `slot` besides the world's: a number for
    each wanted row, null for the others. Joined on `slot`, the tables hold all
    `FEATURES`; the device table lacks the rows without a device. What was paid before
    the second `since` is left out of the windows, none of which exceeds a month; the
    nightly counts of merchants, which go back farther, still take it in.
    """
    recent = payments.filter(payments.paid_at >= since)
    nights = pipeline.merchant_nights(payments, chargebacks, labels)
    return (
        pipeline.by_card(recent),
        pipeline.by_card_abroad(recent, cardholders),
        pipeline.by_card_and_merchant(recent),
        pipeline.by_device(recent),
        pipeline.by_merchant(recent),
        pipeline.of_payment(payments, cardholders, merchants, nights),
    )


def offline(
    history: History,
    *,
    keep: NDArray[np.bool_] | None = None,
    labels: Labels = "as_known",
    only: Sequence[str] = FEATURES,
) -> pa.Table:
    """Features of a history's payments, each as of its own moment.

    Parameters
    ----------
    history : History         any number of payments; ten million, of which one in
                              fifteen is kept, take about 35 CPU-seconds
    keep : (n,) bool          rows to answer; None: all. Every payment counts as
                              an event in the windows of the others all the same
    labels                    "as_known": merchant risk counts a chargeback once
                              it was reported. "leaking": from the payment on,
                              which no live system can do; for comparison only
    only : names              the features wanted; few are quicker than all

    Returns
    -------
    pa.Table                  payment_id int64 and the features, float32, NaN where
                              missing, in the order of the kept payments

    Raises
    ------
    ValueError                if `keep` has another length, or `labels` or a
                              feature is unknown
    """
    if unknown := [name for name in only if name not in FEATURES]:
        raise ValueError(f"unknown features {unknown}; choose from {FEATURES}")
    if labels not in LABELS:
        raise ValueError(f"labels must be one of {LABELS}, got {labels!r}")
    slot, n_kept = _slots(keep, history.payments.num_rows)
    payments = history.payments.select(_COLUMNS).append_column("slot", slot)
    columns = dict.fromkeys(only, _empty(n_kept))
    with tempfile.TemporaryDirectory(prefix="sevensteps-") as spill:
        connection = duckdb.connect(
            config={"memory_limit": MEMORY, "temp_directory": spill}
        )
        engine = ibis.duckdb.from_connection(connection)
        tables = feature_tables(
            _lend(engine, "payments", payments),
            _lend(engine, "cardholders", history.cardholders),
            _lend(engine, "merchants", history.merchants),
            _lend(engine, "chargebacks", history.chargebacks),
            labels,
            since=_first(history, keep) - MONTH,
        )
        for table in tables:
            if names := [name for name in table.columns if name in columns]:
                answer = engine.to_pyarrow(table.select("slot", *names))
                columns |= _scatter(answer, n_kept)
        connection.close()
    ids = history.payments["payment_id"].filter(pc.is_valid(slot))
    return pa.table({"payment_id": ids} | columns)


def feature_matrix(table: pa.Table) -> NDArray[np.float32]:
    """(n, F) the features of such a table, in the order of `FEATURES`."""
    return np.column_stack([table[name].to_numpy() for name in FEATURES])


def _slots(keep: NDArray[np.bool_] | None, n: int) -> tuple[pa.Array, int]:
    """Number the wanted rows 0, 1, 2, …; null for the others."""
    if keep is None:
        return pa.array(np.arange(n, dtype=np.int32)), n
    wanted = np.asarray(keep)
    if wanted.dtype != bool or wanted.shape != (n,):
        raise ValueError(
            f"keep must be a bool array of {n} rows, one per payment; "
            f"got {wanted.dtype} of shape {wanted.shape}"
        )
    number = np.cumsum(wanted, dtype=np.int32) - np.int32(1)
    return pa.array(number, mask=~wanted), int(wanted.sum())


def _first(history: History, keep: NDArray[np.bool_] | None) -> int:
    """The second of the first wanted payment; 0 if none is."""
    paid_at = history.payments["paid_at"].to_numpy()
    wanted = paid_at if keep is None else paid_at[keep]
    return int(wanted.min()) if len(wanted) else 0


def _lend(engine: Any, name: str, table: pa.Table) -> ir.Table:
    """Let the engine read an Arrow table where it lies."""
    engine.con.register(name, table)
    columns = ibis.Schema.from_pyarrow(table.schema).items()
    return ibis.table({k: kind(nullable=True) for k, kind in columns}, name=name)


def _scatter(answer: pa.Table, n: int) -> dict[str, NDArray[np.float32]]:
    """Columns in the order of slots; rows that an engine left out are missing."""
    slot = answer["slot"].to_numpy()
    columns = {}
    for name in answer.column_names:
        if name != "slot":
            columns[name] = _empty(n)
            values = pc.cast(answer[name], pa.float64())
            columns[name][slot] = values.to_numpy(zero_copy_only=False)
    return columns


def _empty(n: int) -> NDArray[np.float32]:
    return np.full(n, np.nan, np.float32)
