"""The same parameters make the same world; the company's tables keep their schema."""

import numpy as np
import pytest

from sevensteps.cases.video.world import SLATE, Incident, Oracle, Size
from sevensteps.cases.video.world.catalogue import Creators, Space, first_videos
from sevensteps.cases.video.world.people import first_users


def test_ids_are_dense_and_a_log_is_in_order_of_time(known):
    h, rows = known.history, known.rows
    for name in ("users", "creators", "videos"):
        ids = getattr(h, name)[f"{name[:-1]}_id"].to_numpy()
        assert (ids == np.arange(len(ids))).all()
    assert (h.videos["uploaded_at"].to_numpy()[rows.video_id] <= rows["at"]).all()
    assert (h.users["joined_at"].to_numpy()[rows.user_id] <= rows["at"]).all()
    uploads = known.state.videos.uploaded_at
    assert (known.state.creators.joined_at[known.state.videos.creator] <= uploads).all()
    assert rows["at"].is_monotonic_increasing
    assert not rows.duplicated(["request_id", "video_id"]).any()
    assert not rows.duplicated(["request_id", "position"]).any()
    assert rows.position.between(0, SLATE - 1).all()
    assert rows.groupby("request_id").user_id.nunique().max() == 1


def test_shards_alone_are_shards_of_the_whole():
    space = Space.of(7)
    creators = Creators.first(space, 500, 7)
    n, more = 1 << 18, 400_000
    whole, first = (first_videos(space, creators, size, 7) for size in (more, n))
    assert len(whole) == more
    assert np.array_equal(whole.vector[:n], first.vector)
    assert np.array_equal(whole.creator[:n], first.creator)
    some, fewer = (first_users(space, size, 7).taste for size in (100_000, 1 << 16))
    assert np.array_equal(some[: 1 << 16], fewer)


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
