"""Rankers on impressions: what they tell apart, how well calibrated, and leaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sevensteps.cases.video.recommender.examples import Rows
from sevensteps.cases.video.recommender.inputs import Shelf, inputs
from sevensteps.cases.video.recommender.items import Floats
from sevensteps.cases.video.recommender.ranking import Ranker
from sevensteps.measure import Interval, calibration_ratio, roc_auc
from sevensteps.simulate.people import BLOCKS

CHUNK = 20_000


def as_seen_from(shelf: Shelf, rows: Rows) -> Rows:
    """The same impressions with the inputs of another morning.

    Of a later one they hold what nobody knew yet: a leak, to be priced.
    """
    parts = [
        inputs(shelf, some.user, some.item[:, None])[:, 0]
        for first in range(0, len(rows.user), CHUNK)
        for some in [rows.take(np.arange(first, min(first + CHUNK, len(rows.user))))]
    ]
    return replace(rows, x=np.concatenate(parts))


def click_auc(ranker: Ranker, rows: Rows, looks: Floats) -> Interval:
    """Clicked above not clicked, each in the place where it stood; people redrawn."""
    score = ranker(rows.x).click * looks[rows.position]
    return roc_auc(score, rows.clicked, rows.user % BLOCKS)


def click_ratio(ranker: Ranker, rows: Rows, looks: Floats) -> Interval:
    """Clicks predicted for each one that came; people redrawn."""
    score = np.clip(ranker(rows.x).click * looks[rows.position], 0, 1)
    return calibration_ratio(score, rows.clicked, rows.user % BLOCKS)
