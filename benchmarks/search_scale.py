"""What grows with the catalogue: the search over 300 thousand products and 3 million.

    python benchmarks/search_scale.py --scales smoke
    python benchmarks/search_scale.py --write data/measured/search-scale.json

Of each scale an engine is made, and every part is measured in a fresh process, so that
memory is what that part alone holds:

- world: a shop's past.
- build: from the past to an engine on disk; what each index took, and what it weighs.
- search: CPU-milliseconds of each stage of a search on one thread, for queries drawn
  from the log as often as they were asked, for the head of that log and for its tail;
  recall of the exact nearest, by probes. Beside them an exact search, and the limit of
  any exact search: reading all vectors once.
- matrix: the same queries by a peer, BM25 as one sparse matrix (`search.bm25`), which
  scores every product that has a word.
- growth: one new product, and 1 % of the catalogue; when they are found, and what their
  segments cost later searches.
- service: over HTTP, an open loop at each of `RATES`, without a cache and with one; its
  memory and its time by stage. A rate is held with p99 < 200 ms, at most 1 % of the
  answers from a fallback, no error.

CPU-milliseconds hardly depend on what else the cores do; waits do. So the service takes
several rounds, the scales in turn, and of each rate the best round counts: other work
can only lengthen a wait. The sender shares the cores, too.

The log of `full` is a week long: compare times and bytes, not taste. Both take an hour
on two idle cores, 8 GB of memory and 4 GB of disk. With `--folder` each part is kept
when it is done, and a run that was stopped, or is asked for more rounds, goes on from
there.
"""

import argparse
import gc
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import scaling
from scaling import Row

if TYPE_CHECKING:
    from sevensteps.cases.search.engine.query import Query
    from sevensteps.cases.search.engine.shop import QueryLog
    from sevensteps.cases.search.experiments import SearchSimulation
    from sevensteps.cases.search.service.stages import Live

SEED = 7
SLO_MS = 200.0
RATES = 20, 40, 80, 160  # searches per second
CACHES = {"": 0, ", cached": 10_000}
WARM_UP_S, FEWEST = 10.0, 600  # searches at each rate; a p99 of fewer tells little
PROBES = 16, 32, 64, 128, 256
ASKS, WARM_UP, HEAD = 1_000, 100, 1_000
NEAR_ASKS, EXACT_ASKS, MATRIX_ASKS, NEAREST = 200, 20, 100, 100
NEW = 0.01  # of the catalogue
HELD = {  # on disk, by the beginning of a file's name
    "keyword index": ("keyword/",),
    "dense index": ("dense.index",),
    "vectors": ("vector.",),
    "texts": ("title.", "body.", "words.json"),
}
BUNDLE, QUERIES, PRODUCTS = "bundle", "asked.parquet", "new.parquet"
LIBRARIES = {"numpy": "numpy", "faiss": "faiss-cpu", "tantivy": "tantivy"}
A, B = TypeVar("A"), TypeVar("B")


def world(asked: argparse.Namespace) -> Row:
    """Live a shop's past and write it."""
    start = time.process_time()
    history = past(asked).history
    return {
        "products": history.products.num_rows,
        "queries": history.queries.num_rows,
        "searches": history.searches.num_rows,
        "days": history.days,
        "world CPU-s": time.process_time() - start,
        "world's peak MB": scaling.peak_mb(),
    }


def past(asked: argparse.Namespace) -> "SearchSimulation":
    """A town after its past, from disk if it is there."""
    from sevensteps.cases.search.experiments import SearchSimulation
    from sevensteps.cases.search.world import SearchWorld

    (scale,), made = asked.scales, asked.folder.parent / "worlds"
    lived = SearchWorld(scale, seed=SEED)
    return SearchSimulation(lived, lived.cached(root=made))


