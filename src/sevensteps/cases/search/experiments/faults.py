"""What breaks inside the shop: a file of synonyms, a dictionary, a nightly build."""

from __future__ import annotations

from dataclasses import dataclass

from sevensteps.cases.search.engine.analysis import Analyser
from sevensteps.cases.search.engine.synonym_file import parse
from sevensteps.cases.search.engine.understanding import Understanding

FAULTS = ("broken_synonyms", "lost_speller", "stale_index")


def slipped(text: str) -> str:
    """A file of synonyms whose second column slipped by one line.

    Every line still reads well, so no parser objects: "sofa, couch" and "rug, carpet"
    become "sofa, carpet" and so on.
    """
    lines = [line for line in text.splitlines() if "," in line]
    parts = [[part.strip() for part in line.split(",")] for line in lines]
    moved = [*parts[1:], *parts[:1]]
    pairs = zip(parts, moved, strict=True)
    return "".join(f"{own[0]}, {', '.join(other[1:])}\n" for own, other in pairs)


@dataclass(frozen=True)
class Readings:
    """How queries are understood by day; from a day on, something is broken.

    Parameters
    ----------
    sound : Understanding
    broken : Understanding
    first : day from which the broken one reads
    """

    sound: Understanding
    broken: Understanding
    first: int

    def on(self, day: int) -> Understanding:
        """The understanding of a day."""
        return self.sound if day < self.first else self.broken


def broken_readings(
    kind: str, sound: Understanding, synonyms: str, analyser: Analyser, first: int
) -> Readings:
    """A fault of understanding from a day on.

    Parameters
    ----------
    kind : "broken_synonyms", "lost_speller", or any other for none
    synonyms : text of the merchandisers' file
    """
    if kind == "broken_synonyms":
        table = parse(slipped(synonyms), analyser).synonyms
        reads = Understanding(analyser, sound.speller, table, sound.gazetteer)
        return Readings(sound, reads, first)
    if kind == "lost_speller":
        return Readings(sound, sound.without("spelling"), first)
    return Readings(sound, sound, first)
