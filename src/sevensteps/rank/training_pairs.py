"""Pairs of query and document with a grade or a click: what a ranker learns from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .feature_table import FeatureTable
from .mlp import Floats

Places = NDArray[np.intp]


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
            if column is not None and column.shape != (len(self.features),):
                raise ValueError(f"`{name}` must have {len(self.features):,} rows")
        if not np.isfinite(self.grade).all() or (self.grade < 0).any():
            raise ValueError("`grade` must be finite and not negative")
        if self.weight is not None and not (
            np.isfinite(self.weight).all() and (self.weight >= 0).all()
        ):
            raise ValueError("`weight` must be finite and not negative")

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

    def drawn_pairs(self, per_row: int, seed: int = 0) -> tuple[Places, Places]:
        """Rows of one query, the better and the worse: partners drawn for each row.

        Raises
        ------
        ValueError                if no query has rows of two grades
        """
        order = np.argsort(self.query, kind="stable")
        _, first, size = np.unique(
            self.query[order], return_index=True, return_counts=True
        )
        start, n = np.repeat(first, size), np.repeat(size, size)
        rng = np.random.default_rng([seed, 31])
        drawn = start + (rng.random((per_row, len(order))) * n).astype(np.intp)
        one, other = np.tile(order, per_row), order[drawn].ravel()
        differ = self.grade[one] != self.grade[other]
        one, other = one[differ], other[differ]
        if len(one) < 2:
            raise ValueError(
                "no query has rows of two grades: there is nothing to order"
            )
        first_is_better = self.grade[one] > self.grade[other]
        return (
            np.where(first_is_better, one, other),
            np.where(first_is_better, other, one),
        )

    def one_click_each(self) -> Judged:
        """A list for each click: that click, and all of its search without a click.

        All rows of such a list get the click's weight. So a model that is trained on
        lists counts each click as often as its weight says. Searches without a click
        teach no order and are left out.

        Source: one ranking problem for each click, Joachims et al., WSDM (2017).
        """
        grouped = self.grouped()
        clicked = np.flatnonzero(grouped.grade > 0)
        _, first, size = np.unique(grouped.query, return_index=True, return_counts=True)
        search = np.searchsorted(first, clicked, "right") - 1
        n = size[search]
        start = np.repeat(first[search] - np.cumsum(n) + n, n)
        row, of = start + np.arange(n.sum()), np.repeat(np.arange(len(clicked)), n)
        kept = (grouped.grade[row] == 0) | (row == clicked[of])
        row, of = row[kept], of[kept]
        weight = None if grouped.weight is None else grouped.weight[clicked[of]]
        return Judged(
            grouped.features.take(row), of.astype(np.int64), grouped.grade[row], weight
        )
