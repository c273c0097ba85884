"""`sevensteps run`: execute chapters, or their offline steps on a reader's tables."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from sevensteps.commands.console import console, errors, failing_plainly, progress
from sevensteps.teach.chapters import Chapter, chapters, find_chapter
from sevensteps.teach.lint import lint_file
from sevensteps.teach.normalise import read_notebook
from sevensteps.teach.runner import ChapterFailed, run_chapter


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


def run_on_own_data(name: str, folder: Path) -> int:
    """The offline steps of a chapter on the tables in `folder`."""
    from sevensteps.teach.byod import run_fraud
    from sevensteps.teach.byod_search import run_search
    from sevensteps.teach.byod_video import run_video

    doing = "Reading, checking, training, measuring"
    with failing_plainly(), progress(doing) as report:
        runners: dict[str, Callable[[Path], object]] = {
            "fraud_detection": run_fraud,
            "video_recommendation": run_video,
            "search_ranking": partial(run_search, on_step=report),
        }
        found = [run for case, run in runners.items() if name and case.startswith(name)]
        if len(found) != 1:
            raise ValueError(
                "--data works with the chapters fraud, video and search, not with "
                f"{name!r}"
            )
        told = found[0](folder)
    console.print(told)
    return 0


def run_on_letor(name: str, folder: Path) -> int:
    """The ranking step of the search chapter on the judged features in `folder`."""
    from sevensteps.teach.letor import run_letor

    with failing_plainly():
        asked = name.removesuffix(".ipynb").replace("-", "_").removeprefix("11_")
        if not asked or not ("search_ranking".startswith(asked) or asked == "11"):
            raise ValueError(
                f"--letor works with the chapter search, not with {name!r}"
            )
        with progress("Reading, checking, training, measuring"):
            report = run_letor(folder)
    console.print(report)
    return 0
