"""Other words that will do: phrases and their weighted alternatives.

They come from the merchandisers' file (`synonym_file`) or from a log, and are applied
in one way. Nothing is expanded twice, so circles do no harm.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Others = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A phrase found at tokens `start` to before `stop`, and what else will do."""

    start: int
    stop: int
    phrase: str
    others: Others


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Phrases with their alternatives.

    Attributes
    ----------
    others : phrase (tokens with spaces between) to (phrase, weight in (0, 1]) pairs

    Raises
    ------
    ValueError
        if a phrase is empty or its own alternative, or a weight is out of range

    >>> table = Synonyms({"coffee table": (("cocktail table", 0.8),)})
    >>> [span.phrase for span in table.spans(["oak", "coffee", "table"])]
    ['coffee table']
    """

    others: Mapping[str, Others]
    _longest: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for phrase, others in self.others.items():
            _check(phrase, others)
        object.__setattr__(self, "_longest", lengths(self.others))

    def __len__(self) -> int:
        return len(self.others)

    def spans(self, tokens: Sequence[str]) -> list[Span]:
        """Phrases with alternatives, from left to right, the longest first."""
        return [
            Span(start, stop, phrase, self.others[phrase])
            for start, stop, phrase in found(tokens, self.others, self._longest)
        ]


def of_pairs(pairs: Iterable[tuple[str, str, float]]) -> Synonyms:
    """A table from (phrase, alternative, weight) rows; weightier alternatives first."""
    table: dict[str, dict[str, float]] = {}
    for phrase, other, weight in pairs:
        table.setdefault(phrase, {})[other] = weight
    return Synonyms(
        {
            phrase: tuple(sorted(others.items(), key=lambda each: (-each[1], each[0])))
            for phrase, others in sorted(table.items())
        }
    )


def _check(phrase: str, others: Others) -> None:
    for each in (phrase, *(other for other, _ in others)):
        if not each or each.split() != each.split(" "):
            raise ValueError(f"a phrase is tokens with one space between; got {each!r}")
    for other, weight in others:
        if other == phrase:
            raise ValueError(f"{phrase!r} is given as a synonym of itself")
        if not 0 < weight <= 1:
            raise ValueError(
                f"a weight is above 0 and at most 1; {other!r} has {weight}"
            )


def lengths(phrases: Iterable[str]) -> dict[str, int]:
    """First token of each phrase to the number of tokens of the longest such phrase."""
    longest: dict[str, int] = {}
    for phrase in phrases:
        first, *rest = phrase.split(" ")
        longest[first] = max(longest.get(first, 0), 1 + len(rest))
    return longest


def found(
    tokens: Sequence[str], phrases: Collection[str], longest: dict[str, int]
) -> Iterator[tuple[int, int, str]]:
    """(start, stop, phrase) of known phrases, none within another.

    >>> known = {"a b", "b", "b c d"}
    >>> list(found(["a", "b", "c", "b"], known, lengths(known)))
    [(0, 2, 'a b'), (3, 4, 'b')]
    """
    at = 0
    while at < len(tokens):
        most = min(longest.get(tokens[at], 0), len(tokens) - at)
        for n in range(most, 0, -1):
            phrase = " ".join(tokens[at : at + n])
            if phrase in phrases:
                yield at, at + n, phrase
                at += n
                break
        else:
            at += 1
