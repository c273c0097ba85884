"""A chapter's two files, and how it is run: executed, normalised, written.

The notebook holds no noise. The twin that people edit is the py:percent file beside it:
sources, tags, no outputs.
"""

import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbstripout import strip_output

from sevensteps.teach.chapters import Chapter
from sevensteps.teach.environment import fixed_environment
from sevensteps.teach.marks import fill

#: Metadata that differs from run to run, from editor to editor or between Pythons.
_NOISE = [
    "cell.metadata.execution",
    "cell.metadata.ExecuteTime",
    "cell.metadata.collapsed",
    "cell.metadata.scrolled",
    "cell.metadata.jupyter",
    "cell.metadata.lines_to_next_cell",
    "metadata.jupytext",
    "metadata.widgets",
]
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_TWIN = {"extension": ".py", "format_name": "percent"}
#: No header: the notebook's own metadata is the same in every chapter.
_FILTERS = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "all"}


def read_notebook(path: Path) -> NotebookNode:
    """A notebook file in nbformat 4."""
    return nbformat.read(path, as_version=4)


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    """Write the normalised notebook; the file is replaced whole or not at all."""
    draft = path.with_suffix(".ipynb.part")
    draft.write_text(_normal_text(notebook), encoding="utf-8")
    draft.replace(path)


def is_normal(path: Path) -> bool:
    """Whether the file is exactly what `write_notebook` would write."""
    return _normal_text(read_notebook(path)) == path.read_text(encoding="utf-8")


def _normal_text(notebook: NotebookNode) -> str:
    """The file, without what differs from run to run; cell ids are positions.

    The notebook is changed, too. Outputs and execution counts stay.
    """
    clean = strip_output(
        notebook, keep_output=True, keep_count=True, keep_id=False, extra_keys=_NOISE
    )
    clean.metadata["kernelspec"] = dict(_KERNEL)
    clean.metadata["language_info"] = {"name": "python"}
    clean.nbformat, clean.nbformat_minor = 4, 5
    return str(nbformat.writes(clean)).rstrip("\n") + "\n"


def twin_text(notebook: NotebookNode) -> str:
    """The twin of a notebook: its sources, tags and metadata, without outputs."""
    copy = NotebookNode(notebook.copy())
    copy.metadata = NotebookNode({"jupytext": dict(_FILTERS)})
    return str(jupytext.writes(copy, fmt=_TWIN))


def notebook_of(twin: Path) -> NotebookNode:
    """The notebook, without outputs, that a twin describes."""
    return jupytext.reads(twin.read_text(encoding="utf-8"), fmt=_TWIN)


def twin_matches(notebook: Path) -> bool:
    """Whether the file beside `notebook` is its twin."""
    twin = notebook.with_suffix(".py")
    if not twin.is_file():
        return False
    return twin.read_text(encoding="utf-8") == twin_text(read_notebook(notebook))


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

    Sources are those of the .py twin if `from_twin`; `on_cell` is told the index of
    each cell before it runs. Returns the seconds that the cells took. Raises a
    ChapterFailed if a cell raises, which it shows: both files stay as they were.
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
