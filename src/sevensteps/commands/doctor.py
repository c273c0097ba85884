"""`sevensteps doctor`: will the book run here?"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter

from rich.table import Table

from sevensteps.case import Case
from sevensteps.cases import registered
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
class Check:
    """One thing looked at."""

    what: str
    found: str
    #: What to do; empty if nothing.
    advice: str = ""
    #: Whether a chapter needs it; otherwise only the book's own tests do.
    needed: bool = True


def machine() -> list[Check]:
    """Python, cores, memory and disk."""
    supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
    cores, memory = _cores(), _memory_gb()
    disk = shutil.disk_usage(Path.cwd()).free / 1e9
    return [
        Check(
            "Python",
            platform.python_version(),
            "" if supported else "use Python 3.11, 3.12 or 3.13",
        ),
        Check("system", f"{platform.system()} {platform.machine()}"),
        Check(
            "cores",
            str(cores),
            "" if cores >= CORES else f"chapters are timed on {CORES}: expect longer",
            needed=False,
        ),
        Check("memory", f"{memory:.1f} GB", _enough(memory, MEMORY_GB)),
        Check("free disk here", f"{disk:.1f} GB", _enough(disk, DISK_GB)),
    ]


def packages() -> list[Check]:
    """Installed versions."""
    found = []
    for name, purpose in PACKAGES.items():
        try:
            found.append(Check(name, version(name)))
        except PackageNotFoundError:
            advice = f"needed for {purpose}: run `make env`"
            found.append(Check(name, "missing", advice))
    return found


def programs() -> list[Check]:
    """Programs that only the book's own tests need."""
    found = []
    for purpose, (names, advice) in PROGRAMS.items():
        here = next((name for name in names if shutil.which(name)), None)
        told = "" if here else f"only for {purpose}: {advice}"
        found.append(Check(names[0], here or "not found", told, needed=False))
    return found


def smoke(case: Case) -> Check:
    """Make a case's smallest world, and say how long it took."""
    begun = perf_counter()
    history = case.make_world(scale="smoke", seed=7).history()
    held = [getattr(history, field.name) for field in fields(history)]
    rows = sum(table.num_rows for table in held if hasattr(table, "num_rows"))
    told = f"{rows:,} rows in {perf_counter() - begun:.1f} s"
    advice = "" if rows else "an empty world: please report this"
    return Check(f"world of {case.slug}", told, advice)


def diagnose() -> int:
    """Print everything found; 1 if a chapter would not run here."""
    found = machine() + packages()
    if not any(check.advice for check in packages()):
        for case in registered().values():
            with progress(f"A small world of {case.slug}"):
                found.append(smoke(case))
    found += programs()
    table = Table("", "found", "what to do", box=None, header_style="bold")
    for check in found:
        mark = "[green]✓[/]" if not check.advice else "[yellow]![/]"
        table.add_row(f"{mark} {check.what}", check.found, check.advice)
    console.print(table)
    broken = [f.what for f in found if f.advice and f.needed]
    if broken:
        console.print(f"\nNot ready: {', '.join(broken)}.")
        return 1
    first = next(iter(registered()))
    console.print(
        f"\nReady. Try [bold]sevensteps run {first}[/], or [bold]make book[/]."
    )
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
