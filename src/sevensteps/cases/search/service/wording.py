"""Query understanding as plain data, and back: no pickle, no second training."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np
from symspellpy import SymSpell

from sevensteps.cases.search.engine.phrases import AttributeValue, Gazetteer, Synonyms
from sevensteps.cases.search.engine.query import Understanding
from sevensteps.rank.spelling import Speller
from sevensteps.rank.text import Analyser

Plain = dict[str, Any]  # what JSON can say
A = TypeVar("A")
B = TypeVar("B")


def plain_understanding(understanding: Understanding) -> Plain:
    """All parts as lists, numbers and texts; None for a part that is off."""
    analyser = understanding.analyser
    return {
        "analyser": asdict(analyser) | {"stopwords": sorted(analyser.stopwords)},
        "speller": _if_there(_speller, understanding.speller),
        "synonyms": _if_there(lambda s: dict(s.others), understanding.synonyms),
        "gazetteer": _if_there(_gazetteer, understanding.gazetteer),
        "constraints": understanding.constraints,
    }


def understanding_of(told: Mapping[str, Any]) -> Understanding:
    """What `plain_understanding` took apart.

    Raises
    ------
    LookupError, TypeError, ValueError      if it is something else
    """
    stopwords = frozenset(told["analyser"]["stopwords"])
    return Understanding(
        Analyser(**told["analyser"] | {"stopwords": stopwords}),
        _if_there(_speller_of, told["speller"]),
        _if_there(_synonyms_of, told["synonyms"]),
        _if_there(_gazetteer_of, told["gazetteer"]),
        told["constraints"],
    )


def _if_there(make: Callable[[A], B], part: A | None) -> B | None:
    return None if part is None else make(part)


PAIRS = "pairs", "written_pairs"


def _speller(speller: Speller) -> Plain:
    told: Plain = {n: getattr(speller, n) for n in ("n_words", "new_word", "letter")}
    told["counts"] = dict(speller.counts)
    told |= {name: [*getattr(speller, name).items()] for name in PAIRS}
    return told | {"entries": dict(speller.symspell.words)}


def _speller_of(told: Plain) -> Speller:
    symspell = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
    for word, n in told["entries"].items():
        symspell.create_dictionary_entry(word, n)
    made = {n: told[n] for n in ("counts", "n_words", "new_word", "letter")}
    made |= {name: {tuple(pair): n for pair, n in told[name]} for name in PAIRS}
    return Speller(symspell=symspell, **made)


def _synonyms_of(told: Plain) -> Synonyms:
    return Synonyms({p: tuple(map(tuple, others)) for p, others in told.items()})


def _gazetteer(gazetteer: Gazetteer) -> Plain:
    values = {
        phrase: [
            [v.field, v.value, v.n, v.share, v.categories.tolist(), v.shares.tolist()]
            for v in every
        ]
        for phrase, every in gazetteer.values.items()
    }
    topics = {t: [x.tolist() for x in told] for t, told in gazetteer.topics.items()}
    pairs, n = sorted(gazetteer.pairs), gazetteer.n_categories
    return {"values": values, "topics": topics, "pairs": pairs, "n_categories": n}


def _gazetteer_of(told: Plain) -> Gazetteer:
    values = {
        phrase: tuple(map(_value, every)) for phrase, every in told["values"].items()
    }
    topics = {token: _shares(*found) for token, found in told["topics"].items()}
    pairs = frozenset(map(tuple, told["pairs"]))
    return Gazetteer(values, topics, pairs, told["n_categories"])


def _value(told: list[Any]) -> AttributeValue:
    field, value, n, share, codes, shares = told
    return AttributeValue(field, value, n, share, *_shares(codes, shares))


def _shares(codes: list[int], shares: list[float]) -> tuple[Any, Any]:
    return np.array(codes, np.int64), np.array(shares, np.float64)
