"""A chapter's two files: a notebook that holds no noise, and the twin that people edit.

The twin is the py:percent file beside the notebook: sources, tags, no outputs.
"""

from pathlib import Path

import jupytext
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
