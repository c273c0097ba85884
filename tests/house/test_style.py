"""Rules that hold in every file: style, types, imports, size, names."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from sevensteps.authoring.lint import lint_file

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FUNCTION_LINES, MODULE_LINES = 30, 300
BINARY = {".png", ".svg", ".woff2", ".parquet", ".onnx", ".lock", ".js", ".css", ".ico"}


def run(*command):
    """Run a tool in the repository; its output if it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def committed():
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.check_output(command, cwd=ROOT, text=True).splitlines()
    files = [ROOT / name for name in listed if "/vendor/" not in name]
    return [path for path in files if path.is_file() and path.suffix not in BINARY]


OURS = ("src", "tests", "tools", "benchmarks", "book")
MODULE, IMPORTS = (sys.executable, "-m"), Path(sys.executable).with_name("lint-imports")
TOOLS = {
    "lint": (*MODULE, "ruff", "check", "--quiet", "--output-format=concise", *OURS),
    "format": (*MODULE, "ruff", "format", "--check", "--quiet", *OURS),
    "types": (*MODULE, "mypy"),
    "direction of imports": (IMPORTS, "--no-cache"),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_nothing_is_left_to_a_tool(tool):
    assert run(*TOOLS[tool]) == ""


def lengths(path):
    """Name and lines of code of each function: without docstring and blank lines."""
    text = path.read_text()
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            first = body[0].lineno - 1 if body else node.end_lineno
            code = [line for line in lines[first : node.end_lineno] if line.strip()]
            yield node.name, len(code)


def test_functions_and_modules_are_short():
    long = []
    for path in SOURCES:
        found = [(name, n, FUNCTION_LINES) for name, n in lengths(path)]
        found.append(("it", len(path.read_text().splitlines()), MODULE_LINES))
        long += [f"{path}: {name} has {n} lines" for name, n, most in found if n > most]
    assert long == []


def test_the_companys_side_never_sees_the_truth():
    """`true_…` and `.truth` stand only where worlds are made and experiments judged."""
    seen = [
        f"{path.relative_to(ROOT)}:{i}: {line.strip()}"
        for path in SOURCES
        if not {"world", "experiments"} & {*path.parts, path.stem}
        for i, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(r"\btrue_\w|\.truth\b", line)
    ]
    assert seen == []


DEBT = ROOT / "notebooks" / "lint-debt.yml"
#: Homes, temporary places and package indexes have no place in a committed file.
FOREIGN = re.compile(
    r"(?<![\w./:$*-])/(?:home|root|work|Users)/\w"
    r"|\b[A-Z]:\\Users"
    r"|(?:pypi|pythonhosted|anaconda)\.(?:org|com)"
    r"|index-url"
)
#: These name such paths in order to forbid or test them.
SPEAKERS = {
    "tests/house/test_style.py",
    "tests/authoring/test_lint.py",
    "src/sevensteps/authoring/lint/results.py",
}


def test_no_file_names_a_machine_or_a_package_index():
    found = []
    for path in committed():
        name = path.relative_to(ROOT).as_posix()
        match = FOREIGN.search(path.read_text(encoding="utf-8", errors="replace"))
        if match and name not in SPEAKERS:
            found.append(f"{name}: {match[0]}")
    assert found == []


def test_every_public_module_says_what_it_is():
    trees = {path: ast.parse(path.read_text()) for path in SOURCES}
    assert [path for path, tree in trees.items() if not ast.get_docstring(tree)] == []


@pytest.mark.parametrize("path", NOTEBOOKS or [None], ids=lambda path: path.stem)
def test_chapter(path):
    """No breach but of the rules that the chapter is known to owe, and no fewer."""
    owed = set(yaml.safe_load(DEBT.read_text()).get(path.stem, []))
    found = lint_file(path)
    assert [str(finding) for finding in found if finding.rule not in owed] == []
    assert owed == {finding.rule for finding in found} & owed, "a debt is paid: drop it"
