"""A query as the engine reads it: what is asked for, and all the words that will do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that is asked for.

    Attributes
    ----------
    word : token, or several with spaces between them: then a phrase
    weight : what finding it counts
    synonyms : other tokens or phrases that will do, each with a weight of its own
    """

    word: str
    weight: float = 1.0
    synonyms: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed, and what it was taken for.

    Attributes
    ----------
    text : as typed
    terms : what is asked for, in the order typed
    attributes : (field, value) pairs that were recognised, e.g. ("colour", "grey")
    normalised : in lower case, spelling corrected, without constraints; not stemmed
    """

    text: str
    terms: tuple[Term, ...]
    attributes: tuple[tuple[str, str], ...] = ()
    normalised: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The terms without their synonyms."""
        return tuple(term.word for term in self.terms)
