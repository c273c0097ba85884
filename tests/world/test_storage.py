"""Folders are whole or absent, whatever happens; columns come back as they were."""

import errno
import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from sevensteps.world import storage
from sevensteps.world.arrays import codes_or_values, dictionary, recoded
from sevensteps.world.storage import BrokenFolder, FolderKind, StorageError

KIND = FolderKind("box", 1, "Pack it again")
verify = partial(storage.read_manifest, kind=KIND, check=True)
STALLED = """
import sys, time
from pathlib import Path
from sevensteps.world.storage import new_folder
with new_folder(Path(sys.argv[1])):
    print("begun", flush=True)
    time.sleep(60)
"""


def packed(path):
    with storage.new_folder(path) as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "a.bin").write_bytes(bytes(1_000))
        (folder / "b.txt").write_text("hello")
        storage.write_manifest(folder, KIND, {"seed": 3})
    return path


def held(root):
    return sorted(p.name for p in root.iterdir())


def full(*args, **more):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_folder_appears_whole_and_says_what_it_holds(tmp_path):
    path = packed(tmp_path / "deep" / "box")
    manifest = verify(path)
    assert manifest.content == {"seed": 3}
    assert {*manifest.files} == {"inner/a.bin", "b.txt"}
    assert manifest.files["b.txt"][0] == 5
    assert held(path.parent) == ["box"]


def test_a_body_that_fails_leaves_nothing(tmp_path):
    def interrupted():
        with storage.new_folder(tmp_path / "box") as folder:
            (folder / "a").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not held(tmp_path)


def test_nothing_is_overwritten_and_who_comes_second_is_told(tmp_path):
    path = packed(tmp_path / "box")
    (tmp_path / "file").write_text("mine")
    for taken in (path, tmp_path / "file"):
        with pytest.raises(FileExistsError, match=r"already: .*choose another folder"):
            packed(taken)
    (tmp_path / "empty").mkdir()
    packed(tmp_path / "empty")

    def race():
        with storage.new_folder(tmp_path / "race"):
            packed(tmp_path / "race")

    with pytest.raises(FileExistsError, match="was written meanwhile"):
        race()
    assert held(tmp_path) == ["box", "empty", "file", "race"]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"checksum": 1}', "\udcff"])
def test_a_damaged_manifest_is_refused(tmp_path, content):
    path = packed(tmp_path / "box")
    (path / storage.MANIFEST).write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(BrokenFolder, match=r"is damaged.*Pack it again"):
        storage.read_manifest(path, KIND)


def test_an_edited_missing_or_other_manifest_is_refused(tmp_path):
    path = packed(tmp_path / "box")
    for kind in (FolderKind("bag", 1, ""), FolderKind("box", 2, "")):
        with pytest.raises(BrokenFolder, match="of another format"):
            storage.read_manifest(path, kind)
    body = json.loads((path / storage.MANIFEST).read_text())
    body["content"]["seed"] = 4
    (path / storage.MANIFEST).write_text(json.dumps(body))
    with pytest.raises(BrokenFolder, match="damaged or of another format"):
        storage.read_manifest(path, KIND)
    (path / storage.MANIFEST).unlink()
    with pytest.raises(BrokenFolder, match=r"has no manifest.json"):
        storage.read_manifest(path, KIND)


def test_a_killed_writer_leaves_nothing_that_counts(tmp_path):
    command = [sys.executable, "-c", STALLED, str(tmp_path / "box")]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert child.stdout.readline() == b"begun\n"
        storage.sweep(tmp_path)
        (left,) = held(tmp_path)  # it is alive: its files stay
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
    assert left.startswith(storage.TEMPORARY)
    with pytest.raises(BrokenFolder):
        storage.read_manifest(tmp_path / left, KIND)
    packed(tmp_path / "other")
    assert left in held(tmp_path), "another writer's leftovers are not ours to sweep"
    packed(tmp_path / "box")
    assert held(tmp_path) == ["box", "other"]


@pytest.mark.parametrize("call", ["fsync", "replace", "mkdir", "write_bytes"])
def test_no_space_at_any_moment_leaves_nothing(tmp_path, monkeypatch, call):
    monkeypatch.setattr(storage.os if call == "fsync" else Path, call, full)
    with pytest.raises(StorageError, match=r"write .*box(?s:.)*intact") as refusal:
        packed(tmp_path / "box")
    assert refusal.value.errno == errno.ENOSPC
    assert not held(tmp_path)


def test_leftovers_of_the_dead_are_swept(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / f".tmp-{gone.pid}-file").write_text("half")
    (tmp_path / f".tmp-{gone.pid}-folder").mkdir()
    (tmp_path / f".tmp-{os.getpid()}-mine").mkdir()
    (tmp_path / ".tmp-notes").mkdir()
    storage.sweep(tmp_path)
    assert held(tmp_path) == [f".tmp-{os.getpid()}-mine", ".tmp-notes"]


NAMES = ("chip", "online", "phone")
SCHEMA = pa.schema([("channel", pa.dictionary(pa.int8(), pa.string()))])


def test_codes_with_gaps_are_nulls():
    codes = np.array([1, -1, 0], np.int8)
    column = dictionary(codes, NAMES, gaps=True)
    assert column.to_pylist() == ["online", None, "chip"]
    assert codes_or_values(pa.chunked_array([column])).tolist() == [1, -1, 0]
    integers = pa.chunked_array([pa.array([5, None], pa.int32())])
    assert codes_or_values(integers).tolist() == [5, -1]


def test_codes_are_ours_in_whatever_order_a_file_names_them():
    other = pa.DictionaryArray.from_arrays(
        pa.array([0, None, 2], pa.int8()), pa.array(NAMES[::-1])
    )
    table = recoded(pa.table({"channel": other}), SCHEMA, {"channel": NAMES})
    assert table["channel"].to_pylist() == ["phone", None, "chip"]
    assert codes_or_values(table["channel"]).tolist() == [2, -1, 0]
    empty = pa.DictionaryArray.from_arrays(pa.array([None], pa.int8()), pa.array([""]))
    none = recoded(pa.table({"channel": empty[:0]}), SCHEMA, {"channel": ("", *NAMES)})
    assert none.num_rows == 0
