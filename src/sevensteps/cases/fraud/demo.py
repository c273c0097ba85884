"""The payments' demonstration: a small world, a model of it and its online store."""

import secrets
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa

from sevensteps.cases.fraud import features, service
from sevensteps.cases.fraud.features.single import DAY
from sevensteps.cases.fraud.world import Action, History, PaymentsWorld
from sevensteps.serve import ModelError
from sevensteps.serve.config import Progress, Setup, lacks, quiet

#: The service knows the world's first days; traffic comes from the days after.
KNOWN_DAYS, TRAFFIC_DAYS = 60, 10
WORLD = PaymentsWorld(scale="smoke", seed=7, base_rate=0.005)
app = service.PROGRAM.app


def config(setup: Setup) -> service.DecisionsConfig:
    """How the service is started."""
    return service.DecisionsConfig(
        model=setup.folder / "model",
        store=setup.folder / "store",
        log=setup.folder / "decisions.jsonl",
        api_key=setup.api_key,
        port=setup.port,
        deadline_ms=setup.deadline_ms,
    )


def fill(setup: Setup, progress: Progress = quiet) -> None:
    """Make the model and the store that are not there, or are damaged."""
    model, store = setup.folder / "model", setup.folder / "store"
    empty = lacks(lambda: service.OnlineStore(store).close(), service.StoreError)
    train = lacks(lambda: service.ModelServer(model, features.FEATURES), ModelError)
    if not empty and not train:
        return
    with progress("Making a small world") as report:
        history = WORLD.history(KNOWN_DAYS, progress=report)
    if train:
        with progress("Training a model in it"):
            shutil.rmtree(model, ignore_errors=True)
            train_model(history, model)
    if empty:
        with progress("Filling its online store"):
            shutil.rmtree(store, ignore_errors=True)
            service.build_store(history, store)


def train_model(history: History, folder: Path) -> None:
    """Fit a few trees to the history's first weeks and export them."""
    from sevensteps.cases.fraud.experiments import sample, trees

    rows = sample(history, {7: 1.0}).between(7, 30).labelled(by=50)
    rows = rows.where(history.column("action")[rows.row] != Action.BLOCK)
    model = trees(min_sum_hessian_in_leaf=1)  # few frauds in so few weeks
    model.fit(rows.x, rows.label)
    service.export_model(
        model, features.FEATURES, folder, check=rows.x[:500], policy=service.Pricing()
    )


def traffic(n: int) -> pa.Table:
    """`n` payments of the days after those that the service knows.

    Their ids are new each time: a payment sent again is answered from memory, which
    would flatter every latency. What ten days hold comes again ten days later, and so
    on: were it at the same time, cards would have pasts that no card has.
    """
    days = WORLD.draws.shards(KNOWN_DAYS, KNOWN_DAYS + TRAFFIC_DAYS)
    payments = pa.concat_tables([day.tables()[0] for day in days])
    again, row = np.divmod(np.arange(n), payments.num_rows)
    payments = payments.take(row)
    later = payments["paid_at"].to_numpy() + again * TRAFFIC_DAYS * DAY
    new = {"payment_id": np.arange(n) + (secrets.randbits(40) << 20), "paid_at": later}
    for name, values in new.items():
        at = payments.schema.get_field_index(name)
        column = pa.array(values, payments.schema.field(name).type)
        payments = payments.set_column(at, name, column)
    return payments


def bodies(n: int) -> list[bytes]:
    """Requests for decisions on payments that nobody has sent yet."""
    return service.requests_of(traffic(n))
