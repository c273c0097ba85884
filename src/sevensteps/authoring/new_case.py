"""A new case: a toy that runs, with all that a chapter has around it.

The files under `skeleton` lie as they will in the clone. `{slug}` and its like are
filled in, in names and in texts, and the `.txt` falls off.
"""

import keyword
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from sevensteps.cases import registered
from sevensteps.teach.chapters import chapters

from .bank_page import write_pages
from .notebooks import notebook_of, read_notebook, twin_text, write_notebook

SKELETON = Path(__file__).with_name("skeleton")
PACKAGE = Path(__file__).parents[1]
SLUG = re.compile(r"[a-z][a-z0-9]{2,11}")
TITLE = re.compile(r"[A-Z][\w ,'-]{1,48}\w")
CHAPTERS = range(10, 20)  # components have the numbers from 20 on
TOC, CARDS = Path("_toc.yml"), Path("data/README.md")
LISTED = ("notebooks/", "book/bank/")  # in the table of contents


def new_case(slug: str, title: str | None, root: Path) -> list[Path]:
    """Write the skeleton of a case into a clone: all of its files, or none.

    Returns what was written, from the clone's root. A name that cannot be had, or a
    file that is there already, is refused.
    """
    title = title or slug.capitalize()
    check_name(slug, root)
    if not TITLE.fullmatch(title):
        raise ValueError(f"title {title!r}: a capital, then words without punctuation")
    with TemporaryDirectory(dir=root, prefix=".new-") as folder:
        staged = Path(folder)
        _fill(_words(slug, title, root), staged)
        found = (path for path in sorted(staged.rglob("*")) if path.is_file())
        files = [path.relative_to(staged) for path in found]
        ours = [file for file in files if file != CARDS]
        if there := [file for file in ours if (root / file).exists()]:
            raise FileExistsError(f"{there[0]} is there already: choose another name")
        _extend(root, staged, files)
        _install(root, staged, ours)
    return [*files, TOC]


def check_name(slug: str, root: Path) -> None:
    """Raise a ValueError, which says why, if a case cannot have this name."""
    if not SLUG.fullmatch(slug):
        raise ValueError(f"{slug!r}: choose 3 to 12 lower-case letters and digits")
    ours = {path.stem for path in PACKAGE.iterdir()}
    if keyword.iskeyword(slug) or keyword.issoftkeyword(slug) or slug in ours:
        raise ValueError(f"{slug!r} is reserved: Python or the package uses it")
    cases = registered()
    worlds = (case.world.removesuffix("World").lower() for case in cases.values())
    for other in (*cases, *worlds, *(chapter.slug for chapter in chapters(root))):
        if other.startswith(slug) or slug.startswith(other):
            raise ValueError(f"{slug!r} cannot be told from {other!r}, which is taken")


def _words(slug: str, title: str, root: Path) -> dict[str, str]:
    """What is filled in."""
    taken = {chapter.number for chapter in chapters(root)}
    free = [number for number in CHAPTERS if number not in taken]
    if not free:
        raise ValueError(f"all numbers from {CHAPTERS[0]} to {CHAPTERS[-1]} are taken")
    ports = [case.service.port for case in registered().values() if case.service]
    return {
        "slug": slug,
        "Slug": slug.capitalize(),
        "title": title,
        "number": str(free[0]),
        "port": str(max(ports) + 1),
    }


def _fill(words: dict[str, str], staged: Path) -> None:
    """Write all texts, then the notebook and the page that follow from them."""

    def filled(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda m: words.get(m[1], m[0]), text)

    for source in SKELETON.rglob("*.txt"):
        name = filled(source.relative_to(SKELETON).as_posix())
        path = staged / name.removesuffix(".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(filled(source.read_text("utf-8")), encoding="utf-8")
    for twin in (staged / "notebooks").glob("*.py"):
        notebook = twin.with_suffix(".ipynb")
        write_notebook(notebook_of(twin), notebook)
        twin.write_text(twin_text(read_notebook(notebook)), encoding="utf-8")
    write_pages(staged / "book" / "bank")


def _extend(root: Path, staged: Path, files: list[Path]) -> None:
    """The clone's table of contents and data cards, with what is new."""
    cards = (root / CARDS).read_text("utf-8") + (staged / CARDS).read_text("utf-8")
    (staged / CARDS).write_text(cards, encoding="utf-8")
    lines = (root / TOC).read_text("utf-8").splitlines()
    for folder in LISTED:
        page = next(f for f in files if f.as_posix().startswith(folder))
        last = max(i for i, line in enumerate(lines) if f"file: {folder}" in line)
        indent = lines[last].partition("-")[0]
        lines.insert(last + 1, f"{indent}- file: {page.with_suffix('').as_posix()}")
    (staged / TOC).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _install(root: Path, staged: Path, ours: list[Path]) -> None:
    """Move all files into the clone; on failure, none."""
    before = {file: (root / file).read_bytes() for file in (TOC, CARDS)}
    try:
        for file in (*ours, *before):
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(staged / file, root / file)
    except BaseException:
        for file, data in before.items():
            (root / file).write_bytes(data)
        for file in ours:
            (root / file).unlink(missing_ok=True)
        raise
