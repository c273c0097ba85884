"""What a service answers from now, and new products for it.

Every change makes a new state and puts it in place of the old one at once. A request
keeps the state that it began with.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.shop import FIELDS, Catalogue, Documents
from sevensteps.rank.text import Ids
from sevensteps.serve.bundle import read_bundle

from .bundle import ENGINE, engine_of

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
    best: Mapping[int, Ids]
    topics: tuple[str, ...]
    version: int = 0

    @classmethod
    def of(cls, engine: Engine) -> State:
        """An engine, with what sells best in its catalogue."""
        catalogue = engine.catalogue
        topics = tuple(sorted(set(catalogue.categories)))
        return cls(engine, bestsellers(catalogue.documents), topics)

    @property
    def documents(self) -> Documents:
        """The catalogue."""
        return self.engine.catalogue.documents

    def with_products(self, table: pa.Table) -> State:
        """The next state; topics are those that the queries' reader was taught."""
        later = Catalogue.of(table, 0, self.engine.understanding.analyser)
        engine = self.engine.grown(later)
        best = bestsellers(engine.catalogue.documents)
        return State(engine, best, self.topics, self.version + 1)


def bestsellers(documents: Documents) -> dict[int, Ids]:
    """The products of each category and of all, what sells best first."""
    order = np.argsort(-documents.numbers["sold"], kind="stable").astype(np.int32)
    column = documents.fields["category"]
    code = column.code[order]
    by = np.argsort(code, kind="stable")
    edges = np.searchsorted(code[by], np.arange(len(column.names) + 1))
    lists = [order[by[a:b]] for a, b in pairwise(edges)]
    return {EVERYTHING: order} | dict(enumerate(lists))


class Live:
    """The state of a bundle's engine, and whoever may change it, one at a time.

    Raises
    ------
    ModelError                if the bundle must not be served; says why
    """

    def __init__(self, bundle: Path) -> None:
        told, work = read_bundle(bundle, ENGINE), TemporaryDirectory(prefix="search-")
        self.state = State.of(engine_of(told, work.name))
        self.bundle: str = told.version()
        self.changed_at: float = told.facts["exported_at"]
        self.lag_s = 0.0  # of the last new products, until they could be found
        self.close = work.cleanup  # the copy of the index goes

    @property
    def index_age_s(self) -> float:
        """Since the bundle was written, or products came in."""
        return time.time() - self.changed_at

    def add(self, products: Sequence[Mapping[str, Any]], came: float) -> range:
        """Take in new products, sent at `came` by `perf_counter`; their numbers."""
        before = len(self.state.documents)
        self.state = self.state.with_products(_table(products))
        self.changed_at, self.lag_s = time.time(), time.perf_counter() - came
        return range(before, before + len(products))


def _table(products: Sequence[Mapping[str, Any]]) -> pa.Table:
    """New products as a shop's table has them: unrated, unsold, of no age."""
    table = pa.Table.from_pylist([dict(product) for product in products])
    for name in FIELDS:  # no type follows from nothing at all
        column = table[name].cast(pa.string())
        table = table.set_column(table.schema.get_field_index(name), name, column)
    n = len(products)
    more: dict[str, Any] = {"product_id": np.arange(n, dtype=np.int32)}
    more["rating"] = pa.nulls(n, pa.float32())
    more |= {c: np.zeros(n, np.int32) for c in ("n_ratings", "sold", "listed_at")}
    for name, values in more.items():
        table = table.append_column(name, pa.array(values))
    return table
