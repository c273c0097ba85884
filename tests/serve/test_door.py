"""The short way past the server: the same answers, whatever comes how."""

import re
import socket
import threading

import pytest
from pydantic import Field

from sevensteps.serve.app import App
from sevensteps.serve.config import ServiceConfig
from sevensteps.serve.requests import Strict, validated
from sevensteps.serve.run import listen, server
from sevensteps.serve.service import Service
from sevensteps.serve.stages import Stage

KEY = "a-key-for-tests-only"
BODY = b'{"number":20}'
HEAD = b"POST /v1/double HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
KEYED = HEAD + b"X-API-Key: " + KEY.encode() + b"\r\n"
WHOLE = KEYED + b"Content-Length: 13\r\n\r\n" + BODY
CLOSE = b"Connection: close\r\n"


class Number(Strict):
    """To be doubled."""

    number: int = Field(le=1_000)


def told(answer):
    return {"double": 1 / answer.value and answer.value}


@pytest.fixture
def app():
    config = ServiceConfig(api_key=KEY, deadline_ms=5_000)
    service = Service(
        what="double",
        path="/v1/double",
        request=Number,
        parse=lambda body: validated(Number, body),
        stages=[Stage("double", lambda run: 2 * run.request.number)],
        answers={"model": lambda run: run.made.get("double"), "none": lambda run: 1},
        told=told,
        bundle=dict,
        deadline_ms=config.deadline_ms,
    )
    return App(service, config)


@pytest.fixture
def running(app):
    listening, running = listen("127.0.0.1", 0), server(app)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    running.address = listening.getsockname()
    yield running
    running.should_exit = True
    thread.join()


def said(running, *pieces):
    """All that is answered to what is sent."""
    with socket.create_connection(running.address, timeout=30) as caller:
        for piece in pieces:
            caller.sendall(piece)
        got = b""
        while got.count(b"}") < b"".join(pieces).count(b"POST /"):
            if not (more := caller.recv(65_536)):
                break
            got += more
    return got


WAYS = {
    "whole": [WHOLE],
    "in pieces": [WHOLE[:40], WHOLE[40:]],
    "closing": [KEYED + CLOSE + b"Content-Length: 13\r\n\r\n" + BODY],
    "chunked": [
        KEYED + b"Transfer-Encoding: chunked\r\n\r\nd\r\n" + BODY + b"\r\n0\r\n\r\n"
    ],
    "lower case": [WHOLE.replace(b"X-API-Key", b"x-api-key")],
}


@pytest.mark.parametrize("pieces", WAYS.values(), ids=WAYS)
def test_a_request_is_answered_whichever_way_it_comes(running, pieces):
    got = said(running, *pieces)
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'"double":40,' in got
    for part in (b"server-timing: parse;dur=", b"x-request-id: ", b"content-length: "):
        assert part in got


MORE = WHOLE.replace(b"20}", b"30}")


@pytest.mark.parametrize(
    "pieces", [[WHOLE, MORE], [WHOLE + MORE], [MORE, WHOLE + MORE]]
)
def test_requests_that_come_at_once_are_answered_in_their_order(running, pieces):
    got = said(running, *pieces)
    numbers = [int(n) // 2 for n in re.findall(rb'"double":(\d+)', got)]
    asked = [int(n) for n in re.findall(rb'"number":(\d+)', b"".join(pieces))]
    assert numbers == asked


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (WHOLE.replace(KEY.encode(), b"another"), 401),
        (WHOLE.replace(b"application/json", b"text/plain"), 415),
        (WHOLE.replace(BODY, b'{"number":"x"'), 400),
        (WHOLE.replace(BODY, b'{"number":{}}'), 422),
        (WHOLE.replace(b"Host: x", b"Ho st: x"), 400),
        (KEYED + b"Content-Length: 5000\r\n\r\n" + b" " * 5_000, 413),
        (WHOLE.replace(BODY, b'{"number":0} '), 500),  # `told` breaks
    ],
)
def test_what_cannot_be_answered_is_refused(running, request_, status):
    assert said(running, request_).startswith(b"HTTP/1.1 %d " % status)
    assert b'"double":40' in said(running, WHOLE)


def test_who_comes_too_many_is_asked_to_come_again(app, running):
    app.desk.enter = lambda received: None
    got = said(running, WHOLE)
    assert got.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1\r\n" in got


def test_a_stall_of_the_loop_shuts_nobody_out_for_good(app, running):
    app.desk.lag_s = 60.0  # of one long pause
    for _ in range(100):
        assert b'"fallback":null' in said(running, WHOLE)
    assert app.desk.lag_s < 1.0


def test_what_was_begun_is_answered_before_the_end(app, running):
    begun, free = threading.Event(), threading.Event()

    def waits(stage):
        begun.set()
        free.wait(30)

    app.desk.pipeline.hook = waits
    with socket.create_connection(running.address, timeout=30) as caller:
        caller.sendall(WHOLE)
        assert begun.wait(30)
        running.should_exit = True
        threading.Timer(0.3, free.set).start()
        assert b'"double":40' in caller.recv(65_536)
        assert caller.recv(65_536) == b""


def test_who_is_silent_is_hung_up_on_and_who_asks_is_not(running):
    running.config.timeout_keep_alive = 1.5
    with (
        socket.create_connection(running.address, timeout=30) as silent,
        socket.create_connection(running.address, timeout=30) as caller,
    ):
        caller.sendall(WHOLE)
        assert b'"double":40' in caller.recv(65_536)
        assert silent.recv(65_536) == b""
        assert caller.recv(65_536) == b""
