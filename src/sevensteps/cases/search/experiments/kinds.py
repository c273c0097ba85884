"""What kind of query it is, by the world's truth: for slices of a metric."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .evaluation import QuerySample
from .simulation import SearchSimulation

KINDS = (
    "kind alone", "kind and more", "other words", "a series", "a use", "mistyped",
)  # fmt: skip
BEST = 4  # grade of a product that has all that was asked
_LOOKED = 200  # titles of the best products in which a query's words are looked for
_FEW = 1 / 4  # of these; a word that stands in fewer is not what sellers say


def query_kinds(shop: SearchSimulation, sample: QuerySample) -> NDArray[np.str_]:
    """(q,) one of `KINDS` each.

    *Mistyped* comes first, then *a use* ("ideas for a lounge") and *a series* (a
    brand's line by its name). *Other words*: some word of the query stands in less than
    a quarter of the best products' titles. The rest says what titles say: the *kind
    alone*, or *kind and more*.
    """
    true = shop.world.true_queries().loc[sample.query_id]
    return np.select(
        [
            true.true_mistyped.to_numpy(),
            true.true_intent.to_numpy() == "exploratory",
            true.true_intent.to_numpy() == "navigational",
            _in_other_words(shop, sample),
            true.true_intent.to_numpy() == "exact",
        ],
        ["mistyped", "a use", "a series", "other words", "kind and more"],
        "kind alone",
    )


def _in_other_words(shop: SearchSimulation, sample: QuerySample) -> NDArray[np.bool_]:
    """Whether one of the words stands in few titles of the best products."""
    good = shop.world.relevant(
        sample.query_id, at_least=BEST, history=shop.history
    ).groupby("query_id").head(_LOOKED)  # fmt: skip
    products = dict(iter(good.groupby("query_id")["product_id"]))
    title, none = shop.catalogue.documents.title, pd.Series([], dtype=np.int32)
    rare = np.zeros(len(sample), bool)
    for at, text in enumerate(sample.texts(shop)):
        rows = products.get(sample.query_id[at], none).to_numpy()
        word, start = title.flat(rows)
        row = np.repeat(np.arange(len(rows)), np.diff(start))
        for asked in shop.analyser.tokens(text):
            said = row[word == title.vocabulary.get(asked, -1)]
            rare[at] |= len(np.unique(said)) < _FEW * len(rows)
    return rare
