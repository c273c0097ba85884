"""Each registered case, as its `tests/cases/<slug>/contract.py` sets it up.

Such a module gives
- of its world: `make` (scale, **parameters), `SIZE` of four days, `OTHER` parameters,
  `ROWS` (a checksum of each table), and `fixed`, a policy whose answer depends on each
  request alone;
- of its service: `DEMO_WORLD`, a world in which the demonstration is ready in seconds;
- of its simulation: `simulation()`, what `test_simulation.Contracted` holds;
- of a reader's own data: `SCHEMA`, and `tables()`, data frames that it takes.
"""

import shutil
import tempfile
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sevensteps.cases import registered
from sevensteps.serve.config import Setup

KEY = "a-key-that-only-tests-know"
HEADERS = {"X-API-Key": KEY, "Content-Type": "application/json"}
DEADLINE_MS = 1_500.0  # long against a busy machine's pauses


def contract(slug):
    path = Path(__file__).parents[1] / "cases" / slug / "contract.py"
    spec = spec_from_file_location(f"{slug}_contract", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CONTRACTS = {slug: contract(slug) for slug in registered()}


@dataclass
class Case:
    """A demonstration whose parts are there."""

    demo: Any
    folder: Any
    bodies: list[bytes]

    def app(self, folder=None, deadline_ms=DEADLINE_MS):
        """The service, by default in a copy of its own: it may remember and store."""
        folder = folder or self.copy(Path(tempfile.mkdtemp(dir=self.folder.parent)))
        return self.demo.app(self.demo.config(Setup(folder, KEY, 0, deadline_ms)))

    def copy(self, where):
        return shutil.copytree(self.folder, where, dirs_exist_ok=True)


@pytest.fixture(
    scope="session", params=[s for s, c in registered().items() if c.service]
)
def case(request, tmp_path_factory):
    slug, folder = request.param, tmp_path_factory.mktemp("service")
    demo = registered()[slug].demo()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "WORLD", CONTRACTS[slug].DEMO_WORLD)
        demo.fill(Setup(folder, KEY, 0, DEADLINE_MS))
        return Case(demo, folder, demo.bodies(400))


@pytest.fixture
def client(case):
    with TestClient(case.app(), headers=HEADERS) as made:
        yield made
