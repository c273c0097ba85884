"""Two or more policies on disjoint shoppers of one world: an honest A/B test.

The arms share products, stock and sales, and the log from which policies learn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sevensteps.world.luck import fates, luck

from .pages import checked
from .records import Pages, Policy, Requests, View
from .rng import ARMS
from .schema import PLACES


@dataclass(frozen=True)
class Arms:
    """A policy made of policies: each shopper belongs to one of them, for good.

    Parameters
    ----------
    policies : name -> policy
    seed : of the assignment
    """

    policies: Mapping[str, Policy]
    seed: int = 0

    def __post_init__(self) -> None:
        if len(self.policies) < 2:
            raise ValueError("arms need at least two policies")

    def of(self, shopper_id: NDArray[Any]) -> NDArray[np.intp]:
        """(n,) the number of each shopper's arm, in the order of `policies`."""
        u = luck(fates(shopper_id, seed=self.seed, future=0, day=0), 0, ARMS)
        return np.minimum(
            (u * len(self.policies)).astype(np.intp), len(self.policies) - 1
        )

    def names(self, shopper_id: NDArray[Any]) -> NDArray[np.str_]:
        """(n,) the name of each shopper's arm."""
        return np.array([*self.policies])[self.of(shopper_id)]

    def __call__(self, requests: Requests, view: View) -> Pages:
        """Each request's page by the policy of its shopper's arm."""
        arm, n = self.of(requests.shopper_id), len(requests)
        made = Pages.fixed(np.full((n, PLACES), -1, np.int32))
        for number, policy in enumerate(self.policies.values()):
            mine = arm == number
            answer = policy(requests.take(mine), view)
            part = checked(answer, int(mine.sum()), view.products.num_rows)
            made.product_id[mine] = part.product_id
            made.ranker[mine] = part.ranker
            made.randomised[mine] = part.randomised
        return made
