"""The same parameters make the same world; the company's tables keep their schema."""

import numpy as np
import pytest

from sevensteps.cases.video.world import DAY, SCHEMA, SLATE, Incident, Size, VideoWorld
from sevensteps.cases.video.world.catalogue import Creators, Space, catalogue, shard
from sevensteps.cases.video.world.people import first_users
from sevensteps.world.arrays import join
from sevensteps.world.luck import fates, luck

TINY = Size(n_users=200, n_videos=1_500, n_creators=60, days=2)


def same(a, b) -> bool:
    """Whether two histories hold the same."""
    return all(getattr(a, name).equals(getattr(b, name)) for name in SCHEMA)


def test_the_same_parameters_make_the_same_history(known):
    again = VideoWorld(known.world.size, seed=7).history()
    assert same(known.history, again)


def test_another_seed_makes_another_world(known):
    other = VideoWorld(known.world.size, seed=8).history(3)
    assert not other.videos["length_s"].equals(known.history.videos["length_s"])
    assert other.impressions.num_rows != known.history.impressions.num_rows


def test_a_shorter_history_is_the_beginning_of_a_longer_one(known):
    short = VideoWorld(known.world.size, seed=7).history(5).impressions
    assert short.equals(known.history.impressions.slice(0, short.num_rows))


def test_tables_have_the_schema_and_tell_no_secret(known):
    for name, schema in SCHEMA.items():
        table = getattr(known.history, name)
        assert table.schema.equals(schema), name
        assert not [c for c in table.column_names if c.startswith("true_")]
    truth = known.world.truth(known.history)
    assert truth.num_rows == known.history.impressions.num_rows
    for key in ("request_id", "position"):
        assert truth[key].equals(known.history.impressions[key])


def test_ids_are_dense_and_known(known):
    h, rows = known.history, known.rows
    for name, key in {"users": "user_id", "creators": "creator_id"}.items():
        table = getattr(h, name)
        assert (table[key].to_numpy() == np.arange(table.num_rows)).all()
    assert rows.user_id.max() < h.users.num_rows
    assert rows.video_id.between(0, h.videos.num_rows - 1).all()
    assert h.videos["creator_id"].to_numpy().max() < h.creators.num_rows


def test_nothing_is_shown_before_it_exists_or_to_those_who_have_not_joined(known):
    rows = known.rows
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
    size = Size(n_users=100, n_videos=600_000, n_creators=500, days=1)
    space = Space.of(7)
    creators = Creators.first(space, size, 7)
    whole = catalogue(space, creators, size, 7)
    last = shard(space, creators, size, 7, 2)
    assert len(whole) == 600_000
    assert np.array_equal(whole.vector[-len(last) :], last.vector)
    assert np.array_equal(whole.creator[-len(last) :], last.creator)
    some = first_users(space, 100_000, 7)
    fewer = first_users(space, 65_536, 7)
    assert np.array_equal(some.taste[:65_536], fewer.taste)
    both = join([fewer, fewer])
    assert len(both) == 2 * len(fewer)


def test_luck_is_even_and_differs_by_purpose():
    fate = fates(np.arange(100_000), seed=7, future=1, day=3)
    drawn = np.array([luck(fate, 11, purpose) for purpose in range(12)])
    assert np.abs(drawn.mean(axis=1) - 0.5).max() < 0.005
    assert np.abs(np.quantile(drawn, 0.9, axis=1) - 0.9).max() < 0.005
    between = np.corrcoef(drawn) - np.eye(12)
    assert np.abs(between).max() < 0.015
    other = np.array([luck(fate, thing, 4) for thing in range(1_000, 1_012)])
    assert np.abs(np.corrcoef(other) - np.eye(12)).max() < 0.015
    tomorrow = luck(fates(np.arange(100_000), seed=7, future=1, day=4), 11, 0)
    assert abs(np.corrcoef(drawn[0], tomorrow)[0, 1]) < 0.015
    assert np.abs(np.corrcoef(drawn[:, :-1], drawn[:, 1:])[:12, 12:]).max() < 0.015


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: VideoWorld("huge"), "unknown scale 'huge'; choose from"),
        (lambda: VideoWorld(seed=-1), "seed must be a whole number >= 0"),
        (lambda: Size(50, 2_000, 50, 3), "at least 100 users"),
        (lambda: Size(200, 2_000, 50, 0), "days >= 1"),
        (lambda: Size(200, 2_000, 50, 3, uploads=0.2), r"growth in \[0, 0.1\]"),
        (lambda: Size(2**24, 2_000, 50, 3), "fit into the ids"),
        (lambda: VideoWorld(TINY).history(0), "days must lie in 1 to 3,650; got 0"),
        (lambda: Incident("flood", 3), "unknown incident 'flood'; choose from"),
        (lambda: Incident("viral", -1), "start_day >= 0"),
        (lambda: Incident("event", 1, topic=48), "topics are 0 to 47"),
    ],
)
def test_what_cannot_be_made_is_told(make, why):
    with pytest.raises(ValueError, match=why):
        make()


def test_another_worlds_history_is_refused(known):
    stranger = VideoWorld(TINY).history()
    with pytest.raises(ValueError, match=r"another world's; use this world.history"):
        known.world.truth(stranger)


def test_progress_is_told_by_day():
    told = []
    VideoWorld(TINY).history(progress=lambda *done: told.append(done))
    assert told == [(1, 2), (2, 2)]


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
