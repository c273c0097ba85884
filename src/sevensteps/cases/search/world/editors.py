"""People who grade products by hand: few, dear, and not always of one mind."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from sevensteps.world import stream, uniforms, unit_streams
from sevensteps.world.checks import whole

from .matching import Relevance
from .records import Ids
from .rng import BLURRED, GUESS, INATTENTIVE, RATER, RATERS

EDITORS = 40
CARELESS = 0.06  # of grades are given without looking
TRUSTING = 0.4  # of editors take a title at its word
SPREAD, BLUR = 0.35, 0.45  # of strictness between editors; of one editor's grades


@dataclass(frozen=True, slots=True)
class Editors:
    """Graders with a strictness, a blur, and careless moments of their own."""

    relevance: Relevance  # what they try to tell
    need: Ids  # (queries,) what each query means; they guess it right
    seed: int

    def grade(self, query: Ids, product: Ids, *, raters: int = 3) -> pd.DataFrame:
        """Each pair graded by some of 40 editors: asked again, they say the same.

        Returns
        -------
        DataFrame                 pair (position in the input), query_id, product_id,
                                  rater, grade (0 to 4); `raters` rows a pair
        """
        whole("raters", raters, 1, EDITORS)
        query, product = np.asarray(query), np.asarray(product)
        unit = (query.astype(np.int64) << 32) + product
        pair = unit_streams(unit, seed=self.seed, future=0, day=0)[:, None]
        who = uniforms(pair, np.arange(EDITORS), RATER).argsort(axis=1)[:, :raters]
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
        rng = stream(self.seed, RATERS, 1)
        strict = SPREAD * rng.standard_normal(EDITORS)
        trusting = rng.random(EDITORS) < TRUSTING
        believed = np.take_along_axis(told, trusting[who].astype(np.intp), axis=1)
        blur = BLUR * ndtri(uniforms(pair, who, BLURRED).astype(np.float64) + 2.0**-25)
        given = np.rint(believed - strict[who] + blur).clip(0, 4)
        careless = uniforms(pair, who, INATTENTIVE) < CARELESS
        guess = np.floor(5 * uniforms(pair, who, GUESS).astype(np.float64))
        return np.where(careless, guess, given).astype(np.int8)

    def _told(self, query: Ids, product: Ids) -> Ids:
        """(n, 2) the grade, and the grade that the title makes one believe."""
        need = self.need[query]
        grade = self.relevance.grade(need, product)
        other = self.relevance.products.pretends[product]
        as_other = self.relevance.grade(need, product, kind=np.maximum(other, 0))
        fooled = np.where(other >= 0, np.maximum(grade, as_other), grade)
        return np.stack([grade, fooled], axis=1)
