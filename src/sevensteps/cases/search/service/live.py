"""What a service answers from now, and its changes.

Every change makes a new state and puts it in place of the old one at once. A request
keeps the state that it began with.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from sevensteps.cases.search.engine import synonym_file
from sevensteps.cases.search.engine.growth import grown, renumbered
from sevensteps.cases.search.engine.shop import Catalogue
from sevensteps.cases.search.engine.synonyms import Synonyms
from sevensteps.serve.requests import Rejected

from .asking import Product, RulesRequest, StockItem, known_ids
from .bundle import read_manifest, rules_of
from .journal import Change, Journal, Past
from .reading import read_search
from .state import State, bestsellers


class Live:
    """The state, and whoever may change it: one change at a time, on a thread apart.

    Parameters
    ----------
    bundle : folder written by `export_search`
    synonyms : the merchandisers' file, in place of the bundle's table
    changes : journal of changes, which are made again; without one none is kept

    Raises
    ------
    ModelError                if the bundle must not be served; says why
    StorageError              if the journal cannot be written
    """

    def __init__(
        self, bundle: Path, synonyms: Path | None = None, changes: Path | None = None
    ) -> None:
        self.manifest = read_manifest(bundle)
        self._work = TemporaryDirectory(prefix="search-")
        engine = read_search(bundle, self._work.name)
        self.state = State.of(engine, rules_of(self.manifest["rules"]))
        self.changes = ThreadPoolExecutor(1, thread_name_prefix="change")
        self.synonyms, self.synonyms_error = synonyms, ""
        self.changed_at: float = self.manifest["exported_at"]
        self.stock_at: float | None = None
        self.lag_s = 0.0  # of the last new products, until they could be found
        if synonyms is not None:
            self.reload_synonyms()
        self.journal: Journal | None = None
        if changes is not None:
            past = Past(len(self.state.documents))
            journal = Journal(changes, self.manifest["bundle"], past)
            self._again(past)
            self.journal = journal

    def _again(self, past: Past) -> None:
        """Make the changes of a journal."""
        if past.products_at is not None:
            self.add(past.products, time.perf_counter())
            self.changed_at, self.lag_s = past.products_at, 0.0
        if past.stock_at is not None:
            self.restock([*past.stock.values()])
            self.stock_at = past.stock_at
        if past.rules is not None:
            self.rule(past.rules)

    def _keep(self, **change: Any) -> None:
        """Write a change down, before anybody sees it.

        Raises
        ------
        StorageError          if the disk refuses; then the change must not be made
        """
        if self.journal is not None:
            self.journal.keep(Change(at=time.time(), **change))

    def _put(self, reads: bool = False, **parts: Any) -> None:
        now = self.state
        parts |= {"version": now.version + 1, "reads": now.reads + reads}
        self.state = replace(now, **parts)

    def restock(self, items: Sequence[StockItem]) -> int:
        """Take over prices and stock; the number of products concerned.

        Raises
        ------
        Rejected              if a product is not there; then nothing is taken over
        """
        documents = self.state.documents
        known_ids([item.product_id for item in items], len(documents))
        made = {n: documents.numbers[n].copy() for n in ("price", "in_stock")}
        for item in items:
            if item.price is not None:
                made["price"][item.product_id] = item.price
            if item.in_stock is not None:
                made["in_stock"][item.product_id] = item.in_stock
        engine = renumbered(self.state.engine, made)
        self._keep(stock=(*items,))
        self._put(engine=engine)
        self.stock_at = time.time()
        return len({item.product_id for item in items})

    def add(self, products: Sequence[Product], came: float) -> range:
        """Take in new products; their numbers.

        Parameters
        ----------
        came : by `time.perf_counter`, when they were sent
        """
        before, engine = len(self.state.documents), self.state.engine
        later = Catalogue.of(_table(products), 0, engine.understanding.analyser)
        engine = grown(engine, later)
        best = bestsellers(engine.catalogue.documents)
        self._keep(products=(*products,))
        self._put(reads=True, engine=engine, best=best)
        self.changed_at, self.lag_s = time.time(), time.perf_counter() - came
        return range(before, before + len(products))

    def reload_synonyms(self) -> synonym_file.Reloaded:
        """Read the merchandisers' file again; a broken one is refused, with its error.

        Raises
        ------
        Rejected              if the service was started without a file
        """
        if self.synonyms is None:
            reason = "the service was started without a synonym file"
            raise Rejected(409, "no_synonym_file", ("", reason))
        engine = self.state.engine
        reads = engine.understanding
        before = reads.synonyms or Synonyms({})
        told = synonym_file.reload(self.synonyms, reads.analyser, before)
        self.synonyms_error = told.error or ""
        if told.error is None:
            reads = replace(reads, synonyms=told.synonyms)
            self._put(reads=True, engine=replace(engine, understanding=reads))
        return told

    def rule(self, asked: RulesRequest) -> None:
        """Put other rules of the page in place.

        Raises
        ------
        Rejected              if a product is not there
        """
        known_ids(asked.products, len(self.state.documents))
        self._keep(rules=asked)
        self._put(rules=asked.rules())

    def close(self) -> None:
        """Finish what was begun; the copy of the index goes."""
        self.changes.shutdown(wait=True, cancel_futures=True)
        if self.journal is not None:
            self.journal.close()
        self._work.cleanup()


def _table(products: Sequence[Product]) -> pa.Table:
    """New products as a shop's table has them: unrated, unsold, of no age."""
    n = len(products)
    columns: dict[str, Any] = {
        name: [getattr(product, name) for product in products]
        for name in Product.model_fields
    }
    for name in ("colour", "material", "size"):  # no type follows from nothing at all
        columns[name] = pa.array(columns[name], pa.string())
    columns["product_id"] = np.arange(n, dtype=np.int32)
    columns["rating"] = pa.nulls(n, pa.float32())
    for name in ("n_ratings", "sold", "listed_at"):
        columns[name] = np.zeros(n, np.int32)
    return pa.table(columns)
