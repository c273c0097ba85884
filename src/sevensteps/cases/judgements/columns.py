"""What a reader's columns mean: the names that public collections use for ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import Literal

Role = Literal["documents", "queries", "judgements", "attributes"]

_WRITTEN = {
    "document_id": (
        "passage_id pid sentence_id document_id doc_id docno document product_id "
        "product_uid item_id asin sku corpus_id did article_id listing_id docs_id"
    ),
    "query_id": (
        "query_id qid topic_id topic_number search_id srch_id question_id query_number"
    ),
    "query": (
        "query query_text search_term search_terms search_query keyword question "
        "search_phrase"
    ),
    "grade": (
        "grade relevance label esci_label median_relevance relevance_label rel "
        "relevance_score judgement judgment relevancy relevance_grade score rating "
        "gain"
    ),
    "title": (
        "title product_title product_name item_title doc_title document_title "
        "headline name item_name"
    ),
    "body": (
        "description product_description text body content contents abstract "
        "passage document_text overview summary doc_text long_description "
        "item_description doc sentence"
    ),
    "details": (
        "product_bullet_point bullet_point bullet_points product_features features "
        "attributes details specifications keywords tags"
    ),
    "brand": "brand product_brand brand_name manufacturer vendor maker supplier",
    "colour": "colour color product_color product_colour colors",
    "category": (
        "category product_class category_hierarchy product_category categories "
        "product_type department genres genre taxonomy class category_name"
    ),
    "kind": "query_class kind intent query_type query_category category",
    "split": "split fold subset partition usage",
    "locale": "product_locale query_locale locale language lang",
    "small": "small_version",
}
ENDINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {  # words after which a longer name, such as short_description, is known too
        "query": ("_query",),
        "grade": ("_grade", "_rating", "_relevance", "_label", "_judgement"),
        "title": ("_title",),
        "body": ("_description", "_abstract"),
        "brand": ("_brand",),
    }
)
NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {ours: tuple(theirs.split()) for ours, theirs in _WRITTEN.items()}
)
FILES: Mapping[Role, str] = MappingProxyType(
    {
        "judgements": r"judg|qrel|\brel\b|relevance|label|annotat|truth",
        "queries": r"quer|topic|qry|searches",
        "documents": r"doc|corpus|product|collection|passage|catalog|\bitems?\b|all$",
    }
)


def plain(name: str) -> str:
    """A column's name without case and signs.

    >>> [plain(name) for name in ("query-id", " Product Title", "_id")]
    ['query_id', 'product_title', 'id']
    """
    return re.sub(r"[^a-z0-9]+", "_", str(name).strip().lower()).strip("_")


def found(columns: Iterable[str], *ours: str) -> dict[str, str]:
    """Which of their columns is each of ours; the first name on our list wins.

    A text or a grade may also go by a name that ends in one of ours.

    >>> found(["productUID", "search_term"], "document_id", "query")
    {'document_id': 'productUID', 'query': 'search_term'}
    >>> found(["name", "short_description", "rater_1_grade", "final_grade"], "body",
    ...       "grade")
    {'body': 'short_description', 'grade': 'final_grade'}
    """
    columns = list(columns)
    theirs = {_closed(name): name for name in reversed(columns)}
    made = {}
    for one in ours:
        names = [n for n in map(_closed, NAMES[one]) if n in theirs]
        if names:
            made[one] = theirs[names[0]]
        elif loose := _ending(columns, one):
            made[one] = loose
    return made


def _closed(name: str) -> str:
    return plain(name).replace("_", "")


def _ending(columns: Iterable[str], ours: str) -> str:
    """The column of a longer name for one of ours; where several are grades, none.

    A column with a number is one of many, such as the grade of one judge.
    """
    ends = ENDINGS.get(ours, ())
    mine = [c for c in columns if plain(c).endswith(ends) and not re.search(r"\d", c)]
    return "" if ours == "grade" and len(mine) > 1 else next(iter(mine), "")


def known(columns: Iterable[str]) -> bool:
    """Whether a first line looks like names rather than values."""
    every = {_closed(name) for names in NAMES.values() for name in names} | {"id"}
    return any(_closed(name) in every for name in columns)


def by_file(name: str) -> Role | None:
    """What a file holds, by the last such word of its name, or else its folder's.

    >>> [by_file(name) for name in ("qrels/a.tsv", "query_products.csv", "train.csv")]
    ['judgements', 'documents', None]
    """
    path = PurePath(name.lower())
    for part in (path.name, path.parent.name):
        ends = {
            role: max((m.end() for m in re.finditer(pattern, part)), default=0)
            for role, pattern in FILES.items()
        }
        best = max(ends, key=lambda role: ends[role])
        if ends[best]:
            return best
    return None
