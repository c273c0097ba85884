"""The tables of a reader's own search: what must be there, and what may."""

from sevensteps.cases.search.engine.shop import FIELDS
from sevensteps.data import Column, DataSchema

SYNONYMS = "synonyms.txt"
NUMBERS = ("price", "rating", "n_ratings", "sold")
_KEY, _ID = Column("id", required=True, unique=True), Column("id", required=True)
_TEXT = Column("text", required=True)

SCHEMA = DataSchema(
    main="judgements",
    files=(SYNONYMS,),
    tables={
        "documents": {
            "document_id": _KEY,
            "title": _TEXT,
            "description": Column("text"),
            **dict.fromkeys(FIELDS, Column("category")),
            **dict.fromkeys(NUMBERS, Column("number", low=0)),
        },
        "queries": {"query_id": _KEY, "query": _TEXT},
        "judgements": {
            "query_id": _ID,
            "document_id": _ID,
            "grade": Column("number", required=True, low=0, high=30),
        },
    },
)
