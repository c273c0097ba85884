"""A ranker's inputs with their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .mlp import Floats


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Inputs of a ranker: a name for each column, a row for each pair.

    Attributes
    ----------
    names : of the columns
    values : (n, d) float32   NaN where something is not known
    """

    names: tuple[str, ...]
    values: Floats

    def __post_init__(self) -> None:
        """Refuse columns without a name of their own."""
        if self.values.ndim != 2 or len(set(self.names)) != self.values.shape[1]:
            raise ValueError("a table needs one name for each column, none twice")

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, name: str) -> Floats:
        """One column."""
        return self.only(name).values[:, 0]

    def take(self, rows: ArrayLike) -> FeatureTable:
        """Some rows."""
        return FeatureTable(self.names, self.values[np.asarray(rows)])

    def only(self, *names: str) -> FeatureTable:
        """Some columns, in the order asked; a ValueError for one that is not there."""
        if names == self.names:
            return self
        if missing := [name for name in names if name not in self.names]:
            raise ValueError(f"there is no feature {', '.join(missing)}")
        at = [self.names.index(name) for name in names]
        return FeatureTable(names, self.values[:, at])

    def without(self, *names: str) -> FeatureTable:
        """All columns but some."""
        self.only(*names)
        return self.only(*(name for name in self.names if name not in names))

    def beside(self, columns: Mapping[str, ArrayLike]) -> FeatureTable:
        """With further columns of (n,)."""
        more = [np.asarray(column, np.float32) for column in columns.values()]
        every = np.column_stack([self.values, *more])
        return FeatureTable((*self.names, *columns), every)
