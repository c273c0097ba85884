"""Kinds of merchants and kinds of theft, with their numbers."""

import numpy as np

_CATEGORY = {  # share of merchants, share online, log-mean and log-sd of the amount
    "grocery": (0.16, 0.05, 3.2, 0.7),
    "fuel": (0.07, 0.00, 3.8, 0.4),
    "restaurant": (0.18, 0.10, 3.0, 0.7),
    "transit": (0.04, 0.30, 1.5, 0.7),
    "clothing": (0.14, 0.50, 3.9, 0.7),
    "pharmacy": (0.06, 0.10, 2.8, 0.7),
    "electronics": (0.08, 0.60, 4.6, 1.0),
    "travel": (0.05, 0.70, 5.2, 0.9),
    "digital": (0.06, 1.00, 2.1, 0.8),
    "gift_cards": (0.01, 1.00, 3.6, 0.6),
    "marketplace": (0.05, 1.00, 3.4, 1.0),
    "services": (0.10, 0.50, 3.7, 0.9),
}
CATEGORIES = tuple(_CATEGORY)
MERCHANT_SHARE, ONLINE_SHARE, LOG_MEAN, LOG_SD = np.array([*_CATEGORY.values()]).T
RESALE = ("electronics", "travel", "gift_cards", "marketplace")  # easily sold on

_METHOD = {
    # share of stolen payments; stolen payments per campaign, on average (a breach
    # scales with the world); declines after which a campaign ends; probability that
    # the victim reports; median days until then; share that a step-up stops
    "none": (0.00, 0.0, 0, 0.00, 25, 0.00),
    "lost_stolen": (0.18, 4.0, 2, 0.97, 6, 1.05),
    "breach": (0.25, np.nan, 2, 0.92, 18, 1.05),
    "card_testing": (0.17, 22.8, 6, 0.75, 20, 1.08),
    "takeover": (0.15, 2.5, 2, 0.93, 10, 0.60),
    "ring": (0.15, 24.0, 5, 0.85, 22, 0.90),
    "friendly": (0.10, 1.0, 9, 1.00, 30, 0.00),
    "new_method": (0.00, 9.0, 3, 0.90, 15, 0.90),
}
METHODS = tuple(_METHOD)
_SHARE, _EACH, PATIENCE, P_REPORT, DELAY_DAYS, STEP_UP_STOPS = np.array(
    [*_METHOD.values()]
).T
SHARE = dict(zip(METHODS, _SHARE.tolist(), strict=True))
EACH = dict(zip(METHODS, _EACH.tolist(), strict=True))
BREACH_DAYS = 20  # days' worth of that method in one breach
FRIENDLY = METHODS.index("friendly")
