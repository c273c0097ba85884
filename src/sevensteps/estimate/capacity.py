"""Back-of-the-envelope capacity: from payments per day to machines and euros.

`capacity` is a store and its machines; `fleet` goes from one measured machine to shards
by memory and replicas by load.
"""

import math
from dataclasses import dataclass

import pandas as pd

from .queueing import machines_within
from .units import Amount, Q, Quantity, as_unit, per_second, readable, tidy


def peak_rate(rate: Amount, *, peak_factor: float = 3.0) -> Quantity:
    """Events per second in the busiest hour.

    Parameters
    ----------
    rate : quantity or str    the mean, e.g. "50e6 payment/day"
    peak_factor : float       peak over mean, at least 1

    >>> print(peak_rate("8.64e6 payment/day", peak_factor=3))
    300.0 payment/s
    """
    if not peak_factor >= 1:
        raise ValueError(f"`peak_factor` must be at least 1, not {peak_factor}")
    return per_second("rate", rate) * peak_factor


def storage(
    rate: Amount, size: Amount, *, keep: Amount = "1 year", copies: float = 1.0
) -> Quantity:
    """Bytes on disk for events that are kept for a while.

    Parameters
    ----------
    rate, size : quantity or str   events per time, and bytes of one: "200 byte/payment"
    keep : quantity or str    how long each is kept
    copies : float            replicas; below 1 for compression

    >>> print(storage("50e6 payment/day", "200 byte/payment", keep="365 day", copies=3))
    10950000000000.0 B
    """
    return as_unit("rate x size x keep", Q(rate) * Q(size) * Q(keep), "byte") * copies


def memory(keys: Amount, size: Amount, *, overhead: float = 1.5) -> Quantity:
    """Memory of an online store.

    Parameters
    ----------
    keys, size : quantity or str   e.g. "60e6 card", and bytes of each "400 byte/card"
    overhead : float          index and fragmentation: what is taken over what is stored

    >>> print(memory("60e6 card", "400 byte/card").to("GB"))
    36.0 GB
    """
    return as_unit("keys x size", Q(keys) * Q(size), "byte") * overhead


def machines(
    peak: Amount,
    service_time: Amount,
    *,
    cores: int = 1,
    utilisation: float = 0.6,
    spare: int = 1,
) -> Quantity:
    """Machines that carry the peak with headroom and some to lose.

    Parameters
    ----------
    peak : quantity or str    events per second at the peak
    service_time : quantity   time on one core for one event
    cores, spare : int        of one machine; machines that may fail
    utilisation : float       share of a core's time that you dare to use

    >>> print(machines("300 payment/s", "5 ms", cores=2, spare=1))
    3 machine
    """
    if not 0 < utilisation <= 1 or cores < 1:
        raise ValueError("`utilisation` must lie in (0, 1], and `cores` be at least 1")
    seconds = as_unit("service_time", service_time, "second").magnitude
    busy = per_second("peak", peak).magnitude * seconds
    needed = math.ceil(busy / (cores * utilisation) - 1e-9)
    return Q(max(1, needed) + spare, "machine")


def monthly_cost(*bought: tuple[Amount, Amount]) -> Quantity:
    """Euros per month for pairs of an amount and its price.

    >>> disk = ("11 TB", "0.02 euro/GB/month")
    >>> print(monthly_cost(disk, ("3 machine", "70 euro/machine/month")))
    430.0 EUR/month
    """
    total = Q(0.0, "euro/month")
    for amount, price in bought:
        total = total + as_unit("amount x price", Q(amount) * Q(price), "euro/month")
    return total


@dataclass(frozen=True)
class Load:
    """What a system is asked to carry. Every number here is an assumption to state."""

    rate: Amount  # rate, size: mean events per time; bytes of one event in the log
    size: Amount
    keys: Amount  # keys, key_size: what the online store holds
    key_size: Amount
    #: service_time, wait: on one core for one event; most that 99 % may queue
    service_time: Amount
    machine_price: Amount  # machine_price, disk_price: euros per month
    disk_price: Amount
    wait: Amount = "10 ms"
    keep: Amount = "1 year"  # how long the log is kept
    peak_factor: float = 3.0
    copies: float = 3.0
    cores: int = 2
    spare: int = 1