def build(asked: argparse.Namespace) -> Row:
    """Write an engine; what that took, and what it weighs."""
    import faiss
    import numpy as np

    from sevensteps.cases.search.engine.engine import Engine
    from sevensteps.cases.search.engine.features import CatalogueFeatures
    from sevensteps.cases.search.experiments.training import train_from_judgments
    from sevensteps.cases.search.service import export_search
    from sevensteps.rank.dense import DenseIndex
    from sevensteps.rank.keyword import KeywordIndex

    town, took, start = past(asked), {}, time.process_time()

    def lap(what: str) -> None:
        nonlocal start
        took[f"{what} CPU-s"] = time.process_time() - start
        start = time.process_time()

    catalogue = town.catalogue
    lap("catalogue")
    reads = town.understanding
    lap("understanding")
    words = KeywordIndex.build(catalogue.documents)
    lap("keyword build")
    near = DenseIndex.build(catalogue.vector.astype(np.float32))
    lap("dense build")
    reference = CatalogueFeatures.of(catalogue.documents, catalogue.vector)
    engine = Engine(reads, catalogue, reference, words, near)
    lap("reference")
    engine = engine.with_ranker(train_from_judgments(town, engine))
    lap("ranker")
    export_search(engine, asked.folder / BUNDLE)
    lap("export")
    keep(town, asked.folder)
    inverted = faiss.try_extract_index_ivf(near.built.index)
    return {
        **took,
        "build's peak MB": scaling.peak_mb(),
        "distinct queries": len(town.asked.times),
        "distinct words": len(catalogue.documents.vocabulary),
        "keyword index MB": words.n_bytes / 1e6,
        "keyword bytes a product": words.n_bytes / len(words),
        "dense index MB": near.built.n_bytes / 1e6,
        "lists": 0 if inverted is None else inverted.nlist,
        "probes": near.probes,
    } | scaling.on_disk(asked.folder / BUNDLE, HELD, "ranker and numbers")


def keep(town: "SearchSimulation", folder: Path) -> None:
    """Write what the other parts need: queries, and products that come later.

    New products are copies of old ones: what they cost depends on their texts alone.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from sevensteps.cases.search.service.requests import Product

    told, products = town.asked, town.history.products
    columns = {"query_id": told.query_id, "text": told.text, "times": told.times}
    pq.write_table(pa.table(columns), folder / QUERIES)
    n = products.num_rows
    some = np.random.default_rng([SEED, 1]).choice(n, int(NEW * n), replace=False)
    later = products.select([*Product.model_fields]).take(pa.array(np.sort(some)))
    pq.write_table(later, folder / PRODUCTS)


def log(folder: Path) -> "QueryLog":
    """The log's distinct queries, the most frequent first."""
    import pyarrow.parquet as pq

    from sevensteps.cases.search.engine.shop import QueryLog

    told = pq.read_table(folder / QUERIES)
    ids, times = (told[name].to_numpy() for name in ("query_id", "times"))
    return QueryLog(ids, told["text"].to_pylist(), times)


def drawn(told: "QueryLog", n: int, *, first: int | None = None) -> list[str]:
    """Queries as likely as they were frequent, of all or of the first ones."""
    import numpy as np

    weight = told.times[:first] / told.times[:first].sum()
    rows = np.random.default_rng([SEED, 2]).choice(len(weight), n, p=weight)
    return [told.text[row] for row in rows]


def rare(told: "QueryLog", n: int) -> list[str]:
    """Queries that were asked once."""
    import numpy as np

    once = np.flatnonzero(told.times == 1)
    rows = np.random.default_rng([SEED, 3]).choice(once, n)
    return [told.text[row] for row in rows]


def timed(
    what: str, work: Callable[[A], B], asks: Iterable[A], warm_up: int = WARM_UP
) -> tuple[list[B], Row]:
    """All results, and CPU-milliseconds of one; the first ones are to warm up."""
    import numpy as np

    made, spent = [], []
    for ask in asks:
        start = time.process_time()
        made.append(work(ask))
        spent.append(1e3 * (time.process_time() - start))
    ms = np.array(spent[warm_up:])
    p50, p99 = np.quantile(ms, [0.5, 0.99])
    told = {"ms": ms.mean(), "p50 ms": p50, "p99 ms": p99}
    return made, {f"{what} {name}": value for name, value in told.items()}


