"""From what was typed to what is asked for; each part can be switched off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .analysis import Analyser
from .attributes import Gazetteer, Recognised
from .query import Query, Term
from .query_constraints import Constraints, query_constraints
from .spelling import Speller
from .synonyms import Span, Synonyms

#: What `Understanding.without` can switch off.
PARTS = ("spelling", "synonyms", "attributes", "constraints")
_LETTERS, _WORDS = 10_000, 32  # of a query that are read; nobody means more
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A query, and what was done to it.

    Attributes
    ----------
    query : for the engine
    corrected : (as typed, as taken) pairs
    expanded : phrases that were given synonyms
    recognised : values of the catalogue's columns, with the probability of each
    dropped : words, as corrected, that are not searched for
    """

    query: Query
    corrected: Pairs = ()
    expanded: tuple[str, ...] = ()
    recognised: tuple[Recognised, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Understanding:
    """Reads queries. Holds no state: the same text is always read the same way.

    Attributes
    ----------
    analyser : the one that cut the documents
    speller, synonyms, gazetteer : None where a part is off
    constraints : whether prices and negations are taken out of the words

    >>> Understanding(Analyser()).read("Grey sofas under $500").attributes
    (('price_max', '500'),)
    """

    analyser: Analyser
    speller: Speller | None = None
    synonyms: Synonyms | None = None
    gazetteer: Gazetteer | None = None
    constraints: bool = True

    def read(self, text: str) -> Query:
        """What is asked for. Any text can be read; one without words asks nothing.

        Raises
        ------
        ValueError
            if `text` is not a string
        """
        return self.reading(text).query

    def read_many(self, texts: Sequence[str]) -> list[Query]:
        """The same for many texts, each distinct text read once."""
        seen = {text: self.read(text) for text in dict.fromkeys(texts)}
        return [seen[text] for text in texts]

    def reading(self, text: str) -> Reading:
        """The query, and all that was done to it; raises as `read` does."""
        if not isinstance(text, str):
            raise ValueError(f"a query is text; got {text!r}: use '' for an empty one")
        typed = self.analyser.words(text[:_LETTERS])
        words: Sequence[str] = typed[:_WORDS]
        changes: Pairs = ()
        if self.speller is not None:
            corrected = self.speller(words)
            words, changes = corrected.words, corrected.changes
        said = self._constraints(words)
        tokens = self.analyser.finish(said.words)
        if not tokens:  # only stop words, or only constraints: then they are the query
            said = Constraints(tuple(words))
            tokens = [self.analyser.stemmed(word) for word in words]
        found = self.gazetteer.recognise(tokens) if self.gazetteer else []
        spans = self.synonyms.spans(tokens) if self.synonyms else []
        attributes = (
            *((each.field, each.value) for each in found),
            *said.bounds,
            *(self._excluded(phrase) for phrase in said.excluded),
        )
        asked = tuple(dict.fromkeys(attributes))
        query = Query(text, _terms(tokens, spans), asked, " ".join(said.words))
        return Reading(
            query,
            changes,
            tuple(span.phrase for span in spans),
            tuple(found),
            self._dropped(words, tokens, typed[_WORDS:]),
        )

    def without(self, *parts: str) -> Understanding:
        """The same with some of its parts switched off, or all of `PARTS`.

        Raises
        ------
        ValueError
            if a part is not one of `PARTS`
        """
        if unknown := set(parts) - set(PARTS):
            raise ValueError(f"the parts are {PARTS}; there is no {sorted(unknown)}")
        off = set(parts)
        return replace(
            self,
            speller=None if "spelling" in off else self.speller,
            synonyms=None if "synonyms" in off else self.synonyms,
            gazetteer=None if "attributes" in off else self.gazetteer,
            constraints=self.constraints and "constraints" not in off,
        )

    def _constraints(self, words: Sequence[str]) -> Constraints:
        if not self.constraints:
            return Constraints(tuple(words))
        return query_constraints(words, self._says)

    def _says(self, one: str, other: str) -> bool:
        stemmed = self.analyser.stemmed
        gazetteer = self.gazetteer
        return gazetteer is not None and gazetteer.says(stemmed(one), stemmed(other))

    def _excluded(self, phrase: Sequence[str]) -> tuple[str, str]:
        """("not material", "Wood") where the column is known, else ("not", "arm")."""
        tokens = self.analyser.finish(phrase)
        found = self.gazetteer.recognise(tokens) if self.gazetteer else []
        if len(found) == 1 and found[0].stop - found[0].start == len(tokens):
            return f"not {found[0].field}", found[0].value
        return "not", " ".join(tokens)

    def _dropped(
        self, words: Sequence[str], tokens: Sequence[str], beyond: Sequence[str]
    ) -> tuple[str, ...]:
        """Words that became no token, and those that were not read."""
        left = list(tokens)
        dropped = []
        for word in words:
            token = self.analyser.stemmed(word)
            if token in left:
                left.remove(token)
            else:
                dropped.append(word)
        return (*dropped, *beyond)


def _terms(tokens: Sequence[str], spans: Sequence[Span]) -> tuple[Term, ...]:
    """Terms in the order typed, each once; a phrase with synonyms is one term."""
    terms: dict[str, Term] = {}
    at = 0
    for span in (*spans, None):
        stop = span.start if span else len(tokens)
        for token in tokens[at:stop]:
            terms.setdefault(token, Term(token))
        if span:
            terms[span.phrase] = Term(span.phrase, synonyms=span.others)
            at = span.stop
    return tuple(terms.values())
