"""A small world, a model, a store and a real server for the service's tests."""

import contextlib
import shutil
import threading
from dataclasses import dataclass
from functools import partial

import httpx
import lightgbm
import numpy as np
import pyarrow.compute as pc
import pytest
import uvicorn

from sevensteps.cases.fraud.features import FEATURES, LiveFeatures
from sevensteps.cases.fraud.service import (
    PATH,
    Decider,
    DecisionsConfig,
    Pricing,
    build_store,
    export_model,
    requests_of,
)
from sevensteps.cases.fraud.world import PaymentsWorld, Size
from sevensteps.serve.app import App
from sevensteps.serve.run import listen, server

KEY = "a-key-that-only-tests-know"
DAYS = 40
HEADERS = {"X-API-Key": KEY, "Content-Type": "application/json"}


@pytest.fixture(scope="session")
def world():
    return PaymentsWorld(Size(n_cardholders=400, n_merchants=120, days=DAYS), seed=5)


@pytest.fixture(scope="session")
def past(world):
    return world.history(days=DAYS)


@pytest.fixture(scope="session")
def later(world):
    """The past and three more days."""
    return world.history(days=DAYS + 3)


@pytest.fixture(scope="session")
def batch(past, later):
    """The payments of those three days."""
    return later.payments.slice(past.payments.num_rows)


@pytest.fixture(scope="session")
def bodies(batch):
    return requests_of(batch)


@pytest.fixture(scope="session")
def model(tmp_path_factory, past, batch):
    """A folder with a model of invented labels."""
    today = batch.filter(pc.less(batch["paid_at"], (DAYS + 1) * 86_400))
    rows = LiveFeatures(past).transform(today)
    amount = rows[:, FEATURES.index("amount")]
    fitted = lightgbm.LGBMClassifier(n_estimators=30, verbose=-1, n_jobs=1)
    fitted.fit(rows, amount > np.median(amount))
    folder = tmp_path_factory.mktemp("model") / "model"
    export_model(fitted, FEATURES, folder, check=rows, policy=Pricing())
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory, past):
    folder = tmp_path_factory.mktemp("store") / "store"
    build_store(past, folder)
    return folder


@pytest.fixture
def store(tmp_path, built):
    """A store of the test's own."""
    return shutil.copytree(built, tmp_path / "store")


@dataclass
class Served:
    """A service in this process, over real HTTP."""

    url: str
    app: App
    decider: Decider
    client: httpx.Client
    server: uvicorn.Server

    def post(self, body, **headers):
        return self.client.post(PATH, content=body, headers=headers)

    def metrics(self):
        lines = self.client.get("/metrics").text.splitlines()
        pairs = (line.rpartition(" ") for line in lines if line[0] != "#")
        return {name: float(value) for name, _, value in pairs}


@contextlib.contextmanager
def serving(model, store, log, deadline_ms=20_000):
    """Deadlines are long here: what is tested is not this machine's speed."""
    given = {"model": model, "store": store, "log": log, "deadline_ms": deadline_ms}
    config = DecisionsConfig(api_key=KEY, **given)
    decider = Decider(config)
    app, listening = App(decider.service(), config), listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    running = server(app)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        with httpx.Client(base_url=url, headers=HEADERS, timeout=30) as client:
            client.get("/health")
            yield Served(url, app, decider, client, running)
    finally:
        running.should_exit = True
        thread.join()


@pytest.fixture
def path(tmp_path):
    """Of the log."""
    return tmp_path / "log.jsonl"


@pytest.fixture
def start(model, store, path):
    """Starts the service, also once more."""
    return partial(serving, model, store, path)


@pytest.fixture
def service(start):
    with start() as found:
        yield found
