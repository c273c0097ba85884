"""The best possible pages, made by somebody who knows every need.

Only the world can run this policy: it looks at needs, tastes and qualities.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .examine import BUYS, click_probability, satisfaction_probability
from .matching import ProductMatch, RelevanceIndex, ShopDay
from .records import Floats, Ids, ResultPages
from .schema import PLACES
from .visits import Wave

Aim = Literal["satisfaction", "relevance", "margin"]
SHORTLIST = 200  # products a need, of which pages are composed
CHUNK = 2_048  # searches at a time


@dataclass(frozen=True, slots=True)
class SearchOracle:
    """Shows what serves the aim best.

    That is the chance of a click that satisfies, the grade, or the expected EUR.
    """

    aim: Aim = "satisfaction"

    def __post_init__(self) -> None:
        if self.aim not in ("satisfaction", "relevance", "margin"):
            raise ValueError(
                f"aim is 'satisfaction', 'relevance' or 'margin', not {self.aim!r}"
            )

    def pages(self, stage: ShopDay, wave: Wave) -> ResultPages:
        """(n, PLACES) products for some searches."""
        need, row = np.unique(wave.need, return_inverse=True)
        pools = shortlists(stage, need)
        shown = np.empty((len(row), PLACES), np.int32)
        for first in range(0, len(row), CHUNK):
            some = slice(first, first + CHUNK)
            pool = pools[row[some]]
            who, random_key = wave.requests.shopper_id[some], wave.session[some]
            match = stage.meet(wave.need[some], who, random_key, np.maximum(pool, 0))
            gain = np.where(pool >= 0, self._gain(stage, match, pool), -np.inf)
            best = np.argsort(-gain, axis=1, kind="stable")[:, :PLACES]
            shown[some] = np.take_along_axis(pool, best, axis=1)
        return ResultPages.fixed(shown)

    def _gain(self, stage: ShopDay, match: ProductMatch, pool: Ids) -> Floats:
        if self.aim == "relevance":
            return match.grade.astype(np.float32)
        gain = click_probability(match.promise) * satisfaction_probability(match.worth)
        if self.aim == "margin":
            products = stage.relevance.products
            earns = products.price[pool] * products.margin[pool]
            gain = gain * BUYS * match.in_stock * earns
        return np.asarray(gain, np.float32)


def shortlists(stage: ShopDay, need: Ids) -> Ids:
    """(n, SHORTLIST) the products that answer each need best; -1 fills up."""
    products, shelf = stage.relevance.products, RelevanceIndex.of(stage.relevance)
    lists = np.full((len(need), SHORTLIST), -1, np.int32)
    for i, one in enumerate(need):
        ids, grade = shelf.graded(one)
        value = 2 * grade + 0.7 * products.quality[ids]
        value -= 2 * ~stage.shop.in_stock[ids]
        keep = min(SHORTLIST, len(ids))
        best = np.argpartition(-value, keep - 1)[:keep] if keep else ids[:0]
        lists[i, :keep] = ids[best[np.argsort(-value[best], kind="stable")]]
    return lists