def opened(asked: argparse.Namespace) -> "Live":
    """The engine as it is served, on one thread."""
    import faiss

    from sevensteps.cases.search.service.stages import Live

    faiss.omp_set_num_threads(1)
    live = Live(asked.folder / BUNDLE)
    gc.freeze()  # as the service does
    return live


def search(asked: argparse.Namespace) -> Row:
    """CPU-milliseconds of each stage, and recall by probes."""
    from sevensteps.cases.search.engine.engine import Filters
    from sevensteps.cases.search.service import stages

    live, told, everything = opened(asked), log(asked.folder), Filters()
    state, n = live.state, ASKS + WARM_UP
    reads = state.engine.understanding.read
    queries, row = timed("understand", reads, drawn(told, n))

    def by_words(query: "Query") -> stages.ByWords:
        return stages.by_words(state, query, everything)

    def by_meaning(query: "Query") -> Any:
        return stages.by_meaning(state, query, everything)

    words, spent = timed("words", by_words, queries)
    near, more = timed("meaning", by_meaning, queries)
    row |= spent | more
    lists = [
        (query, {"keyword": own.ids, "dense": other})
        for query, own, other in zip(queries, words, near, strict=True)
    ]
    row |= timed("rank", lambda pair: stages.ranked(state, *pair), lists)[1]
    for name, some in (("head", drawn(told, n, first=HEAD)), ("tail", rare(told, n))):
        part = [reads(text) for text in some]
        row |= timed(f"words, {name}", by_words, part)[1]
    row |= by_probes(live, list(dict.fromkeys(queries)))
    live.close()
    return row


def by_probes(live: "Live", queries: list["Query"]) -> Row:
    """What reading more inverted lists finds and costs, beside reading everything."""
    import numpy as np

    from sevensteps.cases.search.engine.engine import vectors
    from sevensteps.cases.video.recommender.sources import flat
    from sevensteps.rank.neighbours import Built, read_rate, searched

    engine = live.state.engine
    assert engine.dense is not None
    asks = vectors(queries[:NEAR_ASKS])
    held = engine.catalogue.vector.astype(np.float32)
    whole = Built("Flat", flat(held), 0.0, held.nbytes)
    exact = whole.search(asks, NEAREST)
    told = {}
    for probes in PROBES:
        found = searched(engine.dense.built, asks, exact, probes)
        told[f"nearest ms, {probes} probes"] = found.cpu_ms
        told[f"recall, {probes} probes"] = found.recall
    slow = searched(whole, asks[:EXACT_ASKS], exact[:EXACT_ASKS])
    limit = held.nbytes / read_rate() * 1e3
    return told | {"exact nearest ms": slow.cpu_ms, "reading limit ms": limit}


def matrix(asked: argparse.Namespace) -> Row:
    """CPU-milliseconds of BM25 as one sparse matrix, of titles and of bodies."""
    import numpy as np

    from sevensteps.cases.search.service import read_search
    from sevensteps.rank.keyword import BOOSTS
    from sevensteps.rank.text import Bm25

    engine, start = read_search(asked.folder / BUNDLE), time.process_time()
    documents = engine.catalogue.documents
    fields = [
        (boost, Bm25.of(getattr(documents, name))) for name, boost in BOOSTS.items()
    ]
    made = time.process_time() - start

    def best(query: "Query") -> Any:
        words = [word for term in query.terms for word in term.word.split()]
        score = sum(boost * bm25.scores(words) for boost, bm25 in fields)
        return np.argpartition(-np.asarray(score), NEAREST)[:NEAREST]

    queries = engine.read(drawn(log(asked.folder), MATRIX_ASKS))
    _, row = timed("matrix", best, queries, 0)
    size = sum(bm25.part.data.nbytes + bm25.part.indices.nbytes for _, bm25 in fields)
    return {"matrix build CPU-s": made, "matrix MB": size / 1e6} | row


