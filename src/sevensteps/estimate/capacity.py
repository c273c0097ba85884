"""Back-of-the-envelope capacity: from payments per day to machines and euros."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from sevensteps.estimate.queueing import machines_within
from sevensteps.estimate.units import Amount, Q, Quantity, as_unit, per_second, tidy


def peak_rate(rate: Amount, *, peak_factor: float = 3.0) -> Quantity:
    """Events per second in the busiest hour.

    Parameters
    ----------
    rate : quantity or str    the mean, e.g. "50e6 payment/day"
    peak_factor : float       peak over mean, at least 1

    Examples
    --------
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

    Examples
    --------
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

    Examples
    --------
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

    Examples
    --------
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
    """What a system is asked to carry. Every number here is an assumption to state.

    Attributes
    ----------
    rate, size                mean events per time; bytes of one event in the log
    keys, key_size            what the online store holds
    service_time, wait        on one core for one event; most that 99 % may queue
    keep : quantity or str    how long the log is kept
    peak_factor, copies, cores, spare
    machine_price, disk_price   euros per month
    """

    rate: Amount
    size: Amount
    keys: Amount
    key_size: Amount
    service_time: Amount
    machine_price: Amount
    disk_price: Amount
    wait: Amount = "10 ms"
    keep: Amount = "1 year"
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
