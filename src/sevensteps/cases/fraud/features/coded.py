"""A history's tables as plain NumPy arrays: what the fast kernels read."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sevensteps.cases.fraud.world import History
from sevensteps.cases.fraud.world.schema import CATEGORIES

from .names import DAY, NO_DEVICE
from .single import MONDAY_OFFSET

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coded:
    """Payments as arrays in their own order; NaN is missing, devices have -1."""

    paid_at: NDArray[np.int64]
    card: NDArray[np.int64]
    merchant: NDArray[np.int64]
    device: NDArray[np.int64]
    cents: NDArray[np.int64]
    foreign: Floats

    def __len__(self) -> int:
        return len(self.paid_at)


@dataclass(frozen=True, slots=True)
class Facts:
    """Slow facts of cardholders and merchants: column to values by id."""

    home: pa.ChunkedArray
    people: dict[str, Floats]
    shops: dict[str, Floats]

    @classmethod
    def of(cls, history: History) -> "Facts":
        """Read them from a history whose ids are 0..n-1 in order of row."""
        people, shops = history.cardholders, history.merchants
        for table, name in ((people, "cardholder_id"), (shops, "merchant_id")):
            ids = table[name].to_numpy()
            if not np.array_equal(ids, np.arange(len(ids))):
                raise ValueError(f"{name} must count 0, 1, 2, … in order of row")
        of_people = ("home_x", "home_y", "opened_at", "declared_income")
        category = pc.index_in(_text(shops["category"]), pa.array(CATEGORIES))
        return cls(
            people["country"],
            {name: floats(people[name]) for name in of_people},
            {name: floats(shops[name]) for name in ("x", "y", "opened_at")}
            | {"category": floats(category)},
        )


def to_cents(amount: NDArray[Any]) -> NDArray[np.int64]:
    """Euros to whole cents, halves upwards, as the offline pipeline does.

    >>> to_cents(np.array([0.1, 19.99])).tolist()
    [10, 1999]
    """
    return np.floor(amount.astype(np.float64) * 100 + 0.5).astype(np.int64)


def floats(column: pa.ChunkedArray) -> Floats:
    """A numeric or boolean column as float64, null as NaN."""
    return pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)


def code(payments: pa.Table, facts: Facts) -> Coded:
    """Arrays for the window kernels from a payments table or a day's batch."""
    device = pc.fill_null(payments["device_id"], NO_DEVICE)
    return Coded(
        payments["paid_at"].to_numpy().astype(np.int64),
        payments["card_id"].to_numpy().astype(np.int64),
        payments["merchant_id"].to_numpy().astype(np.int64),
        device.to_numpy().astype(np.int64),
        to_cents(payments["amount"].to_numpy()),
        _differs(payments["country"], _home(payments, facts)),
    )


def payment_columns(payments: pa.Table, facts: Facts) -> dict[str, Floats]:
    """The `PAYMENT_FEATURES` of many payments; see `payment_features` for one."""
    at = payments["paid_at"].to_numpy().astype(np.int64)
    holder = payments["cardholder_id"].to_numpy()
    shop = payments["merchant_id"].to_numpy()
    home = _home(payments, facts)
    online = floats(pc.equal(_text(payments["channel"]), "online"))
    no_device = floats(pc.is_null(payments["device_id"]))
    people = {name: fact[holder] for name, fact in facts.people.items()}
    shops = {name: fact[shop] for name, fact in facts.shops.items()}
    across, along = shops["x"] - people["home_x"], shops["y"] - people["home_y"]
    return {
        "amount": floats(payments["amount"]),
        "hour": at % DAY // 3_600,
        "weekday": (at // DAY + MONDAY_OFFSET) % 7,
        "is_online": online,
        "is_contactless": floats(pc.equal(_text(payments["channel"]), "contactless")),
        "category": shops["category"],
        "is_foreign": _differs(payments["country"], home),
        "distance_km": np.where(online == 1, np.nan, np.sqrt(across**2 + along**2)),
        "ip_foreign": _differs(payments["ip_country"], home),
        "address_match": floats(payments["address_match"]),
        "ip_risk": floats(payments["ip_risk"]),
        "device_missing": np.where(online == 1, no_device, np.nan),
        "account_age_days": (at - people["opened_at"]) / DAY,
        "declared_income": people["declared_income"],
        "merchant_age_days": (at - shops["opened_at"]) / DAY,
    }


def _text(column: Any) -> Any:
    return pc.cast(column, pa.string())


def _home(payments: pa.Table, facts: Facts) -> pa.ChunkedArray:
    return pc.take(facts.home, payments["cardholder_id"])


def _differs(left: pa.ChunkedArray, right: pa.ChunkedArray) -> Floats:
    return floats(pc.not_equal(_text(left), _text(right)))
