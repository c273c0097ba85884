"""What the scores themselves say of today, weeks before the labels come."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

_Z = 1.96


def estimate_by_day(
    probabilities: ArrayLike, flagged: ArrayLike, day: ArrayLike
) -> pd.DataFrame:
    """Expected fraud, recall and precision of each day, from scores alone.

    If scores are calibrated probabilities, the number of frauds expected is their
    sum. It holds as long as calibration does: a new theft that the model scores
    low is invisible here, which is why labels are watched as well.

    Parameters
    ----------
    probabilities : (n,) float   calibrated probability of fraud
    flagged : (n,) bool          whether the policy acted on the payment
    day : (n,) int

    Returns
    -------
    DataFrame by day          n, alerts, frauds, frauds_low, frauds_high (95 %,
                              Poisson-binomial), recall, precision; NaN where
                              nothing is expected or flagged

    Raises
    ------
    ValueError                if lengths differ or a probability is not in [0, 1]

    Source: confidence-based performance estimation; Guerin et al.,
    "Estimating model performance without ground truth" (NannyML, 2023).
    """
    p, acted, days = _checked(probabilities, flagged, day)
    rows = pd.DataFrame(
        {
            "n": 1,
            "alerts": acted.astype(int),
            "frauds": p,
            "variance": p * (1 - p),
            "caught": np.where(acted, p, 0.0),
        }
    )
    total = rows.groupby(pd.Index(days, name="day")).sum()
    spread = _Z * np.sqrt(total["variance"])
    return pd.DataFrame(
        {
            "n": total["n"],
            "alerts": total["alerts"],
            "frauds": total["frauds"],
            "frauds_low": (total["frauds"] - spread).clip(lower=0),
            "frauds_high": total["frauds"] + spread,
            "recall": total["caught"] / total["frauds"].where(total["frauds"] > 0),
            "precision": total["caught"] / total["alerts"].where(total["alerts"] > 0),
        }
    )


def _checked(
    probabilities: ArrayLike, flagged: ArrayLike, day: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The three columns as arrays of one length, with sound probabilities."""
    p, acted, days = (
        np.asarray(probabilities, float),
        np.asarray(flagged),
        np.asarray(day),
    )
    if not len(p) == len(acted) == len(days):
        raise ValueError(f"lengths differ: {len(p)}, {len(acted)}, {len(days)}")
    bad = np.flatnonzero(~((p >= 0) & (p <= 1)))
    if len(bad):
        raise ValueError(f"row {bad[0]}: {p[bad[0]]} is no probability in [0, 1]")
    return p, acted, days


def chargebacks_by_day(
    reported_day: ArrayLike, days: ArrayLike, *, window: int = 7
) -> pd.Series:
    """Chargebacks that came in during the `window` days up to each of `days`.

    The only monitor that sees truth, weeks late: day d counts reports of days
    d - window + 1 to d, whenever those payments were made.
    """
    if window < 1:
        raise ValueError(f"window must be at least one day, got {window}")
    told, at = np.sort(np.asarray(reported_day)), np.asarray(days)
    counts = np.searchsorted(told, at, "right") - np.searchsorted(
        told, at - window, "right"
    )
    return pd.Series(counts, pd.Index(at, name="day"), name="chargebacks")


def matured(delays: ArrayLike, age: ArrayLike) -> np.ndarray:
    """Share of frauds that are reported by an age, from old and complete delays.

    Divide a young cohort's chargebacks by it to see what it will come to.

    Parameters
    ----------
    delays : (n,) float       days from payment to report, of payments so old that
                              all that will come has come
    age : (m,) float          days since the payments of interest

    >>> matured([10, 20, 30, 40], [25]).tolist()
    [0.5]
    """
    known = np.sort(np.asarray(delays, float))
    if not len(known) or np.isnan(known).any() or known[0] < 0:
        raise ValueError("delays must be numbers of days >= 0, at least one")
    return np.searchsorted(known, np.asarray(age, float), side="right") / len(known)
