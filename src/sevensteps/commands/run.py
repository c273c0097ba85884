"""`sevensteps run`: execute chapters, or their offline steps on a reader's tables."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

from sevensteps import cases
from sevensteps.authoring.lint import lint_file
from sevensteps.authoring.normalise import read_notebook
from sevensteps.authoring.runner import ChapterFailed, run_chapter
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
            run = run_chapter(chapter, from_twin=from_twin, on_cell=report)
    except ChapterFailed as failure:
        errors.print(str(failure), markup=False, highlight=False)
        errors.print(f"{chapter.notebook.name} failed; no file was changed.")
        return 1
    told = f"{run.n_code_cells} code cells in {run.seconds:.0f} s"
    console.print(f"{chapter.notebook.name}: {told}; notebook and twin written.")
    for finding in lint_file(chapter.notebook):
        console.print(f"  {finding}", markup=False, soft_wrap=True)
    return 0


def run_on_own_data(name: str, folder: Path, *, letor: bool = False) -> int:
    """The offline steps of a chapter on the tables in `folder`.

    With `letor`, its ranking step alone, on learning-to-rank features.
    """
    doing = "Reading, checking, training, measuring"
    with failing_plainly(), progress(doing):
        known = [module.name for module in iter_modules(cases.__path__)]
        found = [
            case
            for case in known
            if name and (name.startswith(case) or case.startswith(name))
        ]
        if len(found) != 1:
            raise ValueError(
                f"--data works with the chapters {', '.join(known)}, not with {name!r}"
            )
        steps = f"sevensteps.cases.{found[0]}.data.{'letor' if letor else 'report'}"
        if find_spec(steps) is None:
            raise ValueError(f"{found[0]} has no such step: --letor is for search")
        told = import_module(steps).run_offline(folder)
    console.print(told)
    return 0
