"""Indexes of vectors: how near the search comes, and what that costs.

Exact search reads every vector; the others read less (inverted lists), or fewer bytes
of each (scalar or product quantisation), or both. All are faiss's (Douze et al., 2024);
a factory string such as "IVF2048,SQ8" names one.
"""

import time
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]
LEARNED = 60  # vectors that each inverted list is trained on


@dataclass(frozen=True)
class Built:
    """An index, and what it took.

    Attributes
    ----------
    cpu_s : CPU-seconds of training and adding
    n_bytes : of the index, as it would lie on disk
    """

    name: str
    index: faiss.Index
    cpu_s: float
    n_bytes: int

    def search(self, asks: Floats, k: int, probes: int = 1, wider: float = 4) -> Ids:
        """(n, k) ids, best first; see `scored`."""
        return self.scored(asks, k, probes, wider)[0]

    def scored(
        self, asks: Floats, k: int, probes: int = 1, wider: float = 4
    ) -> tuple[Ids, Floats]:
        """(n, k) ids, best first, and their products; -1 where nothing is left.

        Parameters
        ----------
        probes : inverted lists that are read for each ask, if the index has any
        wider : where a second look refines the first, how many times `k` it takes
        """
        base = faiss.downcast_index(self.index)
        if isinstance(base, faiss.IndexRefine):
            base.k_factor = wider
            base = base.base_index
        inverted = faiss.try_extract_index_ivf(base)
        if inverted is not None:
            inverted.nprobe = probes
        products, ids = self.index.search(asks, k)
        return np.asarray(ids, np.int32), np.asarray(products, np.float32)


def build(name: str, vector: Floats, *, seed: int = 0) -> Built:
    """Train and fill the index that a factory string names with (n, d) float32.

    "Flat", say, or "SQ8", or "IVF2048,SQ8"; a ValueError for a name that faiss does not
    know. Nearest is the largest inner product.
    """
    try:
        index = faiss.index_factory(vector.shape[1], name, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError:
        raise ValueError(f"faiss knows no index {name!r}; try 'IVF2048,SQ8'") from None
    start = time.process_time()
    if not index.is_trained:
        inverted = faiss.try_extract_index_ivf(index)
        n_lists = 0 if inverted is None else int(inverted.nlist)
        n = min(len(vector), LEARNED * max(n_lists, 1_024))
        rng = np.random.default_rng([seed, 16])
        index.train(vector[np.sort(rng.choice(len(vector), n, replace=False))])
    index.add(vector)
    cpu = time.process_time() - start
    return Built(name, index, cpu, faiss.serialize_index(index).nbytes)


def overlap(found: Ids, exact: Ids) -> Floats:
    """(n,) share of the exact search's ids that another search found."""
    return np.array(
        [np.isin(a, b).mean() for a, b in zip(exact, found, strict=True)], np.float32
    )


def read_rate(n_bytes: int = 1 << 29, rounds: int = 5) -> float:
    """Bytes per second at which one core reads memory: the limit of any exact search.

    The best of a few products over an array that no cache can hold; by CPU time, as
    `searched`, since a core may be shared.
    """
    held, best = np.ones(n_bytes // 4, np.float32), np.inf
    for _ in range(rounds):
        start = time.process_time()
        held @ held
        best = min(best, time.process_time() - start)
    return held.nbytes / best


@dataclass(frozen=True, slots=True)
class Searched:
    """How an index did: share of the exact ids found, CPU-milliseconds of one ask."""

    recall: float
    cpu_ms: float


def searched(
    built: Built, asks: Floats, exact: Ids, probes: int = 1, wider: float = 4
) -> Searched:
    """Search for each of (n, d) asks by itself, as requests come; (n, k) exact ids."""
    k = exact.shape[1]
    start = time.process_time()
    found = [built.search(ask[None], k, probes, wider) for ask in asks]
    spent = time.process_time() - start
    recall = overlap(np.concatenate(found), exact).mean()
    return Searched(float(recall), spent / len(asks) * 1e3)
