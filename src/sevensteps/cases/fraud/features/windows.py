"""Window features of one payment, from the recent events of its keys.

These are the kernels that the service runs. An event counts when it lies in
`[now - w, now - 1]`: strictly before the payment, so two payments in the same
second never see each other. Money is in whole cents, so sums are exact in any
order and the same here, in `LiveFeatures` and in the offline pipeline.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .names import DAY, HOUR, MONTH, NO_DEVICE, STREAM_FEATURES, WEEK

NAN = float("nan")


def to_cents(amount: ArrayLike) -> NDArray[np.int64]:
    """Euros to whole cents, halves upwards, as the offline pipeline does.

    >>> to_cents([0.1, 19.99]).tolist()
    [10, 1999]
    """
    return np.floor(np.asarray(amount, np.float64) * 100 + 0.5).astype(np.int64)


def card_features(
    times: NDArray[Any],
    cents: NDArray[Any],
    foreign: NDArray[Any],
    merchants: NDArray[Any],
    devices: NDArray[Any],
    *,
    now: int,
    amount_cents: int,
    merchant_id: int,
    device_id: int = NO_DEVICE,
) -> NDArray[np.float64]:
    """Features of a payment from the events of its card.

    Parameters
    ----------
    times : (n,) int          seconds, ascending; 30 days of them suffice, and
                              events at or after `now` are ignored
    cents : (n,) int          amounts of those payments, in cents
    foreign : (n,) bool       paid outside the cardholder's country
    merchants : (n,) int      their merchants
    devices : (n,) int        their devices, -1 where there is none
    now : int                 the moment of the payment, in seconds
    amount_cents : int        its amount
    merchant_id, device_id    its merchant and device (-1: none)

    Returns
    -------
    (11,) float64             in the order of `CARD_FEATURES`; NaN is missing

    Raises
    ------
    ValueError                if the arrays differ in length
    """
    _same_length(times, cents, foreign, merchants, devices)
    end = int(np.searchsorted(times, now))
    hour, day, week, month = (
        int(i)
        for i in np.searchsorted(times, [now - w for w in (HOUR, DAY, WEEK, MONTH)])
    )
    n_month = end - month
    sum_month = int(cents[month:end].sum())
    has_device = device_id != NO_DEVICE
    return np.array(
        [
            end - hour,
            end - day,
            end - week,
            n_month,
            int(cents[day:end].sum()) / 100,
            sum_month / (100 * n_month) if n_month else NAN,
            amount_cents * n_month / sum_month if sum_month > 0 else NAN,
            now - int(times[end - 1]) if n_month else NAN,
            np.count_nonzero(foreign[week:end]),
            np.count_nonzero(merchants[month:end] == merchant_id),
            np.count_nonzero(devices[month:end] == device_id) if has_device else NAN,
        ],
        np.float64,
    )


def device_features(
    times: NDArray[Any], cards: NDArray[Any], *, now: int, card_id: int
) -> NDArray[np.float64]:
    """Payments by other cards on this device in the last seven days.

    Parameters
    ----------
    times : (n,) int          seconds, ascending; seven days of them suffice
    cards : (n,) int          the cards of those payments
    now, card_id : int        the payment's moment and card

    Returns
    -------
    (1,) float64              in the order of `DEVICE_FEATURES`. For a payment
                              without a device do not call: the feature is NaN.
    """
    _same_length(times, cards)
    start, end = np.searchsorted(times, [now - WEEK, now])
    return np.array([np.count_nonzero(cards[start:end] != card_id)], np.float64)


def merchant_features(small_times: NDArray[Any], *, now: int) -> NDArray[np.float64]:
    """Payments under three euros at this merchant in the last hour.

    Parameters
    ----------
    small_times : (n,) int    moments of payments under `SMALL_CENTS`, ascending
    now : int                 the payment's moment

    Returns
    -------
    (1,) float64              in the order of `MERCHANT_FEATURES`
    """
    start, end = np.searchsorted(small_times, [now - HOUR, now])
    return np.array([end - start], np.float64)


def stream_features(
    card: NDArray[np.float64],
    device: NDArray[np.float64] | None,
    merchant: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Join the three kernels' answers, in the order of `STREAM_FEATURES`."""
    others = np.array([NAN]) if device is None else device
    joined = np.concatenate([card, others, merchant])
    if len(joined) != len(STREAM_FEATURES):
        raise ValueError(
            f"expected {len(STREAM_FEATURES)} stream features, got {len(joined)}"
        )
    return joined


def _same_length(*arrays: NDArray[Any]) -> None:
    lengths = {len(a) for a in arrays}
    if len(lengths) > 1:
        raise ValueError(f"event arrays differ in length: {[len(a) for a in arrays]}")
