"""What can go wrong at start or on disk, each with what to do next."""


class ModelError(RuntimeError):
    """A model that must not be served: missing, corrupt or made for other features."""


class StoreError(RuntimeError):
    """An online store that is missing, half-built, unreachable or full."""


class NoStore(StoreError):
    """Nothing was ever stored there, or a first build was cut off."""


class StorageError(OSError):
    """A file that could not be written; whatever was there before is intact."""
