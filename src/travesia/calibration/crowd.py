"""Processes that stay between rounds of work: each compiles its model once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from travesia.errors import TravesiaError
from travesia.workers import MOST_LOSSES, dismiss, go, hear, hire

Job = TypeVar("Job")
Task = TypeVar("Task")
Done = TypeVar("Done")


class Crowd(Generic[Task, Done]):
    """Does rounds of tasks; see `crowd`."""

    def __init__(
        self, work: Callable[[Task], Done] | None, connections: Sequence[Connection], job: object = None
    ) -> None:
        self._work = work
        self._job = job
        self._connections = list(connections)
        self._begun = False

    @property
    def size(self) -> int:
        """How many processes there are."""
        return max(1, len(self._connections))

    def do(self, tasks: Sequence[Task], tell: Callable[[int], None] = lambda done: None) -> list[Done]:
        """The results of the tasks, in their order.

        tell : called with the tasks done. Raises TravesiaError when a process ended, and what the work raises.
        """
        if self._work is not None:
            found = []
            for task in tasks:
                found.append(self._work(task))
                tell(len(found))
            return found
        if not self._begun:
            self._begin()
        results: dict[int, Done] = {}
        waiting = iter(enumerate(tasks))
        busy: dict[Any, int] = {}
        for connection in self._connections:
            _send(connection, next(waiting, None), busy)
        while busy:
            for ready in wait(list(busy)):
                here: Any = ready
                number = busy.pop(here)
                results[number] = _answer(here)
                tell(len(results))
                _send(here, next(waiting, None), busy)
        return [results[number] for number in range(len(tasks))]

    def _begin(self) -> None:
        """Wait for all to begin: the others when the first has, for what it compiles is there for them."""
        first, *others = self._connections
        go(first, self._job)
        _answer(first)
        for connection in others:
            go(connection, self._job)
        for connection in others:
            _answer(connection)
        self._begun = True


@contextmanager
def crowd(
    begin: Callable[[Job], Callable[[Task], Done]], job: Job, workers: int
) -> Iterator[Crowd[Task, Done]]:
    """Processes that do rounds of tasks until the block ends.

    begin : a function of a module; called once in each process with the job, it returns what does a task. They start
    while the block goes on to its first tasks. workers : 1 works here.
    """
    if workers == 1:
        yield Crowd(begin(job), ())
        return
    everyone = dict(hire(begin) for _ in range(workers))
    try:
        yield Crowd(None, list(everyone), job)
    finally:
        dismiss(everyone)


def _send(connection: Connection, task: Any, busy: dict[Any, int]) -> None:
    if task is not None:
        connection.send(task[1])
        busy[connection] = task[0]


def _answer(connection: Connection) -> Any:
    answer, lost = hear(connection, MOST_LOSSES - 1)
    if lost:
        raise TravesiaError("a worker process ended before its work was done; give the same command again")
    return answer
