"""A reader's own synonyms: a `synonyms.txt` beside the tables, in Solr's format."""

from __future__ import annotations

from pathlib import Path

from sevensteps.search.analysis import Analyser
from sevensteps.search.synonym_file import BrokenSynonyms, parse
from sevensteps.search.synonyms import Synonyms

from .files import encoding_of, is_synonyms

ANALYSER = Analyser()


def read_synonyms(folder: Path) -> tuple[Synonyms, list[str]]:
    """The synonyms of a folder, and what was assumed or left out.

    `sofa, couch` makes each do for the other, `pouffe => footstool` works one way. A
    line that makes no sense is left out and told; the others count.
    """
    paths = sorted(path for path in folder.rglob("*") if is_synonyms(path))
    if not paths:
        return Synonyms({}), []
    name = str(paths[0].relative_to(folder))
    text = paths[0].read_text(encoding_of(paths[0]), errors="replace")
    good, faults = [], []
    for number, raw in enumerate(text.splitlines(), 1):
        line = _without_itself(raw.partition("#")[0])
        try:
            parse(f"{line}\n", ANALYSER)
            good.append(line)
        except BrokenSynonyms as error:
            faults.append(f"line {number}: {str(error).partition(': ')[2]}")
    synonyms = parse("\n".join(good) + "\n", ANALYSER).synonyms
    notes = [f"{len(synonyms):,} phrases have synonyms in {name}"]
    if faults:
        notes.append(f"{len(faults):,} lines of {name} left out, such as {faults[0]}")
    if len(paths) > 1:
        notes.append(f"of {len(paths)} files of synonyms only {name} is used")
    return synonyms, notes


def _without_itself(line: str) -> str:
    """`tv => tv, television` without what it keeps: a query's own words always stay."""
    left, arrow, right = line.partition("=>")
    own = [ANALYSER.tokens(term) for term in left.split(",")]
    others = [term for term in right.split(",") if ANALYSER.tokens(term) not in own]
    return f"{left}{arrow}{','.join(others)}" if arrow else line
