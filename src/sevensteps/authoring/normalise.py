"""Make a notebook file depend on nothing but its sources and its results."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbstripout import strip_output

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


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Drop what differs from run to run; keep outputs and execution counts.

    Cell ids become the cells' positions. The notebook is changed in place and returned.
    """
    clean = strip_output(
        notebook, keep_output=True, keep_count=True, keep_id=False, extra_keys=_NOISE
    )
    clean.metadata["kernelspec"] = dict(_KERNEL)
    clean.metadata["language_info"] = {"name": "python"}
    clean.nbformat, clean.nbformat_minor = 4, 5
    return clean


def read_notebook(path: Path) -> NotebookNode:
    """A notebook file in nbformat 4."""
    return nbformat.read(path, as_version=4)


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    """Write the normalised notebook; the file is replaced whole or not at all."""
    text = nbformat.writes(normalise(notebook)).rstrip("\n") + "\n"
    draft = path.with_suffix(".ipynb.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def is_normal(path: Path) -> bool:
    """Whether the file is exactly what `write_notebook` would write."""
    text = nbformat.writes(normalise(read_notebook(path))).rstrip("\n") + "\n"
    return bool(text == path.read_text(encoding="utf-8"))
