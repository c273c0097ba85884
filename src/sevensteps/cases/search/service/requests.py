"""What a caller may ask the search, what is said of anything else, and an answer."""

import unicodedata
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from sevensteps.cases.search.engine.engine import Filters
from sevensteps.cases.search.engine.query import Reading
from sevensteps.cases.search.engine.shop import FIELDS
from sevensteps.serve.requests import Rejected, Strict, validated

from .stages import ResultList, State

#: Control characters, halves of pairs, and those that everybody defines differently.
NOBODY_TYPES = {"Cc", "Cs", "Co"}

Price = Annotated[float, Field(ge=0, le=1e7)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Names = Annotated[list[Name], Field(max_length=20)]
Text = Annotated[str, Field(min_length=1, max_length=5_000)]


class Ticked(Strict):
    """What was ticked beside the query; of several names, one must be the product's."""

    brand: Names = Field(default_factory=list)
    category: Names = Field(default_factory=list)
    colour: Names = Field(default_factory=list)
    material: Names = Field(default_factory=list)
    size: Names = Field(default_factory=list)
    price_min: Price | None = None
    price_max: Price | None = None
    in_stock: bool = False

    def filters(self) -> Filters:
        """The same for the engine."""
        told = ((field, tuple(sorted(set(getattr(self, field))))) for field in FIELDS)
        values = tuple((field, names) for field, names in told if names)
        return Filters(values, self.price_min, self.price_max, self.in_stock)


class SearchRequest(Strict):
    """Somebody who waits for products."""

    query: Annotated[str, Field(max_length=200, description="as typed")]
    places: Annotated[int, Field(ge=1, le=50)] = 20
    page: Annotated[int, Field(ge=1, le=50)] = 1
    filters: Ticked = Ticked()


@dataclass(frozen=True, slots=True)
class Asked:
    """A search that can be answered, and the state that it began with."""

    text: str
    places: int
    page: int
    filters: Filters
    state: State


def parse(body: bytes, state: State) -> Asked:
    """Read a body; `Rejected`, with every reason, if it is no JSON or no request."""
    told = validated(SearchRequest, body)
    odd = {c for c in told.query if unicodedata.category(c) in NOBODY_TYPES}
    if odd := odd - {*"\t\n\r"}:
        reason = f"has a character that nobody types: {min(odd)!r}"
        raise Rejected(422, "odd_characters", ("query", reason))
    if not any(c.isalnum() for c in told.query):
        reason = "has no letter and no digit: there is nothing to search for"
        raise Rejected(422, "empty_query", ("query", reason))
    filters = told.filters.filters()
    try:
        filters.check(state.documents)
    except ValueError as error:
        raise Rejected(422, "unknown_value", ("filters", str(error))) from None
    return Asked(told.query, told.places, told.page, filters, state)


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

    products: Annotated[list[Product], Field(min_length=1, max_length=1_000)]


def page(
    asked: Asked, reading: Reading, listed: ResultList, bundle: str
) -> dict[str, Any]:
    """One page of an answer as JSON has it, and what the query was read as."""
    catalogue, numbers = asked.state.engine.catalogue, asked.state.documents.numbers
    n, first = len(listed.ids), (asked.page - 1) * asked.places
    ids, why = listed.ids[first : first + asked.places], listed.why
    if not ids and why is None:
        why = f"there are only {n} results; ask for an earlier page"
    return {
        "products": [
            {
                "product_id": number,
                "title": catalogue.titles[number],
                "price": round(float(numbers["price"][number]), 2),
                "in_stock": bool(numbers["in_stock"][number]),
            }
            for number in ids
        ],
        "page": asked.page,
        "found": n,
        "understood": _understood(reading),
        "relaxed": listed.relaxed,
        "why": why,
        "version": asked.state.version,
        "bundle": bundle,
    }


def _understood(reading: Reading) -> dict[str, Any]:
    query = reading.query
    return {
        "words": list(query.words),
        "corrected": [{"from": one, "to": other} for one, other in reading.corrected],
        "synonyms": {
            t.word: [s for s, _ in t.synonyms] for t in query.terms if t.synonyms
        },
        "attributes": [{"field": name, "value": v} for name, v in query.attributes],
        "dropped": list(reading.dropped),
    }
