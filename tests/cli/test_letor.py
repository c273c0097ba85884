"""`sevensteps run search --letor`: a report, or an error that says what to do."""

import pytest
from typer.testing import CliRunner

from sevensteps.cli import app


def call(*arguments):
    """The exit status of `run`, and what it says, in one line."""
    told = CliRunner().invoke(app, ["run", *map(str, arguments)])
    return told.exit_code, " ".join(told.output.split())


@pytest.mark.parametrize("names", [["search"], ["11"], []])
def test_the_ranking_step_runs_on_judged_features(judged_features, names):
    status, told = call(*names, "--letor", judged_features / "lightgbm")
    assert status == 0, told
    assert "our ranking step" in told


def test_what_cannot_be_run_is_told_at_once(judged_features, tmp_path):
    folder = judged_features / "letor"
    for arguments, status, advice in (
        (["fraud", "--letor", folder], 1, "chapter search, not with 'fraud'"),
        (["10", "--letor", folder], 1, "chapter search, not with '10'"),
        (["search", "--letor", tmp_path / "none"], 2, "train.txt and test.txt"),
        (["search", "--letor", folder, "--data", folder], 2, "not both"),
        (["search", "--letor", tmp_path], 1, "has no training part"),
    ):
        got, told = call(*arguments)
        assert (got, advice in told.replace("│ ", "")) == (status, True), told
        assert "Traceback" not in told
