"""A log is read as it is; two stages lead where there is something to learn."""

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from sevensteps.cases.video.data import log as own_log
from sevensteps.cases.video.data.folds import TimeFold, ndcg
from sevensteps.cases.video.data.log import read_log
from sevensteps.cases.video.data.report import (
    NDCG,
    NEIGHBOURS,
    POOL,
    POPULAR,
    STAGES,
    neighbours,
    popularity,
    run_offline,
)
from sevensteps.data import BadTable
from sevensteps.world.arrays import repeated

from .conftest import noise, tastes


@pytest.fixture
def fold(bring) -> TimeFold:
    log = read_log(bring(impressions=tastes()))
    return TimeFold.of(log, 30 * 86_400, 35 * 86_400)


def test_a_fold_knows_nothing_later(fold):
    assert fold.seconds.max() <= 30 * 86_400
    assert fold.clicks.nnz == len(set(zip(fold.past.user, fold.past.item, strict=True)))
    old = set(zip(fold.past.user.tolist(), fold.past.item.tolist(), strict=True))
    later = zip(fold.user[fold.row].tolist(), fold.item.tolist(), strict=True)
    assert not old & set(later)
    assert set(fold.user) <= set(fold.past.user)


def test_a_baseline_names_only_what_is_new(fold):
    for made in (popularity(fold, 30), neighbours(fold, "BM25", 50, 10_000)):
        assert made.shape == (len(fold.user), POOL)
        assert not (fold.had(made) & (made >= 0)).any()
        assert not repeated(made).any()


def test_popularity_forgets_as_it_is_told(bring):
    """All took item a long ago, half of them item b of late; who asks had neither."""
    parts = [
        ("a", range(700), "2024-01-01"),
        ("b", range(350), "2024-02-01"),
        ("c", [900], "2024-01-02"),
        ("d", [900], "2024-02-03"),
    ]
    frames = [
        pd.DataFrame({"user_id": users, "video_id": item, "at": at})
        for item, users, at in parts
    ]
    log = read_log(bring(impressions=pd.concat(frames)))
    fold = TimeFold.of(log, 32 * 86_400, 40 * 86_400)
    a, b = log.events.item[0], log.events.item[-2]
    assert popularity(fold, 1)[0, :3].tolist() == [b, a, -1]
    assert popularity(fold, 10_000)[0, :3].tolist() == [a, b, -1]


def test_neighbours_find_a_taste(fold):
    near = neighbours(fold, "cosine", 50, 10_000)
    assert ndcg([near], [fold]).low > ndcg([popularity(fold, 10_000)], [fold]).high


def test_two_stages_beat_popularity_where_tastes_differ(bring):
    report = run_offline(bring(impressions=tastes().assign(clicked=1)))
    lead = report.results[STAGES][NDCG] - report.results[POPULAR][NDCG]
    assert lead.low > 0
    ours, theirs = (report.results[name][NDCG] for name in (STAGES, NEIGHBOURS))
    assert ours.estimate > 0.9 * theirs.estimate
    console = Console(width=150, record=True)
    console.print(report)
    text = console.export_text()
    for said in ("of 300 users", "two stages is ahead of popularity by", "Not run"):
        assert said in text


def test_nothing_is_led_in_noise(bring):
    report = run_offline(bring(impressions=noise()))
    for name in (POPULAR, NEIGHBOURS):
        lead = report.results[STAGES][NDCG] - report.results[name][NDCG]
        assert lead.low <= 0
    assert any("cannot be told from" in said for said in report.findings)


def test_users_who_never_come_back_are_told(bring):
    once = tastes(2_000).assign(user_id=range(2_000))
    with pytest.raises(ValueError, match="nobody who was seen before"):
        run_offline(bring(impressions=once))


def test_a_plain_log_is_read(bring):
    frame = tastes()
    log = read_log(bring(impressions=frame))
    assert len(log.events) == len(frame)
    assert len(log.viewers) == frame["user_id"].nunique()
    assert len(log.items) == frame["video_id"].nunique()
    assert (np.diff(log.seconds) >= 0).all()
    assert log.events.clicked.all()
    assert (log.events.day == log.seconds // 86_400).all()
    assert (log.items.topic == 0).all()
    assert log.viewers.joined[log.events.user[0]] == 0


def test_order_and_kind_of_ids_do_not_matter(bring):
    frame = tastes()
    plain = read_log(bring(impressions=frame))
    mixed = frame.sample(frac=1, random_state=1).astype({"at": str})
    mixed["user_id"] = "u" + mixed["user_id"].astype(str)
    other = read_log(bring(impressions=mixed))
    np.testing.assert_array_equal(other.events.user, plain.events.user)
    np.testing.assert_array_equal(other.events.item, plain.events.item)
    np.testing.assert_array_equal(other.seconds, plain.seconds)


def test_what_was_not_clicked_is_no_interaction_and_told(bring):
    clicked = np.arange(12_000) % 4 != 0
    log = read_log(bring(impressions=tastes().assign(clicked=clicked)))
    assert len(log.events) == clicked.sum()
    assert "3,000 rows that were not clicked are left out" in log.notes


def test_topics_come_from_videos(bring):
    frame = tastes()
    videos = pd.DataFrame({"video_id": range(300), "topic": ["a", "b"] * 150})
    log = read_log(bring(impressions=frame, videos=videos[:-1]))
    assert set(log.items.topic) <= {0, 1, 2}
    assert (log.items.topic == 0).sum() == (frame["video_id"] == 299).any()
    assert "of no item is videos.creator_id told: not used" in log.notes


def test_a_log_of_repeats_is_called_one(bring):
    frame = tastes()
    again = frame.assign(at=frame["at"].shift(-9).ffill())
    told = read_log(bring(impressions=pd.concat([frame, again])))
    assert any("of the rows are repeats" in note for note in told.notes)


def test_only_the_last_rows_of_a_long_log_are_used(bring, monkeypatch):
    monkeypatch.setattr(own_log, "MOST_ROWS", 5_000)
    log = read_log(bring(impressions=tastes()))
    assert len(log.events) == 5_000
    assert "only the last 5,000 of 12,000 rows are used" in log.notes


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda f: f.drop(columns="at"), "impressions lacks at"),
        (lambda f: f[:10], "10 interactions; 1,000 are needed"),
        (lambda f: f.assign(clicked=[""] + ["1"] * 11_999), r"clicked.*\n  row 1: is"),
    ],
)
def test_a_fault_is_named(bring, change, why):
    with pytest.raises(BadTable, match=why):
        read_log(bring(impressions=change(tastes())))
