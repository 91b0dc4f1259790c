"""Map batches of work: in this process, or over a pool of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

Task = TypeVar("Task")
Done = TypeVar("Done")


def map_batches(work: Callable[[Task], Done], batches: Iterable[Task], *, workers: int) -> Iterator[Done]:
    """Results in the order they are ready; who needs an order sorts them.

    work : a function of a module, so that a new process can find it. workers : 1 runs everything here.
    """
    listed = list(batches)
    if workers == 1 or len(listed) == 1:
        yield from map(work, listed)
        return
    with ProcessPoolExecutor(min(workers, len(listed)), mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(work, batch) for batch in listed]
        try:
            for future in as_completed(waiting):
                yield future.result()
        except BaseException:
            for future in waiting:
                future.cancel()
            raise
