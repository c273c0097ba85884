"""How many searches a second the service answers, beside its own limits.

    python benchmarks/search_service.py
    python benchmarks/search_service.py --scale book --rounds 1

An engine is made once: a world, indexes, a ranker that editors taught. Then these are
measured in turn, each in a fresh process, for the whole pipeline and for the keywords
alone (no vectors, no ranker) over the same products:

- in process: the stages themselves, one after the other, by one thread in a closed
  loop. No HTTP, no deadline, no threads and no cache: the limit of one core.
- over HTTP: the highest rate of an open loop that the service holds with p99 < 200 ms,
  at most 1 % of the answers from a fallback, and no error; without a cache and with it.

Queries are drawn from the log by frequency, so the cache meets the head as it is. The
service shares the cores with what sends the requests. Rates are by the clock, so leave
the machine alone meanwhile; the figures to quote are the ratios. `book` takes about
fifteen minutes and 6 GB of memory.
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

SLO_MS = 200.0
WARM_UP, TRIES = 200, 7
FEWEST = 300  # searches in a try at the rate in process
FRACTIONS = 0.1, 2.0  # of the rate in process, between which that over HTTP is sought
CACHED = 0.1, 10.0  # the same with a cache
KINDS = "whole", "keywords"
CACHE = {"off": 0, "on": 10_000}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
BODIES = "bodies.json"


def build(root: Path, scale: str) -> None:
    """Write one engine whole, and the same with keywords alone; and the requests."""
    from dataclasses import replace

    from sevensteps.cases.search.engine.shop import QueryLog
    from sevensteps.cases.search.experiments.training import trained_engine
    from sevensteps.cases.search.service import export_search, search_requests
    from sevensteps.cases.search.world import SearchWorld, Size

    small = Size(20_000, 12_000, 8_000, 150, days=14)
    world = SearchWorld(small if scale == "demo" else scale, seed=7)
    engine = trained_engine(world)
    export_search(engine, root / "whole")
    export_search(replace(engine, dense=None, ranker=None), root / "keywords")
    history = world.history()
    asked = QueryLog.of(history.searches, history.queries)
    bodies = search_requests(asked, 100_000, seed=1)
    (root / BODIES).write_text(json.dumps([body.decode() for body in bodies]))
    assert engine.dense is not None
    print(
        f"{len(engine.catalogue.documents):,} products, {len(asked.text):,} distinct "
        f"queries; {engine.dense.built.name}"
    )


def requests(folder: Path) -> list[bytes]:
    """Bodies with the log's queries, by frequency; the same ones each time."""
    told = json.loads((folder.parent / BODIES).read_text())
    return [body.encode() for body in told]


def in_process(folder: Path, seconds: float) -> float:
    """Searches per second of one thread that waits for nothing."""
    import faiss

    from sevensteps.cases.search.engine.filters import Filters
    from sevensteps.cases.search.service.live import Live
    from sevensteps.cases.search.service.stages import listed

    faiss.omp_set_num_threads(1)
    live, texts = Live(folder), _texts(folder)

    def answer() -> None:
        reading = live.state.engine.understanding.reading(next(texts))
        listed(live.state, reading, Filters())

    for _ in range(WARM_UP):
        answer()
    n, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        answer()
        n += 1
    rate = n / (time.perf_counter() - start)
    live.close()
    return rate


def _texts(folder: Path) -> Iterator[str]:
    while True:
        yield from (json.loads(body)["query"] for body in requests(folder))


def over_http(folder: Path, limit: float, seconds: float, cache: str) -> float:
    """The highest rate that meets the objective, near the `limit` of one core."""
    from sevensteps.cases.search.service import PATH, running_search
    from sevensteps.serve import load, sustained_rate

    fractions = CACHED if CACHE[cache] else FRACTIONS
    low, high = (limit * fraction for fraction in fractions)
    seconds = max(seconds, FEWEST / limit)
    bodies = requests(folder)
    while len(bodies) < high * seconds * TRIES * 1.2 + 2 * WARM_UP:
        bodies += bodies
    options = {"deadline_ms": SLO_MS, "remembers": CACHE[cache]}
    with running_search(folder, **options) as service:
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
    print(warm.ledger.round(2).to_string(), file=sys.stderr)
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
    """Measure all parts in turn; print searches per second, and ratios."""
    print(measure("build", "--folder", root, "--scale", scale))
    print(f"searches per second; over HTTP with p99 < {SLO_MS:g} ms")
    print(
        f"{'round':>5} {'engine':>9} {'in process':>11} {'over HTTP':>10} {'cached':>8}"
    )
    rates: dict[str, list[tuple[float, float, float]]] = {kind: [] for kind in KINDS}
    for number in range(1, rounds + 1):
        for kind in KINDS:
            told = ("--folder", root / kind, "--seconds", seconds)
            limit = float(measure("in-process", *told))
            plain, cached = (
                float(measure("over-http", *told, "--limit", limit, "--cache", cache))
                for cache in CACHE
            )
            rates[kind].append((limit, plain, cached))
            row = f"{kind:>9} {limit:>11.0f} {plain:>10.0f} {cached:>8.0f}"
            print(f"{number:>5} {row}", flush=True)
    for kind in KINDS:
        _tell(f"over HTTP / in process, {kind}", [b / a for a, b, _ in rates[kind]])
        _tell(
            f"with / without a cache, {kind}", [_over(c, b) for _, b, c in rates[kind]]
        )
    for at, where in enumerate(("in process", "over HTTP", "with a cache")):
        pairs = zip(rates["keywords"], rates["whole"], strict=True)
        _tell(f"keywords / whole, {where}", [_over(a[at], b[at]) for a, b in pairs])


def _over(one: float, other: float) -> float:
    return one / other if other else float("inf")


def _tell(what: str, ratios: list[float]) -> None:
    low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
    print(f"{what}: median {middle:.2f} ({low:.2f} to {high:.2f})")


def main() -> None:
    """Read the arguments; compare, or measure one part."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scale", choices=["demo", "smoke", "book"], default="demo")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of a try, at least")
    parser.add_argument("--part", choices=["build", "in-process", "over-http"])
    parser.add_argument("--folder", type=Path, help="of a part")
    parser.add_argument("--limit", type=float, help="searches per second in process")
    parser.add_argument("--cache", choices=[*CACHE], default="off")
    args = parser.parse_args()
    if args.part == "build":
        build(args.folder, args.scale)
    elif args.part == "in-process":
        print(in_process(args.folder, args.seconds))
    elif args.part == "over-http":
        print(over_http(args.folder, args.limit, args.seconds, args.cache))
    else:
        with tempfile.TemporaryDirectory() as root:
            compare(Path(root), args.scale, args.rounds, args.seconds)


if __name__ == "__main__":
    main()
