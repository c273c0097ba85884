"""What a query says beside a product's words: bounds of the price, and negations."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Constraints:
    """What was said beside the words of a product.

    Attributes
    ----------
    words : those that are left, to be searched for
    bounds : ("price_max", "50") and ("price_min", "20") pairs
    excluded : phrases that a product must not have, each a tuple of words
    """

    words: tuple[str, ...]
    bounds: tuple[tuple[str, str], ...] = ()
    excluded: tuple[tuple[str, ...], ...] = ()


def query_constraints(
    words: Sequence[str], known: Known = lambda one, other: False
) -> Constraints:
    """Take prices and negations out of a query's words.

    Parameters
    ----------
    words : as `Analyser.words` gives them
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
    if not any(word[0].isdigit() for word in words if word):
        return words, bounds

    def take(match: re.Match[str]) -> str:
        found = _price(match)
        bounds.extend(found)
        return "" if found else match[0]

    return _PRICE.sub(take, " ".join(words)).split(), bounds


def _price(match: re.Match[str]) -> list[tuple[str, str]]:
    """Bounds of the price that a phrase names; none if it may be something else."""
    sure = _has_currency(match[0]) is not None
    # Without a currency it may be a size or an age: under 60 cm, under 12 months.
    clear = match["after"] is None or match["after"].strip() in STOPWORDS
    if not match["limit"]:
        low, high = sorted((_digits(match["low"]), _digits(match["high"])), key=float)
        meant = sure or (clear and match["both"])
        return [("price_min", low), ("price_max", high)] if meant else []
    if _is_most(match["limit"]):
        return [("price_max", _digits(match["amount"]))] if sure or clear else []
    return [("price_min", _digits(match["amount"]))] if sure else []


def _digits(amount: str) -> str:
    match = _number.search(amount)
    return match[0] if match else ""
