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
    600 GB of users / (44.8 - 4.8) GB = 15 shards, twice. Ten times as busy, by load."""
    assert value(PLAN, "peak rate") == pytest.approx(23_100)
    assert value(PLAN, "busy cores at the peak") == pytest.approx(116)
    assert value(PLAN, "shards") == 15
    assert value(PLAN, "replicas of each") == 2
    assert value(PLAN, "machines") == 30
    assert value(PLAN, "cost") == pytest.approx(9_000)
    busy = replace(PLAN, service_time="50 ms")
    assert value(busy, "shards") == 15
    assert value(busy, "replicas of each") == 9


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"filled": 0}, "filled"),
        ({"utilisation": 1.2}, "utilisation"),
        ({"cores": 0}, "cores"),
        ({"copies": 0}, "copies"),
        ({"item_size": "48 second/item"}, "items x item_size"),
        ({"items": "1e9 item"}, "shard the items too"),
    ],
)
def test_wrong_plans_are_refused(wrong, why):
    with pytest.raises(ValueError, match=why):
        fleet(replace(PLAN, **wrong))
