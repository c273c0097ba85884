"""A morning comes back as it was, or not at all."""

import json
from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.video.recommender.online import Asking, Recommender
from sevensteps.cases.video.recommender.ranking import Linear
from sevensteps.cases.video.service import export_morning, read_morning
from sevensteps.cases.video.service.bundle import INDEX
from sevensteps.serve.bundle import ModelError
from sevensteps.world.storage import MANIFEST


def test_a_morning_that_was_read_makes_the_same_pages(morning, bundle, users):
    again = read_morning(bundle)
    ours, theirs = Recommender(morning), Recommender(again)
    for user in users[:20]:
        asking = Asking(user, recent=(3, 4))
        assert ours.page(asking) == theirs.page(asking)
    assert isinstance(again.vector.base, np.memmap)


def test_what_is_not_a_whole_morning_says_what_to_do(morning, tmp_path):
    made = export_morning(morning, tmp_path / "made")
    (made / INDEX).write_bytes((made / INDEX).read_bytes()[:100])
    with pytest.raises(ModelError, match=INDEX):
        read_morning(made)
    (made / MANIFEST).unlink()
    with pytest.raises(ModelError, match="export_morning"):
        read_morning(made)


def test_an_index_of_other_towers_is_refused_unless_asked_for(morning, tmp_path):
    made = export_morning(morning, tmp_path / "skewed", index_of="of-last-week")
    with pytest.raises(ModelError, match="rebuild the index"):
        read_morning(made)
    assert read_morning(made, allow_skew=True).probes == morning.probes
    told = json.loads((made / MANIFEST).read_text())
    assert told["content"]["index_of"] == "of-last-week"


def test_an_export_overwrites_nothing_and_leaves_nothing_behind(
    morning, bundle, tmp_path
):
    with pytest.raises(FileExistsError, match="choose another"):
        export_morning(morning, bundle)
    assert [p.name for p in bundle.parent.iterdir()] == [bundle.name]
    other = replace(morning, ranker=Linear(None, None, None, None))
    with pytest.raises(TypeError, match="net_training"):
        export_morning(other, tmp_path / "linear")
    assert not (tmp_path / "linear").exists()
