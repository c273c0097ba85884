"""What tells a good document from a bad one for a query, in any collection of texts.

Words that are met and words that are missed; the same by letters, for those who type
badly; meaning; where in the title; and what the best documents of this query have in
common (pseudo-relevance feedback). All by pairs; none knows a grade.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from sevensteps.search.dense import cosines
from sevensteps.search.table import FeatureTable

from .collections import Collection
from .matching import PLAIN, Matches, Setting
from .meaning import Meaning
from .texts import ANALYSER, FORMS, Ids, Texts, kept_words

LETTERS = 1 << 18  # columns of hashed pieces of words
TOP = 10  # documents of a query that count as its best
CHUNK = 50_000  # pairs whose pieces are compared at once


def signals(
    data: Collection,
    texts: Mapping[str, Texts],
    meaning: Meaning,
    row: Ids,
    item: Ids,
) -> FeatureTable:
    """Signals of pairs of a query and a document, in order of `row`.

    Parameters
    ----------
    texts : by form, see `texts_of`
    row, item : (p,) of each pair; rows in rising order

    Returns
    -------
    FeatureTable        (p, d) float32
    """
    made: dict[str, NDArray[np.floating]] = {}
    for form, held in texts.items():
        matches = Matches.of(held, row, item)
        made |= {f"{k}_{form}": v for k, v in _words(held, matches, row, item).items()}
    made |= _lengths(texts["stems"], row, item)
    made |= _pieces(data, row, item)
    made["cosine_title"] = _cosines(meaning.title, item, meaning.query, row)
    made["cosine"] = _cosines(meaning.whole, item, meaning.query, row)
    both = spread(made["bm25_stems"], row) + spread(made["cosine"], row)
    made |= _like_the_best(data, meaning, row, item, both)
    for name in ("bm25_stems", "cosine", "letters"):
        made[f"{name}_here"] = spread(made[name], row)
    values = np.column_stack(list(made.values())).astype(np.float32)
    return FeatureTable(tuple(made), values)


def _words(
    texts: Texts, matches: Matches, row: Ids, item: Ids
) -> dict[str, NDArray[np.floating]]:
    """BM25 by field, and which of the query's words are met, by their rarity."""
    worth = matches.rarity[matches.word] * matches.times
    every = np.maximum(np.asarray(texts.asked @ matches.rarity), 1e-9)[row]
    in_title = matches.count["title"] > 0
    met = matches.sum(worth) / every
    titled = matches.sum(worth * in_title)
    long = np.maximum(texts.length["title"][item], 1)
    ends = _ends(texts)
    first = (matches.word == ends[row[matches.pair], 0]) & in_title
    last = (matches.word == ends[row[matches.pair], 1]) & in_title
    return {
        "bm25": matches.score(PLAIN),
        "bm25_title": matches.score(Setting(body=0, facets=0)),
        "bm25_body": matches.score(Setting(title=0, facets=0)),
        "bm25_facets": matches.score(Setting(title=0, body=0, b=0)),
        "met": met,
        "met_title": titled / every,
        "missed": every * (1 - met),
        "of_title": matches.sum(matches.count["title"]) / long,
        "first_word": matches.sum(first.astype(np.float32)),
        "last_word": matches.sum(last.astype(np.float32)),
    }


def _ends(texts: Texts) -> Ids:
    """(m, 2) the first and the last word of each query; -2 where there is none."""
    made = np.full((len(texts.order), 2), -2, np.int32)
    for place, words in enumerate(texts.order):
        if words:
            made[place] = words[0], words[-1]
    return made


def _lengths(texts: Texts, row: Ids, item: Ids) -> dict[str, NDArray[np.floating]]:
    asked = np.asarray(texts.asked.sum(axis=1)).ravel()
    return {
        "n_words": asked[row],
        "title_words": np.log1p(texts.length["title"][item]),
        "body_words": np.log1p(texts.length["body"][item]),
    }


