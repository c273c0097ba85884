"""Learning-to-rank features from a folder, in the layout of LETOR or of LightGBM.

LETOR keeps the query on each line (`2 qid:10 1:0.03 2:0.5 # docid`), in files named
for their part, often below `Fold1` to `Fold5`. LightGBM keeps the sizes of the queries
in a file of their own: `rank.train` beside `rank.train.query`.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .conf import Conf, read_conf
from .svmlight import Lines, read_lines

HIGHEST = 30  # LightGBM has no gain for a grade above
WORDS = {
    "train": {"train", "training", "trainset", "trainingset"},
    "vali": {"vali", "valid", "validation", "val", "dev", "validationset", "valiset"},
    "test": {"test", "testing", "testset", "testingset"},
}
ENDINGS = {"txt", "tsv", "dat", "data", "svm", "libsvm", "svmlight", "letor"}
SIZES = ("query", "group")
DEEP = 3  # folders below the one named
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """Judged documents, query by query.

    Attributes
    ----------
    file : name of the file they came from
    x : (n, features) csr     float64; the columns are the features' own numbers
    grade : (n,) int          0 and up
    query : (n,) int          id of each row's query, as in the file, or its place
    size : (q,) int           rows of each query, in their order
    """

    file: str
    x: csr_matrix
    grade: Ints
    query: Ints
    size: Ints

    def wide(self, n_features: int) -> csr_matrix:
        """The features in so many columns, more or fewer than the file has."""
        n, width = self.x.shape
        kept = self.x if width <= n_features else self.x[:, :n_features]
        return csr_matrix(kept, shape=(n, n_features))  # shares the numbers


@dataclass(frozen=True, slots=True)
class Letor:
    """The parts of a folder, its settings if it has some, and what was assumed.

    The validation part is read only if the settings stop training early.
    """

    train: Part
    test: Part
    vali: Part | None
    conf: Conf | None
    notes: tuple[str, ...]


def read_letor(folder: Path) -> Letor:
    """Find the parts in a folder and read them.

    Parameters
    ----------
    folder : Path     holds a training and a test part, or a `Fold1` that does. A part
                      is known by a word of its name (train; vali, valid, dev; test);
                      names in a `train.conf` go first. Packed as `.gz`, or not

    Raises
    ------
    FileNotFoundError         no folder, or no part to train or to test on
    ValueError                names the file and the line of a fault
    """
    if not folder.is_dir():
        raise FileNotFoundError(
            f"no folder {folder}: give one with train.txt, test.txt"
        )
    home, notes = _home(folder), []
    if home != folder:
        notes.append(f"{home.relative_to(folder)} is used, and no other folder")
    path = next((p for p in sorted(home.glob("*.conf")) if _kind(p) == "train"), None)
    conf = read_conf(path) if path else None
    paths = _paths(home, conf)
    if "test" not in paths:
        paths["test"] = paths.pop("vali")
        notes.append(f"there is no test part: {paths['test'].name} is taken for it")
    notes += [
        f"{p.name} is not used: every row counts alike"
        for p in sorted(home.iterdir())
        if p.name in {f"{part.name}.weight" for part in paths.values()}
    ]
    if "vali" in paths and not (conf and conf.patience):
        notes.append(f"{paths.pop('vali').name} is not read: no setting asks for it")
    parts = {kind: part_of(path) for kind, path in paths.items()}
    return Letor(parts["train"], parts["test"], parts.get("vali"), conf, tuple(notes))


def _home(folder: Path, deep: int = DEEP) -> Path:
    """The folder with the parts: this one, its first fold, or its only one with any."""
    if any(_kind(path) == "train" for path in folder.iterdir() if _is_part(path)):
        return folder
    below = sorted(path for path in folder.iterdir() if path.is_dir()) if deep else []
    below = [
        p for p in below if re.fullmatch(r"fold[\W_]?0?1", p.name.lower())
    ] or below
    found = []
    for each in below:
        try:
            found.append(_home(each, deep - 1))
        except FileNotFoundError:
            continue
    if len(found) > 1:
        names = ", ".join(str(each.relative_to(folder)) for each in found)
        raise ValueError(f"several folders hold a training part ({names}): name one")
    if not found:
        held = ", ".join(sorted(p.name for p in folder.iterdir())) or "nothing"
        raise FileNotFoundError(
            f"{folder} has no training part, such as train.txt or rank.train; it holds "
            f"{held}"
        )
    return found[0]


def _is_part(path: Path) -> bool:
    """Whether a file can be a part, by its ending."""
    ending = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    return path.is_file() and (_word(ending) != "" or ending in ENDINGS)


def _kind(path: Path) -> str:
    """The part that a file's name speaks of, or nothing."""
    return next(filter(None, map(_word, re.split(r"[^a-z]+", path.name.lower()))), "")


