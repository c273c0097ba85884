"""The offline steps on a reader's payments: what is reported, warned of and refused."""

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from sevensteps.cases.fraud.data.report import AP, LINE, TREES, run_offline

from .conftest import Bring, payments


def test_a_report_tells_what_was_read_and_found(bring: Bring) -> None:
    report = run_offline(bring(payments=payments()))
    console = Console(width=150, record=True)
    console.print(report)
    text = console.export_text()
    for said in (
        "2,400 payments in 60 days",
        "of 2026-01-21 to 2026-02-18",
        "of 2026-02-26 to 2026-03-07",
        "largest amount",
        "best single column (amount)",
        "logistic regression",
        "Not run on your data",
    ):
        assert said in text
    assert not report.notes


@pytest.mark.parametrize("start", ["2026-01-08", "2026-01-11", "2026-01-13"])
def test_another_weekday_changes_no_split(bring: Bring, start: str) -> None:
    """60 days stay 60, and the warm-up holds as many days with payments."""
    plain = run_offline(bring(payments=payments())).summary
    moved = run_offline(bring(payments=payments(start=start))).summary
    counts = [part for part in plain.split() if part[0].isdigit() and "-" not in part]
    assert counts == [p for p in moved.split() if p[0].isdigit() and "-" not in p]


@pytest.mark.parametrize(
    ("name", "leak"),
    [
        ("ip_risk", lambda fraud: fraud.astype(float)),
        ("-address_match", lambda fraud: 1 - 0.9 * fraud),
        ("is_online", lambda fraud: np.where(fraud == 1, "online", "chip")),
        ("ip_risk", lambda fraud: np.where(fraud == 1, "0.5", "")),
    ],
)
def test_a_column_that_knows_the_label_is_told(bring: Bring, name: str, leak) -> None:
    column = {"is_online": "channel"}.get(name, name.strip("-"))
    frame = payments()
    report = run_offline(
        bring(payments=frame.assign(**{column: leak(frame["is_fraud"])}))
    )
    assert f"best single column ({name})" in report.results
    assert any("rarely honest" in note for note in report.notes)


def test_a_line_below_one_column_is_told_so(bring: Bring) -> None:
    """Risk in a narrow band of amounts: no line, bent once, can follow it."""
    frame = payments(per_day=100)
    rng = np.random.default_rng(0)
    frame["is_fraud"] = rng.random(len(frame)) < 0.01
    frame["ip_risk"] = rng.random(len(frame)).round(3)
    frame.loc[frame["is_fraud"], "ip_risk"] = 0.9999
    frame.loc[rng.random(len(frame)) < 0.02, "ip_risk"] = 1.0
    frame["amount"] = rng.lognormal(3, 1, len(frame)).round(2)
    report = run_offline(bring(payments=frame.astype({"is_fraud": int})))
    column = next(name for name in report.results if name.startswith("best"))
    below = report.results[LINE][AP].estimate < report.results[column][AP].estimate
    assert below == any("stays below one column" in f for f in report.findings)
    assert report.results[TREES][AP].estimate > report.results[column][AP].estimate


def test_too_few_days_are_told(bring: Bring) -> None:
    with pytest.raises(ValueError, match="span 27 days; at least 28"):
        run_offline(bring(payments=payments(27)))


def test_days_without_fraud_are_told_by_their_dates(bring: Bring) -> None:
    frame = payments()
    late = frame["paid_at"] >= pd.Timestamp("2026-02-20")
    frame["is_fraud"] = frame["is_fraud"].where(~late, 0)
    said = r"test days \(2026-02-26 to 2026-03-07, 401 payments\) is labelled"
    with pytest.raises(ValueError, match=said):
        run_offline(bring(payments=frame))
