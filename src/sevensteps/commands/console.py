"""How the commands speak: one console, one way to fail, one way to wait."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

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
        errors.print(f"[bold red]error[/] {message}", highlight=False, soft_wrap=True)
        sys.exit(1)


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr; the block is given a function to report with.

    Parameters
    ----------
    what : str      what is happening
    total : int     how much there is to do; None if unknown
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
