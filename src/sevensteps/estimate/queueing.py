"""Waiting in front of machines: why 95 % busy is too busy."""

import math
from dataclasses import dataclass

from .units import Amount, Q, Quantity, as_unit, per_second


@dataclass(frozen=True)
class Waiting:
    """How long requests queue before one of several equal servers takes them."""

    utilisation: float  # share of time that a server is busy
    p_wait: float  # probability of having to wait at all
    mean: Quantity  # mean, p99: time in the queue, without the service itself
    p99: Quantity


def waiting(rate: Amount, service_time: Amount, servers: int) -> Waiting:
    """Queue of an M/M/c system: random arrivals, exponential services, one line.

    Real arrivals come in bursts, so this is the best case.

    Parameters
    ----------
    rate : quantity or str          events per time
    service_time : quantity or str  mean time of one service
    servers : int                   cores or machines, each doing one at a time

    Raises a ValueError if more work arrives than the servers can do.

    >>> queue = waiting("90 request/s", "10 ms", servers=1)
    >>> round(queue.p_wait, 3), round(queue.mean.to("ms").magnitude, 1)
    (0.9, 90.0)

    Source: Erlang (1917); Gross et al., "Fundamentals of queueing theory", chapter 3.
    """
    busy, seconds = _load(rate, service_time)
    if busy >= servers:
        raise ValueError(
            f"{busy:.3g} servers' worth of work for {servers}: the queue grows for "
            f"ever; take at least {math.floor(busy) + 1}"
        )
    p_wait = _erlang_c(busy, servers)
    mean = p_wait * seconds / (servers - busy)
    p99 = math.log(max(p_wait / (1 - 0.99), 1)) * seconds / (servers - busy)
    return Waiting(busy / servers, p_wait, Q(mean, "second"), Q(p99, "second"))


def _load(rate: Amount, service_time: Amount) -> tuple[float, float]:
    """Servers kept busy on average, and the seconds of one service."""
    seconds = float(as_unit("service_time", service_time, "second").magnitude)
    events = float(per_second("rate", rate).magnitude)
    if not (seconds > 0 and events > 0):
        raise ValueError("`rate` and `service_time` must be above zero")
    return events * seconds, seconds


def _erlang_c(busy: float, servers: int) -> float:
    """Probability of waiting, by Erlang B's recursion (stable for many servers)."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = busy * blocked / (n + busy * blocked)
    return servers * blocked / (servers - busy * (1 - blocked))


def machines_within(rate: Amount, service_time: Amount, *, wait: Amount) -> int:
    """Fewest servers that let 99 % of the events wait no longer than `wait`.

    >>> machines_within("300 request/s", "10 ms", wait="10 ms")
    6
    """
    limit = as_unit("wait", wait, "second")
    if limit.magnitude < 0:
        raise ValueError("`wait` must not be negative")
    servers = math.floor(_load(rate, service_time)[0]) + 1
    while waiting(rate, service_time, servers).p99 > limit:
        servers += 1
    return servers
