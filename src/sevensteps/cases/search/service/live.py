"""What a service answers from now, and new products for it.

Every change makes a new state and puts it in place of the old one at once. A request
keeps the state that it began with.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from sevensteps.cases.search.engine.shop import Catalogue

from .asking import Product
from .bundle import read_manifest, rules_of
from .reading import read_search
from .state import State, bestsellers


class Live:
    """The state, and whoever may change it: one change at a time.

    Parameters
    ----------
    bundle : folder written by `export_search`

    Raises
    ------
    ModelError                if the bundle must not be served; says why
    """

    def __init__(self, bundle: Path) -> None:
        self.manifest = read_manifest(bundle)
        self._work = TemporaryDirectory(prefix="search-")
        engine = read_search(bundle, self._work.name)
        self.state = State.of(engine, rules_of(self.manifest["rules"]))
        self.changed_at: float = self.manifest["exported_at"]
        self.lag_s = 0.0  # of the last new products, until they could be found

    @property
    def index_age_s(self) -> float:
        """Since the bundle was written, or products came in."""
        return time.time() - self.changed_at

    def add(self, products: Sequence[Product], came: float) -> range:
        """Take in new products; their numbers.

        Parameters
        ----------
        came : by `time.perf_counter`, when they were sent
        """
        before, engine = len(self.state.documents), self.state.engine
        later = Catalogue.of(_table(products), 0, engine.understanding.analyser)
        engine = engine.grown(later)
        best = bestsellers(engine.catalogue.documents)
        version = self.state.version + 1
        self.state = replace(self.state, engine=engine, best=best, version=version)
        self.changed_at, self.lag_s = time.time(), time.perf_counter() - came
        return range(before, before + len(products))

    def close(self) -> None:
        """The copy of the index goes."""
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
