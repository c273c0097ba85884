"""From what was typed to what is asked for; each part can be switched off.

Bounds of the price and negations are no words to search for: `query_constraints` takes
them out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sevensteps.rank.keyword import Term
from sevensteps.rank.phrases import (
    NEGATIONS,
    PERHAPS,
    Gazetteer,
    Recognised,
    Synonyms,
    found,
)
from sevensteps.rank.spelling import Speller
from sevensteps.rank.text import STOPWORDS, Analyser

_CURRENCY = r"(?:[$€£]|dollars?|euros?|gbp|usd|eur|pounds?|bucks|quid)"
_AMOUNT = rf"(?:{_CURRENCY} )?\d+(?:\.\d+)?(?: {_CURRENCY}(?!\S))?"
_MOST = (
    r"under|below|less than|cheaper than|not? more than|not over|up to|at most"
    r"|max|maximum|within"
)
_LEAST = r"over|above|more than|at least|from|min|minimum"
_PRICE = re.compile(
    rf"\b(?:(?P<both>between )?(?P<low>{_AMOUNT}) (?:and|to) (?P<high>{_AMOUNT})"
    rf"|(?P<limit>{_MOST}|{_LEAST}) (?P<amount>{_AMOUNT}))(?!\S)(?=(?P<after> \S+)?)"
)
#: Words of constraints: a shop need not sell them for a shopper to spell them right.
_WORDS = f"{_MOST} {_LEAST} between dollar dollars euro euros gbp usd eur pound pounds"
_PLAIN = STOPWORDS | NEGATIONS | {*re.findall("[a-z]+", f"{_WORDS} bucks quid")}
_LETTERS, _LONGEST = 10_000, 32  # and words of a query that are read
_OFF: dict[str, tuple[str, Any]] = {
    "spelling": ("speller", None),
    "synonyms": ("synonyms", None),
    "attributes": ("gazetteer", None),
    "constraints": ("constraints", False),
}
PARTS = tuple(_OFF)  # what `Understanding.without` can switch off
Known = Callable[[str, str], bool]  # whether two words stand together in the catalogue
Pairs = tuple[tuple[str, str], ...]
_UNCHANGED: Pairs = ()


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed, and what it was taken for."""

    text: str  # as typed
    terms: tuple[Term, ...]  # what is asked for, in the order typed
    attributes: Pairs = ()  # (field, value) pairs, e.g. ("colour", "grey")
    normalised: str = ""  # in lower case, corrected, without constraints; not stemmed

    @property
    def words(self) -> tuple[str, ...]:
        """The terms without their synonyms."""
        return tuple(term.word for term in self.terms)


@dataclass(frozen=True, slots=True)
class Constraints:
    """What was said beside the words of a product."""

    words: tuple[str, ...]  # those that are left, to be searched for
    bounds: Pairs = ()  # ("price_max", "50") and ("price_min", "20") pairs
    excluded: tuple[tuple[str, ...], ...] = ()  # phrases that a product must not have


def query_constraints(
    words: Sequence[str], known: Known = lambda one, other: False
) -> Constraints:
    """Take prices and negations out of a query's words (`Analyser.words`).

    Parameters
    ----------
    known : whether the catalogue says two words one after the other: "no drill" is
        then something to look for, and "without wooden legs" is about both words

    >>> query_constraints("oak chair under 50 euro without arms".split()).bounds
    (('price_max', '50'),)
    """
    left, bounds = _prices(list(words))
    kept: list[str] = []
    excluded = []
    at = 0
    while at < len(left):
        reach = _reach(left, at, known) if left[at] in NEGATIONS else 0
        if reach:
            excluded.append(tuple(left[at + 1 : at + 1 + reach]))
        else:
            kept.append(left[at])
        at += 1 + reach
    return Constraints(tuple(kept), tuple(bounds), tuple(excluded))


def _reach(words: list[str], at: int, known: Known) -> int:
    """How many words behind a negation it is about; 0 if it is none."""
    after = words[at + 1 : at + 3]
    if not after or after[0] in STOPWORDS or after[0] in NEGATIONS:
        return 0
    if words[at] in PERHAPS and known(words[at], after[0]):
        return 0
    return 2 if len(after) == 2 and known(*after) else 1


def _prices(words: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Words without prices, and the prices."""
    bounds: list[tuple[str, str]] = []

    def take(match: re.Match[str]) -> str:
        told = _price(match)
        bounds.extend(told)
        return "" if told else match[0]

    if any(word[:1].isdigit() for word in words):
        words = _PRICE.sub(take, " ".join(words)).split()
    return words, bounds


def _price(match: re.Match[str]) -> list[tuple[str, str]]:
    """Bounds of the price that a phrase names; none if it may be something else."""
    sure = re.search(_CURRENCY, match[0]) is not None
    # Without a currency it may be a size or an age: under 60 cm, under 12 months.
    clear = match["after"] is None or match["after"].strip() in STOPWORDS
    amounts = sorted(re.findall(r"\d+(?:\.\d+)?", match[0]), key=float)
    if not match["limit"]:
        meant = sure or (clear and match["both"])
        return [*zip(("price_min", "price_max"), amounts, strict=True)] if meant else []
    if re.fullmatch(_MOST, match["limit"]):
        return [("price_max", amounts[0])] if sure or clear else []
    return [("price_min", amounts[0])] if sure else []


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

    def reading(self, text: str) -> Reading:
        """The query, and all that was done to it; a ValueError if it is no text."""
        if not isinstance(text, str):
            raise ValueError(f"a query is text; got {text!r}: use '' for an empty one")
        typed = self.analyser.words(text[:_LETTERS])
        words, changes = tuple(typed[:_LONGEST]), _UNCHANGED
        if self.speller is not None:
            words, changes = self.speller(words, _PLAIN)
        said = self._said(words)
        tokens = self.analyser.finish(said.words)
        if not tokens:  # only stop words, or only constraints: then they are the query
            said = Constraints(words)
            tokens = [self.analyser.stemmed(word) for word in words]
        values = self._values(tokens)
        terms = self._terms(tokens)
        named = ((each.field, each.value) for each in values)
        unwanted = map(self._excluded, said.excluded)
        asked = tuple(dict.fromkeys((*named, *said.bounds, *unwanted)))
        return Reading(
            Query(text, terms, asked, " ".join(said.words)),
            changes,
            tuple(term.word for term in terms if term.synonyms),
            tuple(values),
            (*self._dropped(words, tokens), *typed[_LONGEST:]),
        )

    def without(self, *parts: str) -> Understanding:
        """The same with some of its parts switched off, or all of `PARTS`."""
        if unknown := set(parts) - set(PARTS):
            raise ValueError(f"the parts are {PARTS}; there is no {sorted(unknown)}")
        return replace(self, **dict(_OFF[part] for part in parts))

    def _said(self, words: tuple[str, ...]) -> Constraints:
        """Words and constraints apart, where that is wanted."""
        if not self.constraints:
            return Constraints(words)
        pairs = self.gazetteer.pairs if self.gazetteer else frozenset()
        return query_constraints(
            words, lambda *two: tuple(map(self.analyser.stemmed, two)) in pairs
        )

    def _values(self, tokens: Sequence[str]) -> list[Recognised]:
        return self.gazetteer.recognise(tokens) if self.gazetteer else []

    def _excluded(self, phrase: Sequence[str]) -> tuple[str, str]:
        """("not material", "Wood") where the column is known, else ("not", "arm")."""
        tokens = self.analyser.finish(phrase)
        values = self._values(tokens)
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
