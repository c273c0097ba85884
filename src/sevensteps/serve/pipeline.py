"""Stages on threads of their own, within a deadline, behind bulkheads and breakers.

A request is worked on by one thread from its first stage to its last. Whoever runs the
pipeline looks at the clock now and then: a stage that takes longer than it may is left
behind with its thread, another thread goes on with what comes after it. After a few
failures in a row a stage is not asked for a while. Waiting is nobody's failure: whoever
cannot be served in time any more is told so at once, before anything is done for him.

Sources: bulkheads and circuit breakers, M. Nygard, "Release It!", 2nd edition (2018);
queues bounded by their delay, K. Nichols and V. Jacobson, "Controlling queue delay"
(2012).
"""

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue

from .breaker import Breaker
from .requests import Rejected
from .stages import Run, Stage

STUCK = 4  # threads that one stage may hold, before it is not asked any more
SMOOTHING = 0.1  # of the mean service time
UNKNOWN = 0.125  # of the deadline: what a request is thought to take at first
AT_FIRST_S = 0.02  # and not more, however patient the callers are
FULL = 0.6  # of the time left, that the work ahead of a request may take


class Pipeline:
    """Runs requests through stages.

    Parameters
    ----------
    stages : in their order
    deadline_s : of a request; a stage may take its share of it
    threads : that work at the same time
    begin : called by each thread before its first work
    hook : called with each stage that begins, on its thread, for drills
    clock : seconds, monotonic; `Run.due` is by this clock

    Attributes
    ----------
    service_s : mean time that a request takes a thread, its stages and what lies
        between them and the next, of the last few tens
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        deadline_s: float,
        *,
        threads: int = 1,
        begin: Callable[[], object] = lambda: None,
        hook: Callable[[str], object] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.stages, self.deadline_s, self.threads = tuple(stages), deadline_s, threads
        self.hook, self.clock = hook, clock
        self.service_s = min(deadline_s * UNKNOWN, AT_FIRST_S)
        self.breakers = {stage.name: Breaker(clock=clock) for stage in stages}
        self._begin, self._alive, self._closed = begin, 0, False
        self._waiting: deque[Run] = deque()
        self._calls: SimpleQueue[None] = SimpleQueue()  # one for each that waits
        self._running: set[Run] = set()
        self._stuck: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._man()

    @property
    def in_flight(self) -> int:
        """Requests that wait or are worked on."""
        return len(self._waiting) + len(self._running)

    def admits(self, left_s: float, ahead: int) -> bool:
        """Whether a request that has so long would be answered in time.

        A thread that has nothing to do takes any: so a mean that was once too high
        comes down again.

        `ahead`: requests that are before it.
        """
        if ahead < self.threads:
            return left_s > 0
        return (ahead + 1) * self.service_s / self.threads < FULL * left_s

    def submit(self, run: Run) -> None:
        """Work on a request; `run.tell` is called on another thread when it is over."""
        run.came = self.clock()
        self._waiting.append(run)
        self._calls.put(None)

    def check(self) -> None:
        """Leave stages behind that are late, and give up requests that waited."""
        over = []
        with self._lock:
            now = self.clock()
            for run in [r for r in self._running if now >= r.limit]:
                self._leave(run, now)
                if not self._goes_on(run):
                    over.append(run)
                else:
                    self._waiting.appendleft(run)
                    self._calls.put(None)
            while self._waiting and self._waiting[0].due <= now:
                run = self._waiting.popleft()
                run.missing.setdefault("queue", "overload")
                over.append(run)
        for run in over:
            run.tell(run)

    def problems(self) -> list[str]:
        """Stages that are turned away at the moment."""
        return [f"{n}: circuit open" for n, b in self.breakers.items() if b.is_open]

    def close(self) -> None:
        """Finish what was begun; threads that hang are not waited for."""
        self._closed = True
        for _ in self._threads:
            self._calls.put(None)
        end = time.monotonic() + self.deadline_s
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _man(self) -> None:
        """As many threads as there should be, besides those that are stuck."""
        while self._alive < self.threads:
            self._alive += 1
            thread = threading.Thread(target=self._serve, name="stages", daemon=True)
            self._threads = [t for t in self._threads if t.is_alive()]
            thread.start()
            self._threads.append(thread)

    def _serve(self) -> None:
        """One thread: requests, one after the other, until it is left behind."""
        self._begin()
        free = self.clock()
        while (run := self._next()) is not None:
            if not self._advance(run, max(free, run.came)):
                return
            free = self.clock()

    def _next(self) -> Run | None:
        """The next request, which is then worked on; None at the end."""
        while True:
            self._calls.get()
            with self._lock:
                if self._waiting:
                    return self._taken(self._waiting.popleft())
                if self._closed:
                    self._alive -= 1
                    return None

    def _taken(self, run: Run) -> Run:
        """A request is begun, unless it has waited until it can only be late."""
        now = self.clock()
        waited = now - run.came > self.service_s / 4
        if waited and not run.step and run.due - now < 1.5 * self.service_s:
            run.missing["queue"] = "overload"
            run.step = len(self.stages)  # nothing of it is done
        self._running.add(run)
        return run

    def _advance(self, run: Run, free: float) -> bool:
        """Work on a request; whether this thread is still wanted.

        `free`: since when it was there, and the thread had nothing else to do.
        """
        turn = run.turn
        whole = run.step == 0
        while (stage := self._enter(run)) is not None:
            made = failed = None
            try:
                if self.hook:
                    self.hook(stage.name)
                made = stage.work(run)
            except Exception as error:
                failed = error
            with self._lock:
                if run.turn != turn:
                    return self._back(stage)
                self._leave_in_time(run, stage, made, failed)
        with self._lock:
            self._running.discard(run)
        run.tell(run)
        if whole and not run.missing and len(run.made) == len(self.stages):
            self.service_s += SMOOTHING * (self.clock() - free - self.service_s)
        return True

    def _enter(self, run: Run) -> Stage | None:
        """The next stage that can be asked, if there is one and time for it."""
        with self._lock:
            while self._goes_on(run):
                stage, now = self.stages[run.step], self.clock()
                if now >= run.due:
                    run.missing[stage.name] = f"{stage.name}_late"
                    return None
                open_ = not self.breakers[stage.name].allows()
                if not open_ and self._stuck[stage.name] < STUCK:
                    run.began = now
                    run.limit = min(run.due, now + stage.share * self.deadline_s)
                    return stage
                run.missing[stage.name] = f"{stage.name}_down"
                run.step += 1
        return None

    def _goes_on(self, run: Run) -> bool:
        """Whether another stage is to be asked."""
        if run.step >= len(self.stages) or run.refused is not None:
            return False
        if not run.missing:
            return True
        done = self.stages[: run.step]
        return not any(s.required and s.name in run.missing for s in done)

    def _leave_in_time(
        self, run: Run, stage: Stage, made: object, failed: Exception | None
    ) -> None:
        """Book what a stage made, or why it failed."""
        run.laps[stage.name] = (self.clock() - run.began) * 1e3
        run.step += 1
        run.limit = math.inf
        if isinstance(failed, Rejected):
            run.refused = failed
        elif failed is not None:
            self.breakers[stage.name].failed()
            run.missing[stage.name] = f"{stage.name}_{type(failed).__name__}"
        else:
            self.breakers[stage.name].succeeded()
            run.made[stage.name] = made
            if stage.ends and made is not None:
                run.step = len(self.stages)

    def _leave(self, run: Run, now: float) -> None:
        """Take a request away from the thread that hangs in it."""
        stage = self.stages[min(run.step, len(self.stages) - 1)]
        spent, may = now - run.began, stage.share * self.deadline_s
        if spent >= may / 2:  # else there was too little time left, for any stage
            self.breakers[stage.name].failed()
        run.laps[stage.name] = spent * 1e3
        run.missing[stage.name] = f"{stage.name}_late"
        run.turn, run.step, run.limit = run.turn + 1, run.step + 1, math.inf
        self._running.discard(run)
        self._stuck[stage.name] += 1
        self._alive -= 1
        self._man()

    def _back(self, stage: Stage) -> bool:
        """A thread comes back that was left behind; whether it is needed again."""
        self._stuck[stage.name] -= 1
        if self._alive >= self.threads or self._closed:
            return False
        self._alive += 1
        return True
