"""The same parameters make the same world; the company's tables keep their schema."""

import numpy as np
import pytest

from sevensteps.cases.video.world import DAY, SLATE, Incident, Oracle, Size
from sevensteps.cases.video.world.catalogue import Creators, Space, first_videos
from sevensteps.cases.video.world.people import first_users


def test_ids_are_dense_and_known(known):
    h, rows = known.history, known.rows
    for name in ("users", "creators", "videos"):
        ids = getattr(h, name)[f"{name[:-1]}_id"].to_numpy()
        assert (ids == np.arange(len(ids))).all()
    # Nothing is shown before it exists, or to those who have not joined.
    uploaded = known.history.videos["uploaded_at"].to_numpy()[rows.video_id]
    joined = known.history.users["joined_at"].to_numpy()[rows.user_id]
    assert (uploaded <= rows["at"]).all()
    assert (joined <= rows["at"]).all()
    uploads = known.state.videos.uploaded_at
    assert (known.state.creators.joined_at[known.state.videos.creator] <= uploads).all()


def test_a_log_is_in_order_of_time_and_a_page_shows_no_video_twice(known):
    rows = known.rows
    assert rows["at"].is_monotonic_increasing
    assert not rows.duplicated(["request_id", "video_id"]).any()
    assert not rows.duplicated(["request_id", "position"]).any()
    assert rows.position.between(0, SLATE - 1).all()
    assert rows.groupby("request_id").user_id.nunique().max() == 1


def test_shards_alone_are_shards_of_the_whole():
    space = Space.of(7)
    creators = Creators.first(space, 500, 7)
    whole = first_videos(space, creators, 400_000, 7)
    first = first_videos(space, creators, 1 << 18, 7)
    assert len(whole) == 400_000
    assert np.array_equal(whole.vector[: 1 << 18], first.vector)
    assert np.array_equal(whole.creator[: 1 << 18], first.creator)
    some = first_users(space, 100_000, 7)
    fewer = first_users(space, 65_536, 7)
    assert np.array_equal(some.taste[:65_536], fewer.taste)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Size(50, 2_000, 50, 3), "at least 100 users"),
        (lambda: Size(200, 2_000, 50, 0), "days >= 1"),
        (lambda: Size(200, 2_000, 50, 3, uploads=0.2), r"growth in \[0, 0.1\]"),
        (lambda: Size(2**24, 2_000, 50, 3), "fit into the ids"),
        (lambda: Incident("event", 1, topic=48), "topics are 0 to 47"),
        (lambda: Oracle("money"), "aim is 'satisfaction' or 'clicks'"),
    ],
)
def test_what_cannot_be_made_is_told(make, why):
    with pytest.raises(ValueError, match=why):
        make()


def test_evenings_are_busier_than_nights_by_each_countrys_clock(known):
    rows = known.rows.drop_duplicates("request_id")
    country = known.history.users["country"].combine_chunks()
    home = np.asarray(country.to_pandas())[rows.user_id]
    hour = rows["at"].to_numpy() % DAY // 3_600
    for place, ahead in {"GB": 0, "US": -6, "IN": 5}.items():
        local = (hour[home == place] + ahead) % 24
        assert (local // 3 == 6).mean() > 3 * (local // 3 == 1).mean(), place


def test_weekends_bring_more_visitors(known):
    visitors = known.rows.groupby("day").user_id.nunique()
    weekend = visitors[visitors.index % 7 >= 5].mean()
    assert weekend / visitors[visitors.index % 7 < 5].mean() == pytest.approx(
        1.17, abs=0.05
    )
