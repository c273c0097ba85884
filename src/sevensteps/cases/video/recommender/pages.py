"""From scores to pages: not too much of one thing, and nothing twice."""

from dataclasses import dataclass

import numpy as np

from ..world import SLATE
from .inputs import Shelf
from .items import Floats, Ids

GONE = np.float32(-1e9)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a page is composed."""

    alike: float = 0.0  # score that a video loses by being just like one above it
    per_creator: int = SLATE  # most videos of one creator on a page

    def __post_init__(self) -> None:
        if not self.alike >= 0 or self.per_creator < 1:
            raise ValueError(f"need alike >= 0 and per_creator >= 1; got {self}")


def pages_of(
    layout: Layout, shelf: Shelf, user: Ids, found: Ids, score: Floats, n_pages: int = 1
) -> Ids:
    """(n, n_pages, SLATE) videos of (n, k) candidates; -1 where nothing is left.

    Nobody is shown what they have watched, or a candidate of -1.
    """
    item = np.maximum(found, 0)
    old = shelf.known.watched.has(user[:, None], item)
    score = np.where((found < 0) | old, GONE, score).astype(np.float32)
    vector, creator = shelf.vector[item], shelf.items.creator[item]
    place = compose(layout, score, vector, creator, n_pages)
    rows = np.arange(len(user))[:, None, None]
    return np.where(place >= 0, item[rows, np.maximum(place, 0)], -1)


def compose(
    layout: Layout, score: Floats, vector: Floats, creator: Ids, n_pages: int = 1
) -> Ids:
    """Pages by greedy choice (maximal marginal relevance, Carbonell & Goldstein, 1998).

    (n, k) scores, `GONE` for what must not be shown, and creators, and (n, k, d) unit
    vectors -> (n, n_pages, SLATE) places among the k; -1 where nothing is left.
    """
    score, rows = score.copy(), np.arange(len(score))
    shown = np.full((len(score), n_pages, SLATE), -1, np.int32)
    for page in range(n_pages):
        like = np.zeros(score.shape, np.float32)
        full = np.zeros(score.shape, np.int8)
        for place in range(SLATE):
            now = score - np.float32(layout.alike) * like
            now[full >= layout.per_creator] = GONE
            best = now.argmax(axis=1)
            there = now[rows, best] > GONE
            shown[there, page, place] = best[there]
            chosen = vector[rows, best]
            if layout.alike:
                near = (vector @ chosen[:, :, None])[:, :, 0]
                np.maximum(like, near, out=like)
            full += creator == creator[rows, best][:, None]
            score[rows[there], best[there]] = GONE
    return shown
