"""A reader's payments become a history, or their fault is told by column and row."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sevensteps.cases.fraud.data.history import read_history
from sevensteps.cases.fraud.data.schema import SCHEMA
from sevensteps.cases.fraud.features import LiveFeatures, offline
from sevensteps.cases.fraud.world import PaymentsWorld
from sevensteps.data import BadTable

from .conftest import Bring, payments

DAY = 86_400
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


def handbook() -> pd.DataFrame:
    """Five payments under the column names of another simulator."""
    at = ["04-01 00:00:31", "04-01 00:02:10", "04-01 07:56:00", *["04-02 09:30:00"] * 2]
    return pd.DataFrame(
        {
            "TRANSACTION_ID": [0, 1, 2, 3, 4],
            "TX_DATETIME": [f"2018-{moment}" for moment in at],
            "CUSTOMER_ID": [596, 4961, 596, 596, 4961],
            "TERMINAL_ID": [3156, 3412, 3156, 3412, 3156],
            "TX_AMOUNT": [57.16, 81.51, 146.0, 64.49, 50.99],
            "TX_TIME_SECONDS": [31, 130, 476, 569, 634],
            "TX_FRAUD": [0, 0, 1, 0, 0],
        }
    )


def test_a_mapping_brings_another_simulators_data(bring: Bring) -> None:
    brought = read_history(bring(HANDBOOK, transactions=handbook()))
    history, (note,) = brought.history, brought.tables.notes
    assert history.cardholders.num_rows == 2
    assert history.chargebacks["payment_id"].to_pylist() == [2]
    paid = history.payments["paid_at"].to_pylist()
    assert history.chargebacks["reported_at"].to_pylist() == [paid[2] + 7 * DAY]
    features = offline(history).to_pandas()
    assert features["weekday"].tolist() == [6, 6, 6, 0, 0]  # 1 April 2018: a Sunday
    assert features["card_n_7d"].tolist() == [0, 0, 1, 2, 1]
    assert features["amount"].tolist() == pytest.approx(handbook()["TX_AMOUNT"])
    assert features["distance_km"].isna().all()
    assert note == "payments: not used: TX_TIME_SECONDS"


@pytest.mark.parametrize("day", [0, 2, 6])
def test_a_history_begins_on_the_day_it_begins(bring: Bring, day: int) -> None:
    start = pd.Timestamp("2026-01-05") + pd.Timedelta(day, "D")
    brought = read_history(bring(payments=payments(30, start=str(start))))
    paid = brought.history.payments["paid_at"].to_numpy()
    assert (brought.first, brought.history.days) == (paid[0] // DAY, brought.first + 30)
    assert brought.tables.day_name(brought.first) == str(start.date())
    first = offline(brought.history, only=["weekday"])["weekday"][0].as_py()
    assert first == start.weekday()


def test_brought_data_can_go_live(bring: Bring) -> None:
    brought = read_history(bring(payments=payments(30)))
    history = brought.history
    later = pa.array([history.days * DAY + 5], pa.int32())
    tomorrow = history.payments.slice(2, 1).set_column(1, "paid_at", later)
    features = LiveFeatures(history).transform(tomorrow)
    card = history.payments["card_id"].to_numpy()
    assert features[0, 3] == (card == card[2]).sum()  # card_n_30d


def test_a_written_world_is_read_back(tmp_path: Path) -> None:
    history = PaymentsWorld("smoke", seed=5, base_rate=0.01).history(days=4)
    for name in ("payments", "cardholders", "cards", "merchants", "chargebacks"):
        pq.write_table(getattr(history, name), tmp_path / f"{name}.parquet")
    again = read_history(tmp_path).history
    assert again.chargebacks["reported_at"].equals(history.chargebacks["reported_at"])
    left, right = offline(history), offline(again)
    for column in left.column_names[1:]:
        np.testing.assert_array_equal(left[column], right[column], err_msg=column)


def test_undated_frauds_are_told(bring: Bring) -> None:
    frame = payments()
    n = frame["is_fraud"].sum()
    half = frame["reported_at"].where(frame["is_fraud"].cumsum() > n // 2)
    absent = frame.drop(columns="reported_at")
    for brought, undated in (
        (absent, n),
        (frame.assign(reported_at=""), n),
        (frame.assign(reported_at=half), n // 2),
    ):
        read = read_history(bring(payments=brought))
        (note,) = (each for each in read.tables.notes if "no reported_at" in each)
        assert f"{undated} of {n} frauds have no reported_at" in note
        assert read.history.chargebacks.num_rows == n
    told = read_history(bring("[labels]\ndelay_days = 5", payments=absent))
    assert not told.tables.notes


def test_repeats_under_new_ids_and_blank_actions_are_told(bring: Bring) -> None:
    frame = payments()
    again = pd.concat([frame, frame.sample(frac=0.05, random_state=1)])
    action = ["allow" if i % 5 else "" for i in range(len(again))]
    again = again.assign(payment_id=range(len(again)), action=action)
    brought = read_history(bring(payments=again))
    first, second = brought.tables.notes
    assert "120 payments repeat the card, merchant, second and amount" in first
    assert "action is empty in 504 rows: taken for allow" in second
    assert set(brought.history.payments["action"].to_pylist()) == {"allow"}


def test_two_kinds_of_labels_are_told(bring: Bring) -> None:
    frame = payments()
    reports = frame.loc[[3, 5], ["payment_id", "reported_at"]]
    brought = read_history(bring(payments=frame, chargebacks=reports))
    assert brought.history.chargebacks.num_rows == 2
    assert "payments.is_fraud is not used" in brought.tables.notes[0]


def test_chargebacks_may_be_none(bring: Bring) -> None:
    """Whether there are enough is for those to say who need them."""
    frame = payments().drop(columns="is_fraud")
    none = pd.DataFrame({"payment_id": [], "reported_at": []})
    brought = read_history(bring(payments=frame, chargebacks=none))
    assert brought.history.chargebacks.num_rows == 0


def one_row(**changes: object) -> pd.DataFrame:
    """Payments of which the fourth, a fraud, is changed."""
    frame = payments().astype("object")
    frame.loc[3, "is_fraud"] = 1
    for name, value in changes.items():
        frame.loc[3, name] = value
    return frame


REPORTS = payments().loc[[3, 5], ["payment_id", "reported_at"]]


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"payments": one_row(is_fraud="")}, r"payments\.is_fraud.*\n.*row 4: is miss"),
        (
            {"payments": one_row(reported_at="2026-01-06")},
            r"payments\.reported_at.*\n  row 4: lies before its payment",
        ),
        (
            {"payments": one_row(reported_at="2039-12-31")},
            r"payments\.reported_at.*\n  row 4: lies over 2,000 days after",
        ),
        ({"payments": payments().drop(columns="is_fraud")}, "there are no labels"),
        (
            {
                "payments": payments(),
                "chargebacks": REPORTS.assign(payment_id=[1_003, 7]),
            },
            r"chargebacks\.payment_id.*\n  row 2: '7' is not in payments",
        ),
        (
            {
                "payments": payments(),
                "chargebacks": REPORTS.assign(reported_at=["2026-02-01", "2025-01-01"]),
            },
            r"chargebacks\.reported_at.*\n  row 2: lies before its payment",
        ),
        (
            {"payments": payments(), "merchants": pd.DataFrame({"merchant_id": [17]})},
            r"payments\.merchant_id.*\n(?s:.)* is not in merchants",
        ),
        (
            {
                "payments": payments(),
                "cards": pd.DataFrame({"card_id": [1], "cardholder_id": ["a"]}),
            },
            r"payments\.card_id.*\n(?s:.)* is not in cards",
        ),
        (
            {"payments": payments().assign(cardholder_id=range(2_400))},
            r"payments\.card_id.*\n(?s:.)* has a second cardholder",
        ),
        (
            {"payments": payments().assign(amount=9e7, card_id="unknown")},
            r"payments\.card_id.*\n  row 1: 'unknown' has more payments than one card",
        ),
    ],
)
def test_a_fault_is_told(bring: Bring, tables, said: str) -> None:
    with pytest.raises(BadTable, match=said):
        read_history(bring(**tables))


def test_a_report_on_the_same_day_is_in_time(bring: Bring) -> None:
    """Dates without a time lie at midnight, before the payment's own moment."""
    frame = payments()
    dates = frame.assign(reported_at=frame["paid_at"].dt.date)
    history = read_history(bring(payments=dates)).history
    paid = history.payments["paid_at"].to_numpy()
    told = history.chargebacks.to_pandas().set_index("payment_id")["reported_at"]
    assert (told.to_numpy() == paid[told.index]).all()


def test_the_page_on_own_data_shows_what_is_said(bring: Bring) -> None:
    frame = payments(1, 6).assign(amount=[1, 2, 3, 4, -3.5, 6])
    with pytest.raises(BadTable) as told:
        read_history(bring(payments=frame))
    page = Path(__file__).parents[4] / "book" / "start" / "own_data.md"
    assert f"error {told.value}\n" in page.read_text(encoding="utf-8")


def test_the_page_on_own_data_names_every_column() -> None:
    page = Path(__file__).parents[4] / "book" / "start" / "own_data.md"
    text = page.read_text(encoding="utf-8")
    for columns in SCHEMA.tables.values():
        for name in columns:
            assert f"`{name}`" in text
