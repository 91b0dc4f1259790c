"""How far long work is, for the person at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from travesia.longrun import Progress

SECONDS_BETWEEN_LINES = 60


@contextmanager
def progress(what: str) -> Iterator[Callable[[Progress], None]]:
    """A bar on stderr while the block runs, to be told how far it is; a line a minute where stderr is no terminal.

    what : is being done.
    """
    beginning = f"{what} (the first time takes half a minute longer)"
    if not sys.stderr.isatty():
        _say(beginning)
        told = [monotonic()]

        def tell_line(at: Progress) -> None:
            if at.seconds_left is not None and monotonic() - told[0] >= SECONDS_BETWEEN_LINES:
                told[0] = monotonic()
                _say(f"{at.stage}: {at.done:,} of {at.total:,}{time_left(at.seconds_left)}")

        yield tell_line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    text = TextColumn("{task.description}", markup=False)
    left = TextColumn("{task.fields[left]}", markup=False)
    with Bar(
        text, BarColumn(), MofNCompleteColumn(), left, console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task(beginning, total=None, left="")

        def tell_bar(at: Progress) -> None:
            name = beginning if at.seconds_left is None else f"{at.stage} {what.partition(' ')[2]}"
            bar.update(
                task, description=name, completed=at.done, total=at.total, left=time_left(at.seconds_left)
            )

        yield tell_bar


def counted(tell: Callable[[Progress], None], stage: str) -> Callable[[int, int], None]:
    """What is called with (done, total), and reckons the time left from its own calls.

    tell : to be told. stage : what is being done.
    """
    from travesia.longrun import Progress

    first: list[tuple[float, int]] = []

    def count(done: int, total: int) -> None:
        now = monotonic()
        first.append((now, done))
        since, before = first[0]
        left = (now - since) / (done - before) * (total - done) if done > before else None
        tell(Progress(stage, done, total, left))

    return count


def time_left(seconds: float | None) -> str:
    """How long something will take yet, in words: ", about 3 min left".

    seconds : None where it is not known.
    """
    if seconds is None:
        return ""
    if seconds < 90:
        return f", about {seconds:.0f} s left"
    return (
        f", about {seconds / 60:.0f} min left" if seconds < 5400 else f", about {seconds / 3600:.1f} h left"
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
