"""Stages behind a clock: the whole way when all is well, and never late."""

import threading

import pytest

from sevensteps.serve.admission import Allowance
from sevensteps.serve.pipeline import STUCK, Pipeline
from sevensteps.serve.requests import Rejected
from sevensteps.serve.stages import Run, Stage, through


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def pipeline(clock, *stages, **options):
    return Pipeline(stages, 1.0, clock=clock, **options)


def ran(made, due=0.8, request=None):
    """A request that has gone through."""
    over = threading.Event()
    run = Run(request, due, tell=lambda run: over.set())
    made.submit(run)
    assert over.wait(30)
    return run


def taking(clock, seconds, value=None):
    """A stage's work that takes so long by the clock."""

    def work(run):
        clock.now += seconds
        return value

    return work


def test_served_and_offline_make_the_same(clock):
    stages = (
        Stage("one", lambda run: run.request + 1),
        Stage("two", lambda run: 2 * run.made["one"]),
    )
    assert ran(pipeline(clock, *stages), request=3).made == {"one": 4, "two": 8}
    assert through(stages, 3).made == {"one": 4, "two": 8}


def test_a_stage_is_booked_its_own_time(clock):
    made = pipeline(clock, Stage("a", taking(clock, 0.02)), Stage("b", lambda r: 1))
    assert ran(made).laps == {"a": pytest.approx(20.0), "b": 0.0}


def test_stages_that_are_slow_together_are_cut_off_at_the_deadline(clock):
    """Each is within its own share; the third must not begin."""
    slow = [Stage(name, taking(clock, 0.45), 0.5) for name in "abc"]
    run = ran(pipeline(clock, *slow))
    assert list(run.made) == ["a", "b"]
    assert run.missing == {"c": "c_late"}
    assert clock.now == pytest.approx(0.9)


def test_time_that_is_gone_before_does_not_come_back(clock):
    clock.now = 5.0
    run = ran(pipeline(clock, Stage("a", lambda r: 1)), due=4.9)
    assert (run.made, run.why) == ({}, "a_late")


def test_what_fails_is_named_and_what_is_optional_is_done_without(clock):
    stages = Stage("a", lambda r: 1 / 0, required=False), Stage("b", lambda r: 7)
    run = ran(pipeline(clock, *stages))
    assert (run.made, run.why) == ({"b": 7}, "a_ZeroDivisionError")
    run = ran(pipeline(clock, Stage("a", lambda r: 1 / 0), stages[1]))
    assert run.made == {}


def refusing(run):
    raise Rejected(422, "unknown", ("card", "no such card"))


def test_a_refusal_is_no_failure_and_ends_the_run(clock):
    made = pipeline(clock, Stage("a", refusing), Stage("b", lambda r: 1))
    for _ in range(5):
        run = ran(made)
        assert run.refused.status == 422
        assert not run.made
    assert not made.problems()


def test_what_is_remembered_ends_the_run(clock):
    known = Stage("known", lambda run: run.request, ends=True)
    made = pipeline(clock, known, Stage("rank", lambda run: "made"))
    assert ran(made, request="kept").made == {"known": "kept"}
    assert ran(made, request=None).made == {"known": None, "rank": "made"}


def test_a_stage_that_hangs_is_left_behind_and_soon_not_asked(clock):
    free, entered = threading.Event(), threading.Semaphore(0)

    def hangs(run):
        entered.release()
        free.wait(30)

    made = pipeline(clock, Stage("a", hangs, 0.3, required=False), Stage("b", str))
    try:
        for _ in range(3):
            over = threading.Event()
            run = Run(None, clock.now + 0.8, tell=lambda run, over=over: over.set())
            made.submit(run)
            assert entered.acquire(timeout=30)
            clock.now += 0.31
            made.check()
            assert over.wait(30)
            assert (run.why, list(run.made)) == ("a_late", ["b"])
        assert ran(made, clock.now + 0.8).why == "a_down"
        assert made.problems() == ["a: circuit open"]
    finally:
        free.set()
    made.breakers["a"].succeeded()
    while made._stuck["a"]:
        pass
    assert ran(made, clock.now + 0.8).why is None


def test_one_stage_holds_only_so_many_threads(clock):
    made = pipeline(clock, Stage("a", lambda run: 1))
    made._stuck["a"] = STUCK
    assert ran(made).why == "a_down"


def test_a_crowd_is_told_at_once_and_is_nobodys_fault(clock):
    free = threading.Event()
    made = pipeline(clock, Stage("a", lambda run: free.wait(30)))
    told = []
    for _ in range(5):
        made.submit(Run(None, 0.8, tell=told.append))
    while made.in_flight > 4 + 1 or not made._running:
        pass
    clock.now = 0.81
    made.check()
    free.set()
    assert [run.why for run in told].count("overload") == 4
    made.close()
    assert not any(breaker.is_open for breaker in made.breakers.values())


def test_as_many_are_admitted_as_can_be_served_in_time(clock):
    made = pipeline(clock, Stage("a", lambda run: 1), threads=2)
    made.service_s = 0.1
    assert [made.admits(0.8, ahead) for ahead in (0, 7, 8, 9, 10)] == [
        *(True, True, True, False, False)
    ]
    made.service_s = 50.0  # however long it took: a thread that is free tries
    assert made.admits(0.8, 1)
    assert not made.admits(0.8, 2)
    assert not made.admits(0.0, 0)


def test_what_a_request_takes_besides_its_stages_counts_too(clock):
    made = pipeline(clock, Stage("a", taking(clock, 0.1)))
    for _ in range(60):
        over = threading.Event()

        def tell(run, over=over):
            clock.now += 0.1
            over.set()

        made.submit(Run(None, clock.now + 0.8, tell=tell))
        assert over.wait(30)
    made.close()
    assert made.service_s == pytest.approx(0.2, abs=0.01)


def test_fallbacks_take_a_share_of_the_time_and_no_more(clock):
    allowance = Allowance(share=0.1, most_s=0.01, clock=clock, cost_s=0.001)
    taken = []
    for _ in range(1_000):
        clock.now += 0.001
        taken.append(allowance.take())
    assert sum(taken) == pytest.approx(110, abs=2)  # ten were saved up
    for _ in range(200):
        allowance.spent(0.01)
    assert allowance.cost_s == pytest.approx(0.0103)
