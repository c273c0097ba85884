"""The payments' demonstration: a small world, a model of it and its online store."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from sevensteps.case import Progress, Setup, lacks, silent
from sevensteps.cases.fraud import features
from sevensteps.cases.fraud.service import (
    DecisionsConfig,
    ModelServer,
    NoStore,
    Pricing,
    StoreError,
    build_store,
    export_model,
    open_store,
    requests_of,
    serve_decisions,
)
from sevensteps.cases.fraud.world import History, PaymentsWorld
from sevensteps.serve import ModelError

#: The service knows the world's first days; traffic comes from the days after.
KNOWN_DAYS, TRAFFIC_DAYS = 60, 10
WORLD = PaymentsWorld(scale="smoke", seed=7, base_rate=0.005)


def prepare(setup: Setup) -> Callable[[], None]:
    """Make the model and the store that are not there; return what serves them.

    Raises
    ------
    ValueError    if a setting makes no sense; nothing is made then
    StoreError    if the store cannot be reached or, another's, is damaged
    """
    config = DecisionsConfig(
        model=setup.folder / "model",
        store=setup.store or str(setup.folder / "store"),
        api_key=setup.api_key,
        port=setup.port,
        deadline_ms=setup.deadline_ms,
    )
    ours = setup.store is None
    fill(config.model, str(config.store), ours=ours, progress=setup.progress)
    return lambda: serve_decisions(config)


def fill(model: Path, store: str, *, ours: bool, progress: Progress = silent) -> None:
    """Make the model and the store that are not there.

    Parameters
    ----------
    model : folder
    store : folder or Redis address
    ours : whether the store is the cache's own: then a damaged one is made again.
        Another's is filled only if it is empty

    Raises
    ------
    StoreError    if the store cannot be reached or, another's, is damaged
    """
    empty = lacks(lambda: open_store(store).close(), StoreError if ours else NoStore)
    train = lacks(lambda: ModelServer(model, features.FEATURES), ModelError)
    if not empty and not train:
        return
    with progress("Making a small world") as report:
        history = WORLD.history(KNOWN_DAYS, progress=report)
    if train:
        with progress("Training a model in it"):
            train_model(history, model)
    if empty:
        with progress("Filling its online store"):
            build_store(history, store)


def train_model(history: History, folder: Path) -> None:
    """Fit a few trees to the history's first weeks and export them."""
    from sevensteps.cases.fraud.experiments.models import trees

    parts = features.split(history, train_from=7, train_until=30, label_gap=20)
    table = features.offline(history, keep=parts.train)
    rows = features.feature_matrix(table)
    model = trees(min_sum_hessian_in_leaf=1)  # few frauds in so few weeks
    model.fit(rows, parts.train_labels[parts.train])
    export_model(model, features.FEATURES, folder, check=rows[:500], policy=Pricing())


def traffic(n: int) -> pa.Table:
    """`n` payments of the days after those that the service knows.

    Their ids are new each time: a payment sent again is answered from memory, which
    would flatter every latency. Beyond ten days' worth the payments repeat.
    """
    days = WORLD.shards(KNOWN_DAYS, KNOWN_DAYS + TRAFFIC_DAYS)
    payments = pa.concat_tables([day.tables(WORLD)[0] for day in days])
    payments = payments.take(np.arange(n) % payments.num_rows)
    ids = np.arange(n) + (secrets.randbits(40) << 20)
    column = payments.schema.get_field_index("payment_id")
    return payments.set_column(column, "payment_id", pa.array(ids))


def bodies(n: int) -> list[bytes]:
    """Requests for decisions on payments that nobody has sent yet."""
    return requests_of(traffic(n))
