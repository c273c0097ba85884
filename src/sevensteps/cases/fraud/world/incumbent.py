"""The rule that stood before any model: block large foreign online payments."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .people import People
from .records import PaymentsView
from .rows import PaymentRows
from .schema import ONLINE, Action

LARGE = 900.0  # euros


def incumbent(rows: PaymentRows, people: People) -> NDArray[np.int8]:
    """(n,) actions of the rule, from the world's own rows: fast."""
    action = np.zeros(len(rows), np.int8)
    at = np.flatnonzero((rows.amount > LARGE) & (rows.channel == ONLINE))
    holder = people.card_holder[rows.card[at]]
    foreign = people.merchants.country[rows.merchant[at]] != people.country[holder]
    action[at[foreign]] = Action.BLOCK
    return action


def incumbent_rule(batch: pa.Table, view: PaymentsView) -> NDArray[np.int8]:
    """(n,) actions of the rule, from the company's tables: a policy."""
    home = view.history.cardholders["country"].cast(pa.string())
    home = home.take(batch["cardholder_id"].combine_chunks())
    foreign = pc.not_equal(batch["country"].cast(pa.string()), home)
    online = pc.equal(batch["channel"].cast(pa.string()), "online")
    large = pc.greater(batch["amount"], LARGE)
    stop = pc.and_(pc.and_(large, online), foreign).to_numpy()
    return np.where(stop, Action.BLOCK, Action.ALLOW).astype(np.int8)
