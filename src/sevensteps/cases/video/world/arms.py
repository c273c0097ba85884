"""Two or more policies on disjoint users of one world: an honest A/B test.

The arms share videos, creators and, unless told otherwise, the log from which their
policies learn. What one arm does therefore reaches the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world.luck import fates, luck

from .records import Policy, Requests, Slates, View
from .rng import ARMS
from .schema import SLATE


@dataclass(frozen=True)
class Arms:
    """A policy made of policies: each user belongs to one of them, for good.

    Parameters
    ----------
    policies : name -> policy
    seed : of the assignment
    shares : share of users by arm; equal when absent
    apart : each policy learns from its own users' log only
    """

    policies: Mapping[str, Policy]
    seed: int = 0
    shares: Mapping[str, float] | None = None
    apart: bool = False

    def __post_init__(self) -> None:
        if len(self.policies) < 2:
            raise ValueError("arms need at least two policies")
        if self.shares is None:
            return
        told = dict(self.shares)
        if set(told) != set(self.policies) or min(told.values()) <= 0:
            raise ValueError(f"give every arm a share > 0; got {told}")
        if abs(math.fsum(told.values()) - 1) > 1e-9:
            raise ValueError(f"shares must add up to 1; got {told}")

    def of(self, user_id: NDArray[Any]) -> NDArray[np.intp]:
        """(n,) the number of each user's arm, in the order of `policies`."""
        shares = self.shares or dict.fromkeys(self.policies, 1 / len(self.policies))
        upto = np.cumsum([shares[name] for name in self.policies])
        u = luck(fates(user_id, seed=self.seed, future=0, day=0), 0, ARMS)
        return np.minimum(np.searchsorted(upto, u, "right"), len(upto) - 1)

    def names(self, user_id: NDArray[Any]) -> NDArray[np.str_]:
        """(n,) the name of each user's arm."""
        return np.array([*self.policies])[self.of(user_id)]

    def __call__(self, requests: Requests, view: View) -> Slates:
        """Each request's page by the policy of its user's arm."""
        arm, shape = self.of(requests.user_id), (len(requests), SLATE)
        made = Slates(
            np.full(shape, -1, np.int32), np.ones(shape, "f4"), np.zeros(shape, bool)
        )
        for number, policy in enumerate(self.policies.values()):
            mine = arm == number
            part = policy(requests.take(mine), self._view(view, number))
            made.video_id[mine] = part.video_id
            made.propensity[mine] = part.propensity
            made.explored[mine] = part.explored
        return made

    def _view(self, view: View, number: int) -> View:
        if not self.apart or view.log is None:
            return view
        own = self.of(view.log["user_id"].to_numpy()) == number
        return replace(view, log=view.log.filter(pa.array(own)))
