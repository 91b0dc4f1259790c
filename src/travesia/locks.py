"""One command at a time on a folder: locks that the operating system takes back when their process ends.

However a process ends (killed, power cut), nothing is left that another would have to wait for or remove by hand.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from travesia.errors import StoreError

SECONDS_TO_WAIT = 2.0  # for one that is just being given back
BETWEEN_TRIES = 0.05


@contextmanager
def at_work_on(target: Path, share: tuple[int, int] | None = None) -> Iterator[None]:
    """Keep other commands from a run folder and its shards; those of other shares may work there too.

    target : the run folder. share : (i, k), the i-th of k. Raises StoreError if another command is at work there.
    """
    with ExitStack() as held:
        held.enter_context(
            locked(target.with_name(f".{target.name}.lock"), what=str(target), shared=share is not None)
        )
        if share:
            own = target.with_name(f".{target.name}.{share[0]}of{share[1]}.lock")
            held.enter_context(locked(own, what=f"{target}, share {share[0]} of {share[1]}"))
        yield


@contextmanager
def locked(path: Path, *, what: str, shared: bool = False) -> Iterator[None]:
    """Hold a lock while the block runs.

    path : of its file, in a folder that can be written; it goes with the last who holds the lock. what : is worked on,
    for the message. shared : with all others who say so too. Where the system or the disk knows no such locks nothing
    is held. Raises StoreError if another process holds it, or the file cannot be written.
    """
    handle = _taken(path, what=what, shared=shared)
    try:
        yield
    finally:
        _give_back(handle, path)


def is_worked_on(target: Path) -> bool:
    """Whether a command is at work on a run folder now. target : the run folder."""
    try:
        handle = os.open(target.with_name(f".{target.name}.lock"), os.O_RDWR)
    except OSError:
        return False
    try:
        return not _lock(handle, shared=False)
    finally:
        os.close(handle)


def _taken(path: Path, *, what: str, shared: bool) -> int:
    until = time.monotonic() + SECONDS_TO_WAIT
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise StoreError(
                f"{what}: nothing can be written there ({error.strerror or error}); make room or ask for permission "
                "there, or choose another folder with -o"
            ) from error
        if not _lock(handle, shared=shared):
            held_by = os.read(handle, 1000).decode(errors="replace").strip() or "its process is not known"
            os.close(handle)
            if time.monotonic() > until:
                raise StoreError(
                    f"{what}: another command is at work there ({held_by}); let it end, or choose another folder "
                    "with -o"
                )
            time.sleep(BETWEEN_TRIES)
        elif _is_at(handle, path):
            with suppress(OSError):  # a full disk; it is only for the message
                os.ftruncate(handle, 0)
                os.pwrite(handle, _who().encode(), 0)
            return handle
        else:  # whoever held it has just removed the file
            os.close(handle)


def _give_back(handle: int, path: Path) -> None:
    with suppress(OSError):
        if _lock(handle, shared=False) and _is_at(handle, path):  # nobody else holds it
            path.unlink()
    os.close(handle)


def _lock(handle: int, *, shared: bool) -> bool:
    """Whether a lock was to be had, or there are none here."""
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network disks
        return True
    return True


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _who() -> str:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return f"process {os.getpid()} on {socket.gethostname()} since {now}"
