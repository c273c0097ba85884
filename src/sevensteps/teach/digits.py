"""How the book says a number."""

from __future__ import annotations


def three_digits(number: float) -> str:
    """Three significant digits, without an exponent up to a billion."""
    if abs(number) >= 1000:
        return f"{float(f'{number:.3g}'):,.0f}"
    return f"{number:.3g}"
