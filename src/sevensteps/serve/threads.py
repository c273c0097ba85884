"""How many cores a request may take."""

import faiss


def one_core() -> None:
    """One, for the thread that calls this: the requests are the parallelism.

    OpenMP keeps the number of threads by calling thread, so each thread of a pool must
    say so itself. Otherwise every search wakes a team that spins for the same cores.
    """
    faiss.omp_set_num_threads(1)
