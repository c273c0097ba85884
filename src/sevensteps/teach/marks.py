"""Numbers in prose: written by cells, put into the text when a chapter is run.

A cell says `record(ap_trees=0.3114)`. Prose says `<!--=ap_trees-->0.311<!--/-->`: the
comments are invisible in JupyterLab, on the site and in the repository's view, and
what stands between them is replaced at every run. The linter holds the two equal.
Of a recorded table each entry has a name: `<!--=leaks[random split, price]-->`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sevensteps.teach.digits import three_digits

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: Name and what the prose says.
Said = dict[str, str]
PREFIX = "application/papermill.record/"  # the form of glue: shown nowhere by itself
_OURS = "record: "
_MARK = re.compile(r"<!--=([^<>]+?)-->(.*?)<!--/-->", re.DOTALL)


def record(**values: object) -> None:
    """Keep numbers for the prose of this chapter, under their names.

    Parameters
    ----------
    **values : float, Interval, str, Series or DataFrame
        numbers are said with three significant digits; a string stays as it is. Of a
        table each entry is kept: `name[row]`, or `name[row, column]`
    """
    from IPython.display import display

    bundle = {f"{PREFIX}text/plain": json.dumps(entries(values), ensure_ascii=False)}
    about = {"scrapbook": {"name": _OURS + " ".join(values), "mime_prefix": PREFIX}}
    display(bundle, raw=True, metadata=about)


def entries(values: Mapping[str, object]) -> Said:
    """Every name that the prose may use, with what it says.

    >>> import pandas as pd
    >>> entries({"n": 3, "ap": pd.Series({"trees": 0.311})})
    {'n': '3', 'ap[trees]': '0.311'}
    """
    import pandas as pd

    found: Said = {}
    for name, value in values.items():
        if isinstance(value, pd.DataFrame):
            for row, line in value.iterrows():
                found |= {f"{name}[{row}, {c}]": said(v) for c, v in line.items()}
        elif isinstance(value, pd.Series):
            found |= {f"{name}[{row}]": said(v) for row, v in value.items()}
        else:
            found[name] = said(value)
    return found


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


def recorded(notebook: NotebookNode) -> Said:
    """All that a chapter's cells recorded, by name."""
    found: Said = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            about = output.get("metadata", {}).get("scrapbook", {})
            if about.get("name", "").startswith(_OURS):
                found |= json.loads("".join(output["data"][f"{PREFIX}text/plain"]))
    return found


def fill(notebook: NotebookNode) -> None:
    """Put the recorded values between the marks; an unknown name stays as it is."""
    values = recorded(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = filled(cell.source, values)


def filled(text: str, values: Said) -> str:
    """The text with the values between its marks.

    >>> filled("It is <!--=ap-->?<!--/-->.", {"ap": "0.311"})
    'It is <!--=ap-->0.311<!--/-->.'
    """
    return _MARK.sub(lambda m: f"<!--={m[1]}-->{values.get(m[1], m[2])}<!--/-->", text)


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
