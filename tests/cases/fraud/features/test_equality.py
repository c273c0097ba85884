"""Offline, live and single-payment features are one definition: equal row by row."""

from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from sevensteps.cases.fraud.features import (
    FEATURES,
    NIGHTLY_FEATURES,
    LiveFeatures,
    feature_matrix,
    nightly_merchants,
    offline,
)
from sevensteps.cases.fraud.features.single import (
    CARD_FEATURES,
    DAY,
    HOUR,
    MONTH,
    NO_DEVICE,
    REPORT_DAYS,
    RISK_DAYS,
    RISK_PRIOR_FRAUDS,
    RISK_PRIOR_PAYMENTS,
    WEEK,
    Cardholder,
    Merchant,
    card_features,
    device_features,
    feature_vector,
    merchant_features,
    payment_features,
)
from sevensteps.cases.fraud.features.windows import to_cents
from sevensteps.cases.fraud.world import CATEGORIES, PaymentsWorld

PAST, ALL = 33, 36


@pytest.fixture(scope="module", params=[1, 2])
def history(request):
    """A real history, its times pushed together so that many share a second."""
    history = PaymentsWorld("smoke", request.param, base_rate=0.01).history(days=ALL)
    paid_at = history.column("paid_at")
    second = paid_at - paid_at % np.where(paid_at % 7 == 0, 1_800, 1)
    second[::50] = second[::50] // DAY * DAY  # exactly at midnight
    second[1::50] = second[1::50] // DAY * DAY + DAY - 1  # and one second before
    order = np.lexsort((history.column("payment_id"), second))
    payments = history.payments.set_column(1, "paid_at", pa.array(second))
    return replace(history, payments=payments.take(order))


@pytest.fixture(scope="module")
def truth(history):
    table = offline(history)
    assert table["payment_id"].equals(history.payments["payment_id"])
    return feature_matrix(table)


def assert_same(actual, expected):
    for i, name in enumerate(FEATURES):
        np.testing.assert_array_equal(actual[:, i], expected[:, i], err_msg=name)


def days_of(history):
    return history.column("paid_at") // DAY


def on(history, day):
    """The payments of a day."""
    return history.payments.filter(days_of(history) == day)


def before(history, second, **more):
    """What was paid and reported before a second."""
    told = history.chargebacks["reported_at"].to_numpy() < second
    payments = history.payments.filter(history.column("paid_at") < second)
    chargebacks = history.chargebacks.filter(told)
    return replace(history, payments=payments, chargebacks=chargebacks, **more)


def test_live_equals_offline(history, truth):
    live, parts = LiveFeatures(before(history, PAST * DAY, days=PAST)), []
    told = history.chargebacks["reported_at"].to_numpy() // DAY
    for today in range(PAST, ALL):
        new = history.chargebacks.filter(told == today - 1)
        parts.append(live.step(on(history, today), new))
    assert_same(np.concatenate(parts), truth[days_of(history) >= PAST])


def test_live_answers_in_the_batchs_order_and_refuses_the_past_and_two_days(history):
    live = LiveFeatures(before(history, PAST * DAY, days=PAST))
    batch = on(history, PAST)
    shuffled = np.random.default_rng(0).permutation(batch.num_rows)
    assert_same(live.transform(batch.take(shuffled)), live.transform(batch)[shuffled])
    assert live.transform(batch.slice(0, 0)).shape == (0, len(FEATURES))
    with pytest.raises(ValueError, match=f"day {PAST - 1} is over"):
        live.transform(on(history, PAST - 1))
    with pytest.raises(ValueError, match="split it at midnight"):
        live.step(history.payments, history.chargebacks)


