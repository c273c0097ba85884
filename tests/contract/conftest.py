"""Each case's demonstration with a small world, made once; what is asked of all."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sevensteps.cases.fraud import demo as fraud
from sevensteps.cases.fraud.world import PaymentsWorld
from sevensteps.cases.fraud.world import Size as PaymentsSize
from sevensteps.cases.search import demo as search
from sevensteps.cases.search.world import SearchWorld
from sevensteps.cases.search.world import Size as ShopSize
from sevensteps.cases.video import demo as video
from sevensteps.cases.video.world import Size as VideoSize
from sevensteps.cases.video.world import VideoWorld
from sevensteps.serve.app import App
from sevensteps.serve.demo import Setup

KEY = "a-key-that-only-tests-know"
HEADERS = {"X-API-Key": KEY, "Content-Type": "application/json"}
DEADLINE_MS = 1_500.0  # long against a busy machine's pauses

SMALL: dict[Any, Any] = {
    fraud: PaymentsWorld(PaymentsSize(300, 100, 70), seed=7, base_rate=0.02),
    video: VideoWorld(VideoSize(1_500, 3_000, 200, 14), seed=7),
    search: SearchWorld(ShopSize(1_500, 1_000, 800, 40, days=6), seed=7),
}


@dataclass
class Case:
    """A demonstration whose parts are there."""

    demo: Any
    folder: Any
    bodies: list[bytes]

    def app(self, folder=None, deadline_ms=DEADLINE_MS) -> App:
        """The service, by default in a copy of its own: it may remember and store."""
        folder = folder or self.copy(Path(tempfile.mkdtemp(dir=self.folder.parent)))
        return self.demo.app(self.demo.config(Setup(folder, KEY, 0, deadline_ms)))

    def copy(self, where) -> Path:
        """The folder once more."""
        return shutil.copytree(self.folder, where, dirs_exist_ok=True)


@pytest.fixture(scope="session", params=SMALL, ids=lambda demo: demo.__name__)
def case(request, tmp_path_factory):
    """One case after the other."""
    demo, folder = request.param, tmp_path_factory.mktemp("service")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "WORLD", SMALL[demo])
        demo.fill(Setup(folder, KEY, 0, DEADLINE_MS))
        return Case(demo, folder, demo.bodies(400))


@pytest.fixture
def client(case):
    """A service of the test's own, in this process."""
    with TestClient(case.app(), headers=HEADERS) as made:
        yield made
