"""Search as one function: understand, retrieve, rank, arrange.

What a shopper ticked beside the query are hard conditions, unlike words. Rules of the
page are few and plain, since nobody measures them one by one: what cannot be delivered
comes last, and no brand fills the first places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sevensteps.rank.dense import DenseIndex, embed
from sevensteps.rank.feature_table import FeatureTable
from sevensteps.rank.fusion import reciprocal_ranks
from sevensteps.rank.keyword import KeywordIndex
from sevensteps.rank.mlp import Floats
from sevensteps.rank.rankers import Ranker
from sevensteps.rank.spelling import WordCounts
from sevensteps.rank.text import Ids

from .features import CatalogueFeatures, pair_features
from .query import Query, Understanding
from .shop import WIDTH, Catalogue, Documents

POOL = 100  # products that each source may bring
ENOUGH = 40  # if fewer hold most words of a query, fewer words will do


@dataclass(frozen=True, slots=True)
class Found:
    """What was retrieved for some queries; -1 fills up."""

    ids: Ids  # (n, k) best first, by the sources together
    rank: dict[str, Ids]  # source to (n, k) places of `ids` on its list; -1 if nowhere

    @property
    def pairs(self) -> tuple[NDArray[np.intp], Ids]:
        """Row and product of everything found."""
        row, place = np.nonzero(self.ids >= 0)
        return row, self.ids[row, place]


@dataclass(frozen=True)
class Engine:
    """A shop's search, by one index or two."""

    understanding: Understanding  # reads queries
    catalogue: Catalogue  # what is searched
    reference: CatalogueFeatures  # the catalogue, prepared for features
    keyword: KeywordIndex | None = None
    dense: DenseIndex | None = None
    ranker: Ranker | None = None  # None leaves the order of retrieval
    pool: int = POOL  # products that each source may bring

    def __post_init__(self) -> None:
        """Refuse an engine that finds nothing."""
        if self.keyword is None and self.dense is None:
            raise ValueError("an engine needs an index: `keyword`, `dense` or both")

    @classmethod
    def of(
        cls,
        catalogue: Catalogue,
        understanding: Understanding,
        ranker: Ranker | None = None,
        *,
        sources: Sequence[str] = ("keyword", "dense"),
    ) -> Engine:
        """Build the indexes of a catalogue: "keyword", "dense" or both."""
        if not set(sources) <= {"keyword", "dense"}:
            raise ValueError(f"sources are 'keyword' and 'dense'; got {sources}")
        documents, vector = catalogue.documents, catalogue.vector
        keyword = KeywordIndex.build(documents) if "keyword" in sources else None
        dense = DenseIndex.build(vector) if "dense" in sources else None
        reference = CatalogueFeatures.of(documents, vector)
        return cls(understanding, catalogue, reference, keyword, dense, ranker)

    def with_ranker(self, ranker: Ranker | None) -> Engine:
        """The same, ordered by another ranker."""
        return replace(self, ranker=ranker)

    def grown(self, later: Catalogue) -> Engine:
        """The engine with further products under the next numbers, and no new build.

        Their words count as spelt right. What the next build does better: how rare
        words are, and what titles say of categories. Whoever holds the engine of before
        goes on with it; of two that grow from the same one, the later takes the index's
        folder over.
        """
        reads, keyword, dense = self.understanding, self.keyword, self.dense
        catalogue = self.catalogue.then(later)
        if keyword is not None:
            keyword = keyword.grown(later.documents, len(self.catalogue.documents))
        if dense is not None:
            dense = dense.grown(later.vector)
        if reads.speller is not None:  # a new brand's name is no misspelling of an old
            new = WordCounts.of(reads.analyser.words_of(later.titles))
            reads = replace(reads, speller=reads.speller.knowing(new))
        reference = self.reference.grown(catalogue.documents, catalogue.vector)
        ranker, pool = self.ranker, self.pool
        return Engine(reads, catalogue, reference, keyword, dense, ranker, pool)

    def read(self, texts: Sequence[str]) -> list[Query]:
        """What is asked for, each distinct text read once."""
        seen = {text: self.understanding.read(text) for text in dict.fromkeys(texts)}
        return [seen[text] for text in texts]

    def retrieve(self, queries: Sequence[Query]) -> Found:
        """What the sources find, joined by reciprocal ranks."""
        lists: dict[str, Ids] = {}
        if self.keyword is not None:
            lists["keyword"] = self.by_words(queries)
        if self.dense is not None:
            lists["dense"] = self.by_meaning(queries)
        return self.joined(lists)

    def by_words(self, queries: Sequence[Query]) -> Ids:
        """(n, pool) what the inverted index finds, best first; -1 fills up."""
        assert self.keyword is not None
        search, k = self.keyword.search_many, self.pool
        return search(queries, k, match="most", enough=ENOUGH)[0]

    def by_meaning(self, queries: Sequence[Query]) -> Ids:
        """(n, pool) the titles nearest to the queries; -1 fills up."""
        assert self.dense is not None
        return self.dense.search(vectors(queries), self.pool)[0]

    def joined(self, lists: Mapping[str, Ids]) -> Found:
        """The union of the sources' lists, by reciprocal ranks.

        A source whose list is missing counts as having found nothing. The ranker knows
        products that only one source found: many of each page are.
        """
        if len(lists) == 1:
            (ids,) = lists.values()
        else:
            ids, _ = reciprocal_ranks([*lists.values()], self.pool * len(lists))
        rank = {
            name: _places(ids, lists[name]) if name in lists else np.full_like(ids, -1)
            for name in ("keyword", "dense")
            if getattr(self, name) is not None
        }
        return Found(ids, rank)

    def features(self, queries: Sequence[Query], found: Found) -> FeatureTable:
        """Of everything found, in the order of `Found.pairs`."""
        held, (row, product) = found.ids >= 0, found.pairs
        ranks = {name: rank[held] for name, rank in found.rank.items()}
        return pair_features(self.reference, queries, row, product, ranks=ranks)

    def ordered(self, queries: Sequence[Query], found: Found) -> Ids:
        """(n, k) what was found, best first by the ranker."""
        if self.ranker is None:
            return found.ids
        score = np.full(found.ids.shape, -np.inf, np.float32)
        score[found.ids >= 0] = self.ranker.scores(self.features(queries, found))
        order = np.argsort(-score, axis=1, kind="stable")
        return np.take_along_axis(found.ids, order, axis=1)

    def lists(self, texts: Sequence[str], k: int) -> Ids:
        """(n, k) the best products for queries as typed; -1 fills up."""
        queries = self.read(texts)
        best = self.ordered(queries, self.retrieve(queries))[:, :k]
        return np.pad(best, ((0, 0), (0, k - best.shape[1])), constant_values=-1)


