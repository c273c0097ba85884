"""An engine on the day after: other prices and stock, new products, no new build.

Nothing is changed in place. Whoever holds the engine of before goes on with it, and
sees neither half of a change. Only the index's folder has one line of descent: of two
engines that grow from the same one, the later takes the folder over.
"""

from __future__ import annotations

from dataclasses import replace

import faiss
import numpy as np

from .dense import DenseIndex
from .engine import Engine
from .features import CatalogueFeatures, known_features
from .keyword import KeywordIndex
from .shop import Catalogue
from .spelling import Speller
from .understanding import Understanding
from .usage import Usage


def grown(engine: Engine, later: Catalogue) -> Engine:
    """The engine with further products, under the next numbers.

    They are found by word and by meaning, and their words count as spelt right. What
    the next build does better: how rare words are, and what titles say of categories.

    Raises
    ------
    ValueError                if the products have other columns
    """
    before = engine.catalogue
    documents = before.documents.then(later.documents)
    vector = np.concatenate([before.vector, later.vector])
    catalogue = Catalogue(documents, [*before.titles, *later.titles], vector)
    return replace(
        engine,
        understanding=_taught(engine.understanding, later),
        catalogue=catalogue,
        reference=_reference(engine.reference, catalogue),
        keyword=engine.keyword and _with_words(engine.keyword, before, later),
        dense=engine.dense and _with_vectors(engine.dense, later),
    )


def _reference(before: CatalogueFeatures, catalogue: Catalogue) -> CatalogueFeatures:
    documents = catalogue.documents
    size = len(documents.vocabulary), len(documents)
    return CatalogueFeatures(
        documents,
        before.title.padded(*size),
        before.body.padded(*size),
        known_features(documents),
        None if before.vector is None else catalogue.vector,
    )


def _with_words(
    index: KeywordIndex, before: Catalogue, later: Catalogue
) -> KeywordIndex:
    # What a change that failed half-way has left in the folder goes.
    made = index.reopened(len(before.documents))
    made.add(later.documents)
    made.refresh()
    return made


def _with_vectors(index: DenseIndex, later: Catalogue) -> DenseIndex:
    # A copy: faiss must not be searched while it takes vectors in.
    copy = faiss.clone_index(index.built.index)
    made = replace(index, built=replace(index.built, index=copy))
    made.add(later.vector.astype(np.float32))
    return made


def _taught(understanding: Understanding, later: Catalogue) -> Understanding:
    """A new brand's name is no misspelling of an old one's."""
    speller = understanding.speller
    if speller is None:
        return understanding
    new = Usage.of(understanding.analyser.words_of(later.titles))
    return replace(understanding, speller=_knowing(speller, new))


def _knowing(speller: Speller, new: Usage) -> Speller:
    counts, pairs = dict(speller.counts), dict(speller.pairs)
    written = dict(speller.written_pairs)
    for word, n in new.written.items():
        counts[word] = counts.get(word, 0) + n
    for pair, n in new.pairs.items():
        pairs[pair] = pairs.get(pair, 0) + n
        written[pair] = written.get(pair, 0) + n
    return replace(
        speller,
        counts=counts,
        pairs=pairs,
        written_pairs=written,
        n_words=speller.n_words + sum(new.written.values()),
    )
