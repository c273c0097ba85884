"""The report on judged features: what was read, assumed and found."""

import pytest
from rich.console import Console

from sevensteps.teach.letor import run_letor


@pytest.mark.parametrize(
    ("name", "said"),
    [("lightgbm", "settings of its train.conf"), ("letor", "of LightGBM's example")],
)
def test_a_report_says_what_was_read_assumed_and_found(judged_features, name, said):
    console = Console(width=80, record=True)
    console.print(run_letor(judged_features / name))
    text = " ".join(console.export_text().split())
    for part in (
        "of 60 queries",
        said,
        "NDCG@10",
        "LightGBM 0.",
        "ours 0.",
        "ahead of best single feature",
        "Not run",
    ):
        assert part in text
    theirs, ours = (
        text.split(f"{who} 0.")[1].split()[:4] for who in ("LightGBM", "ours")
    )
    assert theirs == ours
