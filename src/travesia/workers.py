"""Map batches of work: in this process, or over processes that each have a pipe of their own.

A pool with shared queues can hang when one of its processes is ended in the middle of a message; here an interruption
(Ctrl-C) or a full disk ends everything at once, and a process that was killed is replaced.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, TypeVar

from travesia.errors import TravesiaError

Job = TypeVar("Job")
Task = TypeVar("Task")
Done = TypeVar("Done")
Begin = Callable[[Job], Callable[[Task], Done]]
SECONDS_TO_END = 5
MOST_LOSSES = 3  # processes that one batch, or the start of the work, may cost


@dataclass
class Worker(Generic[Task]):
    """A process and what it is doing: a task (none while it begins), and how many processes that has cost."""

    process: SpawnProcess
    task: Task | None = None
    losses: int = 0


def map_batches(
    begin: Begin[Job, Task, Done], job: Job, batches: Iterable[Task], *, workers: int
) -> Generator[Done, None, None]:
    """Results in the order they are ready; who needs an order sorts them.

    begin : a function of a module, so that a new process can find it; called once in each process with the job, it
    returns what does a batch. workers : 1 runs everything here. All processes start together, but the others begin only
    when the first has begun, so that what it compiles is there for them. Raises TravesiaError when a batch has cost
    MOST_LOSSES processes, and what the work raises.
    """
    with interrupts_kept() as check, closing(_mapped(begin, job, batches, workers)) as results:
        for done in results:
            check()
            yield done
            check()


def _mapped(
    begin: Begin[Job, Task, Done], job: Job, batches: Iterable[Task], workers: int
) -> Generator[Done, None, None]:
    if workers == 1:
        yield from map(begin(job), batches)
        return
    waiting, again = iter(batches), list[tuple[Task, int]]()
    crew: dict[Connection, Worker[Task]] = {}
    everyone: dict[Connection, SpawnProcess] = {}

    def hire_one(losses: int = 0) -> Connection:
        here, process = hire(begin)
        crew[here], everyone[here] = Worker(process, losses=losses), process
        return here

    try:
        first, *others = [hire_one() for _ in range(workers)]
        go(first, job)
        begun = False
        while crew:
            for here in wait(list(crew)):
                worker = crew.pop(here)  # type: ignore[call-overload]
                done, lost = hear(here, worker.losses)  # type: ignore[arg-type]
                if lost:
                    if worker.task is not None:
                        again.append((worker.task, worker.losses + 1))
                    go(hire_one(0 if worker.task is not None else worker.losses + 1), job)
                    continue
                if not begun:
                    begun = True
                    for other in others:
                        go(other, job)
                task, losses = again.pop() if again else (next(waiting, None), 0)
                if task is not None:
                    with suppress(OSError):  # a process that was killed just now is heard of next
                        here.send(task)  # type: ignore[union-attr, arg-type]
                    crew[here] = Worker(worker.process, task, losses)  # type: ignore[index]
                if worker.task is not None:
                    yield done
    finally:
        dismiss(everyone)


def hire(begin: Begin[Job, Task, Done]) -> tuple[Connection, SpawnProcess]:
    """Start a process that does what it is sent; the pipe to it, and the process.

    The job comes later, by `go`: a start waits until the process has read what it is given, and for ever where it ends
    before that.
    """
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there, begin), daemon=True)
    with interrupts_ignored():  # the process starts now, and inherits it
        process.start()
    there.close()
    return here, process


def go(here: Connection, job: object) -> None:
    """Let a process begin with the job."""
    with suppress(OSError):  # one that was killed just now is heard of next
        here.send(job)


def serve(there: Connection, begin: Begin[Any, Any, Any]) -> None:
    """Wait for the job, begin, say so, do what comes through the pipe until it closes; Ctrl-C is for its other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work: Callable[[Any], Any] | None = None
    task: Any = None
    answer: tuple[bool, Any]
    try:
        job = there.recv()
    except (EOFError, OSError):
        return
    while True:
        try:
            if work is None:
                work = begin(job)
                answer = (True, None)
            else:
                answer = (True, work(task))
        except Exception as error:
            answer = (False, error)
        try:
            there.send(answer)
            task = there.recv()
        except (EOFError, OSError):
            return


def hear(here: Connection, losses: int) -> tuple[Any, bool]:
    """The answer of a process, or what its work raised; and whether the process was lost instead."""
    try:
        well, answer = here.recv()
    except (EOFError, OSError):
        if losses + 1 < MOST_LOSSES:
            return None, True
        raise TravesiaError(
            "a worker process ended before its work was done, again and again, perhaps for lack of memory; "
            "take fewer workers"
        ) from None
    if not well:
        raise answer
    return answer, False


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
def interrupts_kept() -> Iterator[Callable[[], None]]:
    """What raises KeyboardInterrupt again, once Ctrl-C has come.

    Python drops the one that falls into a callback or a destructor (of a file of HDF5, say); without this the work
    would then go on to its end.
    """
    came = threading.Event()

    def on_interrupt(_number: int, _frame: object) -> None:
        came.set()
        raise KeyboardInterrupt

    def check() -> None:
        if came.is_set():
            raise KeyboardInterrupt

    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield check
        return
    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
