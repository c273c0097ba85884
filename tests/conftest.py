"""What all tests share: kinds, an honest Ctrl-C, and sums that no Python changes."""

import builtins
import signal
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("busy", deadline=None)  # a busy machine is no fault
settings.load_profile("busy")

#: What the tests in such a place do. `make test-quick` leaves them out.
PLACES = {
    "browser": ["site/*"],
    "service": ["cli/*", "serve/*", "cases/*/service/*"],
    "training": [
        "cases/*/data/*",
        "cases/*/experiments/*",
        "cases/*/recommender/*",
        "contract/*",
        "simulate/*",
    ],
}
#: The same of tests that ask for such a fixture.
FIXTURES = {"service": {"chapter"}}  # a kernel is a process, too


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if not item.path.is_relative_to(here):
            continue  # a doctest of the package
        place = item.path.relative_to(here).as_posix()
        fixtures = set(getattr(item, "fixturenames", ()))
        for kind, places in PLACES.items():
            asks = FIXTURES.get(kind, set()) & fixtures
            if asks or any(fnmatch(place, each) for each in places):
                item.add_marker(kind)


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_counts():
    """A run in the background ignores it, and what it starts would, too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _sums_of_floats_are_exact():
    """Since Python 3.12 the builtin sum rounds otherwise: our code calls math.fsum."""
    plain = builtins.sum

    def checked(*given, **named):
        total = plain(*given, **named)
        if type(total) is float:
            caller = sys._getframe(1).f_globals.get("__name__", "")
            assert not caller.startswith("sevensteps."), f"{caller}: use math.fsum"
        return total

    builtins.sum = checked
    yield
    builtins.sum = plain
