"""A morning comes back as it was, or not at all."""

import json
import shutil

import numpy as np
import pytest

from sevensteps.cases.video.recommender.online import Asking, Recommender
from sevensteps.cases.video.recommender.ranking import Linear
from sevensteps.cases.video.service import export_morning, read_morning
from sevensteps.cases.video.service.bundle import INDEX, read_manifest
from sevensteps.serve.bundle import MANIFEST
from sevensteps.serve.errors import ModelError


def test_a_morning_that_was_read_makes_the_same_pages(morning, bundle, users):
    ours, theirs = Recommender(morning), Recommender(read_morning(bundle))
    for user in users[:20]:
        asking = Asking(user, recent=(3, 4))
        assert ours.page(asking) == theirs.page(asking)


def test_reading_maps_large_arrays(bundle):
    assert isinstance(read_morning(bundle).vector.base, np.memmap)


@pytest.fixture
def copy(bundle, tmp_path):
    return shutil.copytree(bundle, tmp_path / "copy")


@pytest.mark.parametrize("name", [INDEX, "lists.vector.npy", "net.layers.0.w.npy"])
def test_a_damaged_file_is_named(copy, name):
    data = bytearray((copy / name).read_bytes())
    data[-1] ^= 1
    (copy / name).write_bytes(data)
    with pytest.raises(ModelError, match=f"{name} is damaged"):
        read_morning(copy)


def test_a_file_cut_short_or_gone_is_named(copy):
    (copy / INDEX).write_bytes((copy / INDEX).read_bytes()[:100])
    with pytest.raises(ModelError, match="damaged"):
        read_morning(copy)
    (copy / INDEX).unlink()
    with pytest.raises(ModelError, match="No such file"):
        read_morning(copy)


def test_a_folder_without_a_manifest_says_what_to_do(copy):
    (copy / MANIFEST).write_text("{")
    with pytest.raises(ModelError, match="export again"):
        read_manifest(copy)
    (copy / MANIFEST).unlink()
    with pytest.raises(ModelError, match="export_morning"):
        read_morning(copy)


def test_an_index_of_other_towers_is_refused_unless_asked_for(morning, tmp_path):
    made = export_morning(morning, tmp_path / "skewed", index_of="of-last-week")
    with pytest.raises(ModelError, match="rebuild the index"):
        read_morning(made)
    assert read_morning(made, allow_skew=True).probes == morning.probes
    assert json.loads((made / MANIFEST).read_text())["index_of"] == "of-last-week"


def test_an_export_does_not_overwrite_and_leaves_nothing_behind(morning, bundle):
    with pytest.raises(FileExistsError, match="choose a new folder"):
        export_morning(morning, bundle)
    assert [p.name for p in bundle.parent.iterdir()] == [bundle.name]


def test_only_a_network_is_exported(morning, tmp_path):
    from dataclasses import replace

    other = replace(morning, ranker=Linear(None, None, None, None))
    with pytest.raises(TypeError, match="net_training"):
        export_morning(other, tmp_path / "linear")
    assert not (tmp_path / "linear").exists()
