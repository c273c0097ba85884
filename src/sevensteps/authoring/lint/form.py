"""Rules on the form of a chapter: its sections, its size, its cells, its code."""

import ast
import re
from collections.abc import Iterator
from statistics import median

from .page import Breach, Page, code_lines, plain
from .results import n_figures

#: A chapter may be short: the skeleton of one lacks figures only.
CELLS, CODE_CELLS, WORDS, FIGURES = (0, 60), (0, 25), (0, 4_500), (6, 60)
WORDS_PER_CODE_LINE = (8, 20)
#: Lines of code in a cell: median, 90th percentile and largest.
MEDIAN_LINES, P90_LINES, MOST_LINES = 6, 15, 25
COLUMNS = 88
COMMITS = 3
#: Share of code cells whose output nbval may ignore.
IGNORED_SHARE = 0.10

STEPS = ("Clarify", "Frame", "Data", "Model", "Evaluate", "Serve", "Monitor")
#: Sections that open and close a chapter, by the words that their heading contains.
OPENING = ("The prompt",)
CLOSING = ("Roads not taken", "Recap", "Exercises", "Claims", "Sources")

CALLOUTS = ("Decision", "Predict", "Say this")


_LABEL = re.compile(r"\A\([a-z0-9-]+\)=\n+# \S")
_OTHER_CALLOUT = re.compile(
    r"\{(tip|hint|important|attention|caution|danger|error|seealso)\}"
    r"|\{admonition\}[ \t]*+(?!" + "|".join(CALLOUTS) + r")(.*)"
)
_MAGIC = re.compile(r"^\s*[!%]", re.MULTILINE)
_REMOTE = re.compile(r"(?:https?|ftp|s3|gs)://(?!127\.0\.0\.1|localhost)[^\s\"')]+")
_IGNORED = {"nbval-ignore-output", "nbval-skip", "raises-exception"}
_COMMENT = re.compile(r"#\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)")


def opening(page: Page) -> Iterator[Breach]:
    """The page begins with its label and its one title."""
    if not page.prose or page.prose[0][0] != 0 or not _LABEL.match(page.prose[0][1]):
        yield 0, "begin with a label, `(name)=`, and the title, `# …`"
    titles = [heading for heading in page.headings if heading.level == 1]
    for extra in titles[1:]:
        yield extra.cell, f"a second title: {extra.text!r}"


def sections(page: Page) -> Iterator[Breach]:
    """The prompt, the seven steps and the closing sections are there, in order."""
    steps = [f"{i} {name}" for i, name in enumerate(STEPS, start=1)]
    found = [plain(heading.text) for heading in page.headings if heading.level == 2]
    place = -1
    for name in [*OPENING, *steps, *CLOSING]:
        at = [i for i, text in enumerate(found) if plain(name) in text]
        if not at:
            yield None, f"no section `## {name}`"
        elif at[0] < place:
            yield None, f"section `## {name}` is out of order"
        else:
            place = at[0]


def size(page: Page) -> Iterator[Breach]:
    """Cells, code cells, words and figures are within their"""
    n_lines = sum(len(code_lines(source)) for _, source in page.code)
    ratio = page.n_words / max(n_lines, 1)
    for what, number, (least, most) in (
        ("cells", len(page.notebook.cells), CELLS),
        ("code cells", len(page.code), CODE_CELLS),
        ("words", page.n_words, WORDS),
        ("figures", n_figures(page), FIGURES),
        ("words per line of code", ratio, WORDS_PER_CODE_LINE),
    ):
        if not least <= number <= most:
            told = f"{number:,.3g}" if isinstance(number, float) else f"{number:,}"
            yield None, f"{told} {what}; {least:,}-{most:,} are wanted"


