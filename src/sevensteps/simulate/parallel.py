"""Independent runs in parallel, with answers that do not depend on how many."""

import os
import warnings
from collections.abc import Callable, Iterable
from typing import TypeVar

from joblib import Parallel, delayed

T = TypeVar("T")
R = TypeVar("R")
MOST_PROCESSES = 4  # each holds a small world, about half a gigabyte
MOST_THREADS = 2  # they share one large world


def parallel_map(
    function: Callable[[T], R], tasks: Iterable[T], *, threads: bool = False
) -> list[R]:
    """[function(task), ...], in the order of the tasks, each with its own seeds.

    Parameters
    ----------
    threads : in threads, which share what is too large to be sent; else in processes. A
        small world is many small NumPy calls, and in threads they wait for each other.
        Nothing is shared through files (`max_nbytes`)
    """
    n = min(MOST_THREADS if threads else MOST_PROCESSES, os.cpu_count() or 1)
    prefer = "threads" if threads else "processes"
    with warnings.catch_warnings():  # a process that has grown is replaced: no harm
        warnings.filterwarnings("ignore", "A worker stopped")
        jobs = Parallel(n, prefer=prefer, max_nbytes=None)
        return list(jobs(delayed(function)(task) for task in tasks))
