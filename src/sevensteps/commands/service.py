"""`sevensteps serve` and `load`: a small trained service, and traffic for it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import httpx
from rich.table import Table

from sevensteps.commands.console import console, errors, failing_plainly, progress
from sevensteps.commands.demo import prepare, traffic
from sevensteps.serve import (
    ModelError,
    ServiceConfig,
    StorageError,
    StoreError,
    requests_of,
    serve,
)
from sevensteps.serve.load import LoadReport
from sevensteps.serve.load import load as send
from sevensteps.serve.run import KEY_VARIABLE


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
        key = api_key(folder)
        config = ServiceConfig(
            model=folder / "model",
            store=target,
            api_key=key,
            port=port,
            deadline_ms=deadline_ms,
        )
        prepare(config.model, target, ours=store is None)
        console.print(f"Header  X-API-Key: {key}", highlight=False, soft_wrap=True)
        console.print("Try     POST /v1/decisions, GET /health, /ready, /metrics")
        serve(config)
    return 0


def send_load(url: str, rate: float, seconds: float) -> int:
    """Send payments as a Poisson process and print latencies and the ledger."""
    with failing_plainly():
        require_service(url)
        key = api_key(cache())
        with progress("Making payments"):
            payloads = requests_of(traffic(int(rate * seconds * 1.5) + 50))
        told = f"{rate:g} payments a second for {seconds:g} s"
        with progress(told) as report:
            found = send(url, payloads, rate, seconds, api_key=key, progress=report)
    _show(found)
    if "401" in found.errors:
        errors.print(
            f"The service refused the key. Call load in the folder where it was "
            f"started, or set {KEY_VARIABLE} to the key that it printed."
        )
    return int(sum(found.errors.values()) > 0)


def require_service(url: str) -> None:
    """Ask whether a service is there, before traffic is made for it.

    Raises
    ------
    ConnectionError   if none answers
    """
    try:
        httpx.get(f"{url}/health", timeout=5, trust_env=False).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ConnectionError(
            f"no service answers at {url} ({error}). Start it in another terminal, "
            "with `sevensteps serve fraud`, or give its address with --url"
        ) from None


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
