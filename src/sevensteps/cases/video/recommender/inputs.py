"""What a ranker is told of a user and a video; the same code trains and serves.

Two towers over this company's videos and viewers give the vectors.
"""

from dataclasses import dataclass

import numpy as np

from sevensteps.rank import TowerPlan, item_vectors, user_vectors
from sevensteps.rank.mlp import Weights
from sevensteps.rank.towers import Side, user_side
from sevensteps.world.arrays import chunks

from .items import Codes, Floats, Ids, Items, Viewers
from .known import Counts, Known

CHUNK = 1 << 14  # videos at a time, so that they stay in the cache
USERS = 1 << 10  # each brings its latest clicks


def item_side(items: Items, rows: Ids, day: Floats | float, buckets: int) -> Side:
    """What the item tower is told of some videos on a day; any shape of rows."""
    age = np.log1p(np.maximum(day - items.born[rows], 0))
    dense = np.stack([np.log(items.length_s[rows]) - 5.5, (age - 4) / 2], axis=-1)
    return {
        "content": items.content[rows],
        "dense": dense.astype(np.float32),
        "codes": {
            "language": items.language[rows],
            "topic": items.topic[rows],
            "creator": items.creator[rows] % buckets,
        },
    }


@dataclass(frozen=True, slots=True)
class Towers:
    """Trained towers."""

    plan: TowerPlan
    weights: Weights

    def items(self, items: Items, day: float) -> Floats:
        """(n, out) vectors of all videos, of unit length, as they are on a day."""
        rows = np.arange(len(items), dtype=np.int32)
        made = np.empty((len(items), self.plan.out), np.float32)
        for some in chunks(len(items), CHUNK):
            side = item_side(items, rows[some], day, self.plan.buckets)
            made[some] = item_vectors(self.weights, side)
        return made

    def of_users(
        self, known: Known, viewers: Viewers, vector: Floats, user: Ids
    ) -> Floats:
        """(n, heads, out) vectors of users, given the vectors of all videos."""
        made = np.empty((len(user), self.plan.heads, self.plan.out), np.float32)
        for some in chunks(len(user), USERS):
            ids = user[some]
            last, share = known.last[ids], known.last_share[ids]
            side = user_side({"language": viewers.language[ids]}, last, share)
            seen = vector[np.maximum(last, 0)]
            made[some] = user_vectors(self.weights, side, seen)
        return made


_RATES = ("chances", "click_rate", "share", "like_rate")
CODES = ("device", "country", "topic")
NAMES = (
    *("same_language", "age_days", "length_min"),
    *(f"video_{rate}" for rate in _RATES),
    "video_trend",
    *(f"creator_{rate}" for rate in _RATES),
    *(f"user_{rate}" for rate in _RATES),
    *("days_since_joining", "topic_part", "topics_known", "follows"),
    *("nearest", "three_nearest", "share_of_near"),
    "tower",
    *CODES,
)
_SHARP = np.float32(8.0)  # how much more a nearer memory weighs


@dataclass(frozen=True, slots=True)
class Shelf:
    """All that a ranker's inputs are made of, on a morning."""

    items: Items
    viewers: Viewers
    known: Known
    vector: Floats  # (items, d) of the item tower
    asks: Floats  # (users, d) of the user tower


def shelf_on(
    known: Known, items: Items, viewers: Viewers, towers: Towers, users: Ids
) -> Shelf:
    """A morning's shelf, with the vectors of some users; the others' are zero."""
    vector = towers.items(items, known.day)
    asks = np.zeros((len(viewers), vector.shape[1]), np.float32)
    asks[users] = towers.of_users(known, viewers, vector, users)[:, 0]
    return Shelf(items, viewers, known, vector, asks)


def inputs(shelf: Shelf, user: Ids, item: Ids) -> Floats:
    """(n,) users, each with (n, k) videos -> (n, k, len(NAMES)) float32."""
    items, known, viewers = shelf.items, shelf.known, shelf.viewers
    creator, topic = items.creator[item], items.topic[item]
    columns = [
        viewers.language[user][:, None] == items.language[item],
        known.day - items.born[item],
        items.length_s[item] / 60,
        *_rates(known.item, item),
        np.log1p(known.trend[item]),
        *_rates(known.creator, creator),
        *_rates(known.user, user[:, None]),
        (known.day - viewers.joined[user])[:, None],
        *_topics(known, user, topic),
        known.follows.has(user[:, None], creator),
        *_near(shelf, user, item),
        (shelf.vector[item] @ shelf.asks[user][:, :, None])[:, :, 0],
        viewers.device[user][:, None],
        viewers.country[user][:, None],
        topic,
    ]
    out = np.empty((*item.shape, len(NAMES)), np.float32)
    for place, column in enumerate(columns):
        out[:, :, place] = column
    return out


def _rates(counts: Counts, key: Ids) -> tuple[Floats, ...]:
    """Chances, and three rates pulled towards the usual where little is known."""
    chances, clicks = counts.chances[key], counts.clicks[key]
    all_chances, all_clicks, all_shares, all_likes = counts.totals()
    n_clicks = max(all_clicks, 1.0)
    usual = n_clicks / max(all_chances, 1.0)
    share, like = all_shares / n_clicks, all_likes / n_clicks
    return (
        np.log1p(chances),
        (clicks + 10 * usual) / (chances + 10),
        (counts.shares[key] + 5 * share) / (clicks + 5),
        (counts.likes[key] + 10 * like) / (clicks + 10),
    )


def _topics(known: Known, user: Ids, topic: Codes) -> tuple[Floats, Floats]:
    """A topic's part of what a user watched, and how much that was in all."""
    mine = known.topics[user]
    total = mine.sum(axis=1, keepdims=True)
    part = np.take_along_axis(mine, topic.astype(np.intp), 1)
    return (part + 0.02) / (total + 1), np.log1p(total)


def _near(shelf: Shelf, user: Ids, item: Ids) -> tuple[Floats, Floats, Floats]:
    """How close a video is to what the user clicked last, and what came of those."""
    last, share = shelf.known.last[user], shelf.known.last_share[user]
    there = (last >= 0)[:, None, :]
    seen = shelf.vector[np.maximum(last, 0)]
    close = shelf.vector[item] @ seen.transpose(0, 2, 1)  # (n, k, RECENT)
    close = np.where(there, close, np.float32(-1))
    top = np.partition(close, -3, axis=2)[:, :, -3:]
    weight = np.exp(_SHARP * (close - top.max(axis=2, keepdims=True))) * there
    told = (weight * share[:, None, :]).sum(axis=2)
    told /= np.maximum(weight.sum(axis=2), np.float32(1e-6))
    return top.max(axis=2), top.mean(axis=2), told
