"""Labels as they were known at a moment, and splits that leave them time to come."""

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from sevensteps.cases.fraud.world import History

from .names import DAY


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to train and to test on; the labels between them had time to arrive.

    `train_labels` are as known when training happens, at the midnight that ends
    the gap; `test_labels` are all that were ever reported. A blocked payment is
    in neither set: nobody will ever know what it was.
    """

    train: NDArray[np.bool_]
    test: NDArray[np.bool_]
    train_labels: NDArray[np.bool_]
    test_labels: NDArray[np.bool_]


def labels_as_of(history: History, moment: int | None = None) -> NDArray[np.bool_]:
    """(n,) which payments were known to be fraud just before a moment.

    None: all that were ever reported. False means honest *or* not yet reported, never
    reported, or blocked.
    """
    told = history.chargebacks
    if moment is not None:
        told = told.filter(pc.less(told["reported_at"], moment))
    known = pc.is_in(history.payments["payment_id"], told["payment_id"])
    return known.to_numpy().astype(bool)


def split(
    history: History, *, train_until: int, label_gap: int, train_from: int = 30
) -> Split:
    """Split by time, with a gap in which the training labels arrive.

    Parameters
    ----------
    train_until : train on days before this one
    label_gap : days until the model is trained, with the labels that are known then,
        and the test begins
    train_from : first training day; before day 30 windows are cut short
    """
    known_at = train_until + label_gap
    if not 0 <= train_from < train_until or label_gap < 0:
        raise ValueError(
            f"need 0 <= train_from < train_until and label_gap >= 0, got "
            f"{train_from}, {train_until} and {label_gap}"
        )
    if known_at >= history.days:
        raise ValueError(
            f"the test would begin on day {known_at}, at the end of the label gap; "
            f"the history has {history.days} days"
        )
    day = history.payments["paid_at"].to_numpy() // DAY
    labelled = pc.not_equal(history.payments["action"], "block").to_numpy()
    return Split(
        train=(day >= train_from) & (day < train_until) & labelled,
        test=(day >= known_at) & (day < history.days) & labelled,
        train_labels=labels_as_of(history, known_at * DAY),
        test_labels=labels_as_of(history),
    )
