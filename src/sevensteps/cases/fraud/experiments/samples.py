"""Payments to learn from and to be judged by: every fraud, some of the honest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from sevensteps.cases.fraud.features import FEATURES, feature_matrix, offline
from sevensteps.cases.fraud.world import DAY, History
from sevensteps.world.arrays import take


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of a history with their features; every array has one entry a row."""

    row: NDArray[np.int64]  # number among the history's payments
    day: NDArray[np.int32]  # of the payment
    x: NDArray[np.float32]  # (n, F) `FEATURES`, as of the second before the payment
    reported_day: NDArray[np.float64]  # on which its chargeback came; inf: it never did
    draw: NDArray[np.float64]  # uniform, by which honest payments are thinned
    share: NDArray[np.float64]  # of such honest payments, that was kept
    label: NDArray[np.bool_]  # charged back, as far as was known: see `labelled`

    def __len__(self) -> int:
        return len(self.row)

    def where(self, mask: NDArray[np.bool_]) -> Sample:
        """The rows where `mask` is true."""
        return take(self, mask)

    def between(self, first: int, end: int) -> Sample:
        """Payments of the days `first` to `end` - 1."""
        return self.where((self.day >= first) & (self.day < end))

    def labelled(self, by: int | None = None, *, honest: float = 1.0) -> Sample:
        """Labels as known when day `by` begins, or ever; the honest thinned.

        Rows without a label stay as far as the draw took them, so a fraud that nobody
        has reported yet is as rare among them as in life.

        Parameters
        ----------
        by : int              day; None: all chargebacks that ever came
        honest : float        share of the unlabelled payments to keep, at most

        Raises
        ------
        ValueError            a share outside (0, 1]
        """
        if not 0 < honest <= 1:
            raise ValueError(f"the share `honest` must lie in (0, 1], not {honest}")
        label = self.reported_day < (np.inf if by is None else by)
        share = np.minimum(self.share, honest)
        known = replace(self, label=label, share=share)
        return known.where(label | (self.draw < share))

    @property
    def weight(self) -> NDArray[np.float64]:
        """(n,) payments that each row stands for."""
        return np.where(self.label, 1.0, 1 / self.share)

    @property
    def seen(self) -> dict[str, NDArray[Any]]:
        """What every metric asks besides scores: labels, day, weight."""
        return {"labels": self.label, "day": self.day, "weight": self.weight}

    def column(self, name: str) -> NDArray[np.float32]:
        """(n,) one feature."""
        return self.x[:, FEATURES.index(name)]

    @property
    def amount(self) -> NDArray[np.float64]:
        """(n,) euros."""
        return self.column("amount").astype(np.float64)

    def replaced(self, name: str, values: ArrayLike) -> Sample:
        """The same rows with other values of one feature."""
        x = self.x.copy()
        x[:, FEATURES.index(name)] = np.asarray(values, np.float32)
        return replace(self, x=x)


def sample(
    history: History, honest: Mapping[int, float] | None = None, *, seed: int = 7
) -> Sample:
    """Draw payments of a history, and compute their features.

    Every payment that was ever charged back is taken, labelled so, and a share of the
    others. All payments are events in each other's windows, drawn or not.

    Parameters
    ----------
    honest : {day: share}     share of the other payments, from each day on; those
                              before the first are left out. By default all from day
                              30 on: windows are 30 days long
    seed : int                of the draw

    Raises
    ------
    ValueError                a share outside (0, 1]
    """
    shares = {30: 1.0} if honest is None else dict(honest)
    if bad := [share for share in shares.values() if not 0 < share <= 1]:
        raise ValueError(f"shares of honest payments must lie in (0, 1], not {bad}")
    day = (history.column("paid_at") // DAY).astype(np.int32)
    share = np.zeros(len(day))
    for first in sorted(shares):
        share[day >= first] = shares[first]
    draw = np.random.default_rng(seed).random(len(day))
    reported = reported_days(history)
    chosen = (share > 0) & ((draw < share) | np.isfinite(reported))
    row = np.flatnonzero(chosen)
    x = feature_matrix(offline(history, keep=chosen))
    label = np.isfinite(reported[row])
    return Sample(row, day[row], x, reported[row], draw[row], share[row], label)


def reported_days(history: History) -> NDArray[np.float64]:
    """(n,) day on which each payment's chargeback came in; inf where none did."""
    told, ids = history.chargebacks, history.payments["payment_id"]
    at = pc.index_in(ids, value_set=told["payment_id"]).to_numpy()  # NaN: none
    reported = np.full(len(ids), np.inf)
    known = np.isfinite(at)
    when = told["reported_at"].to_numpy()[at[known].astype(int)]
    reported[known] = when // DAY
    return reported
