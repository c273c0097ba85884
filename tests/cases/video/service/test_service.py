"""Pages over HTTP: the right ones; a morning that is read is the one written."""

import json
from dataclasses import replace

import faiss
import numpy as np
import pytest
from starlette.testclient import TestClient

from sevensteps.cases.video.recommender.online import Asking, Recommender
from sevensteps.cases.video.recommender.ranking import Linear
from sevensteps.cases.video.service import (
    PATH,
    PagesConfig,
    export_morning,
    read_morning,
    service_of,
)
from sevensteps.cases.video.service.bundle import INDEX
from sevensteps.serve.app import App
from sevensteps.serve.bundle import ModelError
from sevensteps.world.storage import MANIFEST

from .conftest import KEY

HEAD = {"X-API-Key": KEY, "Content-Type": "application/json"}


@pytest.fixture
def client(bundle):
    with started(bundle) as made:
        yield made


def started(bundle, **options):
    config = PagesConfig(bundle=bundle, api_key=KEY, **options)
    return TestClient(App(service_of(config), config), headers=HEAD)


def ask(client, **body):
    return client.post(PATH, content=json.dumps(body)).json()


def test_a_page_is_the_recommender_s_own(client, morning, users):
    told = ask(client, user_id=users[0])
    assert (told["source"], told["fallback"]) == ("model", None)
    assert told["video_ids"] == Recommender(morning).page(Asking(users[0]))


def test_each_thread_takes_one_core(client):
    told = []
    client.app.desk.pipeline.hook = lambda stage: told.append(
        faiss.omp_get_max_threads()
    )
    ask(client, user_id=1)
    assert set(told) == {1}


@pytest.mark.parametrize("more", [{}, {"country": "BR", "language": "pt"}])
def test_strangers_are_welcome(client, more):
    told = ask(client, user_id=2**30 if more else -1, **more)
    assert (len(told["video_ids"]), told["source"]) == (10, "model")


def test_what_was_just_clicked_counts(client, users):
    before = ask(client, user_id=users[1])["video_ids"]
    after = ask(client, user_id=users[1], recent=before[:4])["video_ids"]
    assert not set(before[:4]) & set(after)


@pytest.mark.parametrize(
    ("body", "error", "field"),
    [
        ('{"user_id": -2}', "invalid_request", "user_id"),
        ('{"user_id": 1, "n": 3}', "invalid_request", "n"),
        ('{"user_id": 1, "country": "FR"}', "invalid_request", "country"),
        ('{"user_id": 1, "recent": [-1]}', "invalid_request", "recent.0"),
        ('{"user_id": 1, "recent": [99999999]}', "unknown_video", "recent"),
        (f'{{"user_id": 1, "recent": {[*range(21)]}}}', "invalid_request", "recent"),
    ],
)
def test_what_is_no_request_is_told_by_field(client, body, error, field):
    reply = client.post(PATH, content=body)
    assert (reply.status_code, reply.json()["error"]) == (422, error)
    assert reply.json()["reasons"][0]["field"] == field


def test_a_slow_ranker_leaves_the_order_of_the_search(bundle, users):
    slow = {"slow_stage": "rank", "slow_ms": 500, "deadline_ms": 60}
    with started(bundle, **slow) as client:
        told = ask(client, user_id=users[0])
    assert (told["source"], told["fallback"]) == ("retrieval", "rank_late")
    assert len(told["video_ids"]) == 10


def test_a_slow_search_leaves_the_country_s_list(bundle, users, morning):
    slow = {"slow_stage": "search", "slow_ms": 500, "deadline_ms": 60}
    with started(bundle, **slow) as client:
        told = ask(client, user_id=users[0])
    assert (told["source"], told["fallback"]) == ("country", "search_late")
    country = morning.viewers.country[users[0]]
    assert set(told["video_ids"]) <= set(morning.countries[country].tolist())


def test_metrics_say_what_was_answered(client, users):
    for user in (users[0], users[0], users[1]):
        ask(client, user_id=user)
    text = client.get("/metrics").text
    assert 'sevensteps_page_answers_total{fallback="none",source="model"} 3.0' in text
    assert "sevensteps_page_vector_hits 1.0" in text


@pytest.mark.parametrize(
    "wrong", [{"deadline_ms": 0}, {"port": 70_000}, {"remembers": -1}]
)
def test_wrong_settings_are_refused(bundle, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PagesConfig(bundle=bundle, api_key=KEY, **wrong)


def test_a_morning_that_was_read_makes_the_same_pages(morning, bundle, users):
    again = read_morning(bundle)
    ours, theirs = Recommender(morning), Recommender(again)
    for user in users[:20]:
        asking = Asking(user, recent=(3, 4))
        assert ours.page(asking) == theirs.page(asking)
    assert isinstance(again.vector.base, np.memmap)


def test_what_is_not_a_whole_morning_says_what_to_do(morning, tmp_path):
    made = export_morning(morning, tmp_path / "made")
    (made / INDEX).write_bytes((made / INDEX).read_bytes()[:100])
    with pytest.raises(ModelError, match=INDEX):
        read_morning(made)
    (made / MANIFEST).unlink()
    with pytest.raises(ModelError, match="export_morning"):
        read_morning(made)


def test_an_index_of_other_towers_is_refused_unless_asked_for(morning, tmp_path):
    made = export_morning(morning, tmp_path / "skewed", index_of="of-last-week")
    with pytest.raises(ModelError, match="rebuild the index"):
        read_morning(made)
    assert read_morning(made, allow_skew=True).probes == morning.probes
    told = json.loads((made / MANIFEST).read_text())
    assert told["content"]["index_of"] == "of-last-week"


def test_an_export_overwrites_nothing_and_leaves_nothing_behind(
    morning, bundle, tmp_path
):
    with pytest.raises(FileExistsError, match="choose another"):
        export_morning(morning, bundle)
    assert [p.name for p in bundle.parent.iterdir()] == [bundle.name]
    other = replace(morning, ranker=Linear(None, None, None, None))
    with pytest.raises(TypeError, match="net_training"):
        export_morning(other, tmp_path / "linear")
    assert not (tmp_path / "linear").exists()
