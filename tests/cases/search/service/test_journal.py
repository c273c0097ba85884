"""Changes survive a restart: those that were answered, all of them, and no others."""

import errno
import json
import os
import resource
import signal
from contextlib import contextmanager

import httpx
import numpy as np
import pytest

from sevensteps.cases.search.service import PATH, export_search, running_search
from sevensteps.cases.search.service.__main__ import main
from sevensteps.serve.errors import ModelError, StorageError
from sevensteps.serve.run import KEY_VARIABLE

from .conftest import HEAD, KEY, ids, post, search, started

LAMP = {
    "title": "Zorblax Quillon Lamp", "description": "A lamp.", "brand": "Zorblax",
    "category": "lamp", "price": 49.5, "margin": 0.4,
}  # fmt: skip
NEWS = {"products": [{"product_id": 3, "price": 12.25, "in_stock": False}]}


@pytest.fixture
def path(tmp_path):
    """A journal that is not there yet, in a folder that is not, either."""
    return tmp_path / "kept" / "changes.jsonl"


@contextmanager
def serving(bundle, path):
    """A service that keeps its changes."""
    with started(bundle, changes=path, deadline_ms=5_000) as client:
        yield client


@contextmanager
def process(bundle, path):
    """The same in a process of its own: a door to it, and its number."""
    with running_search(bundle, changes=path, deadline_ms=5_000) as service:
        head = HEAD | {"X-API-Key": service.api_key}
        with httpx.Client(base_url=service.url, headers=head, trust_env=False) as door:
            yield door, service.pid


