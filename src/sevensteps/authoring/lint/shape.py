"""Rules on the shape of a chapter: its sections, its size, its cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import median

from sevensteps.authoring.lint import limits
from sevensteps.authoring.lint.page import Finding, Page, code_lines

_LABEL = re.compile(r"\A\([a-z0-9-]+\)=\n+# \S")


def opening(page: Page) -> Iterator[Finding]:
    """The page begins with its label and its one title."""
    if not page.prose or page.prose[0][0] != 0 or not _LABEL.match(page.prose[0][1]):
        yield Finding(
            "opening", 0, "begin with a label, `(name)=`, and the title, `# …`"
        )
    titles = [heading for heading in page.headings if heading.level == 1]
    for extra in titles[1:]:
        yield Finding("opening", extra.cell, f"a second title: {extra.text!r}")


def sections(page: Page) -> Iterator[Finding]:
    """The prompt, the seven steps and the closing sections are there, in order."""
    steps = [f"{i} {name}" for i, name in enumerate(limits.STEPS, start=1)]
    wanted = [*limits.OPENING, *steps, *limits.CLOSING]
    found = [_plain(heading.text) for heading in page.headings if heading.level == 2]
    place = -1
    for name in wanted:
        at = [i for i, text in enumerate(found) if _plain(name) in text]
        if not at:
            yield Finding("sections", None, f"no section `## {name}`")
        elif at[0] < place:
            yield Finding("sections", None, f"section `## {name}` is out of order")
        else:
            place = at[0]


def _plain(heading: str) -> str:
    """A heading without its punctuation: "Step 1. Clarify" reads "1 clarify"."""
    words = re.findall(r"\w+", heading.lower())
    return " ".join(word for word in words if word != "step")


def size(page: Page) -> Iterator[Finding]:
    """Cells, code cells and words are within their limits."""
    n_lines = sum(len(code_lines(source)) for _, source in page.code)
    counted = [
        ("cells", len(page.notebook.cells), limits.CELLS),
        ("code cells", len(page.code), limits.CODE_CELLS),
        ("words", page.n_words, limits.WORDS),
        ("words per line of code", page.n_words / max(n_lines, 1), _RATIO),
    ]
    for what, number, (least, most) in counted:
        if not least <= number <= most:
            told = f"{number:,.3g}" if isinstance(number, float) else f"{number:,}"
            yield Finding("size", None, f"{told} {what}; {least:,}-{most:,} are wanted")


_RATIO = limits.WORDS_PER_CODE_LINE


def cell_sizes(page: Page) -> Iterator[Finding]:
    """Cells are small, and no line is wide."""
    lengths = sorted(len(code_lines(source)) for _, source in page.code) or [0]
    middle, p90 = median(lengths), lengths[max(0, -(-9 * len(lengths) // 10) - 1)]
    if middle > limits.MEDIAN_LINES:
        message = f"median {middle:g} lines a cell; at most {limits.MEDIAN_LINES}"
        yield Finding("cell-sizes", None, message)
    if p90 > limits.P90_LINES:
        message = f"one cell in ten has {p90} lines or more; at most {limits.P90_LINES}"
        yield Finding("cell-sizes", None, message)
    for i, source in page.code:
        if (n := len(code_lines(source))) > limits.MOST_LINES:
            yield Finding("cell-sizes", i, f"{n} lines; at most {limits.MOST_LINES}")


def columns(page: Page) -> Iterator[Finding]:
    """No line of code is wider than the page."""
    for i, source in page.code:
        widest = max(map(len, source.splitlines()), default=0)
        if widest > limits.COLUMNS:
            message = f"a line of {widest} columns; at most {limits.COLUMNS}"
            yield Finding("columns", i, message)


_OTHER_CALLOUT = re.compile(
    r"\{(tip|hint|important|attention|caution|danger|error|seealso)\}"
    r"|\{admonition\}[ \t]*+(?!" + "|".join(limits.CALLOUTS) + r")(.*)"
)


def callouts(page: Page) -> Iterator[Finding]:
    """Only the book's five callouts: note, warning, Decision, Predict, Say this."""
    for i, text in page.prose:
        for match in _OTHER_CALLOUT.finditer(text):
            name = match[1] or f"admonition {match[2]!r}"
            yield Finding("callouts", i, f"{name} is not one of the five callouts")
