"""People who grade products by hand: few, dear, and not always of one mind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..luck import stream
from .records import Ids
from .relevance import Relevance
from .rng import RATERS

CARELESS = 0.06  # of grades are given without looking
TRUSTING = 0.4  # of editors take a title at its word
SPREAD, BLUR = 0.35, 0.45  # of strictness between editors; of one editor's grades


@dataclass(frozen=True, slots=True)
class Editors:
    """Graders with a strictness, a blur, and careless moments of their own.

    Attributes
    ----------
    relevance : what they try to tell
    need : (queries,) int32       what each query means; they guess it right
    seed : of their luck
    """

    relevance: Relevance
    need: Ids
    seed: int

    def grade(self, query: Ids, product: Ids, *, raters: int = 3) -> pd.DataFrame:
        """Each pair graded by some of 40 editors.

        Parameters
        ----------
        query, product : (n,) int
        raters : editors that see each pair, 1 to 40

        Returns
        -------
        DataFrame                 pair (position in the input), query_id, product_id,
                                  rater, grade (0 to 4); `raters` rows a pair
        """
        if not 1 <= raters <= 40:
            raise ValueError(f"between 1 and 40 editors may see a pair, not {raters}")
        query, product = np.asarray(query), np.asarray(product)
        rng = stream(self.seed, RATERS, 1)
        strict = SPREAD * rng.standard_normal(40)
        trusting = rng.random(40) < TRUSTING
        who = rng.random((len(query), 40)).argsort(axis=1)[:, :raters]
        told = self._told(query, product)[
            np.arange(len(query))[:, None], trusting[who] * 1
        ]
        blur = BLUR * rng.standard_normal(who.shape)
        given = np.rint(told - strict[who] + blur).clip(0, 4)
        careless = rng.random(who.shape) < CARELESS
        given = np.where(careless, rng.integers(0, 5, who.shape), given)
        return pd.DataFrame(
            {
                "pair": np.repeat(np.arange(len(query)), raters),
                "query_id": np.repeat(query, raters),
                "product_id": np.repeat(product, raters),
                "rater": who.ravel(),
                "grade": given.ravel().astype(np.int8),
            }
        )

    def _told(self, query: Ids, product: Ids) -> np.ndarray:
        """(n, 2) the grade, and the grade that the title makes one believe."""
        need = self.need[query]
        grade = self.relevance.grade(need, product)
        other = self.relevance.products.pretends[product]
        as_other = self.relevance.grade(need, product, kind=np.maximum(other, 0))
        fooled = np.where(other >= 0, np.maximum(grade, as_other), grade)
        return np.stack([grade, fooled], axis=1)
