"""Numbers in prose: written by cells, put into the text when a chapter is run.

A cell says `record(ap_trees=0.3114)`. Prose says `<!--=ap_trees-->0.311<!--/-->`: the
comments are invisible in JupyterLab, on the site and in the repository's view, and
what stands between them is replaced at every run. The linter holds the two equal, and
finds what was meant for a mark and is none.
Of a recorded table each entry has a name: `<!--=leaks[random split, price]-->`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: Name and what the prose says.
Said = dict[str, str]
PREFIX = "application/papermill.record/"  # the form of glue: shown nowhere by itself
_OURS = "record: "
#: A mark as editors may write it: with blanks, over two lines, never around another.
_MARK = re.compile(
    r"<!--\s*=\s*(?P<name>(?:(?!--).)+?)\s*-->"
    r"(?P<said>(?:(?!<!--|\n\s*\n).)*)<!--\s*/\s*-->",
    re.DOTALL,
)
#: What was meant for half a mark: alone, misspelt, or made text by an editor.
_STRAY = re.compile(r"(?:<|&lt;)\s*(?:!\s*[-–—]+|[-–—]{2,})\s*\\?[=＝/][^>\n]{0,40}>?")
#: A line that Markdown takes for HTML as a whole: it ends the paragraph before it.
_FIRST = re.compile(r"^[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*<!--\s*=", re.MULTILINE)
#: Code, which shows a mark as it is written: a fence that is no directive, or a span.
_CODE = re.compile(
    r"^(```+|~~~+)(?!\s*\{).*?^\1\s*$|`[^`\n]+`", re.MULTILINE | re.DOTALL
)
_UNMEASURED = {"nan", "n/a"}


def record(**values: object) -> None:
    """Keep numbers for the prose of this chapter, under their names.

    Numbers are said with three significant digits; a string stays as it is. Of a
    Series or DataFrame each entry is kept: `name[row]`, or `name[row, column]`.
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


def three_digits(number: float) -> str:
    """Three significant digits; of a number from a thousand up without an exponent.

    >>> three_digits(0.31142), three_digits(999.6), three_digits(1234567)
    ('0.311', '1,000', '1,230,000')
    """
    rounded = float(f"{number:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 1000 else f"{rounded:.3g}"


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

    >>> filled("It is <!-- =ap -->?<!--/-->.", {"ap": "0.311"})
    'It is <!--=ap-->0.311<!--/-->.'
    """

    def fill_one(mark: re.Match[str]) -> str:
        name = _name(mark)
        return f"<!--={name}-->{values[name]}<!--/-->" if name in values else mark[0]

    return _MARK.sub(fill_one, text)


def _name(mark: re.Match[str]) -> str:
    return " ".join(mark["name"].split())


def wrong_marks(notebook: NotebookNode) -> list[tuple[int, str]]:
    """Cell and complaint for each mark that does not say what was recorded."""
    values = recorded(notebook)
    return [
        (i, complaint)
        for i, cell in enumerate(notebook.cells)
        if cell.cell_type == "markdown"
        for complaint in complaints(cell.source, values)
    ]


def complaints(text: str, values: Said) -> Iterator[str]:
    """What is wrong with the marks of a text, in words."""
    for code in _CODE.finditer(text):
        if _MARK.search(code[0]):
            yield f"a mark inside code is shown as it is written: {code[0]:.60}"
    if _FIRST.search(text):
        yield "a mark at the beginning of a line ends the paragraph: move it on"
    for mark in _MARK.finditer(text):
        name, said = _name(mark), mark["said"]
        if name not in values:
            yield f"no cell records {name!r}"
        elif values[name] in _UNMEASURED:
            yield f"{name} is {values[name]}: nothing was measured"
        elif values[name] != said:
            yield f"{name} says {said!r}, recorded is {values[name]!r}"
    for stray in _STRAY.finditer(_MARK.sub("", text)):
        yield f"{stray[0]!r} is half a mark: write <!--=name-->value<!--/-->"
