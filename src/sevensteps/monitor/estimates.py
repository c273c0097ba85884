"""What scores say of today, weeks before the labels; and labels when they come."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


def expected_by_day(probabilities: ArrayLike, day: ArrayLike) -> pd.Series:
    """Positives expected on each day, from calibrated probabilities alone.

    It holds as long as calibration does: a new kind of positive that the model scores
    low is invisible here, which is why labels are watched as well.

    Parameters
    ----------
    probabilities : (n,) float   calibrated probability of being positive
    day : (n,) int

    Raises
    ------
    ValueError                if lengths differ or a probability is not in [0, 1]

    Source: confidence-based performance estimation; Guerin et al.,
    "Estimating model performance without ground truth" (NannyML, 2023).
    """
    p, days = np.asarray(probabilities, float), np.asarray(day)
    if len(p) != len(days):
        raise ValueError(f"lengths differ: {len(p)}, {len(days)}")
    bad = np.flatnonzero(~((p >= 0) & (p <= 1)))
    if len(bad):
        raise ValueError(f"row {bad[0]}: {p[bad[0]]} is no probability in [0, 1]")
    return pd.Series(p).groupby(pd.Index(days, name="day")).sum()


def reports_by_day(
    reported_day: ArrayLike, days: ArrayLike, *, window: int = 7
) -> pd.Series:
    """Labels that came in during the `window` days up to each of `days`.

    The only monitor that sees truth, as late as the labels: day d counts reports of
    days d - window + 1 to d, whenever what they are about happened.
    """
    if window < 1:
        raise ValueError(f"window must be at least one day, got {window}")
    reported, at = np.sort(np.asarray(reported_day)), np.asarray(days)
    until = np.searchsorted(reported, at, "right")
    since = np.searchsorted(reported, at - window, "right")
    return pd.Series(until - since, pd.Index(at, name="day"))
