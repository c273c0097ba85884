"""A search world on disk is whole, or it is not read; a future starts from it."""

import errno

import numpy as np
import pytest

from sevensteps.cases.search.world import (
    SCHEMA,
    BrokenWorld,
    Incident,
    Incumbent,
    SearchWorld,
    Size,
    read_world,
)
from sevensteps.cases.search.world.store import (
    BYTES_A_PRODUCT,
    BYTES_A_SEARCH,
    SEARCHES_A_DAY,
    read_past,
)
from sevensteps.world import disk

SIZE = Size(2_000, 400, 600, 40, days=3)


def small(**more) -> SearchWorld:
    """A world of three days."""
    return SearchWorld(SIZE, **{"seed": 3, **more})


@pytest.fixture
def written(tmp_path):
    """It, on disk."""
    return small().write(tmp_path / "world")


def test_what_was_written_is_read(written):
    back, world = read_world(written, check=True), small()
    history = world.history()
    for name, schema in SCHEMA.items():
        assert back[name].schema.equals(schema), name
        ours = getattr(history, name).combine_chunks()
        assert back[name].combine_chunks().equals(ours), name
    truth = read_past(written).truth
    assert truth.combine_chunks().equals(world.truth(history).combine_chunks())


def test_a_state_comes_back_as_it_was(written):
    state, ours = read_past(written).state, small().past(3).state
    for part in ("products", "shop", "shoppers"):
        for name in getattr(ours, part).__slots__:
            a, b = (getattr(getattr(s, part), name) for s in (state, ours))
            assert a.dtype == b.dtype, name
            assert np.array_equal(a, b), name
    assert state.listings.title.equals(ours.listings.title)
    assert state.listings.description.equals(ours.listings.description)
    assert np.array_equal(state.mood, ours.mood)


def test_a_future_from_disk_is_the_same_future(tmp_path):
    first = small()
    outcome = first.live(Incumbent(1), 3, history=first.history())
    small().cached(root=tmp_path)
    again = small()
    history = again.cached(root=tmp_path)
    assert history.synonyms == first.history().synonyms
    other = again.live(Incumbent(1), 3, history=history)
    assert other.searches.equals(outcome.searches)
    assert other.daily.equals(outcome.daily)


def test_the_cache_is_keyed_by_every_parameter(tmp_path):
    history = small().cached(root=tmp_path)
    stamps = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.npy")}
    assert small().cached(root=tmp_path).searches.equals(history.searches)
    assert stamps == {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.npy")}
    small().cached(2, root=tmp_path)
    small(seed=4).cached(root=tmp_path)
    small(examination="cascade").cached(root=tmp_path)
    small(incidents=(Incident("stuffing", 1),)).cached(root=tmp_path)
    small(incidents=(Incident("stuffing", 50),)).cached(root=tmp_path)  # not yet
    assert len(list(tmp_path.iterdir())) == 5


def test_progress_is_told_while_a_cache_is_filled(tmp_path):
    told = []
    small().cached(root=tmp_path, progress=lambda *done: told.append(done))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    "path",
    ["searches.parquet", "state/products/look.npy", "state/mood.npy", "truth.parquet"],
)
def test_a_damaged_or_missing_file_is_noticed(written, path):
    file = written / path
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(BrokenWorld, match=f"{path} is not what was written"):
        read_world(written, check=True)
    file.unlink()
    with pytest.raises(BrokenWorld, match=f"{path} is missing.*SearchWorld"):
        read_past(written)


def test_a_video_world_is_not_a_search_world(tmp_path):
    from sevensteps.cases.video import world as video

    size = video.Size(n_users=100, n_videos=1_000, n_creators=20, days=1)
    path = video.VideoWorld(size, seed=3).write(tmp_path / "video")
    with pytest.raises(BrokenWorld, match="is damaged or of another format"):
        read_world(path)


def test_nothing_is_overwritten(written):
    before = {p: p.read_bytes() for p in written.rglob("*") if p.is_file()}
    with pytest.raises(FileExistsError, match="holds something already"):
        small().write(written)
    assert before == {p: p.read_bytes() for p in written.rglob("*") if p.is_file()}


def test_a_disk_that_is_too_small_is_told(tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(OSError, match="no room for this world"):
        small().write(tmp_path / "world")
    assert not list(tmp_path.iterdir())


def test_a_disk_that_gets_full_keeps_nothing(tmp_path, monkeypatch):
    """The third file does not fit; what was written before it goes, too."""
    write, n = disk.pq.write_table, []

    def fills(*args, **more):
        n.append(1)
        if len(n) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*args, **more)

    monkeypatch.setattr(disk.pq, "write_table", fills)
    with pytest.raises(OSError, match="no room for this world"):
        small().write(tmp_path / "world")
    assert not list(tmp_path.iterdir())
    monkeypatch.undo()
    assert read_world(small().write(tmp_path / "world"), check=True)


def test_a_world_takes_no_more_room_than_is_asked_for(known, tmp_path):
    path = known.world.write(tmp_path / "world")
    taken = sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
    size, days = known.world.size, known.history.days
    searches = days * size.n_shoppers * SEARCHES_A_DAY
    asked = searches * BYTES_A_SEARCH + size.n_products * BYTES_A_PRODUCT
    assert known.history.searches.num_rows <= searches
    assert 0.4 * asked < taken <= asked
