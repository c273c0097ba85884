"""Rankers on impressions: what they tell apart, how well calibrated, and leaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sevensteps.cases.video.recommender.examples import Rows
from sevensteps.cases.video.recommender.inputs import Shelf, inputs
from sevensteps.cases.video.recommender.items import Floats
from sevensteps.cases.video.recommender.ranking import OutcomeModel
from sevensteps.measure import Interval, calibration_ratio, roc_auc
from sevensteps.simulate import UNIT_BLOCKS

CHUNK = 20_000


def as_seen_from(shelf: Shelf, rows: Rows) -> Rows:
    """The same impressions with the inputs of another day.

    Of a later one they hold what nobody knew yet: a leak, to be priced.
    """
    parts = [
        inputs(shelf, some.user, some.item[:, None])[:, 0]
        for first in range(0, len(rows.user), CHUNK)
        for some in [rows.take(np.arange(first, min(first + CHUNK, len(rows.user))))]
    ]
    return replace(rows, x=np.concatenate(parts))


def click_auc(ranker: OutcomeModel, rows: Rows, examination: Floats) -> Interval:
    """Clicked above not clicked, each at its own position; people redrawn."""
    score = ranker(rows.x).click * examination[rows.position]
    return roc_auc(score, rows.clicked, rows.user % UNIT_BLOCKS)


def click_ratio(ranker: OutcomeModel, rows: Rows, examination: Floats) -> Interval:
    """Clicks predicted for each one that came; people redrawn."""
    score = np.clip(ranker(rows.x).click * examination[rows.position], 0, 1)
    return calibration_ratio(score, rows.clicked, rows.user % UNIT_BLOCKS)
