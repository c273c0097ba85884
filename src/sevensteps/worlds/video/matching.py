"""What a video is to a user: how well it fits, what it gives, what it promises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .catalogue import Videos
from .people import Users
from .records import Floats, Ids

FOREIGN = 0.8  # taken off the match of a video in another language


@dataclass(frozen=True, slots=True)
class Match:
    """Pairs of users and videos; arrays of one length.

    Attributes
    ----------
    match : float32           fit of the content to the user's best interest
    value : float32           what watching gives; below zero it disappoints
    promise : float32         what title and picture make one expect
    """

    match: Floats
    value: Floats
    promise: Floats


def pairs(users: Users, videos: Videos, user: Ids, video: Ids, day: int) -> Match:
    """What each video is to each user, (n,) of both."""
    taste = users.interests(user, day)
    vector = videos.vector[video].astype(np.float32)
    fit = np.einsum("nkd,nd->nk", taste, vector) - users.handicap[user]
    foreign = users.language[user] != videos.language[video]
    match = fit.max(axis=1) - FOREIGN * foreign
    bait = videos.bait[video].astype(np.float32)
    quality = videos.quality[video].astype(np.float32)
    pull = videos.thumbnail[video].astype(np.float32)
    return Match(
        match=match,
        value=1.8 * match + 0.45 * quality - bait - 0.55,
        promise=1.5 * match + 0.6 * pull + 1.6 * bait * users.gullible[user] - 0.2,
    )


def sigmoid(x: Floats) -> Floats:
    """From log-odds to a probability."""
    return np.asarray(1 / (1 + np.exp(-x)))
