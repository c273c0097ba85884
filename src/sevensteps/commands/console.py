"""How the commands speak: one console, one way to fail, one way to wait."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from sevensteps.serve.config import Report

console = Console()
errors = Console(stderr=True)


@contextmanager
def failing_plainly(*also: type[Exception]) -> Iterator[None]:
    """End with a message and status 1, instead of a traceback, on an expected error.

    Expected are the errors whose messages the package wrote for readers: a chapter or
    file that is not there, a table that is not as it should be, and those in `also`.
    """
    expected: tuple[type[Exception], ...] = (LookupError, OSError, ValueError, *also)
    try:
        yield
    except expected as error:
        message = error.args[0] if isinstance(error, LookupError) else error
        told = re.sub(r"^\[Errno \d+\] ", "", str(message))
        told = f"[bold red]error[/] {escape(told)}"
        errors.print(told, highlight=False, soft_wrap=True)
        sys.exit(1)


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Report]:
    """A progress bar on stderr, if that is a terminal.

    The block is given a function to report with; until it does, the bar only shows
    that something happens, and for how long.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    quiet = not errors.is_terminal
    with Progress(*columns, console=errors, transient=True, disable=quiet) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done, total=None: bar.update(task, completed=done, total=total)
