"""How the book says a number."""

from __future__ import annotations


def three_digits(number: float) -> str:
    """Three significant digits; of a number from a thousand up without an exponent.

    >>> three_digits(0.31142), three_digits(999.6), three_digits(1234567)
    ('0.311', '1,000', '1,230,000')
    """
    rounded = float(f"{number:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 1000 else f"{rounded:.3g}"
