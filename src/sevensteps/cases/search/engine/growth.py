"""An engine on the day after: new products, and no new build.

Nothing is changed in place. Whoever holds the engine of before goes on with it, and
sees neither half of a change. Only the index's folder has one line of descent: of two
engines that grow from the same one, the later takes the folder over.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .engine import Engine
from .shop import Catalogue
from .spelling import WordCounts


def grown(engine: Engine, later: Catalogue) -> Engine:
    """The engine with further products, under the next numbers.

    They are found by word and by meaning, and their words count as spelt right. What
    the next build does better: how rare words are, and what titles say of categories.
    """
    before, reads = engine.catalogue, engine.understanding
    documents = before.documents.then(later.documents)
    vector = np.concatenate([before.vector, later.vector])
    catalogue = Catalogue(documents, [*before.titles, *later.titles], vector)
    keyword, dense = engine.keyword, engine.dense
    if keyword is not None:
        keyword = keyword.grown(later.documents, len(before.documents))
    if dense is not None:
        dense = dense.grown(later.vector.astype(np.float32))
    if reads.speller is not None:  # a new brand's name is no misspelling of an old one
        new = WordCounts.of(reads.analyser.words_of(later.titles))
        reads = replace(reads, speller=reads.speller.knowing(new))
    return replace(
        engine,
        understanding=reads,
        catalogue=catalogue,
        reference=engine.reference.grown(documents, vector),
        keyword=keyword,
        dense=dense,
    )