def _word(word: str) -> str:
    return next((kind for kind, words in WORDS.items() if word in words), "")


def _paths(home: Path, conf: Conf | None) -> dict[str, Path]:
    """The file of each part, which must be one."""
    found: dict[str, Path] = {}
    for path in sorted(filter(_is_part, home.iterdir()), key=lambda p: len(p.name)):
        kind = _kind(path)
        if (one := found.setdefault(kind, path)) == path or not kind:
            continue
        if path.name != f"{one.name}.gz":
            raise ValueError(
                f"{one.name} and {path.name} could both be the {kind} part: leave one "
                "in the folder"
            )
    for kind, name in ({} if conf is None else conf.files).items():
        if not (path := home / Path(name.split(",")[0]).name).is_file():
            raise FileNotFoundError(
                f"the settings name {path.name}, which {home} lacks"
            )
        found[kind] = path
    if "train" not in found or not {"test", "vali"} & set(found):
        raise FileNotFoundError(
            f"{home} has no test part, such as test.txt or rank.test"
        )
    return {kind: path for kind, path in found.items() if kind}


def part_of(path: Path) -> Part:
    """Read one part, and the sizes beside it if its lines have no `qid`.

    Raises
    ------
    ValueError, FileNotFoundError   as `read_letor`
    """
    lines = read_lines(path)
    grade, at = lines.grade, lines.line
    bad = (grade < 0) | (grade > HIGHEST) | (grade % 1 > 0)
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            f"{path.name}, line {at[row]:,}: the grade is {grade[row]:g}; grades are "
            f"whole, from 0 to {HIGHEST}. Leave out what nobody judged"
        )
    if lines.query is not None:
        query, size = lines.query, _runs(path.name, lines.query, at)
    else:
        size = _sizes(path, lines)
        query = np.repeat(np.arange(len(size)), size)
    return Part(path.name, lines.x, grade.astype(np.int64), query, size)


def _runs(name: str, query: Ints, line: Ints) -> Ints:
    """Rows of each query, if they stand together."""
    begin = np.flatnonzero(np.diff(query, prepend=query[0] - 1))
    _, first = np.unique(query[begin], return_index=True)
    if len(first) < len(begin):
        again = begin[np.setdiff1d(np.arange(len(begin)), first)[0]]
        raise ValueError(
            f"{name}, line {line[again]:,}: qid {query[again]} comes again, after "
            "others: keep the rows of a query together"
        )
    return np.diff(begin, append=len(query))


def _sizes(path: Path, lines: Lines) -> Ints:
    """Rows of each query, from the file beside it."""
    file = _beside(path)
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as open_file:
        told = [line.strip().decode("utf-8", "replace") for line in open_file]
    for i, text in enumerate(told, start=1):
        if text and not re.fullmatch(r"0*[1-9]\d{0,9}", text):
            raise ValueError(
                f"{file.name}, line {i:,}: {text[:40]!r} is no number of rows"
            )
    sizes = np.array([int(text) for text in told if text], np.int64)
    if (n := len(lines.grade)) != sizes.sum():
        raise ValueError(
            f"{file.name} tells of {sizes.sum():,} rows in {len(sizes):,} queries, "
            f"{path.name} has {n:,}"
        )
    return sizes


def _beside(path: Path) -> Path:
    """The file with the sizes of the queries: `rank.train.query`, for example."""
    plain = path.name.removesuffix(".gz")
    stem = plain.rpartition(".")[0]
    names = [path.name, plain, *([stem] if _kind(Path(stem)) else [])]
    for name in (f"{name}.{ending}" for name in names for ending in SIZES):
        for file in (path.with_name(name), path.with_name(f"{name}.gz")):
            if file.is_file():
                return file
    raise FileNotFoundError(
        f"{path.name} has no qid, and there is no {plain}.query with the number of "
        "rows of each query"
    )
