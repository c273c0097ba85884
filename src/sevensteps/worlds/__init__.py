"""Synthetic worlds whose truth is known; each has the same face."""

from .payments import PaymentsWorld

__all__ = ["PaymentsWorld"]
