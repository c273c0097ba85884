"""Rules on the shape of a chapter: its sections, its size, its cells."""

import re
from collections.abc import Iterator
from statistics import median

from sevensteps.authoring.lint import limits
from sevensteps.authoring.lint.page import Breach, Page, code_lines, plain
from sevensteps.authoring.lint.results import n_figures

_LABEL = re.compile(r"\A\([a-z0-9-]+\)=\n+# \S")
_OTHER_CALLOUT = re.compile(
    r"\{(tip|hint|important|attention|caution|danger|error|seealso)\}"
    r"|\{admonition\}[ \t]*+(?!" + "|".join(limits.CALLOUTS) + r")(.*)"
)


def opening(page: Page) -> Iterator[Breach]:
    """The page begins with its label and its one title."""
    if not page.prose or page.prose[0][0] != 0 or not _LABEL.match(page.prose[0][1]):
        yield 0, "begin with a label, `(name)=`, and the title, `# …`"
    titles = [heading for heading in page.headings if heading.level == 1]
    for extra in titles[1:]:
        yield extra.cell, f"a second title: {extra.text!r}"


def sections(page: Page) -> Iterator[Breach]:
    """The prompt, the seven steps and the closing sections are there, in order."""
    steps = [f"{i} {name}" for i, name in enumerate(limits.STEPS, start=1)]
    found = [plain(heading.text) for heading in page.headings if heading.level == 2]
    place = -1
    for name in [*limits.OPENING, *steps, *limits.CLOSING]:
        at = [i for i, text in enumerate(found) if plain(name) in text]
        if not at:
            yield None, f"no section `## {name}`"
        elif at[0] < place:
            yield None, f"section `## {name}` is out of order"
        else:
            place = at[0]


def size(page: Page) -> Iterator[Breach]:
    """Cells, code cells, words and figures are within their limits."""
    n_lines = sum(len(code_lines(source)) for _, source in page.code)
    ratio = page.n_words / max(n_lines, 1)
    for what, number, (least, most) in (
        ("cells", len(page.notebook.cells), limits.CELLS),
        ("code cells", len(page.code), limits.CODE_CELLS),
        ("words", page.n_words, limits.WORDS),
        ("figures", n_figures(page), limits.FIGURES),
        ("words per line of code", ratio, limits.WORDS_PER_CODE_LINE),
    ):
        if not least <= number <= most:
            told = f"{number:,.3g}" if isinstance(number, float) else f"{number:,}"
            yield None, f"{told} {what}; {least:,}-{most:,} are wanted"


def cell_sizes(page: Page) -> Iterator[Breach]:
    """Cells are small."""
    lengths = sorted(len(code_lines(source)) for _, source in page.code) or [0]
    middle, p90 = median(lengths), lengths[max(0, -(-9 * len(lengths) // 10) - 1)]
    if middle > limits.MEDIAN_LINES:
        yield None, f"median {middle:g} lines a cell; at most {limits.MEDIAN_LINES}"
    if p90 > (most := limits.P90_LINES):
        yield None, f"one cell in ten has {p90} lines or more; at most {most}"
    for i, source in page.code:
        if (n := len(code_lines(source))) > limits.MOST_LINES:
            yield i, f"{n} lines; at most {limits.MOST_LINES}"


def columns(page: Page) -> Iterator[Breach]:
    """No line of code is wider than the page."""
    for i, source in page.code:
        widest = max(map(len, source.splitlines()), default=0)
        if widest > limits.COLUMNS:
            yield i, f"a line of {widest} columns; at most {limits.COLUMNS}"


def callouts(page: Page) -> Iterator[Breach]:
    """Only the book's five callouts: note, warning, Decision, Predict, Say this."""
    for i, text in page.prose:
        for match in _OTHER_CALLOUT.finditer(text):
            name = match[1] or f"admonition {match[2]!r}"
            yield i, f"{name} is not one of the five callouts"


RULES = (opening, sections, size, cell_sizes, columns, callouts)