def growth(asked: argparse.Namespace) -> Row:
    """What new products take until they are found, and what they cost later."""
    import pyarrow.parquet as pq

    from sevensteps.cases.search.service.requests import Product

    live, later = opened(asked), pq.read_table(asked.folder / PRODUCTS)
    some = [Product.model_construct(**row) for row in later.to_pylist()]
    queries = live.state.engine.read(drawn(log(asked.folder), ASKS))
    told = words_ms(live, queries, "before")
    ones = [_one(live, some[0], luck) for luck in range(3)]
    told |= {name: min(one[name] for one in ones) for name in ones[0]}
    start = time.process_time()
    live.add(some, time.perf_counter())
    told[f"{NEW:.0%} new CPU-s"] = time.process_time() - start
    told[f"{NEW:.0%} new found after s"] = live.lag_s
    told |= words_ms(live, queries, "after")
    live.close()
    return told | {"growth's peak MB": scaling.peak_mb()}


def _one(live: "Live", like: Any, luck: int) -> Row:
    """Add one product with a word of its own, and search for it."""
    name = "qzx" + "abc"[luck] * 5
    start, spent = time.perf_counter(), time.process_time()
    made = live.add([like.model_copy(update={"title": name})], start)
    engine = live.state.engine
    assert engine.by_words(engine.read([name]))[0, 0] == made[0], "is not found"
    return {
        "one new CPU-s": time.process_time() - spent,
        "one new found after s": time.perf_counter() - start,
    }


def words_ms(live: "Live", queries: list["Query"], when: str) -> Row:
    """What the inverted index costs now, and of how many segments it is."""
    from sevensteps.cases.search.engine.engine import Filters
    from sevensteps.cases.search.service import stages

    state = live.state
    assert state.engine.keyword is not None
    _, row = timed("words", lambda q: stages.by_words(state, q, Filters()), queries)
    told = {f"segments {when}": state.engine.keyword.n_segments}
    return told | {f"words ms {when}": row["words ms"]}


def service(asked: argparse.Namespace) -> dict[str, Any]:
    """Memory of the service, and what each rate saw, without a cache and with it."""
    told = [served(asked, how) for how in CACHES]
    rates = [rate for each in told for rate in each["rates"]]
    return {"row": told[0]["row"], "rates": rates}


def served(asked: argparse.Namespace, how: str) -> dict[str, Any]:
    """One service, at each rate in turn."""
    from sevensteps.cases.search.service import PATH, running_search, search_requests
    from sevensteps.serve import load

    spans = [(RATES[0], WARM_UP_S)]
    spans += [(rate, max(asked.seconds, FEWEST / rate)) for rate in RATES]
    n = sum(int(1.5 * rate * span) for rate, span in spans)
    bodies = search_requests(log(asked.folder), n, seed=1)
    options: Any = {"deadline_ms": SLO_MS, "remembers": CACHES[how]}
    rates, start = [], time.perf_counter()
    with running_search(asked.folder / BUNDLE, **options) as running:
        told: Row = {scaling.START: time.perf_counter() - start}
        reach: Any = {"api_key": running.api_key, "path": PATH}
        for luck, (rate, span) in enumerate(spans):
            before = scaling.cpu_ms(running.pid)
            seen = load(running.url, bodies, rate, span, seed=luck, **reach)
            spent = scaling.cpu_ms(running.pid) - before
            rates.append(scaling.at_rate(seen, spent, SLO_MS, what="search", how=how))
            bodies = bodies[len(seen.latency_ms) :]
        told |= scaling.memory(running.pid)
    return {"row": told, "rates": rates[1:]}  # the first was to warm up


PARTS = {
    "world": world,
    "build": build,
    "search": search,
    "matrix": matrix,
    "growth": growth,
    "service": service,
}

if __name__ == "__main__":
    scaling.main(__file__, __doc__, PARTS, SEED, LIBRARIES)
