"""The company's dimension tables."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world.columns import dictionary

from .people import People
from .schema import CARDHOLDERS, CARDS, CATEGORIES, COUNTRIES, DAY, MERCHANTS


def cardholders(people: People) -> pa.Table:
    """Who holds an account, where, since when; income as declared, or null."""
    columns = [
        pa.array(np.arange(len(people.x), dtype=np.int32)),
        dictionary(people.country, COUNTRIES),
        pa.array(people.x),
        pa.array(people.y),
        pa.array(_seconds(people.opened_day)),
        pa.array(people.declared_income, mask=np.isnan(people.declared_income)),
    ]
    return pa.Table.from_arrays(columns, schema=CARDHOLDERS)


def cards(people: People) -> pa.Table:
    """Which card belongs to whom."""
    number = np.arange(len(people.card_holder), dtype=np.int32)
    return pa.Table.from_arrays([number, people.card_holder], schema=CARDS)


def merchants(people: People) -> pa.Table:
    """What a merchant sells, and where; no place if online."""
    shops = people.merchants
    columns = [
        pa.array(np.arange(len(shops.x), dtype=np.int32)),
        dictionary(shops.category, CATEGORIES),
        dictionary(shops.country, COUNTRIES),
        pa.array(shops.x, mask=np.isnan(shops.x)),
        pa.array(shops.y, mask=np.isnan(shops.y)),
        pa.array(shops.is_online),
        pa.array(_seconds(shops.opened_day)),
    ]
    return pa.Table.from_arrays(columns, schema=MERCHANTS)


def _seconds(day: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.maximum(day, -20_000).astype(np.int32) * np.int32(DAY)