class Store:
    """What the service keeps by key, filled from a whole history."""

    def __init__(self, history):
        self.history = history
        self.at, self.card = history.column("paid_at"), history.column("card_id")
        self.merchant = history.column("merchant_id")
        self.device = history.payments["device_id"].fill_null(NO_DEVICE).to_numpy()
        self.cents = to_cents(history.column("amount"))
        self.country = np.array(history.payments["country"].to_pylist())
        self.night = {}

    def nightly(self, merchant, day):
        if day not in self.night:
            self.night[day] = nightly_merchants(self.history, day).to_pandas()
        return self.night[day].loc[merchant, list(NIGHTLY_FEATURES)].to_numpy()

    def vector(self, row):
        """A payment's features as the service makes them: from its keys' events."""
        p = self.history.payments.slice(row, 1).to_pylist()[0]
        holder = self.history.cardholders.slice(p["cardholder_id"], 1).to_pylist()[0]
        shop = self.history.merchants.slice(p["merchant_id"], 1).to_pylist()[0]
        who = Cardholder(**{f.name: holder[f.name] for f in fields(Cardholder)})
        code = CATEGORIES.index(shop["category"])
        where = Merchant(code, shop["x"], shop["y"], shop["opened_at"])
        payment = SimpleNamespace(**p)
        mine, shared = self.card == p["card_id"], self.device == self.device[row]
        small = (self.merchant == self.merchant[row]) & (self.cents < 300)
        abroad = self.country != holder["country"]
        columns = (self.at, self.cents, abroad, self.merchant, self.device)
        others = self.at[shared].tolist(), self.card[shared].tolist()
        return feature_vector(
            card_features(payment, *(each[mine].tolist() for each in columns)),
            device_features(payment, *others),
            merchant_features(payment, self.at[small].tolist()),
            self.nightly(p["merchant_id"], p["paid_at"] // DAY).tolist(),
            payment_features(payment, who, where),
        )


NOW = 100 * DAY
PAYMENT = {"paid_at": NOW, "card_id": 1, "merchant_id": 5, "device_id": 7, "amount": 8}


@pytest.mark.parametrize("window", [HOUR, DAY, WEEK, MONTH])
def test_a_window_begins_so_many_seconds_ago_and_ends_a_second_ago(window):
    """Of events a second before a window's ends, on them and after, by hand."""
    payment = SimpleNamespace(**PAYMENT)
    times = [NOW - window - 1, NOW - window, NOW - 1, NOW, NOW + 1]
    alike = [100] * 5, [True] * 5, [5] * 5, [7] * 5
    answers = card_features(payment, times, *alike)
    counted = dict(zip(CARD_FEATURES, answers, strict=True))
    spans = {"1h": HOUR, "24h": DAY, "7d": WEEK, "30d": MONTH}
    for name, span in spans.items():
        inside = sum(NOW - span <= at < NOW for at in times)
        assert counted[f"card_n_{name}"] == inside
        assert inside == (1 if span < window else 2 if span == window else 3)
    assert counted["card_sum_24h"] == counted["card_n_24h"]
    assert counted["card_foreign_7d"] == counted["card_n_7d"]
    assert counted["card_merchant_30d"] == counted["card_n_30d"]
    assert counted["card_device_30d"] == counted["card_n_30d"]
    assert (counted["card_mean_30d"], counted["amount_ratio"]) == (1, 8)
    assert counted["card_secs_since_last"] == 1
    others = device_features(payment, times, [2, 2, 3, 4, 4])
    assert others == [counted["card_n_7d"]]
    assert device_features(payment, times, [2, 2, 1, 4, 4]) == [others[0] - 1]
    assert merchant_features(payment, times) == [counted["card_n_1h"]]


def test_one_payment_equals_offline(history, truth):
    rng = np.random.default_rng(0)
    paid_at = history.column("paid_at")
    tied = np.flatnonzero(paid_at % DAY == 0)
    last = np.flatnonzero(paid_at % DAY == DAY - 1)
    busy = np.flatnonzero(truth[:, FEATURES.index("device_others_7d")] > 0)
    rows = np.r_[rng.choice(len(paid_at), 8), tied[-5:], last[-5:], busy[-5:], 0, 1]
    store = Store(history)
    actual = np.stack([store.vector(int(row)) for row in rows])
    assert_same(actual, truth[rows])


@pytest.mark.parametrize("of", ["a tenth", "the last day"])
def test_keep_answers_fewer_rows_with_the_same_features(history, truth, of):
    keep = days_of(history) == ALL - 1  # late rows need no more than a month
    if of == "a tenth":
        keep = np.random.default_rng(1).random(len(truth)) < 0.1
    assert_same(feature_matrix(offline(history, keep=keep)), truth[keep])
    assert offline(history, keep=np.zeros(len(keep), bool)).num_rows == 0


def test_keep_and_labels_are_checked(history):
    with pytest.raises(ValueError, match="keep must be a bool array"):
        offline(history, keep=np.ones(3, bool))
    with pytest.raises(ValueError, match="labels must be one of"):
        offline(history, labels="all")


def test_the_future_changes_nothing(history, truth):
    """Cut the history after a second: what is left keeps its features."""
    paid_at = history.column("paid_at")
    cut = paid_at[len(paid_at) * 2 // 3]
    assert_same(feature_matrix(offline(before(history, cut))), truth[paid_at < cut])


def test_after_a_quiet_month_a_card_has_no_last_payment(history):
    day = days_of(history)
    noisy = (day < 2) | (day >= PAST)
    gap = replace(history, payments=history.payments.filter(noisy))
    table = offline(gap, only=["card_n_30d", "card_secs_since_last"])
    n, ago = (table[name].to_numpy() for name in table.column_names[1:])
    assert ((n == 0) & (gap.column("paid_at") >= PAST * DAY)).any()
    np.testing.assert_array_equal(np.isnan(ago), n == 0)


def test_leaking_labels_know_the_future(history):
    known = offline(history)["merchant_risk_90d"].to_numpy()
    leaked = offline(history, labels="leaking")["merchant_risk_90d"].to_numpy()
    assert (leaked >= known).all()
    assert leaked.sum() > 1.2 * known.sum()


@pytest.fixture(scope="module")
def long():
    return PaymentsWorld("smoke", seed=3, base_rate=0.02).history(RISK_DAYS + 8)


@pytest.fixture(scope="module")
def paid(long):
    """A row a payment: its merchant, its day and the day of its report, if any."""
    told = long.chargebacks.to_pandas().set_index("payment_id")["reported_at"] // DAY
    rows = long.payments.select(["payment_id", "merchant_id"]).to_pandas()
    return rows.assign(day=days_of(long), told=rows["payment_id"].map(told))


@pytest.mark.parametrize("name", ["merchant_risk_90d", *REPORT_DAYS])
def test_reports_count_from_the_next_day_until_they_lapse(long, paid, name):
    by_hand, unknown = reports_by_hand, 0
    if name == "merchant_risk_90d":
        by_hand, unknown = risk_by_hand, RISK_PRIOR_FRAUDS / RISK_PRIOR_PAYMENTS
    answers = offline(long, only=[name])[name].to_numpy()
    seen = 0.0
    for today in range(RISK_DAYS + 1, RISK_DAYS + 8):
        expected = by_hand(paid, today, REPORT_DAYS.get(name, RISK_DAYS))
        nightly = nightly_merchants(long, today)[name].to_numpy()
        np.testing.assert_allclose(nightly[expected.index], expected, rtol=1e-6)
        now = paid["day"] == today
        wanted = expected.reindex(paid["merchant_id"][now], fill_value=unknown)
        np.testing.assert_allclose(answers[now], wanted, rtol=1e-6)
        seen += float(answers[now].sum())
    assert seen > 0


def test_a_report_counts_on_the_days_that_were_said():
    """One payment on day 1, reported on day 5: counted on days 6 to 12, 6 to 35."""
    world = PaymentsWorld("smoke", seed=3).history(days=40)
    first = int(np.flatnonzero(days_of(world) == 1)[0])
    told = {"payment_id": world.payments["payment_id"][first : first + 1]}
    told["reported_at"] = pa.array([5 * DAY + 7], pa.int32())
    one = replace(world, chargebacks=pa.table(told))
    shop = world.payments["merchant_id"][first].as_py()
    for name, last in (("merchant_reports_7d", 12), ("merchant_reports_30d", 35)):
        counts = [nightly_merchants(one, day)[name][shop].as_py() for day in range(40)]
        assert [day for day, n in enumerate(counts) if n] == list(range(6, last + 1))


def risk_by_hand(paid, today, days):
    """The risk of each merchant on the morning of a day, from one row a payment."""
    recent = paid[paid["day"].between(today - days, today - 1)]
    known = (recent["told"] < today).groupby(recent["merchant_id"])
    return (known.sum() + RISK_PRIOR_FRAUDS) / (known.size() + RISK_PRIOR_PAYMENTS)


def reports_by_hand(paid, today, days):
    """Reports that came in on the last days, on payments of the last ninety."""
    recent = paid[paid["day"].between(today - RISK_DAYS, today - 1)]
    came = recent["told"].between(today - days, today - 1)
    return came.groupby(recent["merchant_id"]).sum()
