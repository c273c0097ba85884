"""Back-of-the-envelope capacity: from payments per day to machines and euros."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from sevensteps.estimate.queueing import machines_within
from sevensteps.estimate.units import Amount, Q, Quantity, as_unit, tidy


def _positive(name: str, value: float, floor: float = 0.0) -> None:
    if not value > floor:
        raise ValueError(f"`{name}` must be above {floor:g}, not {value}")


def _per_second(name: str, rate: Amount) -> Quantity:
    """Events per second, whatever the events are."""
    quantity = Q(rate)
    if quantity.dimensionality.get("[time]", 0) != -1:
        raise ValueError(f"`{name}` is {quantity}: give events per time, 'payment/day'")
    return quantity.to_root_units()


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
    return _per_second("rate", rate) * peak_factor


def storage(
    rate: Amount, size: Amount, *, keep: Amount = "1 year", copies: float = 1.0
) -> Quantity:
    """Bytes on disk for events that are kept for a while.

    Parameters
    ----------
    rate : quantity or str    events per time, e.g. "50e6 payment/day"
    size : quantity or str    bytes per event, e.g. "200 byte/payment"
    keep : quantity or str    how long each is kept
    copies : float            replicas; below 1 for compression

    Examples
    --------
    >>> print(storage("50e6 payment/day", "200 byte/payment", keep="365 day", copies=3))
    10950000000000.0 B
    """
    _positive("copies", copies)
    return as_unit("rate x size x keep", Q(rate) * Q(size) * Q(keep), "byte") * copies


def memory(keys: Amount, size: Amount, *, overhead: float = 1.5) -> Quantity:
    """Memory of an online store.

    Parameters
    ----------
    keys : quantity or str    e.g. "60e6 card"
    size : quantity or str    bytes for each, e.g. "400 byte/card"
    overhead : float          index and fragmentation: what is taken over what is stored

    Examples
    --------
    >>> print(memory("60e6 card", "400 byte/card").to("GB"))
    36.0 GB
    """
    _positive("overhead", overhead)
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
    cores : int               of one machine
    utilisation : float       share of a core's time that you dare to use
    spare : int               machines that may fail

    Examples
    --------
    >>> print(machines("300 payment/s", "5 ms", cores=2, spare=1))
    3 machine
    """
    if not 0 < utilisation <= 1:
        raise ValueError(f"`utilisation` must lie in (0, 1], not {utilisation}")
    _positive("cores", cores)
    seconds = as_unit("service_time", service_time, "second").magnitude
    busy = _per_second("peak", peak).magnitude * seconds
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
    rate : quantity or str            mean events per time
    size : quantity or str            bytes of one event in the log
    keys, key_size : quantity or str  what the online store holds
    service_time : quantity or str    time on one core for one event
    wait : quantity or str            most that 99 % of events may queue
    keep : quantity or str            how long the log is kept
    peak_factor, copies, cores, spare
    machine_price, disk_price : quantity or str   euros per month
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

    Returns
    -------
    DataFrame                 one row per quantity: value, unit
    """
    peak = peak_rate(load.rate, peak_factor=load.peak_factor)
    log = storage(load.rate, load.size, keep=load.keep, copies=load.copies)
    carried = machines(peak, load.service_time, cores=load.cores, spare=load.spare)
    servers = machines_within(peak, load.service_time, wait=load.wait)
    queued = Q(math.ceil(servers / load.cores) + load.spare, "machine")
    n = max(carried, queued)
    cost = monthly_cost((n, load.machine_price), (log, load.disk_price))
    named = {
        "mean rate": _per_second("rate", load.rate),
        "peak rate": peak,
        "log": log,
        "online store": memory(load.keys, load.key_size),
        "machines for headroom": carried,
        "machines for waiting": queued,
        "cost": cost,
    }
    return tidy(named)
