"""Other words that will do, from the merchandisers' file; nothing is expanded twice.

The file has one line a set: `sofa, couch, settee` makes each do for the others;
`pouffe => footstool` works one way. `#` begins a comment. A term may carry a weight:
`couch|0.7`. This is the line format that Lucene's search servers made common. The file
is checked before it is believed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .analysis import Analyser

USUAL = 0.8  # weight of a synonym for which none is given
Others = tuple[tuple[str, float], ...]


class BrokenSynonyms(ValueError):
    """A file that is not to be used; the message names the lines."""


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Phrases with their alternatives and the weights of these, above 0, at most 1."""

    others: Mapping[str, Others]  # phrases are tokens with spaces between

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str, float]]) -> Synonyms:
        """From (phrase, alternative, weight) rows; the weightiest come first."""
        table: dict[str, dict[str, float]] = {}
        for phrase, other, weight in pairs:
            table.setdefault(phrase, {}).setdefault(other, weight)
        return cls(
            {
                phrase: tuple(sorted(rows.items(), key=lambda row: (-row[1], row[0])))
                for phrase, rows in sorted(table.items())
            }
        )


def found(
    tokens: Sequence[str], phrases: Collection[str]
) -> Iterator[tuple[int, int, str]]:
    """(start, stop, phrase) of known phrases, the longest first, none within another.

    >>> list(found(["a", "b", "c", "b"], {"a b", "b", "b c d"}))
    [(0, 2, 'a b'), (3, 4, 'b')]
    """
    at = 0
    while at < len(tokens):
        for stop in range(len(tokens), at, -1):
            phrase = " ".join(tokens[at:stop])
            if phrase in phrases:
                yield at, stop, phrase
                at = stop
                break
        else:
            at += 1


def load(path: Path) -> str:
    """The text of a file of synonyms; `BrokenSynonyms` if it cannot be read."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise BrokenSynonyms(f"{path.name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BrokenSynonyms(
            f"line {line}: not UTF-8; save the file as UTF-8"
        ) from error
    if not text:
        raise BrokenSynonyms("line 1: the file is empty; if that is meant, say # none")
    return text


def parse(text: str, analyser: Analyser) -> Synonyms:
    """Read the text of a file; of what is said twice, the first counts.

    Raises
    ------
    BrokenSynonyms        that names each line that makes no sense, and why
    """
    errors = []
    pairs: list[tuple[str, str, float]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if content := line.split("#", 1)[0].strip():
            try:
                pairs += _pairs_of(content, analyser)
            except ValueError as error:
                errors.append(f"line {number}: {error}")
    if not text.endswith("\n"):
        last = text.count("\n") + 1
        errors.append(f"line {last}: no end of line; was the file written whole?")
    if errors:
        raise BrokenSynonyms("\n".join(errors))
    return Synonyms.of(pairs)


def _pairs_of(line: str, analyser: Analyser) -> list[tuple[str, str, float]]:
    """(phrase, alternative, weight) rows of a line."""
    if not line.replace("\t", " ").isprintable():
        raise ValueError("has characters that cannot be printed; was it written whole?")
    left, *right = line.split("=>")
    if len(right) > 1:
        raise ValueError("has two arrows; split it into two lines")
    sources = _terms(left, analyser)
    targets = _terms(right[0], analyser) if right else sources
    if not right and "," not in line:
        raise ValueError(f"{line!r} stands alone; name a synonym, or remove it")
    if right and (both := sources.keys() & targets.keys()):
        raise ValueError(f"{min(both)!r} would be a synonym of itself")
    return [(a, b, w) for a in sources for b, w in targets.items() if a != b]


def _terms(part: str, analyser: Analyser) -> dict[str, float]:
    """Phrases between commas, as tokens, with their weights."""
    told: dict[str, float] = {}
    for raw in part.split(","):
        name, bar, weight = (each.strip() for each in raw.partition("|"))
        if not name:
            raise ValueError("has nothing before or after a comma or an arrow")
        phrase = " ".join(analyser.tokens(name))
        if not phrase:
            raise ValueError(f"{name!r} is nothing but stop words; searches ignore it")
        told.setdefault(phrase, _weight(weight) if bar else USUAL)  # "sofa, sofas": one
    return told


def _weight(text: str) -> float:
    """A number above 0, at most 1."""
    try:
        weight = float(text)
    except ValueError:
        weight = 0.0
    if not 0 < weight <= 1:
        raise ValueError(f"a weight is a number above 0, at most 1; got {text!r}")
    return weight
