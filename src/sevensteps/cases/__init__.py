"""The cases, one folder a prompt; none imports another."""

from importlib import import_module
from pkgutil import iter_modules

from sevensteps.case import Case


def registered() -> dict[str, Case]:
    """The record of each case by its slug, in the order of their ports."""
    names = [module.name for module in iter_modules(__path__) if module.ispkg]
    found = [import_module(f"{__name__}.{name}").CASE for name in names]
    found.sort(key=lambda case: (case.service.port if case.service else 0, case.slug))
    return {case.slug: case for case in found}
