"""Run a chapter: execute, normalise, write, and bring its twin up to date."""

import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from sevensteps.authoring.notebooks import (
    notebook_of,
    read_notebook,
    twin_text,
    write_notebook,
)
from sevensteps.teach.chapters import Chapter
from sevensteps.teach.environment import fixed_environment
from sevensteps.teach.marks import fill

#: Seconds that one cell may take: a chapter's whole budget is 180.
CELL_TIMEOUT = 600


class ChapterFailed(RuntimeError):
    """A cell raised; nothing was written."""


def execute(
    notebook: NotebookNode, folder: Path, on_cell: Callable[[int], object]
) -> None:
    """Run all cells in a fresh kernel in `folder`, in the fixed environment."""

    def begin(cell: Any, cell_index: int) -> None:
        on_cell(cell_index)

    # An empty profile: the reader's own startup files must not change a number.
    with tempfile.TemporaryDirectory() as profile:
        client = NotebookClient(
            notebook,
            timeout=CELL_TIMEOUT,
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],  # not its notes on transport
            resources={"metadata": {"path": str(folder)}},
            coalesce_streams=True,
            on_cell_execute=begin,
        )
        try:
            client.execute(env={**fixed_environment(), "IPYTHONDIR": profile})
        except CellExecutionError as error:
            raise ChapterFailed(str(error)) from error


def peak() -> int:
    """Memory of the largest process that this one has started and ended, in MB."""
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes on macOS, kB on Linux
    return round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit)


def run_chapter(
    chapter: Chapter,
    *,
    from_twin: bool = False,
    on_cell: Callable[[int], object] = lambda index: None,
) -> float:
    """Execute a chapter, then write its notebook and its twin.

    Parameters
    ----------
    from_twin : take the sources from the .py twin, as edited by a person
    on_cell : told the index of each cell before it runs

    Returns
    -------
    float                seconds that the cells took

    Raises
    ------
    ChapterFailed        if a cell raises, which it shows: both files stay as they were
    """
    twin = chapter.twin
    notebook = notebook_of(twin) if from_twin else read_notebook(chapter.notebook)
    begun = perf_counter()
    execute(notebook, chapter.notebook.parent, on_cell)
    seconds = perf_counter() - begun
    notebook.metadata["sevensteps"] = {"run_seconds": round(seconds), "run_mb": peak()}
    fill(notebook)
    write_notebook(notebook, chapter.notebook)
    twin.write_text(twin_text(notebook), encoding="utf-8")
    return seconds
