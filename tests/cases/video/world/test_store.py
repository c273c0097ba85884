"""A video world on disk is whole, or it is not read; a future starts from it."""

import numpy as np
import pytest

from sevensteps.cases.video.world import (
    SCHEMA,
    BrokenWorld,
    Incident,
    Incumbent,
    Size,
    VideoWorld,
    read_world,
)
from sevensteps.cases.video.world.store import read_past

SIZE = Size(n_users=400, n_videos=2_000, n_creators=60, days=3)


def small(**more) -> VideoWorld:
    """A world of three days."""
    return VideoWorld(SIZE, **{"seed": 3, **more})


@pytest.fixture
def written(tmp_path):
    """It, on disk."""
    return small().write(tmp_path / "world")


def test_what_was_written_is_read(written):
    back, world = read_world(written, check=True), small()
    assert back.days == 3
    for name, schema in SCHEMA.items():
        table = getattr(back, name)
        assert table.schema.equals(schema), name
        ours = getattr(world.history(), name)
        assert table.combine_chunks().equals(ours.combine_chunks()), name
    past = read_past(written)
    assert past.truth.equals(world.truth(world.history()).combine_chunks())


def test_a_future_from_disk_is_the_same_future(tmp_path):
    first = small()
    outcome = first.live(Incumbent(1), days=3, history=first.history())
    small().cached(root=tmp_path)
    again = small()
    history = again.cached(root=tmp_path)
    other = again.live(Incumbent(1), days=3, history=history)
    assert other.impressions.equals(outcome.impressions)
    assert other.daily.equals(outcome.daily)


def test_the_cache_is_keyed_by_every_parameter(tmp_path):
    history = small().cached(root=tmp_path)
    stamps = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.npy")}
    assert small().cached(root=tmp_path).impressions.equals(history.impressions)
    assert stamps == {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.npy")}
    small().cached(2, root=tmp_path)
    small(seed=4).cached(root=tmp_path)
    small(incidents=(Incident("event", 1),)).cached(root=tmp_path)
    small(incidents=(Incident("event", 50),)).cached(root=tmp_path)  # not yet
    assert len(list(tmp_path.iterdir())) == 4


def test_progress_is_told_while_a_cache_is_filled(tmp_path):
    told = []
    small().cached(root=tmp_path, progress=lambda *done: told.append(done))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    "path", ["impressions.parquet", "state/videos/vector.npy", "state/mood.npy"]
)
def test_a_damaged_or_missing_file_is_noticed(written, path):
    file = written / path
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(BrokenWorld, match=f"{path} is not what was written"):
        read_world(written, check=True)
    file.unlink()
    with pytest.raises(BrokenWorld, match=f"{path} is missing.*VideoWorld"):
        read_past(written)


def test_a_payments_world_is_not_a_video_world(tmp_path):
    from sevensteps.cases.fraud import world as payments

    path = tmp_path / "payments"
    payments.PaymentsWorld(payments.Size(300, 100, 1), seed=3).write(path)
    with pytest.raises(BrokenWorld, match="is damaged or of another format"):
        read_world(path)


def test_nothing_is_overwritten(written):
    before = {p: p.read_bytes() for p in written.rglob("*") if p.is_file()}
    with pytest.raises(FileExistsError, match="holds something already"):
        small().write(written)
    assert before == {p: p.read_bytes() for p in written.rglob("*") if p.is_file()}


def test_a_disk_that_is_too_small_is_told(tmp_path, monkeypatch):
    from sevensteps.world import disk

    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(OSError, match="no room for this world"):
        small().write(tmp_path / "world")
    assert not list(tmp_path.iterdir())


def test_arrays_come_back_as_they_were(written):
    state, ours = read_past(written).state, small().past(3).state
    assert np.array_equal(state.memory.watched.keys, ours.memory.watched.keys)
    assert np.array_equal(state.users.taste, ours.users.taste)
    assert np.array_equal(state.active, ours.active)
