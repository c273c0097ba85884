"""From one measured machine to a fleet: shards by memory, replicas by load."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from sevensteps.estimate.capacity import monthly_cost, peak_rate
from sevensteps.estimate.units import Amount, Q, as_unit, readable, tidy


@dataclass(frozen=True, slots=True)
class Fleet:
    """What must be held and answered, and what one machine can.

    Attributes
    ----------
    rate, service_time        mean requests per time; time on one core for one, measured
    items, item_size          what is searched, bytes of each
    users, user_size          what is known of people, bytes of each
    memory, cores, price      of one machine; euros per month
    peak_factor : float       peak over mean
    utilisation, filled : float   shares of a core's time and of a machine's memory that
                              you dare to use
    copies : int              of every shard at least, so that one may fail
    """

    rate: Amount
    service_time: Amount
    items: Amount
    item_size: Amount
    users: Amount
    user_size: Amount
    memory: Amount
    cores: int
    price: Amount
    peak_factor: float = 2.0
    utilisation: float = 0.6
    filled: float = 0.7
    copies: int = 2

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

    Examples
    --------
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
