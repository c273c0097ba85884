"""Numbers in prose: written by cells, put into the text when a chapter is run.

A cell says `record(ap_trees=0.3114)`. Prose says `<!--=ap_trees-->0.311<!--/-->`: the
comments are invisible in JupyterLab, on the site and in the repository's view, and
what stands between them is replaced at every run. The linter holds the two equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sevensteps.teach.digits import three_digits

if TYPE_CHECKING:
    from nbformat import NotebookNode

PREFIX = "application/papermill.record/"  # the form of glue: shown nowhere by itself
_MARK = re.compile(r"<!--=([\w.-]+)-->(.*?)<!--/-->", re.DOTALL)


def record(**numbers: object) -> None:
    """Keep numbers for the prose of this chapter, under their names.

    Parameters
    ----------
    **numbers : float, Interval or str
        floats are said with three significant digits; a string stays as it is
    """
    from IPython.display import display

    for name, value in numbers.items():
        bundle = {f"{PREFIX}text/plain": said(value)}
        about = {"scrapbook": {"name": name, "mime_prefix": PREFIX}}
        display(bundle, raw=True, metadata=about)


def said(value: object) -> str:
    """How the prose says a value.

    >>> said(0.31142), said(1234567), said("two weeks")
    ('0.311', '1,230,000', 'two weeks')
    """
    if isinstance(value, str):
        return value
    if hasattr(value, "low") and hasattr(value, "estimate"):
        return str(value)
    return three_digits(float(value))  # type: ignore[arg-type]


def recorded(notebook: NotebookNode) -> dict[str, str]:
    """All that a chapter's cells recorded, by name."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            about = output.get("metadata", {}).get("scrapbook")
            if about:
                text = output["data"].get(f"{PREFIX}text/plain", "")
                found[about["name"]] = "".join(text).strip("'")
    return found


def fill(notebook: NotebookNode) -> None:
    """Put the recorded values between the marks; an unknown name stays as it is."""
    values = recorded(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _MARK.sub(
                lambda m: f"<!--={m[1]}-->{values.get(m[1], m[2])}<!--/-->", cell.source
            )


def wrong_marks(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Cell and complaint for each mark that does not say what was recorded."""
    values = recorded(notebook)
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        for name, text in _MARK.findall(cell.source):
            if name not in values:
                yield i, f"no cell records {name!r}"
            elif values[name] != text:
                yield i, f"{name} says {text!r}, recorded is {values[name]!r}"
