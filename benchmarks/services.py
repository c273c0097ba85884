"""What the three services do at their held rate and in a flood, as ratios in one run.

Printed for each: the CPU time of one decision in this process, and of a bare request,
which the service parses and refuses; the limit of one core that follows, 1 / (decision
+ bare request), beside which the load generator has the other; the best rate of whole
answers within the deadline, and its share of that limit; and what is left of it at 1,
2, 5 and 10 times that rate, or at the highest that the generator reaches. A second
after the flood all must be as before.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from sevensteps.cases import registered
from sevensteps.serve import LoadReport, load
from sevensteps.serve.config import Setup
from sevensteps.serve.run import Running, process_of
from sevensteps.serve.stages import through

KEY, TIMES, LATE_MS = "a-key-for-benchmarks", (1, 2, 5, 10), 20.0
SKIP = ("api_key", "host", "port", "slow_stage", "slow_ms", "log")


def decision_ms(app: Any, bodies: list[bytes]) -> float:
    """CPU-milliseconds of one decision, in this process."""
    service = app.service
    began = time.thread_time()
    for body in bodies:
        answer = service.answer(through(service.stages, service.parse(body)))
        service.told(answer)
    return (time.thread_time() - began) / len(bodies) * 1e3


def bare_ms(running: Running, path: str, rate: float = 500) -> float:
    """CPU-milliseconds of the service for a request that it refuses once parsed."""
    process = psutil.Process(running.pid)

    def spent() -> float:
        times = process.cpu_times()
        return float(times.user + times.system)

    before, told = spent(), {"api_key": running.api_key, "path": path}
    report = load(running.url, [b"{}"] * 5_000, rate, 4, **told)
    return (spent() - before) / len(report.latency_ms) * 1e3


class Flood:
    """Sends the requests of one service, each once."""

    def __init__(self, running: Running, path: str, bodies: list[bytes]) -> None:
        self.running, self.path, self.bodies, self.used = running, path, bodies, 0

    def at(self, rate: float, seconds: float) -> LoadReport:
        """What a rate sees."""
        left = self.bodies[self.used :]
        told = {"api_key": self.running.api_key, "path": self.path}
        report = load(self.running.url, left, rate, seconds, **told)
        self.used += len(report.latency_ms)
        return report


def told(name: str, rate: float, report: LoadReport, deadline_ms: float) -> float:
    """Print a line; answers a second by the model within the deadline."""
    good, n = report.goodput(deadline_ms), len(report.latency_ms)
    late = report.ledger.loc["total", "p99 ms"] if len(report.ledger) else np.nan
    over = np.mean(report.whole_ms > deadline_ms + LATE_MS)
    print(
        f"  {name:>8} {rate:>6.0f}/s asked, {n / report.seconds:>6.0f}/s sent: "
        f"{good:>6.0f}/s by the model in time, {report.by_fallback / n:>4.0%} else, "
        f"{report.shed / n:>4.0%} turned away, p99 in the service {late:.0f} ms, "
        f"{over:.1%} over the deadline + {LATE_MS:g} ms",
        flush=True,
    )
    return good


def measure(name: str, folder: Path, seconds: float, top: float) -> None:
    """All numbers of one service."""
    case = registered()[name]
    service, demo = case.service, case.part("demo")
    assert service is not None
    setup = Setup(folder, KEY, 0, service.deadline_ms)
    demo.fill(setup)
    config = demo.config(setup)
    app = demo.app(config)
    decision = decision_ms(app, demo.bodies(400))
    app.desk.close()
    options = {k: v for k, v in asdict(config).items() if k not in SKIP}
    options |= {"remembers": 0} if name == "search" else {}
    if name == "fraud":
        options["log"] = tempfile.mktemp(dir=folder)
    with process_of(f"sevensteps.cases.{name}.service", **options) as running:
        bare = bare_ms(running, service.path)
        limit = 1e3 / (decision + bare)
        print(f"{name}: decision {decision:.2f} ms, bare request {bare:.2f} ms of CPU")
        rates = np.geomspace(0.2 * limit, 1.2 * limit, 5)
        n = int(1.3 * seconds * (rates.sum() + top * len(TIMES) + 100)) + 1_000
        flood = Flood(running, service.path, demo.bodies(n))
        flood.at(30, 2)  # warm up
        deadline = service.deadline_ms
        tries = [told("try", r, flood.at(r, seconds), deadline) for r in rates]
        best, rate = max(zip(tries, rates, strict=True))
        print(f"  best {best:.0f}/s: {best / limit:.0%} of one core's {limit:.0f}/s")
        for times in TIMES:
            asked = min(times * rate, top)
            good = told(f"{times} times", asked, flood.at(asked, seconds), deadline)
            print(f"           {good / best:.0%} of the best")
            time.sleep(1)
        after = flood.at(0.2 * limit, 2)
        told("after", 0.2 * limit, after, deadline)


def main() -> None:
    """Read the arguments; measure the services one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", default=[*registered()])
    parser.add_argument("--seconds", type=float, default=4.0, help="of a rate")
    parser.add_argument("--top", type=float, default=6_000, help="the generator's most")
    parser.add_argument("--folder", type=Path, help="where the parts are kept")
    args = parser.parse_args()
    load_before = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, on which {load_before:.1f} others were busy")
    for name in args.names:
        folder = args.folder / name if args.folder else Path(tempfile.mkdtemp())
        folder.mkdir(parents=True, exist_ok=True)
        measure(name, folder, args.seconds, args.top)


if __name__ == "__main__":
    main()
