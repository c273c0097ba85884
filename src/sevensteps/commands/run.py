"""`sevensteps run`: execute chapters, or their offline steps on a reader's tables."""

from __future__ import annotations

from pathlib import Path

from sevensteps.authoring.lint import lint_file
from sevensteps.authoring.notebooks import read_notebook
from sevensteps.authoring.runner import ChapterFailed, run_chapter
from sevensteps.case import Case
from sevensteps.cases import registered
from sevensteps.commands.console import console, errors, failing_plainly, progress
from sevensteps.teach.chapters import Chapter, chapters, find_chapter


def run_all(name: str | None, *, from_twin: bool) -> int:
    """Run one chapter, or all; 1 if a cell failed."""
    with failing_plainly():
        chosen = [find_chapter(name)] if name else chapters()
    return max((_run(chapter, from_twin=from_twin) for chapter in chosen), default=0)


def _run(chapter: Chapter, *, from_twin: bool) -> int:
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
    for finding in lint_file(chapter.notebook):
        console.print(f"  {finding}", markup=False, soft_wrap=True)
    return 0


def run_on_own_data(name: str | None, option: str, folder: Path) -> int:
    """The offline steps of a chapter on what is in `folder`.

    Parameters
    ----------
    name : of the chapter; the only one that has the option, or the first, if absent
    option : "data" or "letor"
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
    asked = name.removesuffix(".ipynb").replace("-", "_").lstrip("0123456789_")
    found = [c for s, c in able.items() if asked and (asked + "_").startswith(s + "_")]
    found = found or [c for s, c in able.items() if asked and s.startswith(asked)]
    if len(found) != 1:
        raise ValueError(f"--{option} works with {', '.join(able)}, not with {name!r}")
    return found[0]
