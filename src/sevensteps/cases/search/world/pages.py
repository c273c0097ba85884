"""What people see in the products of a page, and what they do with it.

The eye follows one of two models. `position`: each place is looked at or not, whatever
stands above it; the chance falls with the place, faster on a phone (the position-based
model). `cascade`: the eye goes from the top down, place by place, and stops when
satisfied or tired (the dynamic Bayesian model). Under both, a place high on the page
earns trust of its own.

Source: Craswell et al., WSDM 2008; Chapelle and Zhang, WWW 2009; trust: Agarwal et al.,
WWW 2019. Strengths are ours.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from sevensteps.world import uniforms

from .needs import Grades, Relevance
from .records import PLACES, Draws, Examination, Flags, Floats, Ids
from .state import ShopRules, ShopState

UNSPOKEN_SHARE = 0.6  # of searches without a colour have one in mind
FAD = 1.0  # of liking, for the brand on everybody's lips
FALLS = np.array((0.7, 1.1), np.float32)  # examination is 1 / place to this, by device
GOES_ON = np.array((0.90, 0.82), np.float32)  # to the next place, by device
# Added to the promise of whatever stands in a place.
TRUST = (np.float32(0.8) / np.arange(1, PLACES + 1)).astype(np.float32)
CLICKS = np.float32(0.85), np.float32(4.0)  # slope and threshold of a click
PLEASES = np.float32(0.9), np.float32(3.9)  # and of being satisfied by it
BUYS = np.float32(0.2)  # of those satisfied, if the product is in stock
LOOKERS = 0.12  # of searches only want to see whether something is there
LOOKER_CLICKS = np.float32(0.15)  # of what others click
_GOOD_ENOUGH = 3  # grade of what answers a looker


@dataclass(frozen=True, slots=True)
class ProductMatch:
    """What products are to those who search; arrays of one shape."""

    grade: Grades  # relevance to the need, 0 to 4
    promise: Floats  # what title, picture and price make one expect
    worth: Floats  # what a closer look finds
    in_stock: Flags


@dataclass(frozen=True)
class ShopDay:
    """The shop and its shoppers on one day, as those see it who search."""

    rules: ShopRules
    state: ShopState
    day: int

    @cached_property
    def relevance(self) -> Relevance:
        """Grades of today's products."""
        return self.rules.relevance(self.state.products)

    def meet(
        self, need: Ids, shopper: Ids, random_key: NDArray[np.uint64], product: Ids
    ) -> ProductMatch:
        """(n,) searches, each beside its (n, k) products.

        `random_key`, of each session, decides what was left unsaid.
        """
        needs, products, shop = self.rules.needs, self.state.products, self.state.shop
        row = need[:, None]
        grade = self.relevance.grade(row, product)
        seen = self._seen(row, product, grade)
        unspoken = self._unspoken(need, random_key)[:, None]
        wish = np.where(unspoken >= 0, products.colour[product] == unspoken, 0.35)
        liking = self._liking(shopper, product) + 0.9 * (wish - np.float32(0.35))
        purse = self.state.shoppers.purse[shopper][:, None]
        dear = np.maximum(products.tier[product] - purse, 0)
        stars, in_stock = shop.stars(product), shop.in_stock[product]
        gone = np.float32(1.5) * ~in_stock
        vague = (needs.intent[need] == 3)[:, None] * np.float32(0.3)
        shared = 0.8 * liking - 0.7 * dear - gone + vague
        promise = 1.1 * seen + 0.5 * products.picture[product] + 0.5 * stars + shared
        worth = 1.2 * grade + 0.7 * products.quality[product] + shared
        return ProductMatch(grade, promise.astype("f4"), worth.astype("f4"), in_stock)

    def _seen(self, need: Ids, product: Ids, grade: Grades) -> Floats:
        """The grade that a listing seems to have: some pass for something else."""
        pretends = self.state.products.pretends[product]
        row, column = np.nonzero(pretends >= 0)
        some, other = product[row, column], pretends[row, column]
        fooled = self.relevance.grade(need[row, 0], some, kind=other) - np.float32(0.5)
        seen = grade.astype(np.float32)
        seen[row, column] = np.maximum(seen[row, column], fooled)
        return seen

    def _unspoken(self, need: Ids, random_key: NDArray[np.uint64]) -> Ids:
        """(n,) a colour that the shopper has in mind and did not type; -1 for none."""
        needs, colours = self.rules.needs, self.rules.making.words.choices["colour"]
        u, kind = uniforms(random_key, 0, Draws.UNSPOKEN), needs.kind[need]
        silent = (needs.colour[need] < 0) & (kind >= 0) & (u < UNSPOKEN_SHARE)
        drawn = colours.draw(kind, u / UNSPOKEN_SHARE % 1)
        return np.where(silent, drawn, -1).astype(np.int32)

    def _liking(self, shopper: Ids, product: Ids) -> Floats:
        products = self.state.products
        look = products.look[product].astype(np.float32)
        taste = self.state.shoppers.taste[shopper]
        liking = (look @ taste[:, :, None])[..., 0]
        for fad in self.rules.on("fad", self.day):
            liking += FAD * fad.size * (products.brand[product] == fad.brand)
        return np.asarray(liking, np.float32)


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
    return np.asarray((place ** -FALLS[:, None])[device], np.float32)


def chance(value: Floats, curve: tuple[np.float32, np.float32]) -> Floats:
    """Of a click, by promise (`CLICKS`); of being satisfied, by worth (`PLEASES`)."""
    slope, threshold = curve
    return np.asarray(expit(slope * value - threshold), np.float32)


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
    there, key = product >= 0, search[:, None]
    looker = uniforms(session, 0, Draws.LOOKER) < LOOKERS
    eager = np.where(looker, LOOKER_CLICKS, np.float32(1))[:, None]
    attracts = eager * chance(match.promise + TRUST, CLICKS)
    clicks = there & (uniforms(key, product, Draws.CLICK) < attracts)
    pleases = uniforms(key, product, Draws.SATISFIED) < chance(match.worth, PLEASES)
    eye = uniforms(key, np.arange(PLACES), Draws.EXAMINE)
    if model == "position":
        examined = eye < examination_probability(device)
    else:
        examined = _cascade(eye, clicks & pleases, device)
    examined &= there
    clicked = examined & clicks
    answered = clicked & pleases
    good = examined & (match.grade >= _GOOD_ENOUGH) & match.in_stock
    without = looker & good.any(axis=1) & ~answered.any(axis=1)
    buys = answered & match.in_stock & (uniforms(key, product, Draws.BUY) < BUYS)
    first = np.where(buys.any(axis=1), buys.argmax(axis=1), -1)
    return PageResponses(
        examined=examined,
        clicked=clicked,
        satisfied=answered.any(axis=1) | without,
        without_click=without,
        bought=first.astype(np.int8),
    )


def _cascade(eye: Floats, answers: Flags, device: NDArray[np.int8]) -> Flags:
    """Examined from the top down; a click that satisfies ends it."""
    goes_on = ~answers & (eye < GOES_ON[device][:, None])
    reached = np.logical_and.accumulate(goes_on[:, :-1], axis=1)
    return np.hstack([np.ones((len(eye), 1), bool), reached])
