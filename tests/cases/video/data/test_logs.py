"""A reader's own log is read whole, or its fault is told by name and row."""

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.video.data.logs import Log, held, read_log
from sevensteps.data.checks import BadTable


def rows(n=2_000, **more) -> pd.DataFrame:
    """A plain log."""
    rng = np.random.default_rng(0)
    told = {
        "user_id": rng.integers(50, size=n),
        "video_id": rng.integers(80, size=n),
        "at": np.sort(rng.integers(1_600_000_000, 1_600_900_000, n)),
    }
    return pd.DataFrame(told | more)


def bring(folder, frame, videos=None):
    """A directory with these tables."""
    frame.to_csv(folder / "impressions.csv", index=False)
    if videos is not None:
        videos.to_parquet(folder / "videos.parquet")
    return folder


def test_a_plain_log_is_read(tmp_path):
    frame = rows()
    log = read_log(bring(tmp_path, frame))
    assert len(log) == 2_000
    assert log.n_users == frame.user_id.nunique()
    assert log.n_items == frame.video_id.nunique()
    assert (np.diff(log.seconds) >= 0).all()
    assert log.seconds[0] == 0
    assert log.seconds[-1] == frame["at"].max() - frame["at"].min()
    assert (log.topic == -1).all()


def test_order_and_kind_of_ids_do_not_matter(tmp_path):
    frame = rows()
    mixed = frame.sample(frac=1, random_state=1)
    mixed["user_id"] = "u" + mixed.user_id.astype(str)
    mixed["at"] = pd.to_datetime(mixed["at"], unit="s").astype(str)
    log = read_log(bring(tmp_path, mixed))
    assert log.n_users == frame.user_id.nunique()
    assert log.seconds[-1] == frame["at"].max() - frame["at"].min()


def test_what_was_not_clicked_is_no_interaction(tmp_path):
    clicked = np.arange(2_000) % 4 != 0
    log = read_log(bring(tmp_path, rows(clicked=clicked)))
    assert len(log) == clicked.sum()
    assert log.n_passed == 500


def test_topics_come_from_videos(tmp_path):
    videos = pd.DataFrame({"video_id": range(80), "topic": ["a", "b"] * 40})
    log = read_log(bring(tmp_path, rows(), videos))
    assert set(log.topic) == {0, 1}
    few = pd.DataFrame({"video_id": [3], "topic": ["a"]})
    assert (read_log(bring(tmp_path, rows(), few)).topic >= 0).sum() == 1


def test_a_matrix_counts_once(tmp_path):
    log = read_log(bring(tmp_path, rows()))
    made = held(log)
    assert made.shape == (log.n_users, log.n_items)
    assert set(made.data) == {1.0}
    pairs = set(zip(log.user.tolist(), log.item.tolist(), strict=True))
    assert made.nnz == len(pairs)


def test_a_stretch_of_a_log(tmp_path):
    log = read_log(bring(tmp_path, rows()))
    middle = float(np.median(log.seconds))
    past, after = log.between(-1, middle), log.between(middle, log.seconds[-1])
    assert len(past) + len(after) == len(log)
    assert past.seconds.max() <= middle < after.seconds.min()
    assert isinstance(past, Log)


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (rows().drop(columns="at"), "impressions lacks at"),
        (rows(10), "10 interactions; a trial needs 1,000"),
        (rows(clicked=[2] * 2_000), "is neither 0 nor 1"),
        (rows(watched_s=[-1.0] * 2_000), r"impressions.watched_s has impossible"),
        (rows(rating=["good"] * 2_000), "is not a number"),
        (rows().assign(user_id=None), "is missing"),
        (rows().iloc[:0], "impressions has no rows"),
    ],
)
def test_a_fault_is_named(tmp_path, frame, why):
    with pytest.raises(BadTable, match=why):
        read_log(bring(tmp_path, frame))


def test_names_of_their_own(tmp_path):
    frame = rows().rename(columns={"video_id": "movieId", "at": "timestamp"})
    bring(tmp_path, frame)
    (tmp_path / "columns.toml").write_text(
        '[impressions]\nvideo_id = "movieId"\nat = "timestamp"\n'
    )
    assert len(read_log(tmp_path)) == 2_000


def test_no_directory_and_no_table_are_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"give one with impressions.csv"):
        read_log(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"has no impressions.parquet"):
        read_log(tmp_path)
