"""The offline steps on a reader's payments: what is reported, warned of and refused."""

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from sevensteps.cases.fraud.data.report import AP, LINE, TREES, parts, plan, run_offline
from sevensteps.cases.fraud.world import DAY, PaymentsWorld

from .conftest import payments


def test_a_report_tells_what_was_read_and_found(bring):
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


@pytest.mark.parametrize("start", ["2026-01-08", "2026-01-13"])
def test_another_weekday_changes_no_split(bring, start):
    """60 days stay 60, and the warm-up holds as many days with payments."""

    def counts(frame):
        words = run_offline(bring(payments=frame)).summary.split()
        return [word for word in words if word[0].isdigit() and "-" not in word]

    assert counts(payments()) == counts(payments(start=start))


@pytest.mark.parametrize(
    ("name", "leak"),
    [
        ("ip_risk", lambda fraud: fraud.astype(float)),
        ("-address_match", lambda fraud: 1 - 0.9 * fraud),
        ("ip_risk", lambda fraud: np.where(fraud == 1, "0.5", "")),
    ],
)
def test_a_column_that_knows_the_label_is_told(bring, name, leak):
    column = name.strip("-")
    frame = payments()
    frame[column] = leak(frame["is_fraud"])
    report = run_offline(bring(payments=frame))
    assert f"best single column ({name})" in report.results
    assert any("rarely honest" in note for note in report.notes)


def test_a_line_below_one_column_is_told_so(bring):
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


@pytest.fixture(scope="module")
def history():
    """Sixty days of a world."""
    return PaymentsWorld(scale="smoke", seed=3, base_rate=0.005).history(60)


def test_the_worlds_own_tables_lead_the_amount(history, written):
    report = run_offline(written(history))
    amount = report.results["largest amount"][AP].estimate
    for model in (LINE, TREES):
        assert report.results[model][AP].low > amount
        assert 0.1 < report.results[model]["predicted per fraud"].estimate < 10


@pytest.mark.parametrize("days", [28, 40, 60, 180, 400])
@pytest.mark.parametrize("delay", [0, 5, 30, 90])
def test_the_split_leaves_room_for_each_part(days, delay):
    split = plan(3, 3 + days, delay)
    edges = [split.train_from, split.train_until, split.test_from, split.end]
    assert edges[0] > 3
    assert np.diff(edges).min() >= 7
    assert edges[-1] == 3 + days


def test_the_parts_hold_what_was_known_and_nothing_blocked(history):
    days, table = plan(0, 60, 20), history.payments.to_pandas()
    reported = history.chargebacks.to_pandas().set_index("payment_id")["reported_at"]
    day, told = table["paid_at"] // DAY, table["payment_id"].map(reported)
    open_to_doubt = table["action"] != "block"
    trained = day.between(days.train_from, days.train_until - 1) & open_to_doubt
    tested = (day >= days.test_from) & open_to_doubt
    assert (~open_to_doubt).sum() > 5
    train, test = parts(history, days)
    assert train.row.tolist() == np.flatnonzero(trained).tolist()
    assert test.row.tolist() == np.flatnonzero(tested).tolist()
    known = told[trained] < days.test_from * DAY
    assert train.label.tolist() == known.tolist()
    assert test.label.tolist() == told[tested].notna().tolist()


def test_too_few_days_and_days_without_fraud_are_told(bring):
    with pytest.raises(ValueError, match="span 27 days; at least 28"):
        run_offline(bring(payments=payments(27)))
    frame = payments()
    frame.loc[frame["paid_at"] >= pd.Timestamp("2026-02-20"), "is_fraud"] = 0
    said = r"test days \(2026-02-26 to 2026-03-07, 401 payments\) is labelled"
    with pytest.raises(ValueError, match=said):
        run_offline(bring(payments=frame))
