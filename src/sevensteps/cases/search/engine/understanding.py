"""From what was typed to what is asked for; each part can be switched off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .analysis import Analyser
from .attributes import Gazetteer, Recognised
from .query import Constraints, Pairs, Query, Term, query_constraints
from .spelling import Speller
from .synonyms import Synonyms, found

_LETTERS, _WORDS = 10_000, 32  # of a query that are read; nobody means more
_UNCHANGED: Pairs = ()
_OFF: dict[str, dict[str, Any]] = {
    "spelling": {"speller": None},
    "synonyms": {"synonyms": None},
    "attributes": {"gazetteer": None},
    "constraints": {"constraints": False},
}
PARTS = tuple(_OFF)  # what `Understanding.without` can switch off


@dataclass(frozen=True, slots=True)
class Reading:
    """A query, and what was done to it."""

    query: Query  # for the engine
    corrected: Pairs = ()  # (as typed, as taken) pairs
    expanded: tuple[str, ...] = ()  # phrases that were given synonyms
    recognised: tuple[Recognised, ...] = ()  # values of the catalogue's columns
    dropped: tuple[str, ...] = ()  # words, as corrected, that are not searched for


@dataclass(frozen=True)
class Understanding:
    """Reads queries. Holds no state: the same text is always read the same way.

    >>> Understanding(Analyser()).read("Grey sofas under $500").attributes
    (('price_max', '500'),)
    """

    analyser: Analyser  # the one that cut the documents
    speller: Speller | None = None  # None where a part is off
    synonyms: Synonyms | None = None
    gazetteer: Gazetteer | None = None
    constraints: bool = True  # whether prices and negations are taken out of the words

    def read(self, text: str) -> Query:
        """What is asked for. Any text can be read; one without words asks nothing."""
        return self.reading(text).query

    def read_many(self, texts: Sequence[str]) -> list[Query]:
        """The same for many texts, each distinct text read once."""
        seen = {text: self.read(text) for text in dict.fromkeys(texts)}
        return [seen[text] for text in texts]

    def reading(self, text: str) -> Reading:
        """The query, and all that was done to it; a ValueError if it is no text."""
        if not isinstance(text, str):
            raise ValueError(f"a query is text; got {text!r}: use '' for an empty one")
        typed = self.analyser.words(text[:_LETTERS])
        words, changes = tuple(typed[:_WORDS]), _UNCHANGED
        if self.speller is not None:
            words, changes = self.speller(words)
        said = self._said(words)
        tokens = self.analyser.finish(said.words)
        if not tokens:  # only stop words, or only constraints: then they are the query
            said = Constraints(words)
            tokens = [self.analyser.stemmed(word) for word in words]
        values = self.gazetteer.recognise(tokens) if self.gazetteer else []
        terms = self._terms(tokens)
        attributes = (
            *((each.field, each.value) for each in values),
            *said.bounds,
            *(self._excluded(phrase) for phrase in said.excluded),
        )
        asked = tuple(dict.fromkeys(attributes))
        return Reading(
            Query(text, terms, asked, " ".join(said.words)),
            changes,
            tuple(term.word for term in terms if term.synonyms),
            tuple(values),
            (*self._dropped(words, tokens), *typed[_WORDS:]),
        )

    def without(self, *parts: str) -> Understanding:
        """The same with some of its parts switched off, or all of `PARTS`."""
        if unknown := set(parts) - set(PARTS):
            raise ValueError(f"the parts are {PARTS}; there is no {sorted(unknown)}")
        changes = {name: off for part in parts for name, off in _OFF[part].items()}
        return replace(self, **changes)

    def _said(self, words: tuple[str, ...]) -> Constraints:
        """Words and constraints apart, where that is wanted."""
        if not self.constraints:
            return Constraints(words)
        stemmed, gazetteer = self.analyser.stemmed, self.gazetteer

        def known(one: str, other: str) -> bool:
            pair = stemmed(one), stemmed(other)
            return gazetteer is not None and pair in gazetteer.pairs

        return query_constraints(words, known)

    def _excluded(self, phrase: Sequence[str]) -> tuple[str, str]:
        """("not material", "Wood") where the column is known, else ("not", "arm")."""
        tokens = self.analyser.finish(phrase)
        values = self.gazetteer.recognise(tokens) if self.gazetteer else []
        if len(values) == 1 and values[0].stop - values[0].start == len(tokens):
            return f"not {values[0].field}", values[0].value
        return "not", " ".join(tokens)

    def _terms(self, tokens: Sequence[str]) -> tuple[Term, ...]:
        """Terms in the order typed, each once; a phrase with synonyms is one term."""
        others = self.synonyms.others if self.synonyms else {}
        terms: dict[str, Term] = {}
        at = 0
        for start, stop, phrase in (*found(tokens, others), (len(tokens),) * 2 + ("",)):
            for token in tokens[at:start]:
                terms.setdefault(token, Term(token))
            if phrase:
                terms[phrase] = Term(phrase, others[phrase])
            at = stop
        return tuple(terms.values())

    def _dropped(self, words: Sequence[str], tokens: Sequence[str]) -> list[str]:
        """Words that became no token."""
        left, dropped = list(tokens), []
        for word in words:
            token = self.analyser.stemmed(word)
            if token in left:
                left.remove(token)
            else:
                dropped.append(word)
        return dropped
