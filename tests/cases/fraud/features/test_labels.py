"""Labels come late, and a split leaves them time."""

import numpy as np
import pyarrow as pa
import pytest

from sevensteps.cases.fraud.features import labels_as_of, split
from sevensteps.cases.fraud.world import History, PaymentsWorld

DAY = 86_400


@pytest.fixture(scope="module")
def history() -> History:
    return PaymentsWorld("smoke", seed=4, base_rate=0.01).history(days=60)


def test_a_label_is_known_only_after_its_report(history: History) -> None:
    told = history.chargebacks.to_pandas().sort_values("reported_at")
    first = int(told["reported_at"].iloc[0])
    assert labels_as_of(history, first).sum() == 0
    known = labels_as_of(history, first + 1)
    assert history.payments["payment_id"].filter(pa.array(known)).to_pylist() == [
        told["payment_id"].iloc[0]
    ]
    assert labels_as_of(history).sum() == len(told)


def test_a_split_leaves_a_gap(history: History) -> None:
    parts = split(history, train_until=40, label_gap=10, train_from=5)
    day = history.column("paid_at") // DAY
    assert (day[parts.train].min(), day[parts.train].max()) == (5, 39)
    assert (day[parts.test].min(), day[parts.test].max()) == (50, 59)
    np.testing.assert_array_equal(parts.train_labels, labels_as_of(history, 50 * DAY))
    assert parts.test_labels.sum() == history.chargebacks.num_rows
    blocked = np.array(history.payments["action"].to_pylist()) == "block"
    assert blocked.any()
    assert not (blocked & (parts.train | parts.test)).any()


def test_without_a_gap_the_test_begins_where_training_ends(history: History) -> None:
    parts = split(history, train_until=40, label_gap=0)
    day = history.column("paid_at") // DAY
    assert (day[parts.train].max(), day[parts.test].min()) == (39, 40)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"train_until": 30, "label_gap": 5}, "train_from < train_until"),
        ({"train_until": 40, "label_gap": -1}, "label_gap >= 0"),
        ({"train_until": 50, "label_gap": 10}, "begin on day 60"),
    ],
)
def test_an_impossible_split_is_refused(
    history: History, arguments: dict[str, int], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        split(history, **arguments)
