"""A reader's payments as a `History` with the world's schema."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.fraud.world import History
from sevensteps.cases.fraud.world.schema import DAY, NAMES
from sevensteps.cases.fraud.world.schema import SCHEMA as WORLD
from sevensteps.data import MAPPING, BadTable, Column, DataSchema, Tables, load, refuse

DELAY_DAYS = 30.0  # taken where a fraud's report has no date, and said so
LATEST = 2**31 - 1  # second, in the 32 bits of a history
MOST_OF_CARD, MOST_CENTS = 2**20, 2**43  # windows add both up in one 64-bit number
WEDNESDAY = 2  # of pandas' weekdays; every world's day 0
MOST_DELAY_DAYS = 2_000  # from a payment to its report; instants fit 32 bits
_KEY = Column("id", required=True, unique=True)
_ID = Column("id", required=True)
_SHARE = Column("number", low=0, high=1)
_COUNTRY = Column("category")
_KM = Column("number", low=-1e6, high=1e6)
_TIME = Column("time")

SCHEMA = DataSchema(
    main="payments",
    clock="paid_at",
    tables={
        "payments": {
            "payment_id": _KEY,
            "paid_at": Column("time", required=True),
            "card_id": _ID,
            "merchant_id": _ID,
            "amount": Column("number", required=True, low=0, high=1e8),
            "cardholder_id": Column("id", complete=True),
            "device_id": Column("id"),
            "channel": Column("category", choices=NAMES["channel"]),
            "country": _COUNTRY,
            "ip_country": _COUNTRY,
            "address_match": _SHARE,
            "ip_risk": _SHARE,
            "action": Column("category", choices=NAMES["action"]),
            "is_fraud": Column("flag", complete=True),
            "reported_at": _TIME,
        },
        "cardholders": {
            "cardholder_id": _KEY,
            "country": _COUNTRY,
            "home_x": _KM,
            "home_y": _KM,
            "opened_at": _TIME,
            "declared_income": Column("number", low=0),
        },
        "cards": {"card_id": _KEY, "cardholder_id": _ID},
        "merchants": {
            "merchant_id": _KEY,
            "category": Column("category", choices=NAMES["category"]),
            "country": _COUNTRY,
            "x": _KM,
            "y": _KM,
            "is_online": Column("flag"),
            "opened_at": _TIME,
        },
        "chargebacks": {
            "payment_id": _KEY,
            "reported_at": Column("time", required=True),
        },
    },
    settings={"labels": {"delay_days": (0, MOST_DELAY_DAYS)}},
)


@dataclass(frozen=True, slots=True)
class Brought:
    """A reader's payments."""

    history: History  # ids renumbered 0..n-1; day 0 is a Wednesday, as in every world
    first: int  # the first day with payments, 0 to 6
    tables: Tables  # as they were read, with notes; `start` is day 0


