"""How many threads FAISS takes: by itself one a core, however little there is to do."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """FAISS in the calling thread alone. Its own, where they have little to do or a core is busy,
    wait longer than they work, and take the processor from who embeds the next text."""
    import faiss

    count = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(count)
