"""What grows with the catalogue: the recommender over two million videos and over ten.

    python benchmarks/video_scale.py --scales smoke
    python benchmarks/video_scale.py --write data/measured/video-scale.json

Of each scale a morning is made, and every part is measured in a fresh process, so that
memory is what that part alone holds:

- night: from a world to a morning on disk; what the index took, and what each part of
  the morning weighs.
- search: CPU-milliseconds of one search on one thread, and its recall of the exact
  nearest, by probes; beside them an exact search, and the limit of any exact search:
  reading all vectors once.
- service: over HTTP, an open loop at each of `RATES`; its memory and its time by stage.
  A rate is held with p99 < 150 ms, at most 1 % of the pages from a fallback, no error.

CPU-milliseconds hardly depend on what else the cores do; waits do. So the service takes
several rounds, the scales in turn, and of each rate the best round counts: other work
can only lengthen a wait. The sender shares the cores, too.

The log of `full` is a week long, its vectors learn from as many clicks as those of
`book`: compare times and bytes, not taste. Both take half an hour on two idle cores,
8 GB of memory and 4 GB of disk. With `--folder` each part is kept when it is done, and
a run that was stopped, or is asked for more rounds, goes on from there.
"""

import argparse
import itertools
import json
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

SEED = 7
SLO_MS = 150.0
RATES = 20, 40, 80, 120  # pages per second
LEDGER_AT = RATES[0]  # of which the time by stage is told: nothing waits for a core
WARM_UP_S, FEWEST = 10.0, 600  # pages at each rate; a p99 of fewer tells little
PROBES = 16, 64, 128, 256
ASKS, EXACT_ASKS, NEAREST = 100, 20, 100
HELD = {  # on disk, by the beginning of a file's name
    "vectors": ("lists.vector",),
    "index": ("vectors.index",),
    "items": ("items.", "counts.item", "counts.creator", "known.trend"),
    "users": ("viewers.", "counts.user", "known.", "pairs."),
}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
Row = dict[str, float]


def night(asked: argparse.Namespace) -> Row:
    """Write a morning; what that took, and what it weighs."""
    import faiss

    from sevensteps.recommend.overnight import Night, morning_after
    from sevensteps.recommend.towers import Plan
    from sevensteps.serve.slates import export_morning
    from sevensteps.worlds.video import VideoWorld

    towers = Plan(epochs=1, buckets=1 << 15)
    nights = {
        "smoke": Night(lesson=5),
        "book": Night(per_day=40_000, towers=towers),
        "full": Night(lesson=2, per_day=100_000, towers=towers),
    }
    (scale,), start = asked.scales, time.process_time()
    history = VideoWorld(scale, seed=SEED).history()
    made = time.process_time()
    morning = morning_after(history, nights[scale])
    learned = time.process_time()
    export_morning(morning, asked.folder)
    return {
        "videos": len(morning.items),
        "people": len(morning.viewers),
        "days": history.days,
        "impressions": history.impressions.num_rows,
        "world CPU-s": made - start,
        "night CPU-s": learned - made,
        "build CPU-s": morning.index.cpu_s,
        "night's peak MB": peak_mb(),
        "index MB": morning.index.n_bytes / 1e6,
        "lists": faiss.extract_index_ivf(morning.index.index).nlist,
        "probes": morning.probes,
    } | on_disk(asked.folder)


def on_disk(folder: Path) -> Row:
    """Megabytes of a morning, by part."""
    sizes = {file.name: file.stat().st_size / 1e6 for file in folder.iterdir()}
    told, left = {}, dict(sizes)
    for part, names in HELD.items():
        own = [name for name in left if name.startswith(names)]
        told[f"disk MB: {part}"] = sum(left.pop(name) for name in own)
    return told | {
        "disk MB: models": sum(left.values()),
        "disk MB": sum(sizes.values()),
    }


