"""A query as the engine reads it, and what it says beside a product's words.

Bounds of the price and negations are no words to search for: `query_constraints` takes
them out.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .analysis import STOPWORDS

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
_is_most = re.compile(_MOST).fullmatch
_has_currency = re.compile(_CURRENCY).search
_number = re.compile(r"\d+(?:\.\d+)?")
#: Words before what is not wanted. The second kind is as often a feature: "no drill".
_ALWAYS = frozenset(("without", "excluding", "except"))
_OFTEN = frozenset(("no", "not"))  # "non slip" is a feature always
NEGATIONS = _ALWAYS | _OFTEN
#: Words of constraints: a shop need not sell them for a shopper to spell them right.
_WORDS = f"{_MOST} {_LEAST} between dollar dollars euro euros gbp usd eur pound pounds"
CONSTRAINT_WORDS = NEGATIONS | {*re.findall("[a-z]+", f"{_WORDS} cheaper bucks quid")}

Known = Callable[[str, str], bool]  # whether two words stand together in the catalogue
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that is asked for; a phrase has spaces between its tokens."""

    word: str  # token or phrase
    synonyms: tuple[tuple[str, float], ...] = ()  # others that will do, with weights

    @property
    def ways(self) -> tuple[tuple[str, float], ...]:
        """What will do, and what it counts: the own word, then the synonyms."""
        return ((self.word, 1.0), *self.synonyms)


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
    if words[at] in _OFTEN and known(words[at], after[0]):
        return 0
    return 2 if len(after) == 2 and known(*after) else 1


def _prices(words: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Words without prices, and the prices."""
    bounds: list[tuple[str, str]] = []

    def take(match: re.Match[str]) -> str:
        found = _price(match)
        bounds.extend(found)
        return "" if found else match[0]

    if any(word[:1].isdigit() for word in words):
        words = _PRICE.sub(take, " ".join(words)).split()
    return words, bounds


def _price(match: re.Match[str]) -> list[tuple[str, str]]:
    """Bounds of the price that a phrase names; none if it may be something else."""
    sure = _has_currency(match[0]) is not None
    # Without a currency it may be a size or an age: under 60 cm, under 12 months.
    clear = match["after"] is None or match["after"].strip() in STOPWORDS
    amounts = sorted(_number.findall(match[0]), key=float)
    if not match["limit"]:
        meant = sure or (clear and match["both"])
        return [*zip(("price_min", "price_max"), amounts, strict=True)] if meant else []
    if _is_most(match["limit"]):
        return [("price_max", amounts[0])] if sure or clear else []
    return [("price_min", amounts[0])] if sure else []
