"""The features: one list, in one order, for every engine and for the service."""

HOUR, DAY = 3_600, 86_400
WEEK, MONTH = 7 * DAY, 30 * DAY
SMALL_CENTS = 300  # a payment under three euros: what card testing looks like
NO_DEVICE = -1
RISK_PRIOR_FRAUDS, RISK_PRIOR_PAYMENTS = 0.1, 1_000.0  # one in 10,000, weakly held
RISK_DAYS = 90

CARD_FEATURES = (
    "card_n_1h",
    "card_n_24h",
    "card_n_7d",
    "card_n_30d",
    "card_sum_24h",
    "card_mean_30d",
    "amount_ratio",
    "card_secs_since_last",
    "card_foreign_7d",
    "card_merchant_30d",
    "card_device_30d",
)
STREAM_FEATURES = (*CARD_FEATURES, "device_others_7d", "merchant_small_1h")
NIGHTLY_FEATURES = (
    "merchant_n_7d",
    "merchant_mean_30d",
    "merchant_risk_90d",
    "merchant_reports_7d",
    "merchant_reports_30d",
)
REPORT_DAYS = {"merchant_reports_7d": 7, "merchant_reports_30d": 30}
PAYMENT_FEATURES = (
    "amount",
    "hour",
    "weekday",
    "is_online",
    "is_contactless",
    "category",
    "is_foreign",
    "distance_km",
    "ip_foreign",
    "address_match",
    "ip_risk",
    "device_missing",
    "account_age_days",
    "declared_income",
    "merchant_age_days",
)
FEATURES = STREAM_FEATURES + NIGHTLY_FEATURES + PAYMENT_FEATURES
