"""The store holds what the windows can reach, no more, and counts a payment once."""

import json
import shutil
from contextlib import closing
from dataclasses import replace

import lmdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sevensteps.cases.fraud.features import nightly_merchants
from sevensteps.cases.fraud.features.single import Cardholder, Merchant
from sevensteps.cases.fraud.service import OnlineStore, StoreError, build_store
from sevensteps.cases.fraud.service.online import Fetched, holder_of, merchant_of
from sevensteps.cases.fraud.service.store import CARD, DEVICE, SMALL, Event, Stream


def event(paid_at, payment_id, number=3):
    return Event(CARD, number, (paid_at, payment_id, 0, 0, 0, False))


def kept(value):
    """The payments in the entry of a card."""
    return CARD.columns(value, but=-1)[1]


@pytest.fixture
def opened(store):
    with closing(OnlineStore(store)) as found:
        yield found


def test_a_store_starts_with_what_the_windows_can_reach(past, tmp_path):
    """All payments made small, so that the last hour's are in every stream."""
    small = np.full(past.payments.num_rows, 1, np.float32)
    at = past.payments.schema.get_field_index("amount")
    payments = past.payments.set_column(at, "amount", [small])
    build_store(replace(past, payments=payments), tmp_path / "small")
    found, table = OnlineStore(tmp_path / "small"), payments.to_pandas()
    streams = {"card_id": CARD, "device_id": DEVICE, "merchant_id": SMALL}
    for column, stream in streams.items():
        oldest = found.as_of - stream.keep_s
        young = table[table["paid_at"] >= oldest].dropna(subset=[column])
        assert len(young)
        for number, rows in young.groupby(column):
            (value,) = found.fetch([stream.key(int(number))])
            times, ids, *_ = stream.columns(value, but=-1)
            assert ids == rows["payment_id"].tolist()
            assert times == rows["paid_at"].tolist()


def test_events_and_profiles_come_back_as_they_were(past, opened):
    last = past.payments.slice(past.payments.num_rows - 1).to_pylist()[0]
    card, shop = last["card_id"], last["merchant_id"]
    keys = [f"c:{card}", f"h:{card}", f"s:{shop}", f"m:{shop}", f"n:{shop}"]
    fetched = Fetched(*opened.fetch(keys))
    cents = int(np.floor(np.float64(last["amount"]) * 100 + 0.5))
    device = -1 if last["device_id"] is None else last["device_id"]
    row = [last["paid_at"], last["payment_id"], cents, shop, device]
    columns = CARD.columns(fetched.card, but=-1)
    assert [column[-1] for column in columns[:5]] == row
    owner = past.cardholders.slice(last["cardholder_id"], 1).to_pylist()[0]
    del owner["cardholder_id"]
    assert holder_of(fetched.holder) == Cardholder(**owner)
    told, seen = past.merchants.slice(shop, 1).to_pylist()[0], fetched.merchant
    for name in ("x", "y", "opened_at"):
        assert getattr(merchant_of(seen), name) == told[name]
    assert merchant_of(None) == Merchant()
    assert holder_of(None) is None


def test_appends_are_kept_in_order_and_stale_ones_dropped(opened):
    now, before = opened.as_of, kept(opened.fetch(["c:3"])[0])
    opened.append([event(now + 1, 1), event(now + 1, 2), event(now + 5, 3, number=7)])
    assert kept(opened.fetch(["c:3"])[0]) == [*before, 1, 2]
    assert kept(opened.fetch(["c:7"])[0])[-1] == 3
    for paid_at, number in ((20 * 86_400, 4), (2, 5), (45 * 86_400, 6)):
        opened.append([event(now + paid_at, number)])
    # 5 came late, behind 4: it is dropped once it leads
    assert kept(opened.fetch(["c:3"])[0]) == [5, 4, 6]


def test_the_nightly_job_replaces_the_merchants_entries(opened, later):
    opened.refresh(later)
    told = nightly_merchants(later, later.days).to_pandas().set_index("merchant_id")
    for number, value in enumerate(opened.fetch([f"n:{n}" for n in range(5)])):
        np.testing.assert_array_equal(json.loads(value), told.loc[number])


def test_a_key_is_bounded():
    few, value = Stream("c", "", 10**9, limit=5), None
    for number in range(9):
        value = Event(few, 3, (number, number)).appended(value)
    assert few.columns(value, but=-1)[1] == [4, 5, 6, 7, 8]


@given(st.lists(st.integers(0, 3 * SMALL.keep_s), min_size=1, max_size=40))
@settings(max_examples=100, deadline=None)
def test_no_event_within_reach_is_ever_dropped(times):
    """In order of time, as payments come: what is young enough is there."""
    value = None
    for number, paid_at in enumerate(sorted(times)):
        value = Event(SMALL, 1, (paid_at, number)).appended(value)
    oldest = max(times) - SMALL.keep_s
    assert SMALL.columns(value, but=-1)[0] == sorted(t for t in times if t >= oldest)


def test_what_was_stored_twice_or_is_asked_about_does_not_count():
    value = None
    for one in (event(50, 1), event(10, 2), event(50, 1), event(60, 3)):
        value = one.appended(value)
    assert CARD.columns(value, but=3)[:2] == [[10, 50], [2, 1]]


def old_layout(store):
    with lmdb.open(str(store)) as env, env.begin(write=True) as writing:
        writing.put(b"info", b'{"layout": 1}')


@pytest.mark.parametrize(
    "damage",
    [
        shutil.rmtree,
        lambda store: (store / "data.mdb").unlink(),
        lambda store: (store / "data.mdb").write_bytes(b"rubbish" * 10_000),
        old_layout,
    ],
)
def test_a_store_that_is_none_is_refused_and_none_is_overwritten(past, store, damage):
    with pytest.raises(FileExistsError, match="holds something"):
        build_store(past, store)
    damage(store)
    with pytest.raises(StoreError, match="build_store"):
        OnlineStore(store)
