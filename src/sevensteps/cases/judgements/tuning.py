"""BM25's settings and the mix of words and meaning, chosen on queries to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .arena import Arena, Scores
from .matching import PLAIN, Matches, Setting
from .signals import spread
from .texts import Ids

GRID: Mapping[str, tuple[float | str, ...]] = {
    "form": ("plurals", "stems"),
    "title": (0.0, 1.0, 2.0, 3.0, 5.0, 8.0),
    "body": (0.0, 0.3, 1.0),
    "facets": (0.0, 0.3, 1.0, 3.0),
    "b": (0.0, 0.25, 0.5, 0.75, 0.9),
    "k1": (0.4, 0.8, 1.2, 2.0, 4.0),
}
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
DOUBT = 0.5  # standard errors that a change of a setting must gain


def tuned(arena: Arena, matches: Mapping[str, Matches]) -> Setting:
    """The setting of the best NDCG, found one parameter after another, twice.

    A parameter is changed only for a gain of at least half its standard error, so that
    few queries do not lead far from what usually does well.
    """
    now = PLAIN
    reached = arena.ndcg(matches[now.form].score(now))
    for name in (*GRID, *list(GRID)[1:]):
        for value in GRID[name]:
            option = replace(now, **{name: value})  # type: ignore[arg-type]
            if option == now or not (option.title or option.body):
                continue
            tried = arena.ndcg(matches[option.form].score(option))
            if surely_more(tried, reached, DOUBT):
                now, reached = option, tried
    return now


def surely_more(
    one: NDArray[np.float64], other: NDArray[np.float64], errors: float
) -> bool:
    """Whether the mean gain, paired by query, is above so many standard errors."""
    gain = (one - other)[np.isfinite(one) & np.isfinite(other)]
    if len(gain) < 2:
        return False
    return bool(gain.mean() > max(errors * gain.std() / np.sqrt(len(gain)), 1e-9))


def mixed(words: Scores, meaning: Scores, row: Ids, share: float) -> Scores:
    """BM25 and cosine, each by its spread on a query's list, in some proportion."""
    return (1 - share) * spread(words, row) + share * spread(meaning, row)


def best_share(arena: Arena, words: Scores, meaning: Scores) -> float:
    """The share of meaning in the mix that reaches most."""

    def reached(share: float) -> float:
        return float(np.nanmean(arena.ndcg(mixed(words, meaning, arena.row, share))))

    return max(SHARES, key=reached)
