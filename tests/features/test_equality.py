"""Offline, live and single-payment features are one definition: equal row by row."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from sevensteps.features import (
    FEATURES,
    NIGHTLY_FEATURES,
    NO_DEVICE,
    Cardholder,
    LiveFeatures,
    Merchant,
    Payment,
    card_features,
    device_features,
    feature_vector,
    merchant_features,
    nightly_merchants,
    offline,
    payment_features,
    stream_features,
    to_cents,
)
from sevensteps.worlds.payments import CATEGORIES, History, PaymentsWorld

DAY = 86_400
PAST, ALL = 33, 36


def crowded(seed: int) -> History:
    """A real history, its times pushed together so that many share a second."""
    history = PaymentsWorld("smoke", seed=seed, base_rate=0.01).history(days=ALL)
    paid_at = history.payments["paid_at"].to_numpy()
    second = paid_at - paid_at % np.where(paid_at % 7 == 0, 1_800, 1)
    second[::50] = second[::50] // DAY * DAY  # exactly at midnight
    second[1::50] = second[1::50] // DAY * DAY + DAY - 1  # and one second before
    order = np.lexsort((history.payments["payment_id"].to_numpy(), second))
    payments = history.payments.set_column(1, "paid_at", pa.array(second))
    return replace(history, payments=payments.take(order))


@pytest.fixture(scope="module", params=[1, 2])
def history(request: pytest.FixtureRequest) -> History:
    return crowded(request.param)


@pytest.fixture(scope="module")
def truth(history: History) -> NDArray[np.float32]:
    table = offline(history)
    assert table["payment_id"].equals(history.payments["payment_id"])
    return np.column_stack([table[name].to_numpy() for name in FEATURES])


def days_of(history: History) -> NDArray[np.int32]:
    return history.payments["paid_at"].to_numpy() // DAY


def assert_same(actual: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
    for i, name in enumerate(FEATURES):
        np.testing.assert_array_equal(actual[:, i], expected[:, i], err_msg=name)


def told_on(history: History, day: int) -> pa.Table:
    told = history.chargebacks["reported_at"].to_numpy() // DAY
    return history.chargebacks.filter(pa.array(told == day))


def test_live_equals_offline(history: History, truth: NDArray[np.float32]) -> None:
    day = days_of(history)
    told = history.chargebacks["reported_at"].to_numpy() < PAST * DAY
    past = replace(
        history,
        payments=history.payments.filter(pa.array(day < PAST)),
        chargebacks=history.chargebacks.filter(pa.array(told)),
        days=PAST,
    )
    live = LiveFeatures(past)
    parts = []
    for today in range(PAST, ALL):
        batch = history.payments.filter(pa.array(day == today))
        parts.append(live.step(batch, told_on(history, today - 1)))
    assert_same(np.concatenate(parts), truth[day >= PAST])


def test_live_answers_in_the_batchs_order(history: History) -> None:
    day = days_of(history)
    past = replace(
        history, payments=history.payments.filter(pa.array(day < PAST)), days=PAST
    )
    batch = history.payments.filter(pa.array(day == PAST))
    shuffled = np.random.default_rng(0).permutation(batch.num_rows)
    live = LiveFeatures(past)
    assert_same(live.transform(batch.take(shuffled)), live.transform(batch)[shuffled])


def test_live_refuses_the_past_and_two_days(history: History) -> None:
    day = days_of(history)
    live = LiveFeatures(history)
    with pytest.raises(ValueError, match=f"day {ALL - 1} is over"):
        live.transform(history.payments.filter(pa.array(day == ALL - 1)))
    with pytest.raises(ValueError, match="split it at midnight"):
        live.observe(history.payments)
    assert live.transform(history.payments.slice(0, 0)).shape == (0, len(FEATURES))


def one_payment(history: History, row: int) -> NDArray[np.float32]:
    """A payment's features as the service makes them: from its keys' events."""
    p = history.payments.slice(row, 1).to_pylist()[0]
    holder = history.cardholders.slice(p["cardholder_id"], 1).to_pylist()[0]
    shop = history.merchants.slice(p["merchant_id"], 1).to_pylist()[0]
    event = {n: history.column(n) for n in ("paid_at", "card_id", "merchant_id")}
    device = history.payments["device_id"].fill_null(NO_DEVICE).to_numpy()
    cents = to_cents(history.column("amount"))
    country = np.array(history.payments["country"].to_pylist())
    mine, shared = event["card_id"] == p["card_id"], device == p["device_id"]
    small = (event["merchant_id"] == p["merchant_id"]) & (cents < 300)
    card = card_features(
        event["paid_at"][mine],
        cents[mine],
        country[mine] != holder["country"],
        event["merchant_id"][mine],
        device[mine],
        now=p["paid_at"],
        amount_cents=int(cents[row]),
        merchant_id=p["merchant_id"],
        device_id=NO_DEVICE if p["device_id"] is None else p["device_id"],
    )
    others = None
    if p["device_id"] is not None:
        others = device_features(
            event["paid_at"][shared],
            event["card_id"][shared],
            now=p["paid_at"],
            card_id=p["card_id"],
        )
    stream = stream_features(
        card, others, merchant_features(event["paid_at"][small], now=p["paid_at"])
    )
    night = nightly_merchants(history, p["paid_at"] // DAY).to_pandas()
    nightly = night.loc[p["merchant_id"], list(NIGHTLY_FEATURES)].to_numpy()
    names = ("paid_at", "amount", "country", "channel", "device_id", "ip_country")
    payment = Payment(**{n: p[n] for n in (*names, "address_match", "ip_risk")})
    names = ("country", "home_x", "home_y", "opened_at", "declared_income")
    who = Cardholder(**{n: holder[n] for n in names})
    where = Merchant(
        CATEGORIES.index(shop["category"]), shop["x"], shop["y"], shop["opened_at"]
    )
    return feature_vector(stream, nightly, payment_features(payment, who, where))


def test_one_payment_equals_offline(
    history: History, truth: NDArray[np.float32]
) -> None:
    rng = np.random.default_rng(0)
    paid_at = history.column("paid_at")
    tied = np.flatnonzero(paid_at % DAY == 0)
    last = np.flatnonzero(paid_at % DAY == DAY - 1)
    busy = np.flatnonzero(truth[:, FEATURES.index("device_others_7d")] > 0)
    rows = np.r_[rng.choice(len(paid_at), 20), tied[-8:], last[-8:], busy[-8:], 0, 1]
    actual = np.stack([one_payment(history, int(row)) for row in rows])
    assert_same(actual, truth[rows])


def test_keep_answers_fewer_rows_with_the_same_features(
    history: History, truth: NDArray[np.float32]
) -> None:
    keep = np.random.default_rng(1).random(len(truth)) < 0.1
    table = offline(history, keep=keep)
    actual = np.column_stack([table[name].to_numpy() for name in FEATURES])
    assert_same(actual, truth[keep])
    assert offline(history, keep=np.zeros(len(keep), bool)).num_rows == 0


def test_keep_and_labels_are_checked(history: History) -> None:
    with pytest.raises(ValueError, match="keep must be a bool array"):
        offline(history, keep=np.ones(3, bool))
    with pytest.raises(ValueError, match="labels must be one of"):
        offline(history, labels="all")  # type: ignore[arg-type]


def test_the_future_changes_nothing(
    history: History, truth: NDArray[np.float32]
) -> None:
    """Cut the history after a second: what is left keeps its features."""
    paid_at = history.column("paid_at")
    cut = int(paid_at[len(paid_at) * 2 // 3])
    past = replace(
        history,
        payments=history.payments.filter(pa.array(paid_at < cut)),
        chargebacks=history.chargebacks.filter(
            pa.array(history.chargebacks["reported_at"].to_numpy() < cut)
        ),
    )
    table = offline(past)
    actual = np.column_stack([table[name].to_numpy() for name in FEATURES])
    assert_same(actual, truth[paid_at < cut])


def test_leaking_labels_know_the_future(history: History) -> None:
    known = offline(history)["merchant_risk_90d"].to_numpy()
    leaked = offline(history, labels="leaking")["merchant_risk_90d"].to_numpy()
    assert (leaked >= known).all()
    assert leaked.sum() > 1.2 * known.sum()
