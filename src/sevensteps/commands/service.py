"""`sevensteps serve` and `load`: a small trained service, and traffic for it."""

import os
import secrets
from pathlib import Path

import httpx
from rich.table import Table

from sevensteps.case import Case, ServiceFace
from sevensteps.commands.console import console, errors, failing_plainly, progress
from sevensteps.serve import ServiceError
from sevensteps.serve.config import KEY_VARIABLE, Setup
from sevensteps.serve.load import LoadReport
from sevensteps.serve.load import load as send
from sevensteps.serve.run import answer


def start(
    case: Case,
    port: int | None = None,
    deadline_ms: float | None = None,
) -> int:
    """Train and fill what is missing, then answer until interrupted.

    Port 0 takes a free one; port and deadline are the service's own by default.
    """
    service = face(case)
    with failing_plainly(ServiceError):
        setup = Setup(
            folder=case.cache,
            api_key=api_key(case.cache),
            port=service.port if port is None else port,
            deadline_ms=service.deadline_ms if deadline_ms is None else deadline_ms,
        )
        demo = case.demo()
        config = demo.config(setup)
        demo.fill(setup, progress)
        app = demo.app(config)
        header = f"Header  X-API-Key: {setup.api_key}"
        console.print(header, highlight=False, soft_wrap=True)
        console.print(f"Try     POST {service.path}, GET /health, /ready, /metrics")
        answer(app)
    return 0


def send_load(
    case: Case, url: str | None = None, rate: float = 100, seconds: float = 10
) -> int:
    """Send requests as a Poisson process and print latencies and the ledger."""
    service = face(case)
    url = url or service.url
    with failing_plainly():
        require_service(case, url)
        key = api_key(case.cache)
        with progress(f"Making {service.asks}"):
            bodies = case.demo().bodies(int(rate * seconds * 1.5) + 50)
        told = f"{rate:g} {service.asks} a second for {seconds:g} s"
        with progress(told) as report:
            found = send(
                *(url, bodies, rate, seconds),
                api_key=key,
                path=service.path,
                progress=report,
            )
    _show(service, found)
    for status in found.errors:
        if advice := _advice(case, status):
            errors.print(advice, highlight=False)
    return int(sum(found.errors.values()) > 0)


def require_service(case: Case, url: str) -> None:
    """Ask whether a service is there, before traffic is made for it.

    Raises a ConnectionError if none answers.
    """
    try:
        httpx.get(f"{url}/health", timeout=5, trust_env=False).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ConnectionError(
            f"no service answers at {url} ({error}). Start it in another terminal, "
            f"with `sevensteps serve {case.slug}`, or give its address with --url"
        ) from None


def face(case: Case) -> ServiceFace:
    """How the case's service is called.

    Raises a LookupError if the case has none.
    """
    if case.service is None:
        raise LookupError(f"the chapter {case.slug} has no service")
    return case.service


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


def _advice(case: Case, status: str) -> str | None:
    """What to do about requests that failed with a status."""
    if status == "401":
        return (
            "The service refused the key. Call load in the folder where it was "
            f"started, or set {KEY_VARIABLE} to the key that it printed."
        )
    if status == "404":
        return (
            f"What answers there knows no {face(case).path}. Start its service with "
            f"`sevensteps serve {case.slug}`, or give another --url."
        )
    return None


def _show(service: ServiceFace, report: LoadReport) -> None:
    """Latencies with intervals, answers by the fallback, and where the time went."""
    console.print(
        f"{report.achieved:.0f} {service.asks} answered a second, "
        f"{report.rate:g} asked for"
    )
    console.print(f"p50 {report.p50} ms, p95 {report.p95} ms, p99 {report.p99} ms")
    console.print(
        f"errors {report.errors or 'none'}; {service.fallback} {report.by_fallback} "
        f"of {len(report.latency_ms)}, turned away {report.shed}"
    )
    table = Table("stage", box=None, header_style="bold")
    for column in report.ledger.columns:
        table.add_column(str(column), justify="right")
    for stage, row in report.ledger.iterrows():
        table.add_row(str(stage), *(f"{value:.2f}" for value in row))
    console.print(table)
