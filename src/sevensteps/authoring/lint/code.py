"""Rules on the code of a chapter."""

import ast
import re
from collections.abc import Iterator

from sevensteps.authoring.lint import limits
from sevensteps.authoring.lint.page import Breach, Page

_MAGIC = re.compile(r"^\s*[!%]", re.MULTILINE)
_REMOTE = re.compile(r"(?:https?|ftp|s3|gs)://(?!127\.0\.0\.1|localhost)[^\s\"')]+")
_IGNORED = {"nbval-ignore-output", "nbval-skip", "raises-exception"}
_COMMENT = re.compile(r"#\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)")


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
    most = limits.IGNORED_SHARE * len(page.code)
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
    if len(guesses) > limits.COMMITS:
        yield None, f"{len(guesses)} guesses asked; at most {limits.COMMITS}"
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


RULES = (magics, downloads, semicolons, counts, ignored, claims, commits)
