"""The py:percent twin of a notebook: what people read, review and may edit."""

from __future__ import annotations

from pathlib import Path

import jupytext
from nbformat import NotebookNode

from sevensteps.authoring.normalise import read_notebook

_FORMAT = {"extension": ".py", "format_name": "percent"}
#: No header: the notebook's own metadata is the same in every chapter.
_FILTERS = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "all"}


def twin_text(notebook: NotebookNode) -> str:
    """The twin of a notebook: its sources, tags and metadata, without outputs."""
    copy = NotebookNode(notebook.copy())
    copy.metadata = NotebookNode({"jupytext": dict(_FILTERS)})
    return str(jupytext.writes(copy, fmt=_FORMAT))


def notebook_of(twin: Path) -> NotebookNode:
    """The notebook, without outputs, that a twin describes."""
    return jupytext.reads(twin.read_text(encoding="utf-8"), fmt=_FORMAT)


def twin_matches(notebook: Path) -> bool:
    """Whether the file beside `notebook` is its twin."""
    twin = notebook.with_suffix(".py")
    if not twin.is_file():
        return False
    return twin.read_text(encoding="utf-8") == twin_text(read_notebook(notebook))
