"""Inputs of one size, with gaps and outliers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Standardizer:
    """Columns of mean 0 and standard deviation 1; what is not known is the mean.

    scikit-learn's `StandardScaler` keeps gaps as NaN and cuts nothing off.

    Attributes
    ----------
    mean, spread : (d,) float     of the training rows' finite values
    cut : how many deviations a value may lie from the mean; beyond, it is cut
    """

    mean: NDArray[np.floating]
    spread: NDArray[np.floating]
    cut: float = np.inf

    @classmethod
    def fit(cls, values: NDArray[np.floating], cut: float = np.inf) -> Standardizer:
        """From training rows (n, d); a column that never varies keeps its size."""
        known = np.ma.masked_invalid(values.astype(np.float64))
        mean, spread = known.mean(axis=0).filled(0), known.std(axis=0).filled(0)
        varies = spread > 1e-6 * np.maximum(np.abs(mean), 1e-6)
        return cls(mean, np.where(varies, spread, 1), cut)

    def __call__(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """(n, d) float32."""
        scaled = (values - self.mean) / self.spread
        known = np.where(np.isfinite(scaled), scaled, 0).clip(-self.cut, self.cut)
        return np.asarray(known, np.float32)
