"""Map batches of work: in this process, or over processes that each have a pipe of their own.

A pool with shared queues can hang when one of its processes is ended in the middle of a message; here an interruption
(Ctrl-C), a full disk or a killed process ends everything at once.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVar

from travesia.errors import TravesiaError

Task = TypeVar("Task")
Done = TypeVar("Done")
SECONDS_TO_END = 5


def map_batches(
    work: Callable[[Task], Done], batches: Iterable[Task], *, workers: int
) -> Generator[Done, None, None]:
    """Results in the order they are ready; who needs an order sorts them.

    work : a function of a module, so that a new process can find it. workers : 1 runs everything here. Raises
    TravesiaError when a process dies, and what `work` raises.
    """
    waiting = list(reversed(list(batches)))
    if workers == 1 or len(waiting) == 1:
        while waiting:
            yield work(waiting.pop())
        return
    processes: dict[Connection, SpawnProcess] = {}
    try:
        with interrupts_ignored():  # the processes start now, and inherit it
            for _ in range(min(workers, len(waiting))):
                here, process = hire(work)
                processes[here] = process
        busy = list(processes)
        for here in busy:
            here.send(waiting.pop())
        while busy:
            for ready in wait(busy):
                here = next(pipe for pipe in busy if pipe is ready)
                done = hear(here)
                if waiting:
                    here.send(waiting.pop())
                else:
                    busy.remove(here)
                yield done
    finally:
        dismiss(processes)


def hire(work: Callable[[Task], Done]) -> tuple[Connection, SpawnProcess]:
    """Start a process that does what it is sent; the pipe to it, and the process."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there, work), daemon=True)
    process.start()
    there.close()
    return here, process


def serve(there: Connection, work: Callable[[Any], Any]) -> None:
    """Do what comes through the pipe until it is closed; Ctrl-C is for the process at its other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            task = there.recv()
        except EOFError:
            return
        try:
            answer = (True, work(task))
        except Exception as error:
            answer = (False, error)
        try:
            there.send(answer)
        except BrokenPipeError:
            return


def hear(here: Connection) -> Any:
    """The answer of a process, or what its work raised."""
    try:
        well, answer = here.recv()
    except (EOFError, ConnectionError):
        raise TravesiaError(
            "a worker process ended before its work was done, perhaps for lack of memory; take fewer workers"
        ) from None
    if not well:
        raise answer
    return answer


def dismiss(processes: dict[Connection, SpawnProcess]) -> None:
    """End the processes: those that wait by closing their pipes, those at work by a signal."""
    for here, process in processes.items():
        here.close()
        process.terminate()
    for process in processes.values():
        process.join(SECONDS_TO_END)
        if process.is_alive():
            process.kill()
            process.join()


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
