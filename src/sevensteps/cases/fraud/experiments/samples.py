"""Payments to learn from and to be judged by: every fraud, some of the honest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sevensteps.cases.fraud.features import (
    FEATURES,
    feature_matrix,
    labels_as_of,
    offline,
)
from sevensteps.cases.fraud.world import DAY, History


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of a history with their features; every array has one entry a row.

    Attributes
    ----------
    row : (n,) int64          number among the history's payments
    day : (n,) int32          day of the payment
    x : (n, F) float32        `FEATURES`, as of the second before the payment
    reported_day : (n,) float day on which its chargeback came in; inf: it never did
    draw : (n,) float         uniform, by which honest payments are thinned
    share : (n,) float        share of such honest payments that was kept
    label : (n,) bool         charged back, as far as was known: see `labelled`
    """

    row: NDArray[np.int64]
    day: NDArray[np.int32]
    x: NDArray[np.float32]
    reported_day: NDArray[np.float64]
    draw: NDArray[np.float64]
    share: NDArray[np.float64]
    label: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.row)

    def where(self, mask: NDArray[np.bool_]) -> Sample:
        """The rows where `mask` is true."""
        return Sample(*(getattr(self, name)[mask] for name in self.__slots__))

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

    Every payment that was ever charged back is taken, and a share of the others. All
    payments are events in each other's windows, whether they are drawn or not.

    Parameters
    ----------
    history : History
    honest : {day: share}     share of the other payments, from each day on; those
                              before the first are left out. By default all from day
                              30 on: windows are 30 days long
    seed : int                of the draw

    Returns
    -------
    Sample                    labelled with what was ever reported

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
    row = np.flatnonzero((share > 0) & ((draw < share) | np.isfinite(reported)))
    chosen = np.zeros(len(day), bool)
    chosen[row] = True
    table = offline(history, keep=chosen)
    x = feature_matrix(table)
    label = np.isfinite(reported[row])
    return Sample(row, day[row], x, reported[row], draw[row], share[row], label)


def reported_days(history: History) -> NDArray[np.float64]:
    """(n,) day on which each payment's chargeback came in; inf where none did."""
    known = np.flatnonzero(labels_as_of(history))
    ids = history.column("payment_id")[known]
    order = np.argsort(ids)
    at = np.searchsorted(ids, history.chargebacks["payment_id"], sorter=order)
    reported = np.full(history.payments.num_rows, np.inf)
    reported[known[order[at]]] = history.chargebacks["reported_at"].to_numpy() // DAY
    return reported
