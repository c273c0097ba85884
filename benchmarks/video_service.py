"""How many pages a second the recommender's service gives, beside its own limits.

    python benchmarks/video_service.py
    python benchmarks/video_service.py --scale book --rounds 1

A morning is made once: a world, towers, a ranker, an index. Then these are measured in
turn, each in a fresh process, for the inverted file and for an exact index (faiss's
Flat) over the same vectors:

- in process: the service's own code, `Recommender.page`, called in a closed loop by
  one thread. No HTTP, no deadline and no queue: the limit of one core.
- over HTTP: the highest rate of an open loop that the service holds with p99 < 150 ms,
  at most 1 % of the pages from a fallback, and no error.

The service makes pages in two threads, and shares the cores with what sends the
requests: on two cores the ratio can lie above 1, and never above 2. Rates are by the
clock, so leave the machine alone meanwhile; the figures to quote are the ratios.
`book` takes about ten minutes and 4 GB of memory.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SLO_MS = 150.0
WARM_UP, TRIES = 200, 7
FEWEST = 300  # pages in a try at the rate in process; a p99 of fewer tells little
FRACTIONS = 0.1, 2.0  # of the rate in process, between which that over HTTP is sought
KINDS = "inverted", "exact"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def build(root: Path, scale: str) -> None:
    """Write one morning with an inverted file, and the same with an exact index."""
    from dataclasses import replace

    from sevensteps.cases.video.recommender.snapshot_training import (
        TrainingConfig,
        train_snapshot,
    )
    from sevensteps.cases.video.recommender.towers import Plan
    from sevensteps.cases.video.service import export_morning
    from sevensteps.cases.video.world import VideoWorld
    from sevensteps.measure import vectors as index

    nights = {
        "smoke": TrainingConfig(ranker_days=5),
        "book": TrainingConfig(per_day=40_000, towers=Plan(epochs=1, buckets=1 << 15)),
    }
    morning = train_snapshot(VideoWorld(scale, seed=7).history(), nights[scale])
    export_morning(morning, root / "inverted")
    flat = index.build("Flat", morning.vector)
    export_morning(replace(morning, index=flat), root / "exact")
    print(
        f"{len(morning.items):,} videos, {len(morning.viewers):,} people; "
        f"{morning.index.name} with {morning.probes} probes, beside {flat.name}"
    )


def requests(folder: Path, n: int) -> list[bytes]:
    """Bodies by people who ask as often as they came; the same ones each time."""
    from sevensteps.cases.video.service import page_requests, read_morning

    return page_requests(read_morning(folder).known, n, seed=1)


def in_process(folder: Path, seconds: float) -> float:
    """Pages per second of one thread that waits for nothing."""
    import faiss

    from sevensteps.cases.video.recommender.online import Asking, Job, Recommender
    from sevensteps.cases.video.service import read_morning

    faiss.omp_set_num_threads(1)
    recommender, users = Recommender(read_morning(folder)), _users(folder)
    for _ in range(WARM_UP):
        recommender.page(Job(Asking(next(users))))
    pages, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        recommender.page(Job(Asking(next(users))))
        pages += 1
    return pages / (time.perf_counter() - start)


def _users(folder: Path) -> Iterator[int]:
    while True:
        yield from (json.loads(body)["user_id"] for body in requests(folder, 20_000))


def over_http(folder: Path, limit: float, seconds: float) -> float:
    """The highest rate that meets the objective, near the `limit` of one core."""
    from sevensteps.cases.video.service import PATH, running_pages
    from sevensteps.serve import load, sustained_rate

    low, high = (limit * fraction for fraction in FRACTIONS)
    seconds = max(seconds, FEWEST / limit)
    n = int(high * seconds * TRIES * 1.2) + 2 * WARM_UP
    bodies = requests(folder, n)
    with running_pages(folder, deadline_ms=SLO_MS) as service:
        reach = {"api_key": service.api_key, "path": PATH}
        warm = load(service.url, bodies, low, WARM_UP / low, **reach)
        found = sustained_rate(
            service.url,
            bodies[len(warm.latency_ms) :],
            slo_ms=SLO_MS,
            low=low,
            high=high,
            seconds=seconds,
            steps=TRIES,
            **reach,
        )
    print(found.table().to_string(index=False), file=sys.stderr)
    return found.rate


def measure(part: str, *options: object) -> str:
    """The last line of one part, in a process of its own and on one thread."""
    command = [sys.executable, __file__, "--part", part, *map(str, options)]
    done = subprocess.run(
        command, env=os.environ | ONE_THREAD, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        sys.exit(f"{part} failed; it says why above")
    return done.stdout.splitlines()[-1]


def compare(root: Path, scale: str, rounds: int, seconds: float) -> None:
    """Measure all parts in turn; print pages per second, and ratios."""
    print(measure("build", "--folder", root, "--scale", scale))
    print(f"pages per second; over HTTP with p99 < {SLO_MS:g} ms")
    print(
        f"{'round':>5} {'index':>9} {'in process':>11} {'over HTTP':>10} {'ratio':>6}"
    )
    rates: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    for number in range(1, rounds + 1):
        for kind in KINDS:
            told = ("--folder", root / kind, "--seconds", seconds)
            limit = float(measure("in-process", *told))
            rate = float(measure("over-http", *told, "--limit", limit))
            rates[kind].append((limit, rate))
            row = f"{kind:>9} {limit:>11.0f} {rate:>10.0f} {rate / limit:>6.2f}"
            print(f"{number:>5} {row}", flush=True)
    for kind in KINDS:
        shares = [rate / limit for limit, rate in rates[kind]]
        _tell(f"over HTTP / in process, {kind}", shares)
    for at, where in enumerate(("in process", "over HTTP")):
        pairs = zip(rates["inverted"], rates["exact"], strict=True)
        ratios = [a[at] / b[at] if b[at] else float("inf") for a, b in pairs]
        _tell(f"inverted / exact, {where}", ratios)


def _tell(what: str, ratios: list[float]) -> None:
    low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
    print(f"{what}: median {middle:.2f} ({low:.2f} to {high:.2f})")


def main() -> None:
    """Read the arguments; compare, or measure one part."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scale", choices=["smoke", "book"], default="smoke")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of a try, at least")
    parser.add_argument("--part", choices=["build", "in-process", "over-http"])
    parser.add_argument("--folder", type=Path, help="of a part")
    parser.add_argument("--limit", type=float, help="pages per second in process")
    args = parser.parse_args()
    if args.part == "build":
        build(args.folder, args.scale)
    elif args.part == "in-process":
        print(in_process(args.folder, args.seconds))
    elif args.part == "over-http":
        print(over_http(args.folder, args.limit, args.seconds))
    else:
        with tempfile.TemporaryDirectory() as root:
            compare(Path(root), args.scale, args.rounds, args.seconds)


if __name__ == "__main__":
    main()
