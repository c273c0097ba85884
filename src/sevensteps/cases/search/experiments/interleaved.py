"""Two policies on one page: an interleaving experiment that a world can run."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.search.world import PLACES, Outcome, Pages, Policy, Requests, View
from sevensteps.measure import team_draft

from .clicks import table_of


@dataclass
class InterleavedPolicy:
    """Both policies answer every search; a team draft makes one page of the two.

    Parameters
    ----------
    a, b : the policies
    seed : of the draft's random numbers
    """

    a: Policy
    b: Policy
    seed: int = 0
    _teams: list[tuple[NDArray[np.int64], NDArray[np.int8]]] = field(
        default_factory=list, repr=False
    )

    def __call__(self, requests: Requests, view: View) -> Pages:
        """(n,) requests -> (n, PLACES) products, and a note of whose each is."""
        pages = [policy(requests, view).product_id for policy in (self.a, self.b)]
        made = team_draft(*pages, seed=self.seed + len(self._teams))
        self._teams.append((requests.search_id, made.team))
        return Pages.fixed(made.lists.astype(np.int32))

    def teams(self, outcome: Outcome) -> NDArray[np.int8]:
        """(searches, PLACES) whose product stood at each position, in the log's order.

        Raises
        ------
        KeyError                  for a search that this policy did not answer
        """
        known = np.concatenate([ids for ids, _ in self._teams])
        team = np.concatenate([part for _, part in self._teams])
        order = np.argsort(known)
        asked = outcome.searches["search_id"].to_numpy()
        at = np.searchsorted(known[order], asked)
        at = order[np.minimum(at, len(order) - 1)]
        if (known[at] != asked).any():
            raise KeyError("the outcome holds searches that were answered by another")
        return team[at]


def clicks_by_team(
    outcome: Outcome, policy: InterleavedPolicy
) -> tuple[NDArray[np.bool_], NDArray[np.int8], NDArray[np.int32]]:
    """Clicks, teams and shoppers of an experiment, for `measure.search_wins`.

    Returns
    -------
    clicked : (n, PLACES) bool
    team : (n, PLACES) int8       0 for `a`, 1 for `b`, -1 for nobody
    shopper : (n,) int32
    """
    searches: pa.Table = outcome.searches
    clicked = table_of(searches["clicked"], PLACES).astype(bool)
    return clicked, policy.teams(outcome), searches["shopper_id"].to_numpy()
