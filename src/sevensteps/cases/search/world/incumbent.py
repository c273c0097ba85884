"""The search that made the past: all words in the title, then what sells.

It knows what a company knows. A query's words must all stand in the title; if too few
products hold them, one word may be missing. Bestsellers come first, so a product sells
because it was shown. Half of the searches get a second ranker, which trusts stars and
novelty more: an old A/B test that nobody stopped. A few get their first ten places in
random order.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sevensteps.world import uniforms, unit_streams

from .records import (
    DAY,
    PLACES,
    Draws,
    Floats,
    Ids,
    ResultPages,
    SearchRequests,
    SearchView,
)

EVERY = 7  # days between two builds of the index
FOUND = 2 * PLACES  # products that are looked for
TOP = 10  # places that a random order concerns
_STARS, _DOUBT = 3.7, 4.0
_NEW_DAYS = 30


@dataclass(frozen=True)
class _Index:
    """Words of titles -> the bestsellers among the products that hold them.

    A word's products are a bitmap over all, best-selling first, so that "all of these
    words" is a bitwise and, and the best of them are its first bits.
    """

    day: int
    order: Ids  # product ids, best-selling first
    appeal: Floats  # (products,) of stars and novelty
    ranks: dict[str, Ids]  # by word, where in `order` its products stand
    pages: Ids  # (2, queries, PLACES) of both rankers; -2 before somebody asked
    _bitmaps: dict[str, NDArray[np.uint64]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, view: SearchView) -> Self:
        """Build from the shop's products."""
        products = view.products
        order = np.argsort(-products["sold"].to_numpy(), kind="stable")
        title = products["title"].take(pa.array(order)).combine_chunks()
        words = pc.utf8_split_whitespace(pc.utf8_lower(title))
        code = pc.list_flatten(words).dictionary_encode()
        number = code.indices.to_numpy()
        by_word = np.argsort(number, kind="stable")
        rank = pc.list_parent_indices(words).to_numpy()[by_word].astype(np.int32)
        end = np.cumsum(np.bincount(number))
        ranks = zip(code.dictionary.to_pylist(), np.split(rank, end[:-1]), strict=True)
        pages = np.full((2, view.queries.num_rows, PLACES), -2, np.int32)
        sold_first = order.astype(np.int32)
        return cls(view.day, sold_first, _appeal(view), dict(ranks), pages)

    def answers(self, query: Ids, text: pa.ChunkedArray) -> Ids:
        """All pages, those of some queries made."""
        new = query[self.pages[0, query, 0] == -2]
        for one, words in zip(new, text.take(pa.array(new)).to_pylist(), strict=True):
            self.pages[:, one] = self._page(words.split())
        return self.pages

    def _page(self, words: list[str]) -> Ids:
        """(2, PLACES) by sales, and by stars and novelty; -1 fills up."""
        found = self._found(list(dict.fromkeys(words)))
        mixed = self.appeal[found] - 0.05 * np.arange(len(found))
        both = found[:PLACES], found[np.argsort(-mixed, kind="stable")[:PLACES]]
        empty = np.full(PLACES - len(both[0]), -1, np.int32)
        return np.stack([np.append(page, empty) for page in both])

    def _found(self, words: list[str]) -> Ids:
        """Up to FOUND product ids: those with all words, then those that lack one."""
        known = [word for word in words if word in self.ranks]
        n_unknown = len(words) - len(known)
        full = self._all_of(known) if known and not n_unknown else self.order[:0]
        if len(full) >= PLACES or n_unknown > 1 or not known or len(words) == 1:
            return self.order[full]
        but_one = [[*known[:i], *known[i + 1 :]] for i in range(len(known))]
        lacking = [known] if n_unknown else but_one
        some = np.unique(np.concatenate([self._all_of(part) for part in lacking]))
        rest = some[~np.isin(some, full)][: FOUND - len(full)]
        return self.order[np.concatenate([full, rest])]

    def _all_of(self, words: list[str]) -> Ids:
        """Ranks of the first FOUND products that hold all of the words."""
        bits = np.bitwise_and.reduce([self._bitmap(word) for word in words])
        word = np.flatnonzero(bits)[:FOUND]
        bit = np.flatnonzero(np.unpackbits(bits[word].view(np.uint8)))[:FOUND]
        return (word[bit // 64] * 64 + bit % 64).astype(np.int32)

    def _bitmap(self, word: str) -> NDArray[np.uint64]:
        if word not in self._bitmaps:
            holds = np.zeros(-(-len(self.order) // 64) * 64, bool)
            holds[self.ranks[word]] = True
            self._bitmaps[word] = np.packbits(holds).view(np.uint64)
        return self._bitmaps[word]


def _appeal(view: SearchView) -> Floats:
    """(products,) shrunken stars, more for what is new."""
    n = view.products["n_ratings"].to_numpy()
    rating = view.products["rating"].fill_null(0).to_numpy()
    stars = n * (rating - _STARS) / (n + _DOUBT)
    new = view.products["listed_at"].to_numpy() > (view.day - _NEW_DAYS) * DAY
    return np.asarray(stars + 0.8 * new, np.float32)


@dataclass
class SearchIncumbent:
    """The shop's old search engine."""

    seed: int = 0  # of its own chance
    shuffled: float = 0.03  # share of searches whose first ten places are shuffled
    _index: _Index | None = field(default=None, repr=False)

    def __call__(self, requests: SearchRequests, view: SearchView) -> ResultPages:
        """(n,) requests -> (n, PLACES) products."""
        if self._index is None or not 0 <= view.day - self._index.day < EVERY:
            self._index = _Index.of(view)
        pages = self._index.answers(np.unique(requests.query_id), view.queries["text"])
        key = unit_streams(requests.search_id, seed=self.seed, future=0, day=0)
        ranker = (uniforms(key, 0, Draws.VARIANT) < 0.5).astype(np.int8)
        shown = pages[ranker, requests.query_id]
        mixed = uniforms(key, 0, Draws.SHUFFLE) < self.shuffled
        shown[mixed] = _shuffled(shown[mixed], key[mixed])
        return ResultPages(shown, ranker, mixed)


def _shuffled(shown: Ids, random_key: NDArray[np.uint64]) -> Ids:
    """(n, PLACES) with the first ten places in a random order; empty ones stay last."""
    key = uniforms(random_key[:, None], np.arange(TOP), Draws.PLACE).astype(np.float64)
    key[shown[:, :TOP] < 0] = 2
    order = np.argsort(key, axis=1, kind="stable")
    top = np.take_along_axis(shown[:, :TOP], order, axis=1)
    return np.hstack([top, shown[:, TOP:]])
