"""The chapter linter: the style page's rules, each a function that finds breaches."""

from collections.abc import Callable, Iterator
from pathlib import Path

from ..notebooks import is_normal, read_notebook, twin_matches
from . import form, results
from .page import Breach, Finding, Page

#: Every rule, by the name that its findings carry.
RULES: dict[str, Callable[[Page], Iterator[Breach]]] = {
    rule.__name__.replace("_", "-"): rule for rule in (*form.RULES, *results.RULES)
}


def lint_page(page: Page) -> list[Finding]:
    """All breaches of the rules in a page, in the order of the rules."""
    return [
        Finding(name, cell, message)
        for name, rule in RULES.items()
        for cell, message in rule(page)
    ]


def lint_file(path: Path) -> list[Finding]:
    """All breaches in a notebook file, its form and its twin included."""
    found = lint_page(Page(read_notebook(path)))
    if not is_normal(path):
        message = "the file is not normalised: use `sevensteps run`"
        found.append(Finding("normalised", None, message))
    if not twin_matches(path):
        twin = path.with_suffix(".py").name
        message = f"{twin} is not its twin: use `sevensteps run`"
        found.append(Finding("twin", None, message))
    return found
