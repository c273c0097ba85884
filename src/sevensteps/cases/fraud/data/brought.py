"""Assemble checked foreign tables into a `History` with the world's schema."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.fraud.features.names import DAY
from sevensteps.cases.fraud.world.records import History
from sevensteps.cases.fraud.world.schema import ACTIONS, CATEGORIES, CHANNELS, SCHEMA
from sevensteps.data.checks import faults
from sevensteps.data.parsing import days_of, origin_of, shown, to_seconds

Frames = dict[str, pd.DataFrame]
HOME = "AA"  # the country of cardholders whose country is not told


def assemble(frames: Frames, delay_days: float) -> History:
    """Renumber ids, fill what is absent with nulls, sort by time."""
    frames = {name: frame.reset_index(drop=True) for name, frame in frames.items()}
    origin = origin_of(frames["payments"]["paid_at"])
    for name, frame in frames.items():
        for column in ("paid_at", "opened_at", "reported_at"):
            if column in frame:
                seconds = to_seconds(name, column, frame[column], origin)
                frames[name] = frame = frame.assign(**{column: seconds})
    _not_before_zero(frames["payments"])
    numbered, people, shops = _number(frames)
    order = np.argsort(numbered["paid_at"].to_numpy(), kind="stable")
    countries = _countries(frames)
    payments = _table("payments", numbered.iloc[order], countries)
    return History(
        payments=payments,
        cardholders=_table("cardholders", people, countries),
        cards=_table("cards", _cards(numbered), countries),
        merchants=_table("merchants", shops, countries),
        chargebacks=_chargebacks(frames, numbered, delay_days),
        days=days_of(numbered["paid_at"].to_numpy()),
    )


def _not_before_zero(payments: pd.DataFrame) -> None:
    early = np.flatnonzero(payments["paid_at"] < 0)
    if len(early):
        raise faults(
            "payments",
            "paid_at",
            [(int(i), "lies before the first midnight") for i in early],
        )


def _number(frames: Frames) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Payments with dense ids, and the cardholders and merchants in that order."""
    payments = frames["payments"].copy(deep=False)
    holder = _holders(frames)
    payments["cardholder_id"], people = _dense(
        "cardholder_id", holder, frames.get("cardholders")
    )
    payments["merchant_id"], shops = _dense(
        "merchant_id", payments["merchant_id"], frames.get("merchants")
    )
    payments["card_id"] = pd.factorize(payments["card_id"])[0]
    if "device_id" in payments:
        codes = pd.factorize(payments["device_id"])[0]
        payments["device_id"] = pd.array(codes, dtype="Int32")
        payments.loc[codes < 0, "device_id"] = pd.NA
    payments["their_id"] = payments["payment_id"]
    if not pd.api.types.is_integer_dtype(payments["payment_id"]):
        payments["payment_id"] = np.arange(len(payments))
    if "action" not in payments:
        payments["action"] = ACTIONS[0]
    return payments, people, shops


def _holders(frames: Frames) -> pd.Series:
    """Whose payment each is: as told, by the card, or one holder per card."""
    payments = frames["payments"]
    if "cardholder_id" in payments:
        return payments["cardholder_id"]
    if "cards" not in frames:
        return payments["card_id"]
    owner = frames["cards"].set_index("card_id")["cardholder_id"]
    holder = payments["card_id"].map(owner)
    unknown = np.flatnonzero(holder.isna())
    if len(unknown):
        rows = [
            (int(i), f"{payments['card_id'][i]!r} is not in cards") for i in unknown
        ]
        raise faults("payments", "card_id", rows)
    return holder


def _dense(
    name: str, ids: pd.Series, table: pd.DataFrame | None
) -> tuple[NDArray[Any], pd.DataFrame]:
    """Ids as row numbers of their table; without a table, one of ids alone."""
    if table is None:
        codes, known = pd.factorize(ids)
        missing = np.flatnonzero(codes < 0)
        if len(missing):
            raise faults("payments", name, [(int(i), "is missing") for i in missing])
        return codes, pd.DataFrame({name: np.arange(len(known))})
    codes = pd.Index(table[name]).get_indexer(pd.Index(ids))
    unknown = np.flatnonzero(codes < 0)
    if len(unknown):
        kind = name.removesuffix("_id") + "s"
        rows = [(int(i), f"{ids.iloc[i]!r} is not in {kind}") for i in unknown]
        raise faults("payments", name, rows)
    return codes, table.assign(**{name: np.arange(len(table))})


