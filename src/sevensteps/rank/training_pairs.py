"""Pairs of query and document with a grade or a click: what a ranker learns from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .feature_table import FeatureTable
from .mlp import Floats


@dataclass(frozen=True, slots=True)
class Judged:
    """Pairs, each with what is known of it.

    Attributes
    ----------
    features : (n, d)
    query : (n,) int          of each pair: a query, or one search for it
    grade : (n,) float32      a grade from 0 on, or 1 for a click
    weight : (n,) float32     how much it counts, or none
    """

    features: FeatureTable
    query: NDArray[np.int64]
    grade: Floats
    weight: Floats | None = None

    def __post_init__(self) -> None:
        """Refuse columns of another length, and values that no grade can have."""
        for name in ("query", "grade", "weight"):
            column = getattr(self, name)
            if column is None:
                continue
            if column.shape != (len(self.features),):
                raise ValueError(f"`{name}` must have {len(self.features):,} rows")
            if name != "query" and not (np.isfinite(column) & (column >= 0)).all():
                raise ValueError(f"`{name}` must be finite and not negative")

    @classmethod
    def of(
        cls,
        features: FeatureTable,
        query: ArrayLike,
        grade: ArrayLike,
        weight: ArrayLike | None = None,
    ) -> Judged:
        """From any arrays."""
        return cls(
            features,
            np.asarray(query, np.int64),
            np.asarray(grade, np.float32),
            None if weight is None else np.asarray(weight, np.float32),
        )

    def __len__(self) -> int:
        return len(self.query)

    def take(self, rows: ArrayLike) -> Judged:
        """Some pairs."""
        at = np.asarray(rows)
        weight = None if self.weight is None else self.weight[at]
        return Judged(self.features.take(at), self.query[at], self.grade[at], weight)

    def grouped(self) -> Judged:
        """The same pairs, those of one query together, else in the order they had."""
        if (np.diff(self.query) >= 0).all():
            return self
        return self.take(np.argsort(self.query, kind="stable"))
