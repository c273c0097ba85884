"""`sevensteps doctor`: will the book run here?"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter

from rich.table import Table

from sevensteps.commands.console import console, progress

#: A chapter's budget at scale "book".
MEMORY_GB, DISK_GB, CORES = 8.0, 3.0, 2

PACKAGES = {
    "numpy": "worlds",
    "pandas": "tables",
    "pyarrow": "tables",
    "duckdb": "features",
    "scikit-learn": "models",
    "lightgbm": "models",
    "onnxruntime": "model server",
    "fastapi": "service",
    "nbclient": "running chapters",
    "jupytext": "running chapters",
    "jupyter-book": "building the site",
    "nbval": "checking chapters",
}
#: Programs by what they are for: the names they go by, and how to get them.
PROGRAMS = {
    "site tests in a browser": (
        ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
        "apt-get install chromium, or brew install --cask chromium",
    ),
    "tests of the Redis store": (
        ("redis-server",),
        "apt-get install redis-server, or brew install redis",
    ),
}


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    what: str
    found: str
    #: What to do; empty if nothing.
    advice: str = ""
    #: Whether a chapter needs it; otherwise only the book's own tests do.
    needed: bool = True


def machine() -> list[Finding]:
    """Python, cores, memory and disk."""
    supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
    cores, memory = _cores(), _memory_gb()
    disk = shutil.disk_usage(Path.cwd()).free / 1e9
    return [
        Finding(
            "Python",
            platform.python_version(),
            "" if supported else "use Python 3.11, 3.12 or 3.13",
        ),
        Finding("system", f"{platform.system()} {platform.machine()}"),
        Finding(
            "cores",
            str(cores),
            "" if cores >= CORES else f"chapters are timed on {CORES}: expect longer",
            needed=False,
        ),
        Finding("memory", f"{memory:.1f} GB", _enough(memory, MEMORY_GB)),
        Finding("free disk here", f"{disk:.1f} GB", _enough(disk, DISK_GB)),
    ]


def packages() -> list[Finding]:
    """Installed versions."""
    found = []
    for name, purpose in PACKAGES.items():
        try:
            found.append(Finding(name, version(name)))
        except PackageNotFoundError:
            advice = f"needed for {purpose}: run `make env`"
            found.append(Finding(name, "missing", advice))
    return found


def programs() -> list[Finding]:
    """Programs that only the book's own tests need."""
    found = []
    for purpose, (names, advice) in PROGRAMS.items():
        here = next((name for name in names if shutil.which(name)), None)
        told = "" if here else f"only for {purpose}: {advice}"
        found.append(Finding(names[0], here or "not found", told, needed=False))
    return found


def smoke() -> Finding:
    """Make a small world, train a model in it, and time both."""
    import numpy as np
    from lightgbm import LGBMClassifier
    from sklearn.metrics import roc_auc_score

    from sevensteps.cases.fraud.world import PaymentsWorld

    begun = perf_counter()
    world = PaymentsWorld(scale="smoke", seed=7, base_rate=0.01)
    log = world.history()
    fraud = world.truth(log)["true_is_fraud"].to_numpy()
    seconds = perf_counter() - begun
    paid, amount = (log.payments[name].to_numpy() for name in ("paid_at", "amount"))
    inputs = np.column_stack([amount, paid // 3600 % 24, log.payments["merchant_id"]])
    half = len(fraud) // 2
    model = LGBMClassifier(n_jobs=1, min_sum_hessian_in_leaf=1, verbose=-1)
    model.fit(inputs[:half], fraud[:half])
    scores = model.predict_proba(inputs[half:])[:, 1]
    area, total = roc_auc_score(fraud[half:], scores), perf_counter() - begun
    told = (
        f"{len(fraud):,} payments in {seconds:.1f} s, model in {total - seconds:.1f} s"
    )
    advice = "" if area > 0.6 else f"AUC {area:.2f}: please report this"
    return Finding("smoke run", told, advice)


def diagnose() -> int:
    """Print everything found; 1 if a chapter would not run here."""
    found = machine() + packages()
    if not any(finding.advice for finding in packages()):
        with progress("A small world and a model"):
            found.append(smoke())
    found += programs()
    table = Table("", "found", "what to do", box=None, header_style="bold")
    for finding in found:
        mark = "[green]✓[/]" if not finding.advice else "[yellow]![/]"
        table.add_row(f"{mark} {finding.what}", finding.found, finding.advice)
    console.print(table)
    broken = [f.what for f in found if f.advice and f.needed]
    if broken:
        console.print(f"\nNot ready: {', '.join(broken)}.")
        return 1
    console.print("\nReady. Try [bold]sevensteps run fraud[/], or [bold]make book[/].")
    return 0


def _enough(found_gb: float, needed_gb: float) -> str:
    if found_gb >= needed_gb:
        return ""
    return f"a chapter may need {needed_gb:g} GB: close programs or free some"


def _cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_gb() -> float:
    """Physical memory, as Linux and macOS tell it."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