def _cards(payments: pd.DataFrame) -> pd.DataFrame:
    """Each card's holder; a card of two holders is a fault."""
    pairs = payments[["card_id", "cardholder_id"]].drop_duplicates()
    twice = pairs.index[pairs["card_id"].duplicated()]
    if len(twice):
        raise faults(
            "payments", "card_id", [(int(i), "has a second cardholder") for i in twice]
        )
    return pairs.sort_values("card_id")


def _chargebacks(frames: Frames, payments: pd.DataFrame, delay_days: float) -> pa.Table:
    """Reports of fraud: as brought, or from `is_fraud` and its date."""
    paid_at = payments["paid_at"].to_numpy()
    if "chargebacks" in frames:
        told = frames["chargebacks"]
        at = pd.Index(payments["their_id"]).get_indexer(pd.Index(told["payment_id"]))
        reported = told["reported_at"].to_numpy()
        _sound(told["payment_id"], at, reported, paid_at)
    else:
        at = np.flatnonzero(payments["is_fraud"] == 1)
        reported = paid_at[at] + delay_days * DAY
        if "reported_at" in payments:
            dated = payments["reported_at"].to_numpy()[at]
            reported = np.where(np.isnan(dated), reported, dated)
            early = at[reported < paid_at[at]]
            if len(early):
                rows = [(int(i), "lies before the payment") for i in early]
                raise faults("payments", "reported_at", rows)
    columns = [payments["payment_id"].to_numpy()[at], reported]
    return _cast("chargebacks", columns)


def _sound(
    ids: pd.Series,
    at: NDArray[Any],
    reported: NDArray[np.float64],
    paid_at: NDArray[np.float64],
) -> None:
    unknown = np.flatnonzero(at < 0)
    if len(unknown):
        rows = [(int(i), f"{shown(ids.iloc[i])} is not in payments") for i in unknown]
        raise faults("chargebacks", "payment_id", rows)
    early = np.flatnonzero(reported < paid_at[at])
    if len(early):
        rows = [(int(i), f"lies before its payment {ids.iloc[i]}") for i in early]
        raise faults("chargebacks", "reported_at", rows)


def _countries(frames: Frames) -> list[str]:
    """All countries that occur, one dictionary for every table."""
    columns = [
        frame[name].dropna()
        for frame in frames.values()
        for name in ("country", "ip_country")
        if name in frame
    ]
    return sorted({HOME, *(str(v) for c in columns for v in c.unique())})


def _table(name: str, frame: pd.DataFrame, countries: Sequence[str]) -> pa.Table:
    """A frame with the world's schema; absent columns are null."""
    values = {
        "channel": CHANNELS,
        "action": ACTIONS,
        "category": CATEGORIES,
        "country": countries,
        "ip_country": countries,
    }
    columns = []
    for field in SCHEMA[name]:
        if field.name not in frame:
            columns.append(pa.nulls(len(frame), field.type))
        elif field.name in values:
            columns.append(_coded(frame[field.name], values[field.name]))
        else:
            columns.append(_array(frame[field.name], field.type))
    fields = [
        pa.field(f.name, c.type) for f, c in zip(SCHEMA[name], columns, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _coded(column: pd.Series, values: Sequence[str]) -> pa.Array:
    """A categorical column; int8 codes unless there are too many values."""
    text = column.astype("string")
    codes = pd.Index(values).get_indexer(pd.Index(text.fillna("").to_numpy(str)))
    width = pa.int8() if len(values) < 128 else pa.int16()
    indices = pa.array(codes, mask=codes < 0).cast(width)
    return pa.DictionaryArray.from_arrays(indices, pa.array(values, pa.string()))


def _array(column: pd.Series, kind: pa.DataType) -> pa.Array:
    return pa.Array.from_pandas(column).cast(kind, safe=False)


def _cast(name: str, columns: list[NDArray[Any]]) -> pa.Table:
    arrays = [
        pa.array(column).cast(field.type, safe=False)
        for column, field in zip(columns, SCHEMA[name], strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA[name])
