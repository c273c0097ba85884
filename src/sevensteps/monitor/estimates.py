"""What scores say of today, weeks before the labels; and labels when they come."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sevensteps.measure.inputs import probabilities, same_length

WINDOW = 7  # days over which reports are counted


def expected_by_day(p: ArrayLike, day: ArrayLike) -> pd.Series:
    """Positives expected on each day, from calibrated probabilities alone.

    It holds as long as calibration does: a new kind of positive that the model scores
    low is invisible here, which is why labels are watched as well.

    Parameters
    ----------
    p : (n,) float            calibrated probability of being positive
    day : (n,) int

    Source: confidence-based performance estimation; Guerin et al.,
    "Estimating model performance without ground truth" (NannyML, 2023).
    """
    each, days = probabilities("p", p), np.asarray(day)
    same_length(p=each, day=days)
    return pd.Series(each).groupby(pd.Index(days, name="day")).sum()


def reports_by_day(reported_day: ArrayLike, days: ArrayLike) -> pd.Series:
    """Labels that came in during the seven days up to each of `days`.

    The only monitor that sees truth, as late as the labels: day d counts reports of
    days d - 6 to d, whenever what they are about happened.
    """
    reported, at = np.sort(np.asarray(reported_day)), np.asarray(days)
    until = np.searchsorted(reported, at, "right")
    since = np.searchsorted(reported, at - WINDOW, "right")
    return pd.Series(until - since, pd.Index(at, name="day"))
