"""A world on disk is whole, or it is not read."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sevensteps.cases.fraud.world import (
    SCHEMA,
    BrokenWorld,
    PaymentsWorld,
    Size,
    read_manifest,
    read_truth,
    read_world,
    shelf,
    store,
    verify,
)
from sevensteps.world import disk

WORLD = PaymentsWorld(Size(300, 100, 3), seed=3, base_rate=0.05)
CODE = f"""
import sys
from sevensteps.cases.fraud.world import PaymentsWorld, Size
PaymentsWorld({WORLD.size!r}, seed=3, base_rate=0.05).write(sys.argv[1])
"""


@pytest.fixture
def written(tmp_path) -> Path:
    """A small world on disk."""
    return WORLD.write(tmp_path / "world")


def leftovers(root: Path) -> list[str]:
    """Everything under a directory but a whole world."""
    return [p.name for p in root.iterdir() if p.name != "world"]


def test_what_was_written_is_read(written):
    log, back = WORLD.history(), read_world(written, check=True)
    assert back.days == log.days
    for name, schema in SCHEMA.items():
        table = getattr(back, name)
        assert table.schema.equals(schema), name
        ours = getattr(log, name)
        assert table.combine_chunks().equals(ours.combine_chunks()), name
    for name in ("channel", "country", "ip_country", "action"):
        assert (back.column(name) == log.column(name)).all()
    truth = WORLD.truth(log)
    assert read_truth(written).combine_chunks().equals(truth.combine_chunks())
    assert not leftovers(written.parent)


def test_truth_lies_apart_from_what_the_company_holds(written):
    for path in written.rglob("*.parquet"):
        names = pq.ParquetFile(path).schema_arrow.names
        true = [n for n in names if n.startswith("true_")]
        assert bool(true) == (path.relative_to(written).parts[0] == "truth"), path


def test_the_manifest_tells_what_is_there(written):
    manifest = read_manifest(written)
    assert manifest.parameters["seed"] == 3
    assert manifest.parameters["base_rate"] == 0.05
    assert manifest.parameters["generator"] == store.GENERATOR
    assert manifest.rows["payments"] == WORLD.history().payments.num_rows
    assert manifest.rows["truth"] == manifest.rows["payments"]
    held = {str(p.relative_to(written)) for p in written.rglob("*.parquet")}
    assert held == set(manifest.files)


def test_progress_is_told_by_day(tmp_path):
    seen = []
    WORLD.write(tmp_path / "world", progress=lambda *done: seen.append(done))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_the_same_world_is_the_same_bytes(written, tmp_path):
    again = WORLD.write(tmp_path / "again")
    assert read_manifest(again).files == read_manifest(written).files


def test_a_directory_without_a_manifest_is_refused(written):
    (written / "manifest.json").unlink()
    with pytest.raises(BrokenWorld, match=r"no manifest.json.*write it again"):
        read_world(written)
    with pytest.raises(BrokenWorld, match="has no manifest"):
        read_world(written / "nowhere")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"checksum": 1}', "\udcff"])
def test_a_damaged_manifest_is_refused(written, content):
    (written / "manifest.json").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(BrokenWorld, match="is damaged"):
        read_world(written)


def test_an_edited_manifest_is_refused(written):
    path = written / "manifest.json"
    told = json.loads(path.read_text())
    told["parameters"]["days"] = 2
    path.write_text(json.dumps(told))
    with pytest.raises(BrokenWorld, match="damaged"):
        read_world(written)


def test_a_flipped_byte_is_noticed(written):
    path = written / "payments" / "day=001" / "part.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    read_manifest(written)  # the size is the same
    with pytest.raises(BrokenWorld, match=r"day=001/part.parquet is not what was"):
        verify(written)
    with pytest.raises(BrokenWorld, match=r"day=001/part.parquet"):
        read_world(written, check=True)


def test_a_missing_or_shorter_file_is_noticed_at_once(written):
    path = written / "truth" / "day=002" / "part.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BrokenWorld, match=r"day=002/part.parquet is missing or has"):
        read_world(written)
    path.unlink()
    with pytest.raises(BrokenWorld, match="is missing or has another size"):
        read_world(written)


def test_nothing_is_overwritten(written, tmp_path):
    before = read_manifest(written)
    with pytest.raises(FileExistsError, match="holds something already"):
        WORLD.write(written)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="choose another directory"):
        WORLD.write(tmp_path / "mine")
    assert read_manifest(written) == before


def test_a_killed_writer_leaves_nothing_that_is_read(tmp_path):
    stall = CODE.replace(".write(sys.argv[1])", ".write(sys.argv[1], progress=stall)")
    wait = "import time\ndef stall(done, days):\n    time.sleep(60 * (done == 2))\n"
    child = subprocess.Popen(
        [sys.executable, "-c", wait + stall, str(tmp_path / "world")]
    )
    try:
        wait_for(lambda: list(tmp_path.glob(".world.partial-*/truth/day=001/*")), child)
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    assert len(leftovers(tmp_path)) == 1
    with pytest.raises(BrokenWorld):
        read_world(tmp_path / "world")
    with pytest.raises(BrokenWorld):
        read_world(tmp_path / leftovers(tmp_path)[0])
    WORLD.write(tmp_path / "world")
    verify(tmp_path / "world")
    assert not leftovers(tmp_path)


def wait_for(happened, child) -> None:
    """Wait until the child has done something."""
    for _ in range(600):
        if happened():
            return
        assert child.poll() is None, "the writer ended early"
        time.sleep(0.05)
    raise AssertionError("the writer did not start")


def test_a_full_disk_leaves_nothing_behind(tmp_path):
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
    done = subprocess.run(
        [sys.executable, "-c", limit + CODE, str(tmp_path / "world")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 1
    assert "no room for this world" in done.stderr
    assert "make room or choose a directory on another disk" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("call", ["write_table", "fsync", "manifest"])
def test_no_space_at_any_moment_leaves_nothing(tmp_path, monkeypatch, call):
    def fail(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    target = {
        "write_table": (disk.pq, "write_table"),
        "fsync": (disk.os, "fsync"),
        "manifest": (Path, "write_text"),
    }[call]
    monkeypatch.setattr(*target, fail)
    with pytest.raises(OSError, match="no room for this world") as told:
        WORLD.write(tmp_path / "world")
    assert told.value.errno == errno.ENOSPC
    assert not list(tmp_path.iterdir())


def test_a_disk_that_is_too_small_is_told_before_anything_is_made(tmp_path):
    huge = PaymentsWorld(Size(1_000_000, 100, 2_000), seed=3)
    with pytest.raises(OSError, match=r"no room for this world, which takes about"):
        huge.write(tmp_path / "world")
    assert not list(tmp_path.iterdir())


def test_an_interrupt_leaves_nothing(tmp_path):
    def interrupt(done, days):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        WORLD.write(tmp_path / "world", progress=interrupt)
    assert not list(tmp_path.iterdir())


def test_the_cache_is_keyed_by_every_parameter(tmp_path):
    first = WORLD.cached(root=tmp_path)
    written = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.parquet")}
    assert WORLD.cached(root=tmp_path).payments.equals(first.payments)
    assert written == {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.parquet")}
    WORLD.cached(2, root=tmp_path)
    PaymentsWorld(WORLD.size, seed=4, base_rate=0.05).cached(root=tmp_path)
    PaymentsWorld(WORLD.size, seed=3, base_rate=0.04).cached(root=tmp_path)
    assert len(list(tmp_path.iterdir())) == 4


def test_half_a_world_in_the_cache_is_refused(tmp_path):
    WORLD.cached(root=tmp_path)
    (folder,) = tmp_path.iterdir()
    (folder / "manifest.json").unlink()
    with pytest.raises(BrokenWorld, match="Remove it and write it again"):
        WORLD.cached(root=tmp_path)


def test_codes_are_ours_in_whatever_order_a_file_names_them():
    payments = WORLD.history().payments.combine_chunks()
    at = payments.column_names.index("ip_country")
    column = payments["ip_country"].combine_chunks()
    names = column.dictionary.to_pylist()[::-1]
    other = column.cast(pa.string()).to_pylist()
    codes = pa.array([None if v is None else names.index(v) for v in other], pa.int8())
    turned = pa.DictionaryArray.from_arrays(codes, pa.array(names))
    file = payments.set_column(at, payments.schema.field(at), turned)
    assert shelf.FORM.coded(file, "payments").equals(payments)
