"""The search case."""
