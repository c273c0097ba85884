"""Query understanding as plain data, and back: no pickle, no second training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from symspellpy import SymSpell

from sevensteps.cases.search.engine.analysis import Analyser
from sevensteps.cases.search.engine.attributes import AttributeValue, Gazetteer
from sevensteps.cases.search.engine.spelling import Speller
from sevensteps.cases.search.engine.synonyms import Synonyms
from sevensteps.cases.search.engine.understanding import Understanding

Plain = dict[str, Any]  # what JSON can say


def plain_understanding(understanding: Understanding) -> Plain:
    """All parts as lists, numbers and texts; None for a part that is off."""
    speller, synonyms = understanding.speller, understanding.synonyms
    gazetteer = understanding.gazetteer
    return {
        "analyser": _analyser(understanding.analyser),
        "speller": None if speller is None else _speller(speller),
        "synonyms": None if synonyms is None else dict(synonyms.others),
        "gazetteer": None if gazetteer is None else _gazetteer(gazetteer),
        "constraints": understanding.constraints,
    }


def understanding_of(told: Mapping[str, Any]) -> Understanding:
    """What `plain_understanding` took apart.

    Raises
    ------
    LookupError, TypeError, ValueError      if it is something else
    """
    made = dict(told["analyser"])
    made["stopwords"] = frozenset(made["stopwords"])
    off = {name for name in ("speller", "synonyms", "gazetteer") if told[name] is None}
    return Understanding(
        Analyser(**made),
        None if "speller" in off else _speller_of(told["speller"]),
        None if "synonyms" in off else _synonyms_of(told["synonyms"]),
        None if "gazetteer" in off else _gazetteer_of(told["gazetteer"]),
        told["constraints"],
    )


def _analyser(analyser: Analyser) -> Plain:
    return {
        "stem": analyser.stem,
        "fold": analyser.fold,
        "split_digits": analyser.split_digits,
        "stopwords": sorted(analyser.stopwords),
    }


def _speller(speller: Speller) -> Plain:
    return {
        "counts": dict(speller.counts),
        "pairs": _pairs(speller.pairs),
        "written_pairs": _pairs(speller.written_pairs),
        "n_words": speller.n_words,
        "entries": dict(speller.symspell.words),
        "new_word": speller.new_word,
        "letter": speller.letter,
    }


def _pairs(pairs: Mapping[tuple[str, str], int]) -> list[tuple[str, str, int]]:
    return [(one, other, n) for (one, other), n in pairs.items()]


def _speller_of(told: Plain) -> Speller:
    symspell = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
    for word, n in told["entries"].items():
        symspell.create_dictionary_entry(word, n)
    return Speller(
        told["counts"],
        {(one, other): n for one, other, n in told["pairs"]},
        told["n_words"],
        symspell,
        {(one, other): n for one, other, n in told["written_pairs"]},
        told["new_word"],
        told["letter"],
    )


def _synonyms_of(told: Plain) -> Synonyms:
    return Synonyms(
        {
            phrase: tuple((other, weight) for other, weight in others)
            for phrase, others in told.items()
        }
    )


def _gazetteer(gazetteer: Gazetteer) -> Plain:
    values = {
        phrase: [
            [v.field, v.value, v.n, v.share, v.categories.tolist(), v.shares.tolist()]
            for v in every
        ]
        for phrase, every in gazetteer.values.items()
    }
    topics = {
        token: [places.tolist(), shares.tolist()]
        for token, (places, shares) in gazetteer.topics.items()
    }
    return {
        "values": values,
        "topics": topics,
        "pairs": sorted(gazetteer.pairs),
        "n_categories": gazetteer.n_categories,
    }


def _gazetteer_of(told: Plain) -> Gazetteer:
    values = {
        phrase: tuple(
            AttributeValue(
                field, value, n, share, _codes(places), np.array(shares, np.float64)
            )
            for field, value, n, share, places, shares in every
        )
        for phrase, every in told["values"].items()
    }
    topics = {
        token: (_codes(places), np.array(shares, np.float64))
        for token, (places, shares) in told["topics"].items()
    }
    pairs = frozenset((one, other) for one, other in told["pairs"])
    return Gazetteer(values, topics, pairs, told["n_categories"])


def _codes(places: list[int]) -> NDArray[np.int64]:
    return np.array(places, np.int64)
