"""`sevensteps run`, `check`, `new`: chapters, own tables in their steps, a new case."""

import re
from pathlib import Path

from sevensteps.authoring.lint import lint_file
from sevensteps.authoring.new_case import new_case
from sevensteps.authoring.notebooks import ChapterFailed, read_notebook, run_chapter
from sevensteps.authoring.verify import verify
from sevensteps.case import Case
from sevensteps.cases import registered
from sevensteps.commands.console import console, errors, failing_plainly, progress
from sevensteps.teach.chapters import Chapter, chapters, find_chapter, find_root


def run_all(name: str | None, *, from_twin: bool) -> int:
    """Run one chapter, or all; 1 if a cell failed."""
    chosen = _chosen(name)
    return max((_run(chapter, from_twin=from_twin) for chapter in chosen), default=0)


def check_all(name: str | None, *, lint_only: bool) -> int:
    """Lint one chapter, or all, and verify the outputs; 1 if anything is wrong."""
    chosen = _chosen(name)
    found = [_lint(chapter) for chapter in chosen]
    if lint_only or any(found):
        return int(any(found))
    with failing_plainly():
        return int(verify([chapter.notebook for chapter in chosen]) != 0)


def _chosen(name: str | None) -> list[Chapter]:
    """The chapter of that name, or all."""
    with failing_plainly():
        return [find_chapter(name)] if name else chapters()


def _lint(chapter: Chapter) -> int:
    """Print what the linter finds, and return how much."""
    found = lint_file(chapter.notebook)
    for told in [str(finding) for finding in found] or ["no rule broken"]:
        line = f"{chapter.notebook.name}: {told}"
        console.print(line, markup=False, soft_wrap=True)
    return len(found)


def _run(chapter: Chapter, *, from_twin: bool) -> int:
    """Run a chapter, and lint what was written; 1 if a cell failed."""
    n_cells = len(read_notebook(chapter.notebook).cells)
    try:
        with progress(f"Running {chapter.notebook.stem}", n_cells) as report:
            seconds = run_chapter(chapter, from_twin=from_twin, on_cell=report)
    except ChapterFailed as failure:
        errors.print(str(failure), markup=False, highlight=False)
        errors.print(f"{chapter.notebook.name} failed; no file was changed.")
        return 1
    told = f"{n_cells} cells in {seconds:.0f} s"
    console.print(f"{chapter.notebook.name}: {told}; notebook and twin written.")
    _lint(chapter)
    return 0


def run_on_own_data(name: str | None, option: str, folder: Path) -> int:
    """The offline steps of a chapter on what is in `folder`.

    The option is "data" or "letor"; without a name the first case that has it runs.
    """
    with failing_plainly():
        runner = _case(name, option).runner(option)
        with progress("Reading, checking, training, measuring"):
            report = runner(folder)
    console.print(report)
    return 0


def _case(name: str | None, option: str) -> Case:
    """The case that a chapter's name means, among those that have the option."""
    able = {s: c for s, c in registered().items() if option in dict(c.data)}
    if name is None:
        return next(iter(able.values()))
    named = name.lstrip("0123456789-_") or find_chapter(name).slug
    word = re.split(r"[-_.]", named)[0]
    found = [case for slug, case in able.items() if word and slug.startswith(word)]
    if len(found) != 1:
        raise ValueError(f"--{option} works with {', '.join(able)}, not with {name!r}")
    return found[0]


def write_new(slug: str, title: str | None) -> int:
    """Write a case's files into this clone, and say what to do next."""
    with failing_plainly():
        root = find_root()
        files = new_case(slug, title, root)
    for file in files:
        console.print(f"  {file}", highlight=False)
    console.print(
        f"\nA toy that runs. Now:\n"
        f"  make format              # a long name breaks lines\n"
        f"  sevensteps run {slug}      # execute its notebook\n"
        f"  sevensteps serve {slug}    # answer; `sevensteps load {slug}` asks\n"
        f"  make test-quick           # and pytest tests/contract -k {slug}\n"
        f"Then replace the world, the policy, the service and the words by your own.",
        highlight=False,
        soft_wrap=True,
    )
    return 0
