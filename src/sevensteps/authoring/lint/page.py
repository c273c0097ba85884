"""A chapter as the rules see it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nbformat import NotebookNode

_FENCE = re.compile(r"^(```+|~~~+|:::+).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*$", re.MULTILINE)
#: What a reader does not read: comments, labels, options, roles, link targets, tags.
_UNREAD = re.compile(
    r"<!--.*?-->|^\([\w-]+\)=$|^:[\w-]+:.*$|\{[\w:-]+\}|\]\([^)]*\)|<[^>]+>|^\s*[`:]{3,}.*$",
    re.MULTILINE | re.DOTALL,
)
_WORD = re.compile(r"[^\W_][\w'’.,%-]*")


@dataclass(frozen=True)
class Finding:
    """One broken rule. `cell` counts from 0, as in the file; None is the whole page."""

    rule: str
    cell: int | None
    message: str

    def __str__(self) -> str:
        place = "chapter" if self.cell is None else f"cell {self.cell}"
        return f"{place}: {self.message} [{self.rule}]"


#: What a rule yields: the cell, or None for the whole page, and what is wrong.
Breach = tuple[int | None, str]


@dataclass(frozen=True)
class Heading:
    """A heading of the page."""

    cell: int
    level: int
    text: str


@dataclass(frozen=True)
class Output:
    """One output, by the cell that made it."""

    cell: int
    node: NotebookNode

    @property
    def data(self) -> dict[str, Any]:
        """The output by MIME type; a stream is plain text."""
        if self.node.output_type == "stream":
            return {"text/plain": self.node.text}
        return dict(self.node.get("data", {}))


@dataclass(frozen=True)
class Page:
    """A notebook with the views that the rules need."""

    notebook: NotebookNode

    @cached_property
    def prose(self) -> list[tuple[int, str]]:
        """Index and source of each Markdown cell."""
        return self._of("markdown")

    @cached_property
    def code(self) -> list[tuple[int, str]]:
        """Index and source of each code cell."""
        return self._of("code")

    def _of(self, kind: str) -> list[tuple[int, str]]:
        cells = enumerate(self.notebook.cells)
        return [(i, cell.source) for i, cell in cells if cell.cell_type == kind]

    @cached_property
    def headings(self) -> list[Heading]:
        """All headings, in order; a `#` inside a fence is none."""
        return [
            Heading(i, len(match[1]), match[2])
            for i, text in self.prose
            for match in _HEADING.finditer(_FENCE.sub("", text))
        ]

    @cached_property
    def outputs(self) -> list[Output]:
        """All outputs of all code cells, in order."""
        cells = self.notebook.cells
        return [Output(i, node) for i, _ in self.code for node in cells[i].outputs]

    @cached_property
    def n_words(self) -> int:
        """Words that a reader reads."""
        text = "\n".join(_UNREAD.sub(" ", text) for _, text in self.prose)
        return len(_WORD.findall(text))

    def tags(self, cell: int) -> set[str]:
        """Tags of a cell."""
        return set(self.notebook.cells[cell].metadata.get("tags", []))

    def texts(self) -> Iterator[tuple[int, str]]:
        """Every text of the file: sources and outputs, by cell."""
        for i, cell in enumerate(self.notebook.cells):
            yield i, cell.source
        for output in self.outputs:
            for mime, content in output.data.items():
                if mime.startswith("text/") or mime.endswith(("+xml", "json")):
                    yield output.cell, str(content)


def code_lines(source: str) -> list[str]:
    """Lines of a cell that hold something."""
    return [line for line in source.splitlines() if line.strip()]


def plain(heading: str) -> str:
    """A heading in words alone: "Step 1. Clarify" reads "1 clarify"."""
    words = re.findall(r"\w+", heading.lower())
    return " ".join(word for word in words if word != "step")