def capacity(load: Load) -> pd.DataFrame:
    """The whole envelope: peak, log, store, machines and cost, with units.

    Machines are the larger of two needs: headroom (60 % busy) and waiting (M/M/c).
    One row per quantity: value, unit.
    """
    peak = peak_rate(load.rate, peak_factor=load.peak_factor)
    log = storage(load.rate, load.size, keep=load.keep, copies=load.copies)
    carried = machines(peak, load.service_time, cores=load.cores, spare=load.spare)
    servers = machines_within(peak, load.service_time, wait=load.wait)
    queued = Q(math.ceil(servers / load.cores) + load.spare, "machine")
    bought = (max(carried, queued), load.machine_price), (log, load.disk_price)
    return tidy(
        {
            "mean rate": per_second("rate", load.rate),
            "peak rate": peak,
            "log": log,
            "online store": memory(load.keys, load.key_size),
            "machines for headroom": carried,
            "machines for waiting": queued,
            "cost": monthly_cost(*bought),
        }
    )


@dataclass(frozen=True, slots=True)
class Fleet:
    """What must be held and answered, and what one machine can."""

    #: rate, service_time: mean requests per time; time on one core for one, measured
    rate: Amount
    service_time: Amount
    items: Amount  # items, item_size: what is searched, bytes of each
    item_size: Amount
    users: Amount  # users, user_size: what is known of people, bytes of each
    user_size: Amount
    memory: Amount  # memory, cores, price: of one machine; euros per month
    cores: int
    price: Amount
    peak_factor: float = 2.0  # peak over mean
    #: utilisation, filled: shares of a core's time and of a machine's memory that you
    #: dare to use
    utilisation: float = 0.6
    filled: float = 0.7
    copies: int = 2  # of every shard at least, so that one may fail

    def __post_init__(self) -> None:
        if not 0 < self.utilisation <= 1 or not 0 < self.filled <= 1:
            raise ValueError("`utilisation` and `filled` must lie in (0, 1]")
        if self.cores < 1 or self.copies < 1:
            raise ValueError("`cores` and `copies` must be at least 1")


def fleet(plan: Fleet) -> pd.DataFrame:
    """Machines and euros for a plan in which users are sharded and items are not.

    Every machine holds the whole index, so that a page is made in one place, and a
    share of the users. Shards follow from memory, replicas from the peak.

    One row per quantity: value, unit. A ValueError if the index alone does not fit into
    one machine.

    >>> table = fleet(Fleet(
    ...     rate="8.64e6 request/day", service_time="10 ms", items="1e6 item",
    ...     item_size="100 byte/item", users="1e9 user", user_size="100 byte/user",
    ...     memory="64 gigabyte", cores=4, price="100 EUR/month/machine"))
    >>> table.loc[["shards", "machines"], "value"].astype(int).tolist()
    [3, 6]
    """
    peak = peak_rate(plan.rate, peak_factor=plan.peak_factor)
    index = as_unit("items x item_size", Q(plan.items) * Q(plan.item_size), "byte")
    people = as_unit("users x user_size", Q(plan.users) * Q(plan.user_size), "byte")
    room = as_unit("memory", plan.memory, "byte") * plan.filled - index
    if room.magnitude <= 0:
        raise ValueError(
            f"the index takes {readable(index)}, more than a machine may "
            "hold: shard the items too, or make the vectors smaller"
        )
    seconds = as_unit("service_time", plan.service_time, "second").magnitude
    busy = float(peak.magnitude * seconds)
    by_load = math.ceil(busy / (plan.cores * plan.utilisation))
    shards = math.ceil((people / room).to("").magnitude)
    replicas = max(plan.copies, math.ceil(by_load / shards))
    machines = Q(shards * replicas, "machine")
    return tidy(
        {
            "peak rate": peak,
            "busy cores at the peak": Q(busy, ""),
            "index, on every machine": index,
            "users": people,
            "shards": Q(shards, ""),
            "replicas of each": Q(replicas, ""),
            "machines": machines,
            "cost": monthly_cost((machines, plan.price)),
        }
    )
