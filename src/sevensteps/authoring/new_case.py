"""A new case: a toy that runs, with all that a chapter has around it.

The files under `skeleton` lie as they will in the clone. `{slug}` and its like are
filled in, in names and in texts, and the `.txt` falls off.
"""

from __future__ import annotations

import keyword
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from sevensteps.authoring.bank_page import write_pages
from sevensteps.authoring.normalise import read_notebook, write_notebook
from sevensteps.authoring.twin import notebook_of, twin_text
from sevensteps.cases import registered
from sevensteps.teach.chapters import chapters

SKELETON = Path(__file__).with_name("skeleton")
PACKAGE = Path(__file__).parents[1]
SLUG = re.compile(r"[a-z][a-z0-9]{2,11}")
TITLE = re.compile(r"[A-Z][\w ,'-]{1,48}\w")
CHAPTERS = range(10, 20)  # components have the numbers from 20 on
TOC, CARDS = "_toc.yml", "data/README.md"
LISTED = ("notebooks/", "book/bank/")  # in the table of contents


def new_case(slug: str, title: str | None, root: Path) -> list[Path]:
    """Write the skeleton of a case into a clone: all of its files, or none.

    Parameters
    ----------
    slug : its folder, its bank and the beginning of its chapter's name
    title : of the chapter; the slug when absent

    Returns
    -------
    list of Path              what was written, from the clone's root

    Raises
    ------
    ValueError                if the name cannot be had; says why
    FileExistsError           if one of the files is there already
    """
    title = title or slug.capitalize()
    check_name(slug, root)
    if not TITLE.fullmatch(title):
        raise ValueError(f"title {title!r}: a capital, then words without punctuation")
    with TemporaryDirectory(dir=root, prefix=".new-") as folder:
        staged = Path(folder)
        _fill(_words(slug, title, root), staged)
        files = [
            p.relative_to(staged) for p in sorted(staged.rglob("*")) if p.is_file()
        ]
        _extend(root, staged, files)
        _install(root, staged, files)
    return files


def check_name(slug: str, root: Path) -> None:
    """Refuse a name that cannot be a case's.

    Raises
    ------
    ValueError                which says why
    """
    if not SLUG.fullmatch(slug):
        raise ValueError(f"{slug!r}: choose 3 to 12 lower-case letters and digits")
    ours = {path.stem for path in PACKAGE.iterdir()}
    if keyword.iskeyword(slug) or keyword.issoftkeyword(slug) or slug in ours:
        raise ValueError(f"{slug!r} is reserved: Python or the package uses it")
    worlds = (
        case.world.removesuffix("World").lower() for case in registered().values()
    )
    taken = [*registered(), *worlds, *(chapter.slug for chapter in chapters(root))]
    for other in taken:
        if other.startswith(slug) or slug.startswith(other):
            raise ValueError(f"{slug!r} cannot be told from {other!r}, which is taken")


def _words(slug: str, title: str, root: Path) -> dict[str, str]:
    """What is filled in."""
    faces = [case.service for case in registered().values() if case.service]
    numbers = {chapter.number for chapter in chapters(root)}
    free = [n for n in CHAPTERS if n not in numbers]
    if not free:
        raise ValueError(f"all numbers from {CHAPTERS[0]} to {CHAPTERS[-1]} are taken")
    return {
        "slug": slug,
        "Slug": slug.capitalize(),
        "title": title,
        "number": str(free[0]),
        "port": str(max(face.port for face in faces) + 1),
    }


def _filled(text: str, words: Mapping[str, str]) -> str:
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text


def _fill(words: Mapping[str, str], staged: Path) -> None:
    """Write all texts, then the notebook and the page that follow from them."""
    for source in sorted(SKELETON.rglob("*.txt")):
        name = _filled(source.relative_to(SKELETON).as_posix(), words)
        path = staged / name.removesuffix(".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(source.read_text("utf-8"), words), encoding="utf-8")
    for twin in (staged / "notebooks").glob("*.py"):
        notebook = twin.with_suffix(".ipynb")
        write_notebook(notebook_of(twin), notebook)
        twin.write_text(twin_text(read_notebook(notebook)), encoding="utf-8")
    write_pages(staged / "book" / "bank")


def _extend(root: Path, staged: Path, files: list[Path]) -> None:
    """The clone's table of contents and data cards, with what is new."""
    card = staged / CARDS
    cards = (root / CARDS).read_text("utf-8") + card.read_text("utf-8")
    card.write_text(cards, encoding="utf-8")
    lines = (root / TOC).read_text("utf-8").splitlines()
    for folder in LISTED:
        page = next(f for f in files if f.as_posix().startswith(folder))
        last = max(i for i, line in enumerate(lines) if f"file: {folder}" in line)
        indent = lines[last].partition("-")[0]
        lines.insert(last + 1, f"{indent}- file: {page.with_suffix('').as_posix()}")
    (staged / TOC).write_text("\n".join(lines) + "\n", encoding="utf-8")
    files.append(Path(TOC))


def _install(root: Path, staged: Path, files: list[Path]) -> None:
    """Move all files into the clone; on failure, none."""
    ours = [file for file in files if file.as_posix() not in (TOC, CARDS)]
    if there := [file for file in ours if (root / file).exists()]:
        raise FileExistsError(f"{there[0]} is there already: choose another name")
    before = {name: (root / name).read_bytes() for name in (TOC, CARDS)}
    try:
        for file in files:
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(staged / file, root / file)
    except BaseException:
        for name, data in before.items():
            (root / name).write_bytes(data)
        for file in ours:
            (root / file).unlink(missing_ok=True)
        raise
