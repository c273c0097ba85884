"""The chapter linter: the style page's rules, each a function that finds breaches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from sevensteps.authoring.lint import code, results, shape
from sevensteps.authoring.lint.page import Finding, Page
from sevensteps.authoring.normalise import is_normal
from sevensteps.authoring.twin import twin_matches

#: Every rule, by the name that its findings carry.
RULES: dict[str, Callable[[Page], Iterator[Finding]]] = {
    "opening": shape.opening,
    "sections": shape.sections,
    "size": shape.size,
    "cell-sizes": shape.cell_sizes,
    "columns": shape.columns,
    "callouts": shape.callouts,
    "magics": code.magics,
    "downloads": code.downloads,
    "semicolons": code.semicolons,
    "counts": code.counts,
    "ignored": code.ignored,
    "claims": code.claims,
    "commits": code.commits,
    "printed": results.printed,
    "errors": results.errors,
    "scripts": results.scripts,
    "machine-paths": results.machine_paths,
    "alt-texts": results.alt_texts,
    "captions": results.captions,
    "glue": results.glue,
    "marks": results.marks,
    "dollars": results.dollars,
}


def lint_page(page: Page) -> list[Finding]:
    """All breaches of the rules in a page, in the order of the rules."""
    return [finding for rule in RULES.values() for finding in rule(page)]


def lint_file(path: Path) -> list[Finding]:
    """All breaches in a notebook file, its form and its twin included."""
    found = lint_page(Page.read(path))
    if not is_normal(path):
        message = "the file is not normalised: use `sevensteps run`"
        found.append(Finding("normalised", None, message))
    if not twin_matches(path):
        message = (
            f"{path.with_suffix('.py').name} is not its twin: use `sevensteps run`"
        )
        found.append(Finding("twin", None, message))
    return found


__all__ = ["RULES", "Finding", "Page", "lint_file", "lint_page"]