def peak_mb() -> float:
    """The most memory that this process ever held."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / 1e6 if sys.platform == "darwin" else held * 1_024 / 1e6


def search(asked: argparse.Namespace) -> Row:
    """CPU-milliseconds and recall of the index, beside an exact search."""
    import faiss
    import numpy as np

    from sevensteps.measure.vectors import Built, read_rate, searched
    from sevensteps.recommend.sources import flat
    from sevensteps.serve.slates import read_morning

    faiss.omp_set_num_threads(1)
    m = read_morning(asked.folder)
    known = np.flatnonzero(m.known.n_last >= 3).astype(np.int32)
    users = np.random.default_rng([SEED, 1]).choice(known, ASKS, replace=False)
    asks = m.towers.of_users(m.known, m.viewers, m.vector, users)[:, 0]
    whole = Built("Flat", flat(m.vector), 0.0, m.vector.nbytes)
    exact = whole.search(asks, NEAREST)
    told = {}
    for probes in PROBES:
        found = searched(m.index, asks, exact, probes)
        told[f"search ms, {probes} probes"] = found.cpu_ms
        told[f"recall, {probes} probes"] = found.recall
    slow = searched(whole, asks[:EXACT_ASKS], exact[:EXACT_ASKS])
    limit = m.vector.nbytes / read_rate() * 1e3
    return told | {"exact search ms": slow.cpu_ms, "reading limit ms": limit}


def service(asked: argparse.Namespace) -> dict[str, Any]:
    """Memory of the service, and what each rate saw."""
    from sevensteps.serve import load, slates

    spans = [(LEDGER_AT, WARM_UP_S)]
    spans += [(rate, max(asked.seconds, FEWEST / rate)) for rate in RATES]
    n = sum(int(1.5 * rate * span) for rate, span in spans)
    bodies = slates.page_requests(slates.read_morning(asked.folder).known, n, seed=1)
    rates: list[dict[str, Any]] = []
    start = time.perf_counter()
    with slates.running_pages(asked.folder, deadline_ms=SLO_MS) as running:
        told: Row = {"service start s": time.perf_counter() - start}
        reach: Any = {"api_key": running.api_key, "path": slates.PATH}
        for luck, (rate, span) in enumerate(spans):
            before = cpu_ms(running.pid)
            seen = load(running.url, bodies, rate, span, seed=luck, **reach)
            rates.append(at_rate(seen, cpu_ms(running.pid) - before))
            bodies = bodies[len(seen.latency_ms) :]
        told |= memory(running.pid)
    return {"row": told, "rates": rates[1:]}  # the first was to warm up


def memory(pid: int) -> Row:
    """Megabytes of a process: all, its own, and those of files it has mapped."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():  # there is no such file on macOS
        return {}
    lines = [line.split() for line in status.read_text().splitlines()]
    kb = {words[0]: float(words[1]) for words in lines if words[-1:] == ["kB"]}
    parts = {"": "VmRSS:", "own ": "RssAnon:", "mapped ": "RssFile:"}
    return {f"service {part}MB": kb[k] * 1_024 / 1e6 for part, k in parts.items()}


def cpu_ms(pid: int) -> float:
    """CPU-milliseconds that a process has used; not a number on macOS."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return math.nan
    user, system = stat.read_text().rsplit(")")[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK") * 1e3


def at_rate(report: Any, spent_ms: float) -> dict[str, Any]:
    """What one rate saw, and how long each stage took."""
    from sevensteps.serve.sustained import within

    at, pages = f"at {report.rate:g}/s", len(report.latency_ms)
    row = {f"{p} ms {at}": getattr(report, p).estimate for p in ("p50", "p95", "p99")}
    row[f"fallbacks {at}"] = report.by_rules / pages
    row[f"errors {at}"] = sum(report.errors.values()) / pages
    ledger = {
        f"{column}: {stage}": report.ledger.loc[stage, column]
        for column in ("mean ms", "p99 ms")
        for stage in report.ledger.index.drop("fallback", errors="ignore")
    }
    ledger["CPU ms a page"] = spent_ms / pages
    told = {"rate": report.rate, "p99": report.p99.estimate, "row": row}
    return told | {"held": bool(within(report, SLO_MS)), "ledger": ledger}


def best(rounds: list[dict[str, Any]]) -> Row:
    """Of each rate the best round: one that held it, then by p99; the last's memory."""
    told: Row = dict(rounds[-1]["row"]) | {"pages a second held": 0}
    told["service start s"] = min(each["row"]["service start s"] for each in rounds)
    for tries in zip(*(each["rates"] for each in rounds), strict=True):
        chosen = min(tries, key=lambda one: (not one["held"], one["p99"]))
        told |= chosen["row"]
        if chosen["held"]:
            told["pages a second held"] = chosen["rate"]
        if chosen["rate"] == LEDGER_AT:
            told |= chosen["ledger"]
    return told


