"""All features of a history at once: windows on DuckDB, the others by NumPy.

The engine is imported when it is first used: the service needs none, and starts
seconds earlier without it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sevensteps.cases.fraud.world import History

from .live import Labels, nightly_features
from .single import DAY, FEATURES, MONTH, NIGHTLY_FEATURES, PAYMENT_FEATURES
from .windows import Facts, floats, payment_columns

if TYPE_CHECKING:
    import ibis.expr.types as ir

MEMORY = "2GB"  # DuckDB spills beyond it; the tables themselves come on top


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
    history : of ten million payments, one in fifteen takes about 35 CPU-seconds
    keep : (n,) bool, rows to answer; None: all. Every payment counts as an event in the
        windows of the others all the same
    labels : "as_known" counts a chargeback once it was reported; "leaking" from the
        payment on, which no live system can do; for comparison only
    only : names of the features wanted; few are quicker than all

    Returns
    -------
    Table                     payment_id int64 and the features, float32, NaN where
                              missing, in the order of the kept payments
    """
    if unknown := [name for name in only if name not in FEATURES]:
        raise ValueError(f"unknown features {unknown}; choose from {FEATURES}")
    if labels not in (known := get_args(Labels)):
        raise ValueError(f"labels must be one of {known}, got {labels!r}")
    slot = _slots(keep, history.payments.num_rows)
    kept = history.payments.filter(pc.is_valid(slot))
    columns = {name: np.full(len(kept), np.nan, np.float32) for name in only}
    for answer in _windows(history, slot, kept, columns):
        at = answer["slot"].to_numpy()  # an engine may leave rows out: they are missing
        for name in set(columns) & set(answer.column_names):
            columns[name][at] = floats(answer[name])
    told: dict[str, Any] = {}
    if set(columns) & set(NIGHTLY_FEATURES):
        merchant, paid_at = (kept[n].to_numpy() for n in ("merchant_id", "paid_at"))
        told |= nightly_features(history, merchant, paid_at // DAY, labels)
    if set(columns) & set(PAYMENT_FEATURES):
        told |= payment_columns(kept, Facts.of(history))
    for name in set(columns) & set(told):
        columns[name][:] = told[name]
    return pa.table({"payment_id": kept["payment_id"]} | columns)


def feature_matrix(table: pa.Table) -> NDArray[np.float32]:
    """(n, F) the features of such a table, in the order of `FEATURES`."""
    return np.column_stack([table[name].to_numpy() for name in FEATURES])


def _slots(keep: NDArray[np.bool_] | None, n: int) -> pa.Array:
    """Number the wanted rows 0, 1, 2, …; null for the others."""
    wanted = np.ones(n, bool) if keep is None else np.asarray(keep)
    if wanted.dtype != bool or wanted.shape != (n,):
        raise ValueError(
            f"keep must be a bool array of {n} rows, one per payment; "
            f"got {wanted.dtype} of shape {wanted.shape}"
        )
    number = np.cumsum(wanted, dtype=np.int32) - np.int32(1)
    return pa.array(number, mask=~wanted)


def _windows(
    history: History, slot: pa.Array, kept: pa.Table, wanted: dict[str, Any]
) -> Iterator[pa.Table]:
    """Tables of `slot` and some of the wanted features, as the engine has them."""
    import duckdb
    import ibis

    from .pipeline import window_tables

    since = (pc.min(kept["paid_at"]).as_py() or 0) - MONTH
    payments = history.payments.append_column("slot", slot)
    with tempfile.TemporaryDirectory(prefix="sevensteps-") as spill:
        config = {"memory_limit": MEMORY, "temp_directory": spill}
        with duckdb.connect(config=config) as connection:
            engine = ibis.duckdb.from_connection(connection)
            paid = _lend(engine, "payments", payments)
            holders = _lend(engine, "cardholders", history.cardholders)
            recent = paid.filter(paid.paid_at >= since)
            for table in window_tables(recent, holders):
                if names := [name for name in table.columns if name in wanted]:
                    yield engine.to_pyarrow(table.select("slot", *names))


def _lend(engine: Any, name: str, table: pa.Table) -> ir.Table:
    """Let the engine read an Arrow table where it lies."""
    import ibis

    engine.con.register(name, table)
    columns = ibis.Schema.from_pyarrow(table.schema).items()
    return ibis.table({k: kind(nullable=True) for k, kind in columns}, name=name)
