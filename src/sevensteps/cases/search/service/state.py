"""What a service answers from at one moment: an engine, rules, bestsellers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sevensteps.cases.search.engine.arrange import PageRules
from sevensteps.cases.search.engine.documents import Documents, Ids
from sevensteps.cases.search.engine.engine import Engine

EVERYTHING = -1  # stands for no category


@dataclass(frozen=True)
class State:
    """All that one request needs.

    Attributes
    ----------
    best : code of a category, or `EVERYTHING`, to its products, bestsellers first
    topics : categories that queries are told apart by, sorted
    version : grows with every change
    """

    engine: Engine
    rules: PageRules
    best: Mapping[int, Ids]
    topics: tuple[str, ...] = ()
    version: int = 0

    @classmethod
    def of(cls, engine: Engine, rules: PageRules | None = None) -> State:
        """An engine, with what sells best in its catalogue."""
        catalogue = engine.catalogue
        topics = tuple(sorted(set(catalogue.categories)))
        return cls(
            engine, rules or PageRules(), bestsellers(catalogue.documents), topics
        )

    @property
    def documents(self) -> Documents:
        """The catalogue."""
        return self.engine.catalogue.documents


def bestsellers(documents: Documents) -> dict[int, Ids]:
    """The products of each category and of all, what sells best first."""
    order = np.argsort(-documents.numbers["sold"], kind="stable").astype(np.int32)
    column = documents.fields.get("category")
    if column is None:
        return {EVERYTHING: order}
    code = column.code[order]
    by = np.argsort(code, kind="stable")
    edges = np.searchsorted(code[by], np.arange(len(column.names) + 1))
    lists = [order[by[a:b]] for a, b in pairwise(edges)]
    return {EVERYTHING: order} | dict(enumerate(lists))
