"""Shards by memory, replicas by load; what does not fit is told."""

from dataclasses import replace

import pytest

from sevensteps.estimate import Fleet, fleet

PLAN = Fleet(
    rate="1e9 request/day",
    service_time="5 ms",
    items="1e8 item",
    item_size="48 byte/item",
    users="1.5e9 user",
    user_size="400 byte/user",
    memory="64 gigabyte",
    cores=16,
    price="300 EUR/month/machine",
)


def value(plan, name):
    return fleet(plan).loc[name, "value"]


def test_by_hand():
    """1e9/86,400 x 2 = 23,148/s x 5 ms = 116 cores / 9.6 = 13 machines by load;
    600 GB of users / (44.8 - 4.8) GB = 15 shards, twice."""
    assert value(PLAN, "peak rate") == pytest.approx(23_100)
    assert value(PLAN, "busy cores at the peak") == pytest.approx(116)
    assert value(PLAN, "shards") == 15
    assert value(PLAN, "replicas of each") == 2
    assert value(PLAN, "machines") == 30
    assert value(PLAN, "cost") == pytest.approx(9_000)


def test_load_asks_for_replicas_where_memory_does_not():
    busy = replace(PLAN, service_time="50 ms")
    assert value(busy, "shards") == 15
    assert value(busy, "replicas of each") == 9


def test_an_index_that_does_not_fit_is_told():
    with pytest.raises(ValueError, match="shard the items too"):
        fleet(replace(PLAN, items="1e9 item"))


@pytest.mark.parametrize(
    "wrong", [{"filled": 0}, {"utilisation": 1.2}, {"cores": 0}, {"copies": 0}]
)
def test_wrong_plans_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(PLAN, **wrong)


def test_a_wrong_unit_is_named():
    with pytest.raises(ValueError, match="items x item_size"):
        fleet(replace(PLAN, item_size="48 second/item"))