def accept(client, path, body):
    """What is told of a change that is made."""
    reply = post(client, path, body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def state(client):
    """What the service answers from."""
    return client.app.state.searches.live.state


def kinds(path):
    """What kind of change each line of a journal holds."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [next(kind for kind in line if kind != "at") for line in lines]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_whoever_starts_again_sees_all_that_was_answered(
    bundle, engine, asked, path, end
):
    n, text = len(engine.catalogue.documents), asked.text[0]
    with process(bundle, path) as (door, pid):
        first, gone, dear = (
            p["product_id"]
            for p in door.post(PATH, json={"query": text}).json()["products"][:3]
        )
        assert door.post("/v1/products", json={"products": [LAMP, LAMP]}).is_success
        news = [{"product_id": gone, "in_stock": False}]
        news += [{"product_id": dear, "price": 12.25}, {"product_id": n, "price": 7}]
        assert door.post("/v1/stock", json={"products": news}).is_success
        assert door.post("/v1/rules", json={"banned": [first]}).is_success
        os.kill(pid, end)
    with process(bundle, path) as (door, _):
        page = door.post(PATH, json={"query": text, "places": 50}).json()["products"]
        lamps = door.post(PATH, json={"query": "zorblax quillon lamp"}).json()
        ready = door.get("/ready").json()
    prices = {p["product_id"]: p["price"] for p in page + lamps["products"]}
    assert first not in prices
    assert gone not in [p["product_id"] for p in page]
    assert (prices[dear], prices[n], prices[n + 1]) == (12.25, 7, 49.5)
    assert (ready["products"], ready["stock"]) == (n + 2, "brought up to date")
    assert (ready["changes"], ready["status"]) == ("kept", "ready")
    assert path.stat().st_mode & 0o077 == 0


def test_many_changes_amount_to_the_same_after_a_restart(bundle, engine, asked, path):
    rng, n = np.random.default_rng(4), len(engine.catalogue.documents)
    with serving(bundle, path) as client:
        for at in range(30):
            if at % 10 == 4:
                new = LAMP | {"title": f"Quillon Lamp {at}", "price": at}
                accept(client, "/v1/products", {"products": [new] * 2})
                n += 2
            elif at % 10 == 7:
                banned = rng.integers(n, size=3).tolist()
                accept(client, "/v1/rules", {"banned": banned, "pinned": {"x": [at]}})
            else:
                some = rng.choice([*range(5), n - 1, n - 2], 4, replace=False)
                news = [{"product_id": int(p), "price": at + 0.1} for p in some[:3]]
                news.append({"product_id": int(some[3]), "in_stock": bool(at % 2)})
                accept(client, "/v1/stock", {"products": news})
        before, pages = state(client), [search(client, t) for t in asked.text[:20]]
        ages = client.app.state.searches.live
    with serving(bundle, path) as client:
        after, again = state(client), [search(client, t) for t in asked.text[:20]]
        same = client.app.state.searches.live
    for name, column in before.documents.numbers.items():
        np.testing.assert_array_equal(column, after.documents.numbers[name], name)
    titles = after.engine.catalogue.titles
    assert list(before.engine.catalogue.titles) == list(titles)
    assert before.rules == after.rules
    assert [ids(page) for page in pages] == [ids(page) for page in again]
    assert abs(ages.stock_at - same.stock_at) < 1
    assert abs(ages.changed_at - same.changed_at) < 1


def test_changes_after_a_restart_are_kept_behind_those_before(bundle, path):
    for price in (5, 6):
        with serving(bundle, path) as client:
            accept(client, "/v1/products", {"products": [LAMP | {"price": price}]})
    with serving(bundle, path) as client:
        told = search(client, "zorblax quillon lamp")
    assert sorted(p["price"] for p in told["products"][:2]) == [5, 6]
    assert kinds(path) == ["bundle", "products", "products"]


def test_what_is_refused_is_not_written_down(bundle, path):
    with serving(bundle, path) as client:
        before = path.read_bytes()
        wrong = {"products": [{"product_id": 10**6, "price": 1}]}
        assert post(client, "/v1/stock", wrong).status_code == 422
        assert post(client, "/v1/products", {"products": [{}]}).status_code == 422
        assert post(client, "/v1/rules", {"banned": [10**6]}).status_code == 422
        assert post(client, "/v1/synonyms", "{}").status_code == 409
        assert path.read_bytes() == before


def test_without_a_journal_changes_are_gone_and_that_is_told(bundle):
    with started(bundle) as client:
        accept(client, "/v1/stock", NEWS)
        assert client.get("/ready").json()["changes"] == "gone at a restart"
    with started(bundle) as client:
        assert state(client).documents.numbers["in_stock"][3] != 0


def test_a_journal_of_another_bundle_is_refused(
    bundle, engine, path, tmp_path, monkeypatch, capsys
):
    other = export_search(engine.with_ranker(None), tmp_path / "other")
    with serving(other, path) as client:
        accept(client, "/v1/stock", NEWS)
    before = path.read_bytes()
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    assert main(["--bundle", str(bundle), "--changes", str(path)]) == 2
    said = capsys.readouterr().err
    assert "holds changes to bundle" in said
    assert "give the name of a new file, and post again" in said
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["{}", "not ours", '{"bundle": 7}\n', "\n", "{"])
def test_a_file_that_is_something_else_is_left_alone(bundle, path, text):
    path.parent.mkdir()
    path.write_text(text + "x" * (text == "{"))
    before = path.read_text()
    with pytest.raises(ModelError, match="no journal of changes: give the name"):
        started(bundle, changes=path)
    assert path.read_text() == before


@pytest.fixture
def written(bundle, path):
    """A journal of three changes."""
    with serving(bundle, path) as client:
        accept(client, "/v1/stock", NEWS)
        accept(client, "/v1/products", {"products": [LAMP]})
        accept(client, "/v1/rules", {"banned": [7]})
    return path


@pytest.mark.parametrize("lost", [1, 5, "all but a letter"])
def test_a_last_line_that_a_crash_cut_off_is_dropped(bundle, written, lost):
    data, size = written.read_bytes(), len(written.read_bytes().splitlines()[-1])
    cut = data[: -size if lost == "all but a letter" else -lost]
    written.write_bytes(cut)
    with pytest.warns(UserWarning, match="cut off, by a crash"):
        service = started(bundle, changes=written, deadline_ms=5_000)
    with service as client:
        assert state(client).rules.banned == frozenset()
        assert state(client).documents.numbers["in_stock"][3] == 0
        accept(client, "/v1/rules", {"banned": [8]})
    with serving(bundle, written) as client:
        assert state(client).rules.banned == {8}
    assert kinds(written) == ["bundle", "stock", "products", "rules"]


def test_a_first_line_that_was_cut_off_begins_anew(bundle, written):
    written.write_bytes(written.read_bytes()[:9])
    with pytest.warns(UserWarning, match="cut off, by a crash"):
        service = started(bundle, changes=written, deadline_ms=5_000)
    with service as client:
        accept(client, "/v1/stock", NEWS)
    assert kinds(written) == ["bundle", "stock"]


@pytest.mark.parametrize(
    ("garbage", "reason"),
    [
        ("?", "Invalid JSON"),
        ("", "Invalid JSON"),
        ('{"at":1}', "must tell one of"),
        ('{"at":1,"stock":[],"products":[]}', "must tell one of"),
        ('{"at":1,"moon":[]}', "moon: Extra inputs"),
        ('{"at":1,"stock":[{"product_id":"3"}]}', "valid integer"),
        ('{"at":1,"stock":[{"product_id":NEXT}]}', "no such product"),  # not yet
        ('{"at":1,"rules":{"banned":[NEXT]}}', "no such product"),
    ],
)
def test_garbage_in_the_middle_is_refused_with_its_line(
    bundle, engine, written, garbage, reason
):
    garbage = garbage.replace("NEXT", str(len(engine.catalogue.documents)))
    lines = written.read_text().splitlines()
    written.write_text("\n".join([*lines[:2], garbage, *lines[2:], ""]))
    before = written.read_bytes()
    with pytest.raises(ModelError, match=rf"line 3 is no change .*{reason}.*mend"):
        started(bundle, changes=written)
    assert written.read_bytes() == before


def refusing(call):
    """A disk that refuses one kind of call."""

    def refused(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return lambda patch: patch.setattr(os, call, refused)


def partly(patch):
    """A disk with room for a part of a line."""
    write = os.write

    def some(file, data):
        if len(data) < 40:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data[:20])

    patch.setattr(os, "write", some)


FAULTS = {"write": refusing("write"), "fsync": refusing("fsync"), "part": partly}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize(
    ("where", "body"),
    [
        ("/v1/stock", NEWS),
        ("/v1/products", {"products": [LAMP]}),
        ("/v1/rules", {"banned": [3]}),
    ],
)
def test_a_change_that_the_disk_refuses_is_not_made(bundle, path, fault, where, body):
    with serving(bundle, path) as client:
        before, kept = path.read_bytes(), state(client)
        with pytest.MonkeyPatch.context() as patch:
            fault(patch)
            reply = post(client, where, body)
        assert (reply.status_code, reply.json()["error"]) == (503, "not_kept")
        said = reply.json()["reasons"][0]["reason"]
        assert "the change is not made: could not write" in said
        assert "No space left on device" in said
        assert path.read_bytes() == before
        assert state(client) is kept
        problems = client.get("/ready").json()["problems"]
        assert "changes: could not write" in problems[0]
        assert 'error="not_kept",status="503"} 1.0' in client.get("/metrics").text
        assert search(client, "zorblax quillon lamp")["relaxed"] is not None
        version = accept(client, where, body)["version"]  # once there is room again
        assert version == kept.version + 1
        assert client.get("/ready").json()["problems"] == []
    assert len(kinds(path)) == 2


def test_a_full_disk_is_no_end_of_the_service(bundle, path):
    with process(bundle, path) as (door, pid):
        assert door.post("/v1/stock", json=NEWS).is_success
        size, (_, most) = path.stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + 30, most))
        reply = door.post("/v1/rules", json={"banned": [7]})
        assert (reply.status_code, path.stat().st_size) == (503, size)
        assert "File too large" in reply.text
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
        assert door.post("/v1/rules", json={"banned": [8]}).is_success
    assert kinds(path) == ["bundle", "stock", "rules"]


@pytest.mark.parametrize("harm", ["removed", "cut"])
def test_a_journal_that_is_gone_is_not_written_to(bundle, path, harm):
    with serving(bundle, path) as client:
        accept(client, "/v1/stock", NEWS)
        path.unlink() if harm == "removed" else os.truncate(path, 9)
        reply = post(client, "/v1/rules", {"banned": [7]})
        assert (reply.status_code, reply.json()["error"]) == (503, "not_kept")
        assert "put it back and start the service again" in reply.text
        assert state(client).rules.banned == frozenset()


def test_what_a_refusal_has_left_is_cut_off(bundle, path):
    with serving(bundle, path) as client:
        accept(client, "/v1/stock", NEWS)
        with path.open("ab") as file:
            file.write(b'{"at":')
        accept(client, "/v1/rules", {"banned": [7]})
    with serving(bundle, path) as client:
        assert state(client).rules.banned == {7}


def test_two_services_do_not_share_a_journal(bundle, path):
    refused = pytest.raises(ModelError, match="another service writes its changes")
    with serving(bundle, path), refused:
        started(bundle, changes=path)
    with serving(bundle, path) as client:
        assert client.get("/ready").json()["changes"] == "kept"


def test_a_place_that_cannot_be_written_is_told_at_the_start(bundle, tmp_path):
    with pytest.raises(StorageError, match=r"could not write .*Is a directory"):
        started(bundle, changes=tmp_path)
