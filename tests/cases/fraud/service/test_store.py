"""Three stores behave alike, keep little, and count every payment once."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sevensteps.cases.fraud.features.names import MONTH
from sevensteps.cases.fraud.features.single import Cardholder, Merchant
from sevensteps.cases.fraud.service import (
    MemoryStore,
    NoStore,
    OnlineStore,
    StoreError,
    build_store,
    open_store,
)
from sevensteps.cases.fraud.service.records import (
    CARD,
    DEVICE,
    SMALL,
    Event,
    Stream,
    appended,
    events,
    pack_holder,
    pack_merchant,
    unpack_holder,
    unpack_merchant,
)
from sevensteps.serve.breaker import Breaker


def event(paid_at: int, payment_id: int, number: int = 3) -> Event:
    record = np.zeros((), CARD.layout)
    record["paid_at"], record["payment_id"] = paid_at, payment_id
    return Event(CARD, number, paid_at, record.tobytes())


@pytest.fixture(params=["memory", "lmdb", "redis"])
def any_store(request, past, tmp_path):
    if request.param == "memory":
        found = MemoryStore(past)
    elif request.param == "lmdb":
        build_store(past, tmp_path / "store")
        found = open_store(tmp_path / "store")
    else:
        server = request.getfixturevalue("redis_server")
        build_store(past, server.url)
        found = open_store(server.url, timeout_s=10)
    yield found
    found.close()


def test_every_store_holds_the_same(any_store, past):
    assert isinstance(any_store, OnlineStore)
    keys = [f"{kind}:{n}" for kind in "cdshmn" for n in range(40)] + ["c:99999999"]
    devices = past.payments["device_id"].drop_null().to_pylist()[-40:]
    keys += [DEVICE.key(device) for device in devices]
    assert any_store.fetch(keys) == MemoryStore(past).fetch(keys)
    assert any(any_store.fetch(keys))


def test_a_store_starts_with_what_the_windows_can_reach(past):
    """All payments made small, so that the last hour's are in every stream."""
    small = np.full(past.payments.num_rows, 1, np.float32)
    at = past.payments.schema.get_field_index("amount")
    payments = past.payments.set_column(at, "amount", [small])
    found = MemoryStore(replace(past, payments=payments))
    table = payments.to_pandas()
    now = found.info.as_of
    streams = {"card_id": CARD, "device_id": DEVICE, "merchant_id": SMALL}
    for column, stream in streams.items():
        young = table[table["paid_at"] >= now - stream.keep_s].dropna(subset=[column])
        assert len(young)
        for number, rows in young.groupby(column):
            value = found.fetch([stream.key(int(number))])[0]
            kept = events(value, stream, but=-1)
            assert kept["payment_id"].tolist() == rows["payment_id"].tolist()
            assert kept["paid_at"].tolist() == rows["paid_at"].tolist()


def test_every_store_appends_alike(any_store, past):
    now, reference = any_store.info.as_of, MemoryStore(past)
    rounds = [
        [event(now + 1, 1), event(now + 1, 2), event(now + 5, 3, number=7)],
        [event(now + 20 * 86_400, 4)],
        [event(now + 2, 5)],
        [event(now + 45 * 86_400, 6)],
    ]
    for batch in rounds:
        any_store.append(batch)
        reference.append(batch)
        assert any_store.fetch(["c:3", "c:7"]) == reference.fetch(["c:3", "c:7"])
    kept = events(any_store.fetch(["c:3"])[0], CARD, but=-1)["payment_id"]
    assert kept.tolist() == [5, 4, 6]  # 5 came late, behind 4: dropped once it leads


def test_every_store_replaces_entries(any_store):
    any_store.replace([("n:3", b"tonight"), ("n:4", b"too")])
    assert any_store.fetch(["n:3", "n:4"]) == [b"tonight", b"too"]


def test_every_store_is_bounded(any_store):
    few = Stream("c", CARD.layout, MONTH, limit=5)
    now = any_store.info.as_of
    for number in range(9):
        one = event(now + number, number)
        any_store.append([Event(few, 3, one.paid_at, one.record)])
    kept = events(any_store.fetch(["c:3"])[0], CARD, but=-1)["payment_id"]
    assert kept.tolist() == [4, 5, 6, 7, 8]


