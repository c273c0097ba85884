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
import time
from typing import Any

import scaling
from scaling import Row

SEED = 7
SLO_MS = 150.0
RATES = 20, 40, 80, 120  # pages per second
WARM_UP_S, FEWEST = 10.0, 600  # pages at each rate; a p99 of fewer tells little
PROBES = 16, 64, 128, 256
ASKS, EXACT_ASKS, NEAREST = 100, 20, 100
HELD = {  # on disk, by the beginning of a file's name
    "vectors": ("lists.vector",),
    "index": ("vectors.index",),
    "items": ("items.", "counts.item", "counts.creator", "known.trend"),
    "users": ("viewers.", "counts.user", "known.", "pairs."),
}
LIBRARIES = {"numpy": "numpy", "faiss": "faiss-cpu"}


def night(asked: argparse.Namespace) -> Row:
    """Write a morning; what that took, and what it weighs."""
    import faiss

    from sevensteps.cases.video.recommender.snapshot_training import (
        TrainingConfig,
        train_snapshot,
    )
    from sevensteps.cases.video.service import export_morning
    from sevensteps.cases.video.world import VideoWorld
    from sevensteps.rank.towers import TowerPlan

    towers = TowerPlan(epochs=1, buckets=1 << 15)
    nights = {
        "smoke": TrainingConfig(ranker_days=5),
        "book": TrainingConfig(per_day=40_000, towers=towers),
        "full": TrainingConfig(ranker_days=2, per_day=100_000, towers=towers),
    }
    (scale,), start = asked.scales, time.process_time()
    history = VideoWorld(scale, seed=SEED).history()
    made = time.process_time()
    morning = train_snapshot(history, nights[scale])
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
        "night's peak MB": scaling.peak_mb(),
        "index MB": morning.index.n_bytes / 1e6,
        "lists": faiss.extract_index_ivf(morning.index.index).nlist,
        "probes": morning.probes,
    } | scaling.on_disk(asked.folder, HELD, "models")


def search(asked: argparse.Namespace) -> Row:
    """CPU-milliseconds and recall of the index, beside an exact search."""
    import faiss
    import numpy as np

    from sevensteps.cases.video.recommender.sources import flat
    from sevensteps.cases.video.service import read_morning
    from sevensteps.rank.neighbours import Built, read_rate, searched

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
    from sevensteps.cases.video import service as slates
    from sevensteps.serve import load

    spans = [(RATES[0], WARM_UP_S)]
    spans += [(rate, max(asked.seconds, FEWEST / rate)) for rate in RATES]
    n = sum(int(1.5 * rate * span) for rate, span in spans)
    bodies = slates.page_requests(slates.read_morning(asked.folder).known, n, seed=1)
    rates: list[dict[str, Any]] = []
    start = time.perf_counter()
    with slates.running_pages(asked.folder, deadline_ms=SLO_MS) as running:
        told: Row = {scaling.START: time.perf_counter() - start}
        reach: Any = {"api_key": running.api_key, "path": slates.PATH}
        for luck, (rate, span) in enumerate(spans):
            before = scaling.cpu_ms(running.pid)
            seen = load(running.url, bodies, rate, span, seed=luck, **reach)
            spent = scaling.cpu_ms(running.pid) - before
            rates.append(scaling.at_rate(seen, spent, SLO_MS, what="page"))
            bodies = bodies[len(seen.latency_ms) :]
        told |= scaling.memory(running.pid)
    return {"row": told, "rates": rates[1:]}  # the first was to warm up


PARTS = {"night": night, "search": search, "service": service}

if __name__ == "__main__":
    scaling.main(__file__, __doc__, PARTS, SEED, LIBRARIES)
