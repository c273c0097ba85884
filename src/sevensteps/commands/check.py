"""`sevensteps check`: form, claims and stored outputs of chapters."""

from __future__ import annotations

from sevensteps.authoring.lint import lint_file
from sevensteps.authoring.verify import verify
from sevensteps.commands.console import console, failing_plainly
from sevensteps.teach.chapters import Chapter, chapters, find_chapter


def check_all(name: str | None, *, lint_only: bool) -> int:
    """Check one chapter, or all; 1 if anything is wrong."""
    with failing_plainly():
        chosen = [find_chapter(name)] if name else chapters()
    broken = [_lint(chapter) for chapter in chosen]
    if lint_only or any(broken):
        return int(any(broken))
    with failing_plainly():
        return int(verify([chapter.notebook for chapter in chosen]) != 0)


def _lint(chapter: Chapter) -> bool:
    """Print what the linter finds; whether it found anything."""
    found = lint_file(chapter.notebook)
    for finding in found:
        console.print(
            f"{chapter.notebook.name}: {finding}", markup=False, soft_wrap=True
        )
    if not found:
        console.print(f"{chapter.notebook.name}: no rule broken")
    return bool(found)
