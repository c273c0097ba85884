"""Fraud detection: decide, while the customer waits, whether to approve a payment."""
