"""A reader's payments become a history, or their fault is told by column and row."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sevensteps.cases.fraud.data.history import SCHEMA, read_history
from sevensteps.cases.fraud.features import LiveFeatures, offline
from sevensteps.cases.fraud.world import DAY, PaymentsWorld
from sevensteps.data import BadTable

from .conftest import payments

HANDBOOK = """
[payments]
file = "transactions.csv"
payment_id = "TRANSACTION_ID"
paid_at = "TX_DATETIME"
card_id = "CUSTOMER_ID"
merchant_id = "TERMINAL_ID"
amount = "TX_AMOUNT"
is_fraud = "TX_FRAUD"

[labels]
delay_days = 7
"""


AT = ["04-01 00:00:31", "04-01 00:02:10", "04-01 07:56:00", *["04-02 09:30:00"] * 2]
OTHERS = {
    "TRANSACTION_ID": [0, 1, 2, 3, 4],
    "TX_DATETIME": [f"2018-{moment}" for moment in AT],
    "CUSTOMER_ID": [596, 4961, 596, 596, 4961],
    "TERMINAL_ID": [3156, 3412, 3156, 3412, 3156],
    "TX_AMOUNT": [57.16, 81.51, 146.0, 64.49, 50.99],
    "TX_TIME_SECONDS": [31, 130, 476, 569, 634],
    "TX_FRAUD": [0, 0, 1, 0, 0],
}


def test_a_mapping_brings_another_simulators_data(bring):
    brought = read_history(bring(HANDBOOK, transactions=OTHERS))
    history, (note,) = brought.history, brought.tables.notes
    assert history.cardholders.num_rows == 2
    assert history.chargebacks["payment_id"].to_pylist() == [2]
    reported = history.column("paid_at")[2] + 7 * DAY
    assert history.chargebacks["reported_at"].to_pylist() == [reported]
    features = offline(history).to_pandas()
    assert features["weekday"].tolist() == [6, 6, 6, 0, 0]  # 1 April 2018: a Sunday
    assert features["card_n_7d"].tolist() == [0, 0, 1, 2, 1]
    assert features["amount"].tolist() == pytest.approx(OTHERS["TX_AMOUNT"])
    assert features["distance_km"].isna().all()
    assert note == "payments: not used: TX_TIME_SECONDS"


@pytest.mark.parametrize("day", [0, 2, 6])
def test_a_history_begins_on_the_day_it_begins(bring, day):
    start = pd.Timestamp("2026-01-05") + pd.Timedelta(day, "D")
    brought = read_history(bring(payments=payments(30, start=str(start))))
    paid = brought.history.column("paid_at")
    assert (brought.first, brought.history.days) == (paid[0] // DAY, brought.first + 30)
    assert brought.tables.day_name(brought.first) == str(start.date())
    first = offline(brought.history, only=["weekday"])["weekday"][0].as_py()
    assert first == start.weekday()


def test_brought_data_can_go_live(bring):
    history = read_history(bring(payments=payments(30))).history
    later = pa.array([history.days * DAY + 5], pa.int32())
    tomorrow = history.payments.slice(2, 1).set_column(1, "paid_at", later)
    features = LiveFeatures(history).transform(tomorrow)
    card = history.column("card_id")
    assert features[0, 3] == (card == card[2]).sum()  # card_n_30d


def test_a_written_world_is_read_back(written):
    history = PaymentsWorld("smoke", seed=5, base_rate=0.01).history(days=4)
    again = read_history(written(history)).history
    assert again.chargebacks["reported_at"].equals(history.chargebacks["reported_at"])
    left, right = offline(history), offline(again)
    for column in left.column_names[1:]:
        np.testing.assert_array_equal(left[column], right[column], err_msg=column)


def test_undated_frauds_are_told(bring):
    frame = payments()
    n = frame["is_fraud"].sum()
    half = frame["reported_at"].where(frame["is_fraud"].cumsum() > n // 2)
    absent, empty = frame.drop(columns="reported_at"), frame.assign(reported_at="")
    half_dated = frame.assign(reported_at=half)
    for brought, undated in ((absent, n), (empty, n), (half_dated, n // 2)):
        read = read_history(bring(payments=brought))
        (note,) = (each for each in read.tables.notes if "no reported_at" in each)
        assert f"{undated} of {n} frauds have no reported_at" in note
        assert read.history.chargebacks.num_rows == n
    told = read_history(bring("[labels]\ndelay_days = 5", payments=absent))
    assert not told.tables.notes


def test_repeats_under_new_ids_and_blank_actions_are_told(bring):
    frame = payments()
    again = pd.concat([frame, frame.sample(frac=0.05, random_state=1)])
    action = ["allow" if i % 5 else "" for i in range(len(again))]
    again = again.assign(payment_id=range(len(again)), action=action)
    brought = read_history(bring(payments=again))
    first, second = brought.tables.notes
    assert "120 payments repeat the card, merchant, second and amount" in first
    assert "action is empty in 504 rows: taken for allow" in second
    assert set(brought.history.payments["action"].to_pylist()) == {"allow"}


def test_two_kinds_of_labels_are_told_and_chargebacks_may_be_none(bring):
    """Whether there are enough is for those to say who need them."""
    brought = read_history(bring(payments=payments(), chargebacks=REPORTS))
    assert brought.history.chargebacks.num_rows == 2
    assert "payments.is_fraud is not used" in brought.tables.notes[0]
    frame = payments().drop(columns="is_fraud")
    brought = read_history(bring(payments=frame, chargebacks=REPORTS[:0]))
    assert brought.history.chargebacks.num_rows == 0


PLAIN = payments()
REPORTS = PLAIN.loc[[3, 5], ["payment_id", "reported_at"]]
EARLY, LATE = "2026-01-06", "2039-12-31"
DATES = ["2026-02-01", "2025-01-01"]
OTHER_CARD = {"card_id": [1], "cardholder_id": ["a"]}


def fourth(name, value):
    """The fourth payment, a fraud, is changed."""
    frame = PLAIN.astype("object")
    frame.loc[3, "is_fraud"] = 1
    frame.loc[3, name] = value
    return {"payments": frame}


def reports(**changes):
    """Two chargebacks, of which a column is changed."""
    return {"chargebacks": REPORTS.assign(**changes)}


def every(**changes):
    """A column of all payments is changed."""
    return {"payments": PLAIN.assign(**changes)}


@pytest.mark.parametrize(
    ("column", "tables", "said"),
    [
        ("payments.is_fraud", fourth("is_fraud", ""), "row 4: is miss"),
        (
            "payments.reported_at",
            fourth("reported_at", "2026-01-06"),
            "row 4: lies bef",
        ),
        (
            "payments.reported_at",
            fourth("reported_at", "2039-12-31"),
            "4: lies over 2,0",
        ),
        ("chargebacks.payment_id", reports(payment_id=[1_003, 7]), "row 2: '7' is not"),
        ("chargebacks.reported_at", reports(reported_at=DATES), "row 2: lies before"),
        ("payments.merchant_id", {"merchants": {"merchant_id": [17]}}, "not in merch"),
        ("payments.card_id", {"cards": OTHER_CARD}, " is not in cards"),
        ("payments.card_id", every(cardholder_id=range(2_400)), "a second cardholder"),
        ("payments.card_id", every(amount=9e7, card_id="?"), "row 1: '?' has more pay"),
        ("", {"payments": PLAIN.drop(columns="is_fraud")}, "there are no labels"),
    ],
)
def test_a_fault_is_told(bring, column, tables, said):
    with pytest.raises(BadTable) as told:
        read_history(bring(**{"payments": PLAIN} | tables))
    assert str(told.value).startswith(column)
    assert said in str(told.value)


def test_a_report_on_the_same_day_is_in_time(bring):
    """Dates without a time lie at midnight, before the payment's own moment."""
    frame = payments()
    dates = frame.assign(reported_at=frame["paid_at"].dt.date)
    history = read_history(bring(payments=dates)).history
    paid = history.column("paid_at")
    told = history.chargebacks.to_pandas().set_index("payment_id")["reported_at"]
    assert (told.to_numpy() == paid[told.index]).all()


def test_the_page_on_own_data_names_every_column_and_shows_what_is_said(bring):
    page = Path(__file__).parents[4] / "book" / "start" / "own_data.md"
    text = page.read_text(encoding="utf-8")
    for columns in SCHEMA.tables.values():
        for name in columns:
            assert f"`{name}`" in text
    frame = payments(1, 6).assign(amount=[1, 2, 3, 4, -3.5, 6])
    with pytest.raises(BadTable) as told:
        read_history(bring(payments=frame))
    assert f"error {told.value}\n" in text
