"""A reader's own log is read whole, or its fault is told by name and row."""

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.video.data import log as own_log
from sevensteps.cases.video.data.log import read_log
from sevensteps.data import BadTable

from .conftest import tastes


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
