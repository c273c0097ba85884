"""`sevensteps doctor`: will the book run here?"""

import os
import platform
import re
import shutil
import sys
from dataclasses import dataclass, fields
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from time import perf_counter

from rich.table import Table

from sevensteps.case import Case
from sevensteps.cases import registered
from sevensteps.commands.console import console, progress

#: A chapter's budget at scale "book".
MEMORY_GB, DISK_GB, CORES = 8.0, 3.0, 2
#: Packages on whose versions a number may depend: what a report of a fault must tell.
COMPUTING = {"numpy", "pandas", "pyarrow", "scipy", "scikit-learn", "lightgbm", "jax"}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    what: str
    found: str
    advice: str = ""  # what to do; empty if nothing
    needed: bool = True  # by a chapter


def machine() -> list[Check]:
    """Python, cores, memory and disk."""
    python = "" if (3, 11) <= sys.version_info < (3, 14) else "use Python 3.11 to 3.13"
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    few = "" if cores >= CORES else f"chapters are timed on {CORES}: expect longer"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    disk = shutil.disk_usage(Path.cwd()).free / 1e9
    return [
        Check("Python", platform.python_version(), python),
        Check("system", f"{platform.system()} {platform.machine()}"),
        Check("cores", str(cores), few, needed=False),
        Check("memory", f"{memory:.1f} GB", _enough(memory, MEMORY_GB)),
        Check("free disk here", f"{disk:.1f} GB", _enough(disk, DISK_GB)),
    ]


def _enough(found_gb: float, needed_gb: float) -> str:
    """Advice if there is too little."""
    if found_gb >= needed_gb:
        return ""
    return f"a chapter may need {needed_gb:g} GB: close programs or free some"


def packages() -> list[Check]:
    """Versions of what computes, and whatever else a reader needs and has not."""
    found = []
    for wanted in requires("sevensteps") or []:
        name = re.split(r"[^\w-]", wanted)[0]
        try:
            told = Check(name, version(name))
        except PackageNotFoundError:
            told = Check(name, "missing", "run `make env`")
        if 'extra == "test"' not in wanted and (told.advice or name in COMPUTING):
            found.append(told)
    return found


def browser() -> Check:
    """A program that only the book's own tests need."""
    here = next(filter(shutil.which, CHROMIUM), "")
    advice = "" if here else "only for site tests in a browser: run `make browser`"
    return Check(CHROMIUM[0], here or "not found", advice, needed=False)


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
    cases, here = registered(), packages()
    found = machine() + here
    if not any(check.advice for check in here):
        for case in cases.values():
            with progress(f"A small world of {case.slug}"):
                found.append(smoke(case))
    found.append(browser())
    table = Table("", "found", "what to do", box=None, header_style="bold")
    for check in found:
        mark = "[yellow]![/]" if check.advice else "[green]✓[/]"
        table.add_row(f"{mark} {check.what}", check.found, check.advice)
    console.print(table)
    broken = [check.what for check in found if check.advice and check.needed]
    if broken:
        console.print(f"\nNot ready: {', '.join(broken)}.")
        return 1
    first = next(iter(cases))
    console.print(
        f"\nReady. Try [bold]sevensteps run {first}[/] or [bold]make book[/]."
    )
    return 0
