"""What can go wrong at start or on disk, each with what to do next."""


class ServiceError(RuntimeError):
    """Something without which a service must not start."""


class ModelError(ServiceError):
    """A model that must not be served: missing, corrupt or made for other features."""
