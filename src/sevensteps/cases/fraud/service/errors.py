"""What can be wrong with an online store."""

from sevensteps.serve.errors import ServiceError


class StoreError(ServiceError):
    """An online store that is missing, half-built, unreachable or full."""


class NoStore(StoreError):
    """Nothing was ever stored there, or a first build was cut off."""
