"""The house stays small enough to read, and holds nothing that only tests reach."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "sevensteps"
SOURCES = sorted(PACKAGE.rglob("*.py"))
CASES = sorted(path.parent for path in (PACKAGE / "cases").glob("*/__init__.py"))
#: The next labs use them.
WAITING = {"measure/clicks/counterfactual", "measure/clicks/dbn", "estimate/fermi"}


def lines(paths):
    return sum(path.read_text().count("\n") for path in paths)


OUTSIDE_CASES = [path for path in SOURCES if PACKAGE / "cases" not in path.parents]
BUDGETS = {
    "package": (30_000, lines(SOURCES)),
    "outside cases": (14_000, lines(OUTSIDE_CASES)),
    "tests": (18_000, lines((ROOT / "tests").rglob("*.py"))),
    "modules in a folder": (25, max(Counter(p.parent for p in SOURCES).values())),
    **{f"case {case.name}": (5_500, lines(case.rglob("*.py"))) for case in CASES},
}


@pytest.mark.parametrize("name", BUDGETS)
def test_lines_stay_within_their_budget(name):
    budget, n = BUDGETS[name]
    assert n <= budget


def test_no_class_name_stands_twice():
    named = Counter(
        node.name
        for path in SOURCES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, n in named.items() if n > 1] == []


def names(path):
    """Public functions and classes of a module, and the module's own name."""
    kinds = ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef
    body = ast.parse(path.read_text()).body
    return {n.name for n in body if isinstance(n, kinds) and n.name[0] != "_"}


def test_whatever_is_there_is_used_by_a_chapter_a_command_or_a_service():
    """Not by tests alone: code that nobody needs is not kept for their sake."""
    users = [p for p in SOURCES if p.name != "__init__.py"]
    for folder in ("notebooks", "benchmarks", "tools", "book/_ext", ".github"):
        users += (ROOT / folder).rglob("*.py")
    words = {p: set(re.findall(r"\w+", p.read_text())) for p in users}
    unused = []
    for path in SOURCES:
        module = path.relative_to(PACKAGE).with_suffix("").as_posix()
        if path.name in ("__init__.py", "__main__.py") or module in WAITING:
            continue
        own = names(path)
        elsewhere = set().union(*(w for p, w in words.items() if p != path))
        if own and not own & elsewhere and path.stem != "cli":
            unused.append(module)
    assert unused == []