def read_history(directory: Path | str) -> Brought:
    """Read a folder of tables, check every value, and build a history.

    Raises `FileNotFoundError` without a payments table, and `BadTable`, which names
    table, column and row of a fault.
    """
    tables = _from_a_wednesday(load(SCHEMA, directory))
    payments, people, shops = _numbered(tables)
    _refuse_long(tables, payments)
    ours = {
        "payments": payments.sort_values("paid_at", kind="stable"),
        "cardholders": people,
        "cards": _cards(payments),
        "merchants": shops,
        "chargebacks": _chargebacks(tables, payments),
    }
    made = {name: _table(name, frame) for name, frame in ours.items()}
    first, last = (int(payments["paid_at"].agg(end)) // DAY for end in ("min", "max"))
    return Brought(History(**made, days=last + 1), first, tables)


def _from_a_wednesday(tables: Tables) -> Tables:
    """The tables with times counted from a midnight before a Wednesday."""
    if tables.start is None:
        tables.notes.append("second zero is taken for midnight before a Wednesday")
        return tables
    days = (tables.start.weekday() - WEDNESDAY) % 7
    for table, frame in tables.frames.items():
        columns = SCHEMA.tables[table].items()
        times = [name for name, c in columns if c.kind == "time" and name in frame]
        frame[times] += days * DAY
    return replace(tables, start=tables.start - pd.Timedelta(days=days))


def _numbered(tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Payments with dense ids, and the cardholders and merchants in that order."""
    frames, notes = tables.frames, tables.notes
    told = frames["payments"]
    holder, people = _dense("cardholder_id", _holders(tables), frames)
    shop, shops = _dense("merchant_id", told["merchant_id"], frames)
    same = ["paid_at", "card_id", "merchant_id", "amount"]
    if repeats := int(told.duplicated(same).sum()):
        notes.append(
            f"{repeats:,} payments repeat the card, merchant, second and amount of "
            "another: leave them out if they are copies"
        )
    payments = told.assign(
        payment_id=np.arange(len(told)),
        cardholder_id=holder,
        merchant_id=shop,
        card_id=pd.factorize(told["card_id"])[0],
    )
    if "device_id" in told:
        codes = pd.Series(pd.factorize(told["device_id"])[0], told.index)
        payments["device_id"] = codes.astype("Int32").mask(codes < 0)
    action = told.get("action", pd.Series("allow", told.index))
    if empty := action.isna().sum():
        notes.append(f"payments.action is empty in {empty:,} rows: taken for allow")
    return payments.assign(action=action.fillna("allow")), people, shops


def _holders(tables: Tables) -> pd.Series:
    """Whose payment each is: as told, by the card, or one holder per card."""
    payments, cards = tables.frames["payments"], tables.frames.get("cards")
    if "cardholder_id" in payments:
        if cards is not None:
            tables.notes.append("cards is not used: payments tell the cardholder_id")
        return payments["cardholder_id"]
    if cards is None:
        return payments["card_id"]
    card = payments["card_id"]
    holder = card.map(cards.set_index("card_id")["cardholder_id"])
    refuse("payments", "card_id", holder.isna(), card, "is not in cards")
    return holder


def _dense(
    name: str, ids: pd.Series, frames: dict[str, pd.DataFrame]
) -> tuple[NDArray[Any], pd.DataFrame]:
    """Ids as row numbers of their table; without a table, one of ids alone."""
    kind = name.replace("_id", "s")
    if kind not in frames:
        codes, known = pd.factorize(ids)
        return codes, pd.DataFrame({name: np.arange(len(known))})
    table = frames[kind]
    codes = pd.Index(table[name]).get_indexer(pd.Index(ids))
    refuse("payments", name, codes < 0, ids, f"is not in {kind}")
    return codes, table.assign(**{name: np.arange(len(table))})


def _cards(payments: pd.DataFrame) -> pd.DataFrame:
    """Each card's holder; a card of two holders is a fault."""
    pairs = payments[["card_id", "cardholder_id"]].drop_duplicates()
    second = pairs.duplicated("card_id").reindex(payments.index, fill_value=False)
    refuse("payments", "card_id", second, None, "has a second cardholder")
    return pairs.sort_values("card_id")


def _refuse_long(tables: Tables, payments: pd.DataFrame) -> None:
    """Raise where a card's windows would not fit their numbers."""
    each = payments.groupby("card_id")["amount"]
    many = (each.size() >= MOST_OF_CARD) | (each.sum() * 100 >= MOST_CENTS)
    ids = tables.frames["payments"]["card_id"]
    wrong = payments["card_id"].map(many) & ~payments["card_id"].duplicated()
    why = "has more payments than one card makes"
    refuse("payments", "card_id", wrong, ids, why)


def _chargebacks(tables: Tables, payments: pd.DataFrame) -> pd.DataFrame:
    """payment_id and reported_at of each fraud that was reported."""
    told, ours = tables.frames["payments"], tables.frames.get("chargebacks")
    if ours is not None:
        if "is_fraud" in told:
            tables.notes.append("payments.is_fraud is not used: chargebacks are there")
        table, ids, reported = "chargebacks", ours["payment_id"], ours["reported_at"]
        row = pd.Index(told["payment_id"]).get_indexer(pd.Index(ids))
        refuse(table, "payment_id", row < 0, ids, "is not in payments")
    elif "is_fraud" in told:
        table, row, reported = "payments", np.arange(len(told)), _dated(tables)
    else:
        raise BadTable(
            "there are no labels: bring chargebacks (payment_id, reported_at), or a "
            "column is_fraud in payments"
        )
    paid = payments["paid_at"].to_numpy()[row]
    early = reported // DAY < paid // DAY
    refuse(table, "reported_at", early, None, "lies before its payment")
    late = reported > paid + MOST_DELAY_DAYS * DAY
    why = f"lies over {MOST_DELAY_DAYS:,} days after its payment: unknown? leave empty"
    refuse(table, "reported_at", late, None, why)
    made = {"payment_id": row, "reported_at": reported.clip(paid, LATEST)}
    return pd.DataFrame(made).dropna()


def _dated(tables: Tables) -> pd.Series:
    """When each payment's fraud was reported; missing where it is none."""
    told = tables.frames["payments"]
    is_fraud, paid = told["is_fraud"] == 1, told["paid_at"]
    reported = told.get("reported_at", paid * np.nan)
    days = tables.settings.get("labels", {}).get("delay_days")
    undated = is_fraud & reported.isna()
    if undated.any() and days is None:
        tables.notes.append(
            f"{undated.sum():,} of {is_fraud.sum():,} frauds have no reported_at: "
            f"taken as known {DELAY_DAYS:g} days later. Set [labels] delay_days "
            f"in {MAPPING}"
        )
    late = paid + DAY * (DELAY_DAYS if days is None else days)
    return reported.mask(undated, late).where(is_fraud)


def _table(name: str, frame: pd.DataFrame) -> pa.Table:
    """A frame with the world's schema; absent columns are null."""
    columns = {}
    for field in WORLD[name]:
        values = frame.get(field.name)
        if values is None:
            columns[field.name] = pa.nulls(len(frame), field.type)
        elif pa.types.is_dictionary(field.type):
            known = None if "country" in field.name else list(NAMES[field.name])
            columns[field.name] = pa.array(pd.Categorical(values, known))
        else:
            array = pa.Array.from_pandas(values)
            columns[field.name] = array.cast(field.type, safe=False)
    return pa.table(columns)
