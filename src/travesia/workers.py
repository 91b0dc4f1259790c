"""Map batches of work: in this process, or over a pool of processes."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from typing import TypeVar

from travesia.errors import TravesiaError

Task = TypeVar("Task")
Done = TypeVar("Done")


def map_batches(
    work: Callable[[Task], Done], batches: Iterable[Task], *, workers: int
) -> Generator[Done, None, None]:
    """Results in the order they are ready; who needs an order sorts them.

    work : a function of a module, so that a new process can find it. workers : 1 runs everything here. An
    interruption (Ctrl-C) ends the processes at once. Raises TravesiaError when a process dies, and what `work` does.
    """
    listed = list(batches)
    if workers == 1 or len(listed) == 1:
        yield from map(work, listed)
        return
    others = active_children()
    pool = ProcessPoolExecutor(
        min(workers, len(listed)), mp_context=get_context("spawn"), initializer=ignore_interrupts
    )
    waiting: list[Future[Done]] = []
    try:
        with interrupts_ignored():  # the processes start now, and inherit it
            waiting.extend(pool.submit(work, batch) for batch in listed)
        for future in as_completed(waiting):
            yield future.result()
    except BrokenProcessPool:
        raise TravesiaError(
            "a worker process ended before its work was done, perhaps for lack of memory; take fewer workers"
        ) from None
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in active_children():
            if process not in others:
                process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def ignore_interrupts() -> None:
    """Leave Ctrl-C, which reaches every process of a terminal, to the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Ignore Ctrl-C for a moment; only a main thread can, and only it is interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