def vectors(queries: Sequence[Query]) -> Floats:
    """(n, WIDTH) of the queries' texts, spelling mended."""
    return embed([query.normalised for query in queries], WIDTH)


def _places(ids: Ids, own: Ids) -> Ids:
    """Where each of `ids` stands on a source's own list; -1 if nowhere."""
    made = np.full(ids.shape, -1, np.int32)
    for row, (asked, found) in enumerate(zip(ids.tolist(), own.tolist(), strict=True)):
        place = {product: at for at, product in enumerate(found) if product >= 0}
        made[row] = [place.get(product, -1) for product in asked]
    return made


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions that all must hold: a field has one of some names, a price is in."""

    values: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (field, names) pairs
    price_min: float | None = None
    price_max: float | None = None
    in_stock: bool = False  # only what can be delivered

    def __bool__(self) -> bool:
        return self != Filters()

    def passes(self, documents: Documents, ids: Ids) -> NDArray[np.bool_]:
        """(k,) whether each product passes."""
        ok = np.ones(len(ids), bool)
        for field, names in self.values:
            column = documents.fields[field]
            codes = [column.names.index(name) for name in names]
            ok &= np.isin(column.code[ids], codes)
        price = documents.numbers["price"]
        if self.price_min is not None:
            ok &= price[ids] >= self.price_min
        if self.price_max is not None:
            ok &= price[ids] <= self.price_max
        if self.in_stock:
            ok &= documents.numbers["in_stock"][ids] > 0
        return ok

    def check(self, documents: Documents) -> None:
        """Raises ValueError for a field or a name that the catalogue lacks."""
        for field, names in self.values:
            if field not in documents.fields:
                raise ValueError(f"there is no field {field!r}")
            for name in names:
                if name not in documents.fields[field].names:
                    raise ValueError(f"no product has the {field} {name!r}")


@dataclass(frozen=True, slots=True)
class PageRules:
    """How many products of one brand may stand among the first places."""

    per_brand: int = 3  # unless the brand was asked for
    first: int = 10


def arranged(
    query: Query, ids: Ids, documents: Documents, rules: PageRules
) -> list[int]:
    """A ranked list of (k,) ids as it is shown, best first; -1 is left out.

    What is in stock and as asked for comes first, then what breaks a constraint (a
    price bound, a value that is not wanted), then what cannot be delivered.
    """
    kept = ids[ids >= 0]
    gone = documents.numbers["in_stock"][kept] == 0
    late = 2 * gone + _unwanted(query, documents, kept)
    shown = kept[np.argsort(late, kind="stable")]
    fine = int((late == 0).sum())
    if not any(name == "brand" for name, _ in query.attributes):
        shown = np.concatenate([_spread(shown[:fine], documents, rules), shown[fine:]])
    told: list[int] = shown.tolist()
    return told


def _unwanted(query: Query, documents: Documents, ids: Ids) -> NDArray[np.bool_]:
    """What breaks a bound of the price, or has a value that is not wanted."""
    broken, price = np.zeros(len(ids), bool), documents.numbers["price"][ids]
    for name, value in query.attributes:
        if name == "price_min":
            broken |= price < float(value)
        elif name == "price_max":
            broken |= price > float(value)
        column = documents.fields.get(name.removeprefix("not "))
        if name.startswith("not ") and column is not None and value in column.names:
            broken |= column.code[ids] == column.names.index(value)
    return broken


def _spread(ids: Ids, documents: Documents, rules: PageRules) -> Ids:
    """No brand more than so many times among the first places, if others are there."""
    often: Counter[int] = Counter()
    chosen: list[int] = []
    for at, brand in enumerate(documents.fields["brand"].code[ids].tolist()):
        if len(chosen) == rules.first:
            break
        if brand < 0 or often[brand] < rules.per_brand:
            often[brand] += 1
            chosen.append(at)
    return np.concatenate([ids[chosen], np.delete(ids, chosen)])
