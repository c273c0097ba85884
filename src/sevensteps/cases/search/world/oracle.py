"""Those who know the truth of every need: an oracle that makes pages, and editors.

Only the world can run the oracle: it looks at needs, tastes and qualities. Editors
grade by hand: few, dear, and not always of one mind.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from sevensteps.world import stream, uniforms, unit_streams
from sevensteps.world.arrays import chunks, whole

from .needs import Relevance
from .pages import BUYS, CLICKS, PLEASES, ProductMatch, ShopDay, chance
from .records import PLACES, Draws, Floats, Ids, Part, ResultPages
from .visits import Wave

Aim = Literal["satisfaction", "relevance", "margin"]
SHORTLIST = 200  # products a need, of which pages are composed
CHUNK = 2_048  # searches at a time
EDITORS = 40
CARELESS = 0.06  # of grades are given without looking
TRUSTING = 0.4  # of editors take a title at its word
SPREAD, BLUR = 0.35, 0.45  # of strictness between editors; of one editor's grades


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
        pools, shown = _shortlists(stage, need), []
        for some in chunks(len(row), CHUNK):
            pool = pools[row[some]]
            who, random_key = wave.requests.shopper_id[some], wave.session[some]
            match = stage.meet(wave.need[some], who, random_key, np.maximum(pool, 0))
            gain = np.where(pool >= 0, self._gain(stage, match, pool), -np.inf)
            best = np.argsort(-gain, axis=1, kind="stable")[:, :PLACES]
            shown.append(np.take_along_axis(pool, best, axis=1))
        return ResultPages.fixed(np.concatenate(shown))

    def _gain(self, stage: ShopDay, match: ProductMatch, pool: Ids) -> Floats:
        if self.aim == "relevance":
            return match.grade.astype(np.float32)
        gain = chance(match.promise, CLICKS) * chance(match.worth, PLEASES)
        if self.aim == "margin":
            products = stage.state.products
            earns = products.price[pool] * products.margin[pool]
            gain = gain * BUYS * match.in_stock * earns
        return np.asarray(gain, np.float32)


def _shortlists(stage: ShopDay, need: Ids) -> Ids:
    """(n, SHORTLIST) the products that answer each need best; -1 fills up."""
    products, shop = stage.state.products, stage.state.shop
    lists = np.full((len(need), SHORTLIST), -1, np.int32)
    for i, one in enumerate(need):
        ids, grade = stage.relevance.graded(one)
        value = 2 * grade + 0.7 * products.quality[ids]
        value -= 2 * ~shop.in_stock[ids]
        keep = min(SHORTLIST, len(ids))
        best = np.argpartition(-value, keep - 1)[:keep] if keep else ids[:0]
        lists[i, :keep] = ids[best[np.argsort(-value[best], kind="stable")]]
    return lists


@dataclass(frozen=True, slots=True)
class Editors:
    """Graders with a strictness, a blur, and careless moments of their own."""

    relevance: Relevance  # what they try to tell
    need: Ids  # (queries,) what each query means; they guess it right
    seed: int

    def grade(self, query: Ids, product: Ids, *, raters: int = 3) -> pd.DataFrame:
        """Each pair graded by some of 40 editors: asked again, they say the same.

        `raters` rows a pair: pair (its position in the input), query_id, product_id,
        rater, grade (0 to 4).
        """
        whole("raters", raters, 1, EDITORS)
        query, product = np.asarray(query), np.asarray(product)
        unit = (query.astype(np.int64) << 32) + product
        pair = unit_streams(unit, seed=self.seed, future=0, day=0)[:, None]
        by_chance = uniforms(pair, np.arange(EDITORS), Draws.RATER).argsort(axis=1)
        who = by_chance[:, :raters]
        given = self._given(self._told(query, product), pair, who)
        return pd.DataFrame(
            {
                "pair": np.repeat(np.arange(len(query)), raters),
                "query_id": np.repeat(query, raters),
                "product_id": np.repeat(product, raters),
                "rater": who.ravel(),
                "grade": given.ravel(),
            }
        )

    def _given(
        self, told: Ids, pair: NDArray[np.uint64], who: NDArray[np.intp]
    ) -> NDArray[np.int8]:
        """(n, raters) grades: the same whenever the same pair meets the same editor."""
        rng = stream(self.seed, Part.RATERS, 1)
        strict = SPREAD * rng.standard_normal(EDITORS)
        trusting = rng.random(EDITORS) < TRUSTING
        believed = np.take_along_axis(told, trusting[who].astype(np.intp), axis=1)
        u = uniforms(pair, who, Draws.BLURRED).astype(np.float64) + 2.0**-25
        given = np.rint(believed - strict[who] + BLUR * ndtri(u)).clip(0, 4)
        careless = uniforms(pair, who, Draws.INATTENTIVE) < CARELESS
        guess = np.floor(5 * uniforms(pair, who, Draws.GUESS).astype(np.float64))
        return np.where(careless, guess, given).astype(np.int8)

    def _told(self, query: Ids, product: Ids) -> Ids:
        """(n, 2) the grade, and the grade that the title makes one believe."""
        need = self.need[query]
        grade = self.relevance.grade(need, product)
        other = self.relevance.products.pretends[product]
        as_other = self.relevance.grade(need, product, kind=np.maximum(other, 0))
        fooled = np.where(other >= 0, np.maximum(grade, as_other), grade)
        return np.stack([grade, fooled], axis=1)