@given(st.lists(st.integers(0, 3 * SMALL.keep_s), min_size=1, max_size=40))
@settings(max_examples=100, deadline=None)
def test_no_event_within_reach_is_ever_dropped(times):
    """In order of time, as payments come: what is young enough is there."""
    value = None
    for number, paid_at in enumerate(sorted(times)):
        record = np.array((paid_at, number), SMALL.layout).tobytes()
        value = appended(value, Event(SMALL, 1, paid_at, record))
    found = events(value, SMALL, but=-1)["paid_at"].tolist()
    newest = max(times)
    assert found == sorted(t for t in times if t >= newest - SMALL.keep_s)


def test_what_was_stored_twice_or_is_asked_about_does_not_count():
    value = None
    for one in (event(50, 1), event(10, 2), event(50, 1), event(60, 3)):
        value = appended(value, one)
    found = events(value, CARD, but=3)
    assert found["payment_id"].tolist() == [2, 1]
    assert found["paid_at"].tolist() == [10, 50]


def test_profiles_come_back_as_they_were():
    countries = ("AA", "BB")
    holder = Cardholder("BB", 1.5, -2.5, -86_400, 2_000.0)
    assert unpack_holder(pack_holder(holder, countries), countries) == holder
    nobody = unpack_holder(pack_holder(Cardholder(), countries), countries)
    assert (nobody.country, nobody.opened_at) == (None, None)
    assert np.isnan([nobody.home_x, nobody.home_y, nobody.declared_income]).all()
    merchant = Merchant(4, 1.5, -2.5, 99)
    assert unpack_merchant(pack_merchant(merchant)) == merchant
    assert unpack_merchant(None) == Merchant()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": "x"}'])
def test_a_damaged_store_is_refused(store, text):
    (store / "store.json").write_text(text)
    with pytest.raises(StoreError, match="build_store"):
        open_store(store)


def test_a_store_whose_tree_is_damaged_is_refused(store):
    tree = next(store.glob("*/data.mdb"))
    tree.write_bytes(b"rubbish" * 10_000)
    with pytest.raises(StoreError, match="build_store"):
        open_store(store)


def test_an_old_layout_is_refused(store):
    info = (store / "store.json").read_text().replace('"layout": 1', '"layout": 0')
    (store / "store.json").write_text(info)
    with pytest.raises(StoreError, match="layout 0"):
        open_store(store)


def test_a_breaker_opens_tries_less_and_less_often_and_closes():
    now = [0.0]
    breaker = Breaker(failures_to_open=2, retry_s=1, longest_s=3, clock=lambda: now[0])
    breaker.failed()
    assert breaker.allows()
    breaker.failed()
    trials = []
    for tenths in range(1, 200):
        now[0] = tenths / 10
        if breaker.allows():
            trials.append(now[0])
            breaker.failed()
    assert trials[:4] == [1.0, 3.0, 6.0, 9.0]
    breaker.succeeded()
    assert breaker.allows()
    assert breaker.allows()


def test_where_there_was_never_a_store_is_told_from_a_damaged_one(tmp_path, store):
    with pytest.raises(NoStore, match="no online store"):
        open_store(tmp_path / "nothing")
    (tmp_path / "half").mkdir()
    with pytest.raises(NoStore, match="no online store"):
        open_store(tmp_path / "half")
    (store / "store.json").write_text("{")
    with pytest.raises(StoreError, match="is damaged") as told:
        open_store(store)
    assert not isinstance(told.value, NoStore)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense://", "Give a folder, redis://"),
        ("redis://localhost:here", "Write redis://host:port"),
    ],
)
def test_an_address_that_is_none_is_told(address, said):
    with pytest.raises(StoreError, match=said):
        open_store(address)


def test_no_password_is_told():
    with pytest.raises(StoreError, match="failed") as told:
        open_store("redis://me:secret@127.0.0.1:1")
    assert "secret" not in str(told.value)
