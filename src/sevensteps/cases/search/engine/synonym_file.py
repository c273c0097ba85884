"""The merchandisers' synonym file: one line a set, checked before it is believed.

`sofa, couch, settee` makes each do for the others; `pouffe => footstool` works one way.
`#` begins a comment. A term may carry a weight: `couch|0.7`. This is the line format
that Lucene's search servers made common.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .analysis import Analyser
from .synonyms import Synonyms, of_pairs

USUAL = 0.8  # weight of a synonym for which none is given
BROAD = 12  # terms of a line from which somebody should look again
_Term = tuple[str, float]


class BrokenSynonyms(ValueError):
    """A file that is not to be used; the message names the lines."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file gave: the table, and lines that deserve a second look."""

    synonyms: Synonyms
    warnings: tuple[str, ...] = ()


def load(path: Path, analyser: Analyser) -> Loaded:
    """Read a file of synonyms.

    Raises
    ------
    BrokenSynonyms
        with the numbers of the lines, if the file cannot be read, is empty, is not
        UTF-8, ends within a line, or has a line that makes no sense
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BrokenSynonyms(f"{path.name} cannot be read: {error.strerror}") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BrokenSynonyms(
            f"line {line}: not UTF-8; save the file as UTF-8"
        ) from error
    if not text:
        raise BrokenSynonyms("line 1: the file is empty; if that is meant, say # none")
    return parse(text, analyser)


def parse(text: str, analyser: Analyser) -> Loaded:
    """Read the text of a file.

    Raises
    ------
    BrokenSynonyms
        that names each line that makes no sense, and why
    """
    errors, warnings = [], []
    first_at: dict[tuple[str, str], int] = {}
    pairs: list[tuple[str, str, float]] = []
    for number, line in _lines(text):
        try:
            found, n_terms = _pairs_of(line, analyser)
        except ValueError as error:
            errors.append(f"line {number}: {error}")
            continue
        for phrase, other, weight in found:
            if (before := first_at.setdefault((phrase, other), number)) == number:
                pairs.append((phrase, other, weight))
            else:
                said = f"{phrase}, {other} repeats line {before}"
                warnings.append(f"line {number}: {said}")
        if n_terms > BROAD:
            warnings.append(f"line {number}: {n_terms} terms are many for one meaning")
    if not text.endswith("\n"):
        last = text.count("\n") + 1
        errors.append(f"line {last}: no end of line; was the file written whole?")
    if errors:
        raise BrokenSynonyms("\n".join(errors))
    return Loaded(of_pairs(pairs), tuple(warnings))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with something in them, from 1, without comments."""
    for number, line in enumerate(text.split("\n"), start=1):
        if content := line.split("#", 1)[0].strip():
            yield number, content


def _pairs_of(
    line: str, analyser: Analyser
) -> tuple[list[tuple[str, str, float]], int]:
    """(phrase, alternative, weight) rows of a line, and how many terms it has."""
    if not line.isprintable() and not line.replace("\t", " ").isprintable():
        raise ValueError("has characters that cannot be printed; was it written whole?")
    left, *right = line.split("=>")
    if len(right) > 1:
        raise ValueError("has two arrows; split it into two lines")
    sources = _terms(left, analyser)
    targets = _terms(right[0], analyser) if right else sources
    if not right and "," not in line:
        raise ValueError(f"{line!r} stands alone; name a synonym, or remove it")
    if right and (both := {p for p, _ in sources} & {p for p, _ in targets}):
        raise ValueError(f"{min(both)!r} would be a synonym of itself")
    found = [(a, b, w) for a, _ in sources for b, w in targets if a != b]
    return found, len(sources) + (len(targets) if right else 0)


def _terms(part: str, analyser: Analyser) -> list[_Term]:
    """Phrases between commas, as tokens, with their weights."""
    found: list[_Term] = []
    for raw in part.split(","):
        name, bar, weight = (each.strip() for each in raw.partition("|"))
        if not name:
            raise ValueError("has nothing before or after a comma or an arrow")
        phrase = " ".join(analyser.tokens(name))
        if not phrase:
            raise ValueError(f"{name!r} is nothing but stop words; searches ignore it")
        if phrase not in (known for known, _ in found):  # "sofa, sofas" is one
            found.append((phrase, _weight(weight) if bar else USUAL))
    return found


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = 0.0
    if not 0 < weight <= 1:
        raise ValueError(f"a weight is a number above 0, at most 1; got {text!r}")
    return weight
