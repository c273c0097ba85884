"""Newcomers among people, videos and creators, each judged by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.cases.video.world import Outcome
from sevensteps.measure import Interval
from sevensteps.simulate import UNIT_BLOCKS, mean_over_units

from .simulation import VideoSimulation


def cold_starts(
    outcomes: Mapping[str, Outcome], simulation: VideoSimulation
) -> pd.DataFrame:
    """How each policy treats those who came after the history.

    Columns, intervals by people: satisfaction a page of newcomers and of all others;
    share of impressions that new videos get, and that videos of new creators get;
    mean true value of clicks on new videos and on all others.
    Missing where there is nobody to ask.
    """
    return pd.DataFrame({name: _row(o, simulation) for name, o in outcomes.items()}).T


def _row(outcome: Outcome, simulation: VideoSimulation) -> dict[str, Interval]:
    log, pages = outcome.impressions, outcome.requests
    user, item = log["user_id"].to_numpy(), log["video_id"].to_numpy()
    clicked = log["clicked"].to_numpy(zero_copy_only=False)
    value = outcome.truth["true_value"].to_numpy()
    creator = outcome.videos["creator_id"].to_numpy()[item]
    known = int(simulation.items.creator.max()) + 1
    new, newcomer = (
        item >= len(simulation.items),
        pages.user_id >= len(simulation.viewers),
    )
    given, of = pages.true_satisfaction.to_numpy(), pages.user_id.to_numpy()
    return {
        "a newcomer's page": _mean(given, of, newcomer.to_numpy()),
        "another page": _mean(given, of, ~newcomer.to_numpy()),
        "shown: new videos": _mean(new, user),
        "shown: new creators": _mean(creator >= known, user),
        "value of a new video's click": _mean(value, user, clicked & new),
        "value of another click": _mean(value, user, clicked & ~new),
    }


def _mean(
    values: NDArray[Any], user: NDArray[Any], some: NDArray[np.bool_] | None = None
) -> Interval:
    rows = np.ones(len(values), bool) if some is None else some
    if len(np.unique(user[rows] % UNIT_BLOCKS)) < 2:
        return Interval.missing()
    return mean_over_units(values[rows], user[rows])
