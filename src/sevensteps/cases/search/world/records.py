"""What goes in and out of the search world: its tables, its records, its draws."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world import Incident
from sevensteps.world.arrays import check_page

Ids = NDArray[np.int32]
Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Examination = Literal["position", "cascade"]

Part = IntEnum(  # that a stream of random numbers makes
    "Part", "BRANDS PRODUCTS NEEDS SHOPPERS ARRIVALS STOCK FILES RATERS", start=200
)
Draws = IntEnum(  # what a uniform is for: one for each purpose
    "Draws",
    "VISIT SESSIONS WHEN NEED FORM UNSPOKEN LOOKER RETRY EXAMINE CLICK SATISFIED BUY "
    "STARS ARMS VARIANT SHUFFLE PLACE RATER BLURRED INATTENTIVE GUESS",
    start=0,
)

DAY = 86_400
PLACES = 20  # on a page of results
MOST_SEARCHES = 3  # for one need: the first, and two in other words
DEVICES = ("desktop", "phone")
SEASONS = ("none", "spring", "summer", "autumn", "winter", "gifts")
KINDS = ("fad", "early_season", "stuffing", "sold_out")

#: What a shopper may be after, by the words of the query.
INTENTS = ("navigational", "exact", "broad", "exploratory")

_DEVICE = pa.dictionary(pa.int8(), pa.string())
SCHEMA = {
    "products": pa.schema(
        [
            ("product_id", pa.int32()),
            ("title", pa.string()),
            ("description", pa.string()),
            ("brand", pa.string()),
            ("department", pa.string()),
            ("category", pa.string()),  # as filed by the seller; some are wrong
            ("colour", pa.string()),  # null where the seller left it out
            ("material", pa.string()),
            ("size", pa.string()),
            ("price", pa.float32()),  # EUR
            ("margin", pa.float32()),  # share of the price
            ("listed_at", pa.int32()),
            ("in_stock", pa.bool_()),
            ("rating", pa.float32()),  # 1 to 5 stars; null before the first
            ("n_ratings", pa.int32()),
            ("sold", pa.int32()),  # units, ever
        ]
    ),
    "queries": pa.schema([("query_id", pa.int32()), ("text", pa.string())]),
    "shoppers": pa.schema(
        [("shopper_id", pa.int32()), ("device", _DEVICE), ("joined_at", pa.int32())]
    ),
    "searches": pa.schema(
        [
            ("search_id", pa.int64()),
            ("session_id", pa.int64()),
            ("shopper_id", pa.int32()),
            ("at", pa.int32()),
            ("device", _DEVICE),
            ("query_id", pa.int32()),
            ("attempt", pa.int8()),  # 0 for the first search of a session
            ("ranker", pa.int8()),  # which of the policy's rankers answered
            ("randomised", pa.bool_()),  # its first ten places in random order
            (
                "shown",
                pa.list_(pa.int32(), PLACES),
            ),  # products; -1 leaves a place empty
            ("clicked", pa.list_(pa.bool_(), PLACES)),
            ("bought", pa.int8()),  # place of what was bought; null if nothing
        ]
    ),
}
TRUTH = pa.schema(
    [
        ("search_id", pa.int64()),
        ("true_need", pa.int32()),
        ("true_grade", pa.list_(pa.int8(), PLACES)),
        ("true_examined", pa.list_(pa.bool_(), PLACES)),
        ("true_satisfied", pa.bool_()),
        ("true_without_click", pa.bool_()),  # answered by the page itself
    ]
)
NAMES = {"device": DEVICES}


@dataclass(frozen=True, slots=True)
class SearchSize:
    """How large a world is."""

    n_products: int  # on the first day
    n_needs: int  # that are drawn; those drawn twice are more popular, not more
    n_shoppers: int
    n_brands: int
    days: int  # of a history, unless told otherwise
    arrivals: float = 0.002  # new products a day, as a share of the first ones
    joiners: float = 0.001  # new shoppers a day, as a share of the first ones

    def __post_init__(self) -> None:
        counts = self.n_products, self.n_needs, self.n_shoppers, self.n_brands
        if min(*counts, self.days) < 1 or min(self.arrivals, self.joiners) < 0:
            raise ValueError(f"a world needs at least one of each, no less: got {self}")
        if max(counts) > 2**27 or self.n_brands > 5_000:
            raise ValueError(f"at most 2^27 of each, 5,000 brands; got {self}")


SCALES = {
    "smoke": SearchSize(12_000, 4_000, 4_000, 120, days=14),
    "book": SearchSize(300_000, 250_000, 120_000, 500, days=28),
    "full": SearchSize(3_000_000, 1_000_000, 1_000_000, 2_000, days=7),
}


@dataclass(frozen=True, slots=True)
class SearchIncident(Incident):
    """A known cause at a known time. `size` scales it; 1.0 is the usual one.

    `fad`: a brand is on everybody's lips, by name and by liking.
    `early_season`: summer comes two months too soon.
    `stuffing`: sellers of new products fill their titles with others' words.
    `sold_out`: a department cannot deliver.
    """

    brand: int = 0  # of a fad
    department: int = 0  # of what is sold out

    KINDS = KINDS


@dataclass(frozen=True, slots=True)
class SearchRequests:
    """Searches that come in together; arrays of one length.

    A day comes in three waves: first searches, then those of shoppers who try other
    words, then their last ones.
    """

    search_id: NDArray[np.int64]
    session_id: NDArray[np.int64]
    shopper_id: Ids
    at: Ids  # seconds since the world began
    device: NDArray[np.int8]  # 0 desktop, 1 phone
    query_id: Ids
    attempt: NDArray[np.int8]  # 0 for the first search of a session

    def __len__(self) -> int:
        return len(self.query_id)


@dataclass(frozen=True, slots=True)
class ResultPages:
    """What a policy shows: one row of products for each request, best first."""

    product_id: Ids  # (n, PLACES); -1 leaves a place empty
    ranker: NDArray[np.int8]  # which of the policy's rankers made the page
    randomised: Flags  # the first ten places are in random order

    @classmethod
    def fixed(cls, product_id: Ids) -> Self:
        """Pages of a policy with one ranker, without chance."""
        n = len(product_id)
        return cls(product_id, np.zeros(n, np.int8), np.zeros(n, bool))

    def checked(self, n: int, n_products: int) -> Self:
        """The pages, if they can be shown; else a ValueError that says why not."""
        ids, ranker, randomised = self.product_id, self.ranker, self.randomised
        check_page(ids, (n, PLACES), n_products, "product")
        whole = ranker.shape == (n,) and ranker.dtype.kind == "i"
        if not whole or ((ranker < 0) | (ranker > 127)).any():
            raise ValueError(f"ranker must be ({n},) whole numbers from 0 to 127")
        if randomised.shape != (n,) or randomised.dtype.kind != "b":
            raise ValueError(f"randomised must be ({n},), true or false")
        return type(self)(ids.astype(np.int32), ranker.astype(np.int8), randomised)


@dataclass(frozen=True, slots=True)
class SearchView:
    """What a policy may look at when it answers a wave of a day.

    `log` holds the searches since the day before it was last asked: yesterday's, or the
    whole history on the first day of a live run, or none on a world's first day.
    """

    day: int
    products: pa.Table
    queries: pa.Table
    shoppers: pa.Table
    log: pa.Table | None


Policy = Callable[[SearchRequests, SearchView], ResultPages]


@dataclass(frozen=True, slots=True)
class SearchHistory:
    """The warehouse after some days. No column begins with true_."""

    products: pa.Table
    queries: pa.Table
    shoppers: pa.Table
    searches: pa.Table
    synonyms: str  # the merchandisers' file: a line for each group of words
    days: int


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """What followed from a policy; sessions and days hold counts and EUR.

    `sessions` has session_id, shopper_id, day, intent, searches, clicks, bought,
    revenue, margin, true_satisfied, true_without_click; `daily` most of their sums,
    beside visitors, sessions, without_results and true_mood.
    """

    searches: pa.Table  # as in the warehouse
    truth: pa.Table  # one row a search: need, grades, examined, satisfied
    sessions: pd.DataFrame
    daily: pd.DataFrame
    products: pa.Table  # the company's tables on the last evening
    shoppers: pa.Table
    evening: Any  # for `SearchWorld.live(..., after=outcome)`
