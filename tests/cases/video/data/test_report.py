"""The report on a reader's own log: printed, plain, and refused where it must be."""

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from sevensteps.cases.video.data.report import run_video
from sevensteps.commands.run import run_on_own_data


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Users who like one of three kinds of items."""
    rng = np.random.default_rng(1)
    n, folder = 12_000, tmp_path_factory.mktemp("log")
    user = rng.integers(300, size=n)
    item = (user % 3) * 100 + (100 * rng.random(n) ** 2).astype(int)
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.random(n)) * 40, "D")
    rows = pd.DataFrame({"user_id": user, "video_id": item, "at": at})
    rows["clicked"] = (rng.random(n) < 0.9).astype(int)
    rows.to_csv(folder / "impressions.csv", index=False)
    return folder


def test_a_report_says_what_was_read_assumed_and_found(folder):
    console = Console(width=120, record=True)
    console.print(run_video(folder))
    text = console.export_text()
    for said in (
        "of 300 users",
        "left out",
        "two stages",
        "ahead of popularity",
        "Not run",
    ):
        assert said in text


def test_a_log_of_repeats_is_called_one(folder, tmp_path):
    rows = pd.read_csv(folder / "impressions.csv").drop(columns="clicked")
    again = rows.assign(at=rows["at"].shift(-9).ffill())
    for name, frames in {"few": [rows[::6]], "many": [rows[::6], again[::6]]}.items():
        (tmp_path / name).mkdir()
        pd.concat(frames).to_csv(tmp_path / name / "impressions.csv", index=False)
    told = [" ".join(run_video(tmp_path / name).notes) for name in ("few", "many")]
    assert ["repeats" in notes for notes in told] == [False, True]


def test_other_chapters_have_no_such_report(folder, capsys):
    with pytest.raises(SystemExit):
        run_on_own_data("ads", folder)
    assert "fraud, video and search" in " ".join(capsys.readouterr().err.split())
