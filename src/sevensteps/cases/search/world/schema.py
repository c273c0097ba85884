"""The shop's tables: what its warehouse holds, without a true_ column."""

import pyarrow as pa

DAY = 86_400
PLACES = 20  # on a page of results
MOST_SEARCHES = 3  # for one need: the first, and two in other words
FIRST_DAY_OF_YEAR = 60  # day 0 is the first of March
MAX_FEATURES = 3  # of a product
DEVICES = ("desktop", "phone")
SEASONS = ("none", "spring", "summer", "autumn", "winter", "gifts")

#: What a shopper may be after, by the words of the query.
INTENTS = ("navigational", "exact", "broad", "exploratory")

PRODUCTS = pa.schema(
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
)
QUERIES = pa.schema([("query_id", pa.int32()), ("text", pa.string())])
SHOPPERS = pa.schema(
    [
        ("shopper_id", pa.int32()),
        ("device", pa.dictionary(pa.int8(), pa.string())),
        ("joined_at", pa.int32()),
    ]
)
SEARCHES = pa.schema(
    [
        ("search_id", pa.int64()),
        ("session_id", pa.int64()),
        ("shopper_id", pa.int32()),
        ("at", pa.int32()),
        ("device", pa.dictionary(pa.int8(), pa.string())),
        ("query_id", pa.int32()),
        ("attempt", pa.int8()),  # 0 for the first search of a session
        ("ranker", pa.int8()),  # which of the policy's rankers answered
        ("randomised", pa.bool_()),  # its first ten places in random order
        ("shown", pa.list_(pa.int32(), PLACES)),  # product ids; -1 leaves a place empty
        ("clicked", pa.list_(pa.bool_(), PLACES)),
        ("bought", pa.int8()),  # place of what was bought; null if nothing
    ]
)
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
SCHEMA = {
    "products": PRODUCTS,
    "queries": QUERIES,
    "shoppers": SHOPPERS,
    "searches": SEARCHES,
}
NAMES = {"device": DEVICES}
