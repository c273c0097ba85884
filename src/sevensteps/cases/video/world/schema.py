"""The video company's tables: what its warehouse holds, without a true_ column."""

import pyarrow as pa

DAY = 86_400
DIM = 16  # of the space in which tastes and videos meet
CONTENT_DIM = 16  # of what the company's encoder makes of a video
N_TOPICS = 48
SLATE = 10  # videos shown on a page
MOST_PAGES = 4  # that a user asks for in a day

LANGUAGES = ("en", "es", "hi", "pt", "de")
COUNTRIES = ("US", "MX", "IN", "BR", "DE", "GB")
DEVICES = ("phone", "desktop", "tv")
NAMES = {"language": LANGUAGES, "country": COUNTRIES, "device": DEVICES}
_CODED = pa.dictionary(pa.int8(), pa.string())

USERS = pa.schema(
    [
        ("user_id", pa.int32()),
        ("country", _CODED),
        ("language", _CODED),
        ("device", _CODED),
        ("joined_at", pa.int32()),
    ]
)
CREATORS = pa.schema(
    [("creator_id", pa.int32()), ("language", _CODED), ("joined_at", pa.int32())]
)
VIDEOS = pa.schema(
    [
        ("video_id", pa.int32()),
        ("creator_id", pa.int32()),
        ("uploaded_at", pa.int32()),
        ("length_s", pa.float32()),
        ("language", _CODED),
        ("topic", pa.int8()),  # the uploader's tag; one in ten is wrong
        ("content", pa.list_(pa.float16(), CONTENT_DIM)),  # the company's encoder
    ]
)
IMPRESSIONS = pa.schema(
    [
        ("request_id", pa.int64()),
        ("user_id", pa.int32()),
        ("at", pa.int32()),
        ("position", pa.int8()),
        ("video_id", pa.int32()),
        ("explored", pa.bool_()),  # filled by a uniform draw from the day's basket
        ("propensity", pa.float32()),  # of this video here, given what was on offer
        ("clicked", pa.bool_()),
        ("watched_s", pa.float32()),
        ("liked", pa.bool_()),
        ("subscribed", pa.bool_()),
        ("survey", pa.int8()),  # 1 to 5 stars; null unless asked
    ]
)
TRUTH = pa.schema(
    [
        ("request_id", pa.int64()),
        ("position", pa.int8()),
        ("true_examined", pa.bool_()),
        ("true_match", pa.float32()),
        ("true_promise", pa.float32()),
        ("true_value", pa.float32()),
    ]
)
SCHEMA = {
    "users": USERS,
    "creators": CREATORS,
    "videos": VIDEOS,
    "impressions": IMPRESSIONS,
}
