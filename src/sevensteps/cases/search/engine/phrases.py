"""Known phrases in a row of tokens: from left to right, the longest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence


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
