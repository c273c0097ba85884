"""What a caller may ask the search, and what is said of anything else."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sevensteps.cases.search.engine.arrange import Rules
from sevensteps.cases.search.engine.documents import Documents
from sevensteps.cases.search.engine.filters import Filters
from sevensteps.serve.requests import Rejected, validated

LETTERS, PLACES, PAGES = 200, 50, 50
MOST = 1_000  # products of one administrator's request
#: Control characters, halves of pairs, and those that everybody defines differently.
NOBODY_TYPES = {"Cc", "Cs", "Co"}

Price = Annotated[float, Field(ge=0, le=1e7)]
Id = Annotated[int, Field(ge=0, le=2**31 - 1)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Text = Annotated[str, Field(min_length=1, max_length=5_000)]


class Strict(BaseModel):
    """Nothing is converted and nothing is ignored."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False
    )


class Ticked(Strict):
    """What was ticked beside the query; of several names, one must be the product's."""

    brand: Annotated[list[Name], Field(max_length=20)] = []
    category: Annotated[list[Name], Field(max_length=20)] = []
    colour: Annotated[list[Name], Field(max_length=20)] = []
    material: Annotated[list[Name], Field(max_length=20)] = []
    size: Annotated[list[Name], Field(max_length=20)] = []
    price_min: Price | None = None
    price_max: Price | None = None
    in_stock: bool = False

    def filters(self) -> Filters:
        """The same for the engine."""
        told = [(f, getattr(self, f)) for f in ("brand", "category", "colour")]
        told += [(f, getattr(self, f)) for f in ("material", "size")]
        values = tuple((f, tuple(sorted(set(names)))) for f, names in told if names)
        return Filters(values, self.price_min, self.price_max, self.in_stock)


class SearchRequest(Strict):
    """Somebody who waits for products."""

    query: Annotated[str, Field(max_length=LETTERS, description="as typed")]
    places: Annotated[int, Field(ge=1, le=PLACES)] = 20
    page: Annotated[int, Field(ge=1, le=PAGES)] = 1
    filters: Ticked = Ticked()


@dataclass(frozen=True, slots=True)
class Asking:
    """A request that can be answered."""

    text: str
    places: int
    page: int
    filters: Filters


def parse(body: bytes, documents: Documents) -> Asking:
    """Read a request's body.

    Raises
    ------
    Rejected
        400 for what is no JSON, 422 for what is no request, with every reason
    """
    told = validated(SearchRequest, body, "invalid_json", "invalid_request")
    odd = {c for c in told.query if unicodedata.category(c) in NOBODY_TYPES}
    if odd - {"\t", "\n", "\r"}:
        reason = f"has a character that nobody types: {min(odd)!r}"
        raise Rejected(422, "odd_characters", ("query", reason))
    if not any(c.isalnum() for c in told.query):
        reason = "has no letter and no digit: there is nothing to search for"
        raise Rejected(422, "empty_query", ("query", reason))
    filters = told.filters.filters()
    try:
        filters.check(documents)
    except ValueError as error:
        raise Rejected(422, "unknown_value", ("filters", str(error))) from None
    return Asking(told.query, told.places, told.page, filters)


class StockItem(Strict):
    """A product's new price, or whether it can be delivered, or both."""

    product_id: Id
    price: Price | None = None
    in_stock: bool | None = None


class StockRequest(Strict):
    """News of stock and prices: all of it holds at once, or none."""

    products: Annotated[list[StockItem], Field(min_length=1, max_length=MOST)]


class Product(Strict):
    """A product that is new to the catalogue; it gets the next number."""

    title: Name
    description: Text
    brand: Name
    category: Name
    colour: Name | None = None
    material: Name | None = None
    size: Name | None = None
    price: Price
    margin: Annotated[float, Field(ge=0, le=1)]
    in_stock: bool = True


class ProductsRequest(Strict):
    """New products."""

    products: Annotated[list[Product], Field(min_length=1, max_length=MOST)]


class RulesRequest(Strict):
    """All rules of the page, in place of those there are."""

    per_brand: Annotated[int, Field(ge=1, le=PLACES)] = 3
    first: Annotated[int, Field(ge=1, le=PLACES)] = 10
    pinned: Annotated[
        dict[str, Annotated[list[Id], Field(max_length=10)]], Field(max_length=MOST)
    ] = {}
    banned: Annotated[list[Id], Field(max_length=MOST)] = []

    @property
    def products(self) -> list[int]:
        """All that are named."""
        return [*(p for ids in self.pinned.values() for p in ids), *self.banned]

    def rules(self) -> Rules:
        """The same for a page."""
        pinned = {query: tuple(ids) for query, ids in self.pinned.items()}
        return Rules(self.per_brand, self.first, pinned, frozenset(self.banned))


def known_ids(ids: Sequence[int], n: int) -> None:
    """Refuse products that are not there, with a 422."""
    unknown = [p for p in ids if p >= n]
    if unknown:
        reason = f"no such product: {unknown[0]}; there are 0 to {n - 1}"
        raise Rejected(422, "unknown_product", ("products", reason))
