"""Estimates with units: against hand arithmetic, formulas and a simulated queue."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sevensteps import estimate
from sevensteps.estimate import Q, fermi_score, fleet, machines, peak_rate, waiting

LOAD = estimate.Load(
    rate="50e6 payment/day",
    size="200 byte/payment",
    keys="60e6 card",
    key_size="400 byte/card",
    service_time="5 ms",
    machine_price="70 euro/machine/month",
    disk_price="0.02 euro/GB/month",
    keep="365 day",
)


def test_the_whole_envelope_by_hand():
    table = estimate.capacity(LOAD)
    value, unit = table["value"], table["unit"]
    assert value["peak rate"] == pytest.approx(50e6 / 86400 * 3, rel=0.005)
    assert (value["log"], unit["log"]) == (10.9, "TB") or value["log"] == 11.0
    assert (value["online store"], unit["online store"]) == (36, "GB")
    # 1,736/s x 5 ms = 8.7 cores busy; 60 % of 2 cores each: 8 machines, and 1 spare
    assert value["machines for headroom"] == 9
    n = max(value["machines for headroom"], value["machines for waiting"])
    assert value["cost"] == pytest.approx(n * 70 + 10_950 * 0.02, rel=0.005)
    assert unit["cost"] == "EUR/month"


def test_units_convert():
    assert peak_rate("1 payment/ms").magnitude == pytest.approx(3000)
    assert estimate.memory("2 key", "1 kB/key", overhead=1).to("byte").magnitude == 2000
    assert estimate.tidy({"a": "0.0042 s"}).loc["a"].tolist() == [4.2, "ms"]
    assert f"{estimate.readable('1.5e9 byte')}" == "1.5 GB"


@settings(deadline=None)
@given(st.floats(1, 1e5), st.floats(0.1, 100), st.floats(0.1, 1))
def test_machines_are_enough_and_not_one_too_many(rate, ms, utilisation):
    n = machines(
        Q(rate, "1/s"), Q(ms, "ms"), cores=4, utilisation=utilisation, spare=0
    ).magnitude
    busy = rate * ms / 1000
    assert n * 4 * utilisation >= busy * (1 - 1e-6)
    assert n == 1 or (n - 1) * 4 * utilisation < busy * (1 + 1e-6)


@pytest.mark.parametrize("utilisation", [0.005, 0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("ms", [0.1, 10, 3_000])
def test_one_server_waits_in_closed_form_whatever_a_service_takes(utilisation, ms):
    """P(W > t) = rho exp(-(mu - lambda) t), so its 99th percentile is known, too."""
    served, asked = 1_000 / ms, utilisation * 1_000 / ms
    queue = waiting(Q(asked, "request/s"), Q(ms, "ms"), servers=1)
    assert queue.utilisation == pytest.approx(utilisation)
    want = utilisation / (served - asked)
    assert queue.mean.to("s").magnitude == pytest.approx(want)
    p99 = max(0.0, math.log(utilisation / 0.01)) / (served - asked)
    assert queue.p99.to("s").magnitude == pytest.approx(p99)


@pytest.mark.parametrize(("busy", "servers"), [(0.5, 2), (8, 10), (90, 100)])
def test_erlang_c_equals_its_sum(busy, servers):
    terms = [math.exp(n * math.log(busy) - math.lgamma(n + 1)) for n in range(servers)]
    last = math.exp(servers * math.log(busy) - math.lgamma(servers + 1))
    last *= servers / (servers - busy)
    want = last / (sum(terms) + last)
    got = waiting(Q(busy, "request/s"), "1 s", servers)
    assert got.p_wait == pytest.approx(want)
    # Who waits does so exponentially, at the rate at which the queue drains.
    assert got.mean.magnitude == pytest.approx(want / (servers - busy))
    p99 = max(0.0, math.log(want / 0.01)) / (servers - busy)
    assert got.p99.magnitude == pytest.approx(p99)


def test_fewest_servers_keep_the_wait_and_one_less_does_not():
    n = estimate.machines_within("300 request/s", "10 ms", wait="10 ms")
    assert waiting("300 request/s", "10 ms", n).p99.to("ms").magnitude <= 10
    assert waiting("300 request/s", "10 ms", n - 1).p99.to("ms").magnitude > 10


@settings(deadline=None)
@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_fermi_points_are_symmetric_and_know_units(guess, answer):
    one, other = fermi_score(guess, answer), fermi_score(answer, guess)
    assert one.points == pytest.approx(other.points)
    assert 0 <= one.points <= 1
    assert fermi_score("1000 GB", "1 TB").points == pytest.approx(1)
    assert fermi_score("2 day", "1 day").points == pytest.approx(1 - math.log10(2))
    assert "spot on" in str(fermi_score(1.0, 1.01))


def test_drills_agree_with_their_working():
    """The rounded answer of each working scores well."""
    guesses = ["1500 payment/s", "12 TB", "36 GB", "3 machine", "90 ms", "200 day"]
    for drill, guess in zip(estimate.DRILLS, guesses, strict=True):
        assert drill.score(guess).points > 0.9, str(drill)


PLAN = estimate.Fleet(
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


def test_a_fleet_by_hand():
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
    ("make", "why"),
    [
        (lambda: estimate.storage("5 1/day", "200 byte/card"), "rate x size x keep"),
        (lambda: peak_rate("5 payment"), "events per time"),
        (lambda: peak_rate("5 payment/s", peak_factor=0.5), "`peak_factor`"),
        (lambda: machines("5 payment/s", "5 euro"), "service_time"),
        (lambda: machines("5 payment/s", "5 ms", utilisation=0), "`utilisation`"),
        (lambda: estimate.monthly_cost(("5 TB", "3 euro/machine")), "amount x price"),
        (lambda: Q("5 parsecsy"), "cannot read"),
        (lambda: waiting("300 request/s", "10 ms", 3), "take at least 4"),
        (lambda: waiting("300 request/s", "0 ms", 3), "above zero"),
        (lambda: estimate.machines_within("3 1/s", "1 ms", wait="-1 s"), "negative"),
        (lambda: fermi_score("5 euro", "1 TB"), "`guess`"),
        (lambda: fermi_score(0, 1), "above zero"),
        (lambda: fleet(replace(PLAN, filled=0)), "filled"),
        (lambda: fleet(replace(PLAN, utilisation=1.2)), "utilisation"),
        (lambda: fleet(replace(PLAN, cores=0)), "cores"),
        (lambda: fleet(replace(PLAN, copies=0)), "copies"),
        (lambda: fleet(replace(PLAN, item_size="48 second/item")), "items x item_size"),
        (lambda: fleet(replace(PLAN, items="1e9 item")), "shard the items too"),
    ],
)
def test_what_cannot_be_is_told(make, why):
    with pytest.raises(ValueError, match=why):
        make()
