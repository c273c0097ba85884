"""A small shop's search, written once."""

import json

import pytest
from starlette.testclient import TestClient

from sevensteps.cases.search.engine.shop import QueryLog
from sevensteps.cases.search.experiments.training import trained_engine
from sevensteps.cases.search.service import PATH, SearchConfig, Searches, export_search
from sevensteps.cases.search.world import SearchWorld, Size
from sevensteps.serve.app import App

KEY = "a-key-for-tests-only"
HEAD = {"X-API-Key": KEY, "Content-Type": "application/json"}
WORLD = SearchWorld(Size(3_000, 1_500, 1_500, 60, days=8), seed=5)


@pytest.fixture(scope="session")
def engine():
    """Keywords, vectors, and a ranker that editors taught."""
    return trained_engine(WORLD, queries=150)


@pytest.fixture(scope="session")
def asked():
    """What the shop's log holds, the most frequent first."""
    history = WORLD.history()
    return QueryLog.of(history.searches, history.queries)


@pytest.fixture(scope="session")
def bundle(engine, tmp_path_factory):
    """The engine on disk."""
    return export_search(engine, tmp_path_factory.mktemp("search") / "engine")


def started(bundle, **options):
    """A client of a service with some settings; to be used as a context."""
    config = SearchConfig(bundle=bundle, api_key=KEY, **options)
    searches = Searches(config)
    client = TestClient(App(searches.service(), config))
    client.searches = searches
    return client


@pytest.fixture(scope="session")
def calm(bundle):
    """A service that no test changes."""
    with started(bundle, deadline_ms=5_000) as made:
        yield made


@pytest.fixture
def client(bundle):
    """A service of a test's own, to be changed."""
    with started(bundle, deadline_ms=5_000) as made:
        yield made


def post(client, path, body):
    """A reply to a body, which is text or something to be made text."""
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(path, headers=HEAD, content=text)


def search(client, query, **more):
    """What is told of a search that is answered."""
    reply = post(client, PATH, {"query": query, **more})
    assert reply.status_code == 200, reply.text
    return reply.json()


def ids(told):
    """The products of a page."""
    return [product["product_id"] for product in told["products"]]
