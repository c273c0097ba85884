"""Two or more policies on disjoint units of one world: an honest A/B test.

The arms share the world and, unless told otherwise, the log from which their policies
learn. What one arm does therefore reaches the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .arrays import join, take
from .streams import uniforms, unit_streams


@dataclass(frozen=True)
class Arms:
    """A policy made of policies: each unit belongs to one of them, for good."""

    policies: Mapping[str, Any]
    unit: str  # the column that names a unit, e.g. "user_id"
    purpose: int  # of the random numbers that assign them, see `uniforms`
    seed: int = 0  # of the assignment
    apart: bool = False  # each policy learns from its own units' log only

    def __post_init__(self) -> None:
        if len(self.policies) < 2:
            raise ValueError("arms need at least two policies")

    def of(self, unit_id: NDArray[Any]) -> NDArray[np.intp]:
        """(n,) the number of each unit's arm, in the order of `policies`."""
        upto = np.cumsum(np.full(len(self.policies), 1 / len(self.policies)))
        key = unit_streams(unit_id, seed=self.seed, future=0, day=0)
        u = uniforms(key, 0, self.purpose)
        return np.minimum(np.searchsorted(upto, u, "right"), len(upto) - 1)

    def names(self, unit_id: NDArray[Any]) -> NDArray[np.str_]:
        """(n,) the name of each unit's arm."""
        return np.array([*self.policies])[self.of(unit_id)]

    def __call__(self, requests: Any, view: Any) -> Any:
        """Each request's answer by the policy of its unit's arm."""
        arm = self.of(_column(requests, self.unit))
        rows, answers = [], []
        for number, (name, policy) in enumerate(self.policies.items()):
            mine = np.flatnonzero(arm == number)
            answer = policy(take(requests, mine), self._own(view, number))
            if (n := _length(answer)) != len(mine):
                told = f"answered {n} of {len(mine)} requests on day {view.day}"
                raise ValueError(f"the arm {name!r} {told}")
            rows.append(mine)
            answers.append(answer)
        return take(join(answers), np.argsort(np.concatenate(rows)))

    def _own(self, view: Any, number: int) -> Any:
        """What the policy of an arm may look at."""
        if not self.apart:
            return view
        if not hasattr(view, "log"):
            raise ValueError("apart: policies of this world are shown no log to part")
        if view.log is None:
            return view
        own = self.of(_column(view.log, self.unit)) == number
        return replace(view, log=view.log.filter(pa.array(own)))


def _column(rows: Any, name: str) -> NDArray[Any]:
    """A column of a table, or of a record of arrays."""
    if isinstance(rows, pa.Table):
        return np.asarray(rows[name].to_numpy())
    return np.asarray(getattr(rows, name))


def _length(answer: Any) -> int:
    """Rows of an array, or of a record of arrays."""
    if isinstance(answer, np.ndarray):
        return len(answer)
    return len(getattr(answer, fields(answer)[0].name))
