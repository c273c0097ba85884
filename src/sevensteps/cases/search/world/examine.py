"""How people read a page of results, under two models of the eye.

`position`: each place is looked at or not, whatever stands above it; the chance falls
with the place, faster on a phone (the position-based model). `cascade`: the eye goes
from the top down, place by place, and stops when satisfied or tired (the dynamic
Bayesian model). Under both, a place high on the page earns trust of its own.

Source: Craswell et al., WSDM 2008; Chapelle and Zhang, WWW 2009; trust: Agarwal et al.,
WWW 2019. Strengths are ours.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from sevensteps.world import uniforms

from .matching import ProductMatch
from .records import Examination, Flags, Floats, Ids
from .rng import BUY, CLICK, EXAMINE, LOOKER, SATISFIED
from .schema import PLACES

FALLS = np.array((0.7, 1.1), np.float32)  # examination is 1 / place to this, by device
GOES_ON = np.array((0.90, 0.82), np.float32)  # to the next place, by device
TRUST = np.float32(0.8)  # added to the promise of the first place, half at the second
CLICKS = np.float32(0.85), np.float32(4.0)  # slope and threshold of a click
PLEASES = np.float32(0.9), np.float32(3.9)  # and of being satisfied by it
BUYS = np.float32(0.2)  # of those satisfied, if the product is in stock
LOOKERS = 0.12  # of searches only want to see whether something is there
LOOKER_CLICKS = np.float32(0.15)  # of what others click
_GOOD_ENOUGH = 3  # grade of what answers a looker


@dataclass(frozen=True, slots=True)
class PageResponses:
    """What happened on some pages."""

    examined: Flags  # (n, PLACES)
    clicked: Flags  # (n, PLACES)
    satisfied: Flags
    without_click: Flags  # satisfied by the page itself
    bought: NDArray[np.int8]  # place of what was bought; -1 if nothing


def examination_probability(device: NDArray[np.integer]) -> Floats:
    """(n, PLACES) chance of examination in the position-based model."""
    place = np.arange(1, PLACES + 1, dtype=np.float32)
    table = place ** -FALLS[:, None]
    return np.asarray(table[device], np.float32)


def trust() -> Floats:
    """(PLACES,) added to the promise of whatever stands there."""
    return np.asarray(TRUST / np.arange(1, PLACES + 1), np.float32)


def click_probability(promise: Floats) -> Floats:
    """Chance of a click once examined. Add `trust` to the promise for its place."""
    slope, threshold = CLICKS
    return np.asarray(expit(slope * promise - threshold), np.float32)


def satisfaction_probability(worth: Floats) -> Floats:
    """Chance that a closer look satisfies."""
    slope, threshold = PLEASES
    return np.asarray(expit(slope * worth - threshold), np.float32)


def behave(
    model: Examination,
    match: ProductMatch,
    product: Ids,
    device: NDArray[np.int8],
    session: NDArray[np.uint64],
    search: NDArray[np.uint64],
) -> PageResponses:
    """What searchers do with their (n, PLACES) products; -1 where a place is empty.

    `session` and `search` are (n,) random keys: of the need, and of this page.
    """
    there = product >= 0
    looker = uniforms(session, 0, LOOKER) < LOOKERS
    key = search[:, None]
    place = np.arange(PLACES)
    eager = np.where(looker, LOOKER_CLICKS, np.float32(1))[:, None]
    chance = eager * click_probability(match.promise + trust())
    clicks = uniforms(key, product, CLICK) < chance
    pleases = uniforms(key, product, SATISFIED) < satisfaction_probability(match.worth)
    eye = uniforms(key, place, EXAMINE)
    if model == "position":
        examined = (eye < examination_probability(device)) & there
        clicked = examined & clicks
    else:
        examined, clicked = _cascade(eye, clicks & there, pleases, device)
        examined &= there
    answered = clicked & pleases
    good = examined & (match.grade >= _GOOD_ENOUGH) & match.in_stock
    without = looker & good.any(axis=1) & ~answered.any(axis=1)
    buys = answered & match.in_stock & (uniforms(key, product, BUY) < BUYS)
    first = np.where(buys.any(axis=1), buys.argmax(axis=1), -1)
    return PageResponses(
        examined=examined,
        clicked=clicked,
        satisfied=answered.any(axis=1) | without,
        without_click=without,
        bought=first.astype(np.int8),
    )


def _cascade(
    eye: Floats, clicks: Flags, pleases: Flags, device: NDArray[np.int8]
) -> tuple[Flags, Flags]:
    """Examined and clicked, from the top down; a satisfying click ends it."""
    on, goes_on = np.ones(len(eye), bool), GOES_ON[device]
    examined, clicked = np.zeros((2, *eye.shape), bool)
    for place in range(PLACES):
        examined[:, place] = on
        clicked[:, place] = on & clicks[:, place]
        done = clicked[:, place] & pleases[:, place]
        on = on & ~done & (eye[:, place] < goes_on)
    return examined, clicked