def _pieces(data: Collection, row: Ids, item: Ids) -> dict[str, NDArray[np.floating]]:
    """Agreement by letters and by pairs of words, of query and title."""
    used, at = np.unique(item, return_inverse=True)
    told = (data.title[used], data.facets[used], data.body[used])
    title = [f"{t} {f}" if t else b[:300] for t, f, b in zip(*told, strict=True)]
    letters = HashingVectorizer(
        analyzer="char_wb", ngram_range=(3, 4), n_features=LETTERS,
        alternate_sign=False, norm=None, dtype=np.float32,
    )  # fmt: skip
    pairs = HashingVectorizer(
        analyzer=_pairs_of_words, n_features=LETTERS, alternate_sign=False,
        norm=None, binary=True, dtype=np.float32,
    )  # fmt: skip
    mine, theirs = letters.transform(data.query), letters.transform(title)
    weigh = TfidfTransformer(sublinear_tf=True).fit(theirs)
    cosine = _products(weigh.transform(mine), weigh.transform(theirs), row, at)
    plain = TfidfTransformer(norm=None).fit(theirs)
    asked = plain.transform((mine > 0).astype(np.float32))
    share = _products(asked, (theirs > 0).astype(np.float32), row, at)
    whole = np.maximum(np.asarray(asked.sum(axis=1)).ravel(), 1e-9)
    two, other = pairs.transform(data.query), pairs.transform(title)
    n_pairs = np.maximum(np.asarray(two.sum(axis=1)).ravel(), 1)
    return {
        "letters": cosine,
        "letters_met": share / whole[row],
        "in_a_row": _products(two, other, row, at) / n_pairs[row],
    }


def _pairs_of_words(text: str) -> list[str]:
    form = FORMS["plurals"]
    words = [form(w) for w in kept_words(ANALYSER.words(text))]
    return [f"{a} {b}" for a, b in pairwise(words)]


def _products(
    mine: sparse.csr_matrix, theirs: sparse.csr_matrix, row: Ids, at: Ids
) -> NDArray[np.float32]:
    """(p,) inner products of rows, pair by pair."""
    made = [
        mine[row[i : i + CHUNK]].multiply(theirs[at[i : i + CHUNK]]).sum(axis=1)
        for i in range(0, len(row), CHUNK)
    ]
    return np.concatenate([np.asarray(part).ravel() for part in made])


def grouped(
    values: NDArray[np.floating], row: Ids, how: Callable[..., NDArray[np.floating]]
) -> NDArray[np.floating]:
    """(p,) what `how.reduceat` makes of each row's values, for each of its pairs."""
    start = np.flatnonzero(np.r_[True, np.diff(row) != 0])
    each = how.reduceat(values, start)  # type: ignore[attr-defined]
    return np.repeat(each, np.diff(np.r_[start, len(row)]))


def spread(values: NDArray[np.floating], row: Ids) -> NDArray[np.floating]:
    """(p,) values less the mean of their query, over the spread there."""
    n = grouped(np.ones(len(row)), row, np.add)
    centred = values - grouped(values.astype(np.float64), row, np.add) / n
    spread = np.sqrt(grouped(centred**2, row, np.add) / n)
    return centred / np.maximum(spread, 1e-6)


def places(values: NDArray[np.floating], row: Ids) -> Ids:
    """(p,) place of each pair on its query's list, from 0; equal ones by order."""
    order = np.lexsort((-values, row))
    start = np.flatnonzero(np.r_[True, np.diff(row) != 0])
    first = np.repeat(start, np.diff(np.r_[start, len(row)]))
    made = np.empty(len(row), np.int32)
    made[order] = np.arange(len(row)) - first
    return made


def _cosines(
    one: NDArray[np.floating], at: Ids, other: NDArray[np.floating], of: Ids
) -> NDArray[np.float32]:
    """(p,) products of rows, pair by pair, in 32 bits."""
    made = np.empty(len(at), np.float32)
    for i in range(0, len(at), CHUNK):
        part = slice(i, i + CHUNK)
        mine, theirs = one[at[part]], other[of[part]]
        made[part] = cosines(mine.astype(np.float32), theirs.astype(np.float32))
    return made


def _like_the_best(
    data: Collection,
    meaning: Meaning,
    row: Ids,
    item: Ids,
    score: NDArray[np.floating],
) -> dict[str, NDArray[np.floating]]:
    """Nearness to the best documents of the query, by meaning and by facet.

    Each document is left out of what it is compared with.
    """
    best = places(score, row) < TOP
    n_rows = len(meaning.query)
    of, found = row[best], item[best]
    total = np.zeros((n_rows, meaning.whole.shape[1]), np.float32)
    np.add.at(total, of, meaning.whole[found])
    n = np.bincount(of, minlength=n_rows)[row]
    near = _cosines(meaning.whole, item, total, row)
    own = np.where(best, _cosines(meaning.whole, item, meaning.whole, item), 0)
    facet = pd.factorize(data.facets)[0].astype(np.int64)
    key = row.astype(np.int64) * (facet.max() + 1) + facet[item]
    code, _ = pd.factorize(key)
    same = np.bincount(code, best)[code] - best
    others = np.maximum(n - best, 1)
    return {"like_best": (near - own) / others, "same_facets": same / others}
