"""A small shop, searched for two weeks once: the tests look at its truth."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.search.experiments import table_of
from sevensteps.cases.search.world import DAY, PLACES, History, Pages, SearchWorld
from sevensteps.cases.search.world.state import ShopState


class Log(NamedTuple):
    """Searches beside their truth: one row each, and pages as arrays."""

    rows: pd.DataFrame
    shown: np.ndarray
    clicked: np.ndarray
    examined: np.ndarray
    grade: np.ndarray


def log_of(searches, truth):
    """The log of a history or of an outcome; `day` and `bought` (-1 none) added."""
    rows = searches.drop(["shown", "clicked"]).to_pandas()
    hidden = truth.drop(["search_id", "true_grade", "true_examined"]).to_pandas()
    rows = pd.concat([rows, hidden], axis=1).assign(day=rows["at"] // DAY)
    rows["bought"] = rows.bought.fillna(-1).astype(int)
    pages = searches["shown"], searches["clicked"]
    known = truth["true_examined"], truth["true_grade"]
    return Log(rows, *map(table_of, (*pages, *known)))


@dataclass
class Known:
    """A world, its past, its log beside the truth, and all its secrets."""

    world: SearchWorld
    history: History
    log: Log
    state: ShopState

    def __post_init__(self):
        self.rules = self.world.rules
        self.words = self.rules.making.words
        self.needs, self.asked = self.rules.needs, self.rules.asked
        self.products, self.shoppers = self.state.products, self.state.shoppers
        self.relevance = self.rules.relevance(self.products)


@pytest.fixture(scope="session")
def known():
    """The smallest world that ships."""
    world = SearchWorld("smoke", seed=7)
    history = world.history()
    state = world.past(history.days).state
    return Known(world, history, log_of(history.searches, world.truth(history)), state)


def first_ones(requests, view):
    """The same twenty products for everybody."""
    page = np.arange(PLACES, dtype=np.int32)
    return Pages.fixed(np.tile(page, (len(requests), 1)))