def measure(root: Path, scale: str, part: str, seconds: float, number: int = 0) -> Any:
    """What a part finds in a process of its own, on one thread; found once."""
    kept = root / f"{scale}-{part}-{number}.json"
    if not kept.exists():
        print(f"{scale}: {part}", file=sys.stderr, flush=True)
        command = [sys.executable, __file__, "--part", part, "--scales", scale]
        command += ["--folder", str(root / scale), "--seconds", str(seconds)]
        env = os.environ | ONE_THREAD
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit(f"{part} failed; it says why above")
        kept.write_text(done.stdout.splitlines()[-1])
    return json.loads(kept.read_text())


def compare(root: Path, scales: list[str], rounds: int, seconds: float) -> Any:
    """One row of numbers for each scale."""
    rows: dict[str, Row] = {scale: {} for scale in scales}
    served: dict[str, list[Any]] = {scale: [] for scale in scales}
    for scale, part in itertools.product(scales, ("night", "search")):
        rows[scale] |= measure(root, scale, part, seconds)
    for number, scale in itertools.product(range(rounds), scales):
        served[scale].append(measure(root, scale, "service", seconds, number))
    rows = {scale: row | best(served[scale]) for scale, row in rows.items()}
    return {scale: shortened(row) for scale, row in rows.items()}


def shortened(row: Row) -> Row:
    """Five digits of what was measured; counts as they are; nothing untold."""
    told = {name: value for name, value in row.items() if not math.isnan(value)}
    return {k: v if isinstance(v, int) else float(f"{v:.5g}") for k, v in told.items()}


def about(args: argparse.Namespace) -> dict[str, Any]:
    """How the numbers came about."""
    asked = f"--scales {' '.join(args.scales)} --rounds {args.rounds}"
    return {
        "command": f"python benchmarks/video_scale.py {asked} --write {args.write}",
        "seed": SEED,
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "faiss": version("faiss-cpu"),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
    }


def show(rows: dict[str, Row]) -> None:
    """Print a line for each number, with the ratio of the last scale to the first."""
    every = list(rows.values())
    print(f"{'':22}" + "".join(f"{scale:>12}" for scale in rows) + f"{'ratio':>8}")
    for name, value in every[0].items():
        line = "".join(f"{row.get(name, math.nan):>12,.5g}" for row in every)
        ratio = every[-1].get(name, math.nan) / value if value else math.nan
        print(f"{name:22}{line}{ratio:>8.2f}")


PARTS: dict[str, Any] = {"night": night, "search": search, "service": service}


def main() -> None:
    """Read the arguments; compare, or measure one part."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    known = ["smoke", "book", "full"]
    parser.add_argument("--scales", nargs="+", choices=known, default=known[1:])
    parser.add_argument("--rounds", type=int, default=3, help="of the service")
    parser.add_argument("--seconds", type=float, default=20.0, help="of a rate")
    parser.add_argument("--write", type=Path, help="a JSON file for what was measured")
    parser.add_argument("--folder", type=Path, help="where the parts are kept")
    parser.add_argument("--part", choices=PARTS, help="measure only this one")
    args = parser.parse_args()
    if args.part:
        print(json.dumps(PARTS[args.part](args), default=float))
        return
    with tempfile.TemporaryDirectory() as passing:
        root = args.folder or Path(passing)
        root.mkdir(parents=True, exist_ok=True)
        rows = compare(root, args.scales, args.rounds, args.seconds)
    show(rows)
    if args.write:
        args.write.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"about": about(args), "rows": rows}, indent=1)
        args.write.write_text(f"{text}\n")


if __name__ == "__main__":
    main()
