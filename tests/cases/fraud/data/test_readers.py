"""Data that a reader brings: read right, or refused by table, column and row."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sevensteps.cases.fraud.data.readers import read_tables
from sevensteps.cases.fraud.features import LiveFeatures, offline
from sevensteps.cases.fraud.world import PaymentsWorld
from sevensteps.data.checks import BadTable

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


def handbook_frame() -> pd.DataFrame:
    """Five payments under the column names of another simulator."""
    return pd.DataFrame(
        {
            "TRANSACTION_ID": [0, 1, 2, 3, 4],
            "TX_DATETIME": pd.to_datetime(
                [
                    "2018-04-01 00:00:31",
                    "2018-04-01 00:02:10",
                    "2018-04-01 07:56:00",
                    "2018-04-02 09:30:00",
                    "2018-04-02 09:30:00",
                ]
            ),
            "CUSTOMER_ID": [596, 4961, 596, 596, 4961],
            "TERMINAL_ID": [3156, 3412, 3156, 3412, 3156],
            "TX_AMOUNT": [57.16, 81.51, 146.0, 64.49, 50.99],
            "TX_TIME_SECONDS": [31, 130, 476, 569, 634],
            "TX_FRAUD": [0, 0, 1, 0, 0],
        }
    )


def minimal() -> pd.DataFrame:
    """The least that is accepted."""
    return pd.DataFrame(
        {
            "payment_id": [10, 11, 12],
            "paid_at": [5, 100, 90_000],
            "card_id": ["x", "y", "x"],
            "merchant_id": ["shop", "shop", "café"],
            "amount": [1.5, 20.0, 3.25],
            "is_fraud": [False, True, False],
        }
    )


def bring(folder: Path, frame: pd.DataFrame, name: str = "payments.csv") -> Path:
    frame.to_csv(folder / name, index=False)
    return folder


def test_another_simulators_columns_need_a_mapping(tmp_path: Path) -> None:
    bring(tmp_path, handbook_frame())
    with pytest.raises(BadTable, match=r"lacks payment_id.*TRANSACTION_ID") as told:
        read_tables(tmp_path)
    assert "columns.toml" in str(told.value)


def test_a_mapping_brings_another_simulators_data(tmp_path: Path) -> None:
    bring(tmp_path, handbook_frame(), "transactions.csv")
    (tmp_path / "columns.toml").write_text(HANDBOOK)
    history = read_tables(tmp_path)
    assert history.payments["payment_id"].to_pylist() == [0, 1, 2, 3, 4]
    assert history.cardholders.num_rows == 2
    assert history.chargebacks["payment_id"].to_pylist() == [2]
    paid = history.payments["paid_at"].to_pylist()
    assert history.chargebacks["reported_at"].to_pylist() == [paid[2] + 7 * 86_400]
    features = offline(history).to_pandas()
    assert features["weekday"].tolist() == [6, 6, 6, 0, 0]  # 1 April 2018: a Sunday
    assert features["card_n_7d"].tolist() == [0, 0, 1, 2, 1]
    assert features["amount"].tolist() == pytest.approx(
        handbook_frame()["TX_AMOUNT"].tolist()
    )
    assert features["distance_km"].isna().all()


def test_brought_data_can_go_live(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="30 days"):
        history = read_tables(bring(tmp_path, minimal()))
    assert history.days == 2
    assert history.chargebacks["reported_at"].to_pylist() == [100 + 30 * 86_400]
    tomorrow = history.payments.slice(2).set_column(
        1, "paid_at", pa.array([200_000], pa.int32())
    )
    assert LiveFeatures(history).transform(tomorrow)[0, 3] == 2  # card_n_30d


def test_a_written_world_is_read_back(tmp_path: Path) -> None:
    history = PaymentsWorld("smoke", seed=5, base_rate=0.01).history(days=4)
    for name in ("payments", "cardholders", "cards", "merchants", "chargebacks"):
        pq.write_table(getattr(history, name), tmp_path / f"{name}.parquet")
    again = read_tables(tmp_path)
    for name in ("payments", "cardholders", "merchants", "chargebacks"):
        ours = getattr(history, name).to_pandas()
        theirs = getattr(again, name).to_pandas()
        for column in set(ours) - {"card_id", "device_id"}:  # renumbered
            left = ours[column].astype("object").where(ours[column].notna(), None)
            right = theirs[column].astype("object").where(theirs[column].notna(), None)
            assert left.tolist() == right.tolist(), (name, column)
    left, right = offline(history), offline(again)
    for column in left.column_names:
        np.testing.assert_array_equal(left[column], right[column], err_msg=column)


@pytest.mark.parametrize(
    ("unit", "made"),
    [
        ("s", lambda at: at),
        ("ms", lambda at: at * 1_000),
        ("us", lambda at: at * 1_000_000),
        ("ns", lambda at: at * 1_000_000_000),
    ],
)
def test_unix_time_is_read_in_any_unit(tmp_path: Path, unit: str, made) -> None:
    at = np.array([1_700_000_000, 1_700_000_060, 1_700_086_400])
    plain = read_tables(bring(tmp_path, minimal().assign(paid_at=at)))
    told = read_tables(bring(tmp_path, minimal().assign(paid_at=made(at))))
    assert told.payments["paid_at"].equals(plain.payments["paid_at"]), unit


def test_dates_without_dashes_are_dates(tmp_path: Path) -> None:
    plain = ["2024-01-31", "2024-02-01", "2024-02-29"]
    want = read_tables(bring(tmp_path, minimal().assign(paid_at=plain)))
    told = minimal().assign(paid_at=[20240131, 20240201, 20240229])
    assert (
        read_tables(bring(tmp_path, told))
        .payments["paid_at"]
        .equals(want.payments["paid_at"])
    )
    no_dates = minimal().assign(paid_at=[20240131, 20240201, 20240230])
    assert (
        not read_tables(bring(tmp_path, no_dates))
        .payments["paid_at"]
        .equals(want.payments["paid_at"])
    )


def test_a_packed_table_is_read(tmp_path: Path) -> None:
    plain = read_tables(bring(tmp_path, minimal()))
    (tmp_path / "packed").mkdir()
    packed = read_tables(bring(tmp_path / "packed", minimal(), "payments.csv.gz"))
    assert packed.payments.equals(plain.payments)


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("amount", [1.5, "12 EUR", 3], r"payments\.amount.*\n  row 2: '12 EUR' is not"),
        ("amount", [1.5, 2, -3], r"payments\.amount.*\n  row 3: -3.0 must be at least"),
        ("amount", [np.nan, 2, 3], r"payments\.amount.*\n  row 1: is missing\nCorr"),
        ("amount", [np.inf, 2, 3], r"payments\.amount.*\n  row 1: inf must"),
        ("payment_id", [1, 2, 1], r"payments\.payment_id.*\n  row \d: 1 occurs twice"),
        ("paid_at", [1, 2, "soon"], r"payments\.paid_at.*\n  row 3: 'soon' is no time"),
        ("paid_at", [1, -2, 3], r"payments\.paid_at.*\n  row 2: lies before"),
        ("paid_at", [1, None, 3], r"payments\.paid_at.*\n  row 2: .*is missing"),
        ("paid_at", [1, 2, 1.6e12], r"payments\.paid_at.*\n  row 3: .*milliseconds"),
        ("card_id", ["x", None, "y"], r"payments\.card_id.*\n  row 2: .*is missing"),
        ("channel", ["chip", "web", "chip"], r"payments\.channel.*\n  row 2: 'web'"),
        ("ip_risk", [0.5, 0.1, 1.2], r"payments\.ip_risk.*\n  row 3: 1.2 must lie"),
        ("is_fraud", [0, 1, 2], r"payments\.is_fraud.*\n  row 3: 2 is neither"),
        ("action", ["allow", "x", "allow"], r"payments\.action.*\n  row 2: 'x' must"),
    ],
)
def test_a_fault_is_named(
    tmp_path: Path, column: str, values: list[object], said: str
) -> None:
    frame = minimal().assign(**{column: pd.Series(values, dtype="object")})
    with pytest.raises(BadTable, match=said):
        read_tables(bring(tmp_path, frame))


def test_the_page_on_own_data_shows_what_is_said(tmp_path: Path) -> None:
    frame = pd.concat([minimal(), minimal()], ignore_index=True)
    frame = frame.assign(payment_id=range(6), amount=[1, 2, 3, 4, -3.5, 6])
    with pytest.raises(BadTable) as told:
        read_tables(bring(tmp_path, frame))
    page = Path(__file__).parents[4] / "book" / "start" / "run.md"
    assert f"error {told.value}\n" in page.read_text(encoding="utf-8")


def test_labels_are_demanded(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match="no labels"):
        read_tables(bring(tmp_path, minimal().drop(columns="is_fraud")))


def test_a_report_before_its_payment_is_refused(tmp_path: Path) -> None:
    bring(tmp_path, minimal().drop(columns="is_fraud"))
    told = pd.DataFrame({"payment_id": [12, 11], "reported_at": [95_000, 99]})
    bring(tmp_path, told, "chargebacks.csv")
    with pytest.raises(
        BadTable, match=r"chargebacks\.reported_at.*\n  row 2: .* payment 11\n"
    ):
        read_tables(tmp_path)


def test_a_report_without_payment_is_refused(tmp_path: Path) -> None:
    bring(tmp_path, minimal().drop(columns="is_fraud"))
    told = pd.DataFrame({"payment_id": [77], "reported_at": [95_000]})
    bring(tmp_path, told, "chargebacks.csv")
    with pytest.raises(
        BadTable, match=r"chargebacks\.payment_id.*\n  row 1: 77 is not"
    ):
        read_tables(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("payments.csv.gz", b"a,b", "payments.csv.gz cannot be read as CSV in UTF-8"),
        ("payments.csv", b"", "payments.csv cannot be read as CSV in UTF-8"),
        ("payments.csv", b"a,b\n1,2\n1,2,3\n", "payments.csv .*line 3"),
        ("payments.csv", "a,b\n1,Ö\n".encode("latin-1"), "payments.csv .*UTF-8"),
        ("payments.csv", b"payment_id;amount\n1;2\n", "separated by ';'"),
        ("payments.parquet", b"hello", "payments.parquet cannot be read as Parquet"),
    ],
)
def test_a_file_that_is_no_table_is_told_by_its_name(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadTable, match=said):
        read_tables(tmp_path)


def test_chargebacks_may_be_none(tmp_path: Path) -> None:
    """Whether there are enough is for those to say who need them."""
    bring(tmp_path, minimal().drop(columns="is_fraud"))
    (tmp_path / "chargebacks.csv").write_text("payment_id,reported_at\n")
    assert read_tables(tmp_path).chargebacks.num_rows == 0


def test_an_unknown_merchant_is_named(tmp_path: Path) -> None:
    bring(tmp_path, minimal())
    bring(tmp_path, pd.DataFrame({"merchant_id": ["shop"]}), "merchants.csv")
    with (
        pytest.warns(UserWarning, match="30 days"),
        pytest.raises(BadTable, match=r"row 3: 'café' is not in merchants"),
    ):
        read_tables(tmp_path)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[payments]\nprice = 'amount'", "price is no column of ours"),
        ("[payments]\namount = 'price'", "names price, which payments.csv lacks"),
        ("[sales]\nx = 'y'", "no table 'sales'"),
        ("[payments", "not valid TOML"),
        ("[labels]\ndelay_days = -1", "delay_days must be a number"),
    ],
)
def test_a_wrong_mapping_is_named(tmp_path: Path, toml: str, said: str) -> None:
    bring(tmp_path, minimal())
    (tmp_path / "columns.toml").write_text(toml)
    with pytest.raises(BadTable, match=said):
        read_tables(tmp_path)


def test_an_empty_folder_says_what_to_bring(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"payments\.csv"):
        read_tables(tmp_path)
    with pytest.raises(FileNotFoundError, match="no directory"):
        read_tables(tmp_path / "absent")
    bring(tmp_path, minimal().iloc[:0])
    with pytest.raises(BadTable, match="no rows"):
        read_tables(tmp_path)


def test_unix_seconds_and_zones_are_instants(tmp_path: Path) -> None:
    stamps = ["2024-03-04T12:00:00+02:00", "2024-03-04T10:00:01Z", "2024-03-05T10:00Z"]
    first = minimal().assign(paid_at=stamps)
    unix = [1_709_546_400, 1_709_546_401, 1_709_632_800]
    second = minimal().assign(paid_at=unix)
    with pytest.warns(UserWarning, match="30 days"):
        left = read_tables(bring(tmp_path, first)).payments["paid_at"]
    with pytest.warns(UserWarning, match="30 days"):
        right = read_tables(bring(tmp_path, second)).payments["paid_at"]
    assert left.to_pylist() == right.to_pylist()
    assert left[0].as_py() == (5 * 24 + 10) * 3600  # a Monday: five days past Wednesday