def cell_sizes(page: Page) -> Iterator[Breach]:
    """Cells are small."""
    lengths = sorted(len(code_lines(source)) for _, source in page.code) or [0]
    middle, p90 = median(lengths), lengths[max(0, -(-9 * len(lengths) // 10) - 1)]
    if middle > MEDIAN_LINES:
        yield None, f"median {middle:g} lines a cell; at most {MEDIAN_LINES}"
    if p90 > (most := P90_LINES):
        yield None, f"one cell in ten has {p90} lines or more; at most {most}"
    for i, source in page.code:
        if (n := len(code_lines(source))) > MOST_LINES:
            yield i, f"{n} lines; at most {MOST_LINES}"


def columns(page: Page) -> Iterator[Breach]:
    """No line of code is wider than the page."""
    for i, source in page.code:
        widest = max(map(len, source.splitlines()), default=0)
        if widest > COLUMNS:
            yield i, f"a line of {widest} columns; at most {COLUMNS}"


def callouts(page: Page) -> Iterator[Breach]:
    """Only the book's five callouts: note, warning, Decision, Predict, Say this."""
    for i, text in page.prose:
        for match in _OTHER_CALLOUT.finditer(text):
            name = match[1] or f"admonition {match[2]!r}"
            yield i, f"{name} is not one of the five callouts"


def magics(page: Page) -> Iterator[Breach]:
    """Plain Python: no shell lines and no magics."""
    for i, source in page.code:
        if match := _MAGIC.search(source):
            line = source[match.start() :].strip().splitlines()[0]
            yield i, f"{line!r} is no Python"


def downloads(page: Page) -> Iterator[Breach]:
    """Code reads nothing from the network: worlds are generated."""
    for i, source in page.code:
        for match in _REMOTE.finditer(source):
            yield i, f"code names {match[0]}: generate or commit it"


def semicolons(page: Page) -> Iterator[Breach]:
    """No trailing `;`: it hides an output from readers, and not from nbval."""
    for i, source in page.code:
        lines = (line.split("#")[0].rstrip() for line in source.splitlines())
        if any(line.endswith(";") for line in lines):
            yield i, "a line ends in `;`"


def counts(page: Page) -> Iterator[Breach]:
    """Execution counts are 1..n: the stored outputs are of one run, in order."""
    cells = page.notebook.cells
    found = [cells[i].execution_count for i, _ in page.code]
    if found != list(range(1, len(found) + 1)):
        yield None, "execution counts are not 1..n: use `sevensteps run`"


def ignored(page: Page) -> Iterator[Breach]:
    """Few cells are exempt from verification, and all of them by a tag."""
    exempt = [i for i, _ in page.code if page.tags(i) & _IGNORED]
    most = IGNORED_SHARE * len(page.code)
    if len(exempt) > most:
        yield None, f"{len(exempt)} cells ignored by nbval; at most {most:.0f}"
    for i, source in page.code:
        if match := _COMMENT.search(source):
            yield i, f"use a tag instead of the comment {match[1]}"


def claims(page: Page) -> Iterator[Breach]:
    """The chapter makes claims, and shows their table in its section."""
    called = [(i, name) for i, source in page.code for name, _ in _calls(source)]
    made = [i for i, name in called if name == "claim"]
    tables = [i for i, name in called if name == "claims"]
    if not made:
        yield None, "no claim(): nothing in the chapter can fail"
    if not tables:
        yield None, "the table of claims, claims(), is missing"
    elif made and max(tables) < max(made):
        yield max(made), "a claim after the table of claims"


def commits(page: Page) -> Iterator[Breach]:
    """At most three guesses, and each is revealed."""
    guesses: list[tuple[int, str]] = []
    revealed: set[str] = set()
    for i, source in page.code:
        guesses += [(i, name) for name in _first_arguments(source, "commit")]
        revealed |= set(_first_arguments(source, "reveal"))
    if len(guesses) > COMMITS:
        yield None, f"{len(guesses)} guesses asked; at most {COMMITS}"
    for i, name in guesses:
        if name not in revealed:
            yield i, f"the guess {name!r} is never revealed"


def _first_arguments(source: str, function: str) -> list[str]:
    """First argument, if it is a string, of each call of `function`."""
    called = (call for name, call in _calls(source) if name == function)
    values = (call.args[0] for call in called if call.args)
    return [str(value.value) for value in values if isinstance(value, ast.Constant)]


def _calls(source: str) -> Iterator[tuple[str, ast.Call]]:
    """Names of the functions that a cell calls, with the calls; none if not Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Name):
                yield function.id, node
            elif isinstance(function, ast.Attribute):
                yield function.attr, node


RULES = (
    *(opening, sections, size, cell_sizes, columns, callouts),
    *(magics, downloads, semicolons, counts, ignored, claims, commits),
)
