"""Where the chapters are, what they are called, and which files they read.

What a notebook reads lies beside the package in a clone, and inside it in a wheel.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_FILE = re.compile(r"(?P<number>\d\d)_(?P<slug>[a-z0-9_]+)\.ipynb")


@dataclass(frozen=True)
class Chapter:
    """One notebook and its twin."""

    number: int
    slug: str
    notebook: Path

    @property
    def twin(self) -> Path:
        """The py:percent file beside the notebook, which people review."""
        return self.notebook.with_suffix(".py")

    def answers_to(self, name: str) -> bool:
        """Whether `name` is the chapter's number, file name, slug or its beginning."""
        wanted = name.removesuffix(".ipynb").replace("-", "_").lower()
        whole = {f"{self.number:02d}", str(self.number), self.notebook.stem}
        return wanted in whole or self.slug.startswith(wanted)


def find_root(start: Path | None = None) -> Path:
    """The clone that holds the book: from `start` upwards, else beside this package."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents, *Path(__file__).resolve().parents):
        if (folder / "notebooks").is_dir() and (folder / "pyproject.toml").is_file():
            return folder
    raise FileNotFoundError(
        "No folder `notebooks` here or above: run this inside a clone of the book"
    )


def chapters(root: Path | None = None) -> list[Chapter]:
    """All chapters in the order of their numbers."""
    folder = (root or find_root()) / "notebooks"
    found = []
    for path in sorted(folder.glob("*.ipynb")):
        match = _FILE.fullmatch(path.name)
        if match is None:
            told = f"{path.name}: name a chapter NN_slug.ipynb, NN its number"
            raise ValueError(told)
        found.append(Chapter(int(match["number"]), match["slug"], path))
    return found


def find_chapter(name: str, root: Path | None = None) -> Chapter:
    """The one chapter that answers to `name`: "fraud", "10", "10_fraud_detection".

    Raises a LookupError that lists the known ones if none or several do.
    """
    known = chapters(root)
    matching = [chapter for chapter in known if chapter.answers_to(name)]
    if len(matching) == 1:
        return matching[0]
    names = ", ".join(chapter.slug for chapter in known) or "none yet"
    many = "Several chapters begin with" if matching else "There is no chapter"
    raise LookupError(
        f"{many} {name!r}. Known chapters: {names}; the first word will do"
    )


#: The clone's folders, by the names that pyproject.toml gives them in the wheel.
FOLDERS = {"bank": "book/bank", "measured": "data/measured"}


def shipped(name: str) -> Traversable:
    """The folder `name` of `FOLDERS`: of the installed wheel, else of the clone.

    An editable installation has nothing inside the package, so that a change of a
    bank counts at once.

    >>> (shipped("bank") / "fraud.yml").is_file()
    True
    """
    package = files("sevensteps")
    inside = package / "shipped" / name
    clone = Path(str(package)).parents[1]
    return inside if inside.is_dir() else clone / FOLDERS[name]


def measured(name: str, *, folder: Traversable | None = None) -> pd.DataFrame:
    """What takes too long for a chapter to measure, and was measured once.

    Parameters
    ----------
    name : of the record `data/measured/NAME.json`, e.g. "video-scale"
    folder : where records are; None is those that came with the package

    Returns pd.DataFrame: of floats, a row for each quantity, by scale; `attrs` says
    with what they were measured. Raises a FileNotFoundError if there is no such record;
    says how to make it.
    """
    import pandas as pd

    path = (folder or shipped("measured")) / f"{name}.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        file = f"{FOLDERS['measured']}/{name}.json"
        command = f"python benchmarks/{name.replace('-', '_')}.py --write {file}"
        raise FileNotFoundError(f"no {file}: make it with `{command}`") from None
    table = pd.DataFrame(told["rows"], dtype=float)
    table.attrs = told["about"]
    return table
