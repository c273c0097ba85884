"""`sevensteps serve` and `load`: a small trained service, and traffic for it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from lightgbm import LGBMClassifier
from rich.table import Table

from sevensteps.commands.console import console, failing_plainly, progress
from sevensteps.features import FEATURES, offline
from sevensteps.features.labels import split
from sevensteps.serve import (
    ModelError,
    Pricing,
    ServiceConfig,
    StorageError,
    StoreError,
    build_store,
    export_model,
    requests_of,
    serve,
)
from sevensteps.serve.load import LoadReport
from sevensteps.serve.load import load as send
from sevensteps.serve.run import KEY_VARIABLE
from sevensteps.worlds.payments import DAY, PaymentsWorld

#: The service knows the world's first days; traffic comes from the days after.
KNOWN_DAYS, TRAFFIC_DAYS, BASE_RATE = 60, 10, 0.005


def cache() -> Path:
    """Where the demonstration's model, store and key are kept."""
    return Path("data") / "cache" / "fraud-service"


def start(store: str | None, port: int, deadline_ms: float) -> int:
    """Train and fill what is missing, then answer until interrupted.

    Parameters
    ----------
    store : str, optional   folder or Redis address; by default a folder in the cache
    port : int              0 takes a free one
    deadline_ms : float     within which every payment is answered
    """
    folder = cache()
    target = store or str(folder / "store")
    with failing_plainly(ModelError, StoreError, StorageError):
        prepare(folder, target)
        key = api_key(folder)
        console.print(f"Header  X-API-Key: {key}", highlight=False, soft_wrap=True)
        console.print("Try     POST /v1/decisions, GET /health, /ready, /metrics")
        serve(
            ServiceConfig(
                model=folder / "model",
                store=target,
                api_key=key,
                port=port,
                deadline_ms=deadline_ms,
            )
        )
    return 0


def send_load(url: str, rate: float, seconds: float) -> int:
    """Send payments as a Poisson process and print latencies and the ledger."""
    with failing_plainly():
        key = api_key(cache())
        n = int(rate * seconds * 1.5) + 50
        with progress(f"{rate:g} payments a second for {seconds:g} s"):
            payloads = requests_of(traffic(), n)
            report = send(url, payloads, rate, seconds, api_key=key)
    _show(report)
    return int(sum(report.errors.values()) > 0)


def prepare(folder: Path, target: str) -> None:
    """Train and export a small model, and fill the store, unless it is there."""
    model = folder / "model"
    has_store = "://" not in target and Path(target).exists()
    if model.exists() and has_store:
        return
    with progress("A small world, a model and its store (once)"):
        world = PaymentsWorld(scale="smoke", seed=7, base_rate=BASE_RATE)
        history = world.history(KNOWN_DAYS)
        parts = split(history, train_from=7, train_until=30, label_gap=20)
        table = offline(history, keep=parts.train)
        rows = np.column_stack([table[name].to_numpy() for name in FEATURES])
        trees = LGBMClassifier(
            n_estimators=60, min_sum_hessian_in_leaf=1, random_state=7, verbose=-1
        )
        trees.fit(rows, parts.train_labels[parts.train])
        export_model(trees, FEATURES, model, check=rows[:500], policy=Pricing())
        build_store(history, target)


def traffic() -> pa.Table:
    """Payments of the days after those that the service knows."""
    world = PaymentsWorld(scale="smoke", seed=7, base_rate=BASE_RATE)
    payments = world.history(KNOWN_DAYS + TRAFFIC_DAYS).payments
    return payments.filter(pc.greater_equal(payments["paid_at"], KNOWN_DAYS * DAY))


def api_key(folder: Path) -> str:
    """The key of this machine's service: from the environment, or made once."""
    if given := os.environ.get(KEY_VARIABLE):
        return given
    path = folder / "key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24))
    return path.read_text()


def _show(report: LoadReport) -> None:
    """Latencies with intervals, answers by the fallback, and where the time went."""
    console.print(f"{report.achieved:.0f} answers a second, {report.rate:g} asked for")
    console.print(f"p50 {report.p50} ms, p95 {report.p95} ms, p99 {report.p99} ms")
    console.print(f"errors {report.errors or 'none'}; by the rules {report.by_rules}")
    table = Table("stage", box=None, header_style="bold")
    for column in report.ledger.columns:
        table.add_column(str(column), justify="right")
    for stage, row in report.ledger.iterrows():
        table.add_row(str(stage), *(f"{value:.2f}" for value in row))
    console.print(table)
