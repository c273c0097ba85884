"""Two stages are tried fairly: no row from later, baselines tuned, leads paired."""

import numpy as np
import pytest

from sevensteps.cases.video import read_log, trial
from sevensteps.cases.video.logs import Log
from sevensteps.cases.video.trial import (
    Stretch,
    factors,
    item_to_item,
    ndcg,
    popularity,
    top,
)
from sevensteps.worlds.video import Size, VideoWorld


@pytest.fixture(scope="module")
def log(tmp_path_factory) -> Log:
    """The video world's clicks, brought as a stranger would."""
    folder = tmp_path_factory.mktemp("theirs")
    history = VideoWorld(Size(2_500, 1_500, 100, 14)).history()
    rows = history.impressions.to_pandas()
    rows[["user_id", "video_id", "at", "clicked"]].to_parquet(
        folder / "impressions.parquet"
    )
    videos = history.videos.to_pandas()[["video_id", "topic"]]
    videos.to_csv(folder / "videos.csv", index=False)
    return read_log(folder)


@pytest.fixture(scope="module")
def stretch(log) -> Stretch:
    """The last fifth, from what came before."""
    return Stretch.of(log, float(np.quantile(log.seconds, 0.8)), float(log.seconds[-1]))


def test_a_stretch_asks_for_what_is_new_and_later(log, stretch):
    had = set(zip(stretch.past.user, stretch.past.item, strict=True))
    wanted = set(zip(stretch.user[stretch.row], stretch.item, strict=True))
    assert not had & wanted
    assert set(stretch.user) <= set(stretch.past.user)
    after = log.between(float(stretch.past.seconds[-1]), float(log.seconds[-1]))
    assert wanted <= set(zip(after.user, after.item, strict=True))


def test_popularity_forgets(stretch):
    user = stretch.user[:3]
    ever = popularity(1e9)(stretch.past, user)
    assert np.allclose(ever, np.bincount(stretch.past.item, minlength=ever.shape[1]))
    late = popularity(0.01)(stretch.past, user)[0]
    last = stretch.past.item[stretch.past.seconds > stretch.past.seconds[-1] - 86_400]
    assert set(np.flatnonzero(late > 1e-6)) <= set(last)


def test_item_to_item_by_hand():
    topic = np.full(4, -1, np.int32)
    user = np.array([0, 0, 1, 1, 2], np.int32)
    item = np.array([0, 1, 0, 1, 0], np.int32)
    log = Log(user, item, np.arange(5.0), topic, 3, 4)
    score = item_to_item(0.0, 0.5)(log, np.array([2], np.int32))
    assert score[0, 1] == pytest.approx(2 / np.sqrt(3 * 2))
    assert score[0, 0] == 0
    assert (score[0, 2:] == 0).all()


def test_lists_leave_out_what_a_user_had(stretch):
    score = factors(8, 1, 1)(stretch.past, stretch.user)
    lists = top(score, stretch.past, stretch.user, 20)
    held = stretch.past.matrix()[stretch.user].toarray() > 0
    assert not np.take_along_axis(held, lists, 1).any()


def test_a_perfect_list_has_ndcg_one(stretch):
    ideal = np.zeros((len(stretch.user), stretch.past.n_items), np.float32)
    ideal[stretch.row, stretch.item] = 1
    lists = np.argsort(-ideal, axis=1)[:, :20].astype(np.int32)
    assert ndcg(lists, stretch).estimate == pytest.approx(1)


@pytest.fixture(scope="module")
def result(log):
    """The whole trial."""
    return trial(log)


def test_two_stages_lead_tuned_baselines(result):
    for other in ("popularity", "item to item"):
        assert result.lead(other).low > 0, other
    assert result.lead("factors").estimate > 0
    assert result.recall["two stages"].estimate > 0


def test_a_trial_repeats(log, result):
    assert trial(log).ndcg == result.ndcg
