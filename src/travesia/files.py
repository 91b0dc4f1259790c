"""Writing that a full disk, a power cut or a killed process cannot leave half done."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from travesia.errors import StoreError, UsageError
from travesia.sums import PROVENANCE, SUMS


def put_whole(path: Path, content: bytes) -> None:
    """Write a file so that its name appears only once the disk has all of it. Raises StoreError if it cannot be."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.partial")
    try:
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync(path.parent)
    except FileNotFoundError as error:
        raise StoreError(
            f"{path}: could not be written: there is no folder {path.parent}; make it first"
        ) from error
    except OSError as error:
        raise StoreError(
            f"{path}: could not be written ({error.strerror or error}); what was finished before is kept. "
            "Make room or ask for permission there, then give the same command again"
        ) from error


def has_room(folder: Path) -> bool:
    """Whether a folder can be made there: nothing is, or an empty folder."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def refuse_full(folder: Path) -> None:
    """Raise UsageError where a folder has no room, or is inside one of results: before the work, not after."""
    if not has_room(folder):
        raise UsageError(f"{folder} exists; choose another folder")
    refuse_inside(folder)


def refuse_inside(path: Path) -> None:
    """Raise UsageError where something would be made inside a folder of results, which `verify` would then refuse."""
    for parent in path.resolve().parents:
        if all(os.access(parent / name, os.R_OK) for name in (SUMS, PROVENANCE)):
            raise UsageError(f"{path} is inside {parent}, which holds results; choose a place outside of it")


def clear(folder: Path) -> None:
    """Remove a folder of finished work, if it is there; under another name first, so that a process that still writes
    finds no folder to write to."""
    former = _former(folder)
    shutil.rmtree(former, ignore_errors=True)
    with suppress(FileNotFoundError):  # another process may clear it too
        folder.rename(former)
        shutil.rmtree(former, ignore_errors=True)


def is_clear(folder: Path) -> bool:
    """Whether nothing is left of a folder that `clear` removed, perhaps not to the end."""
    return not folder.exists() and not _former(folder).exists()


def _former(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.former")


def sync_tree(folder: Path) -> None:
    """Have the disk confirm every file, then every directory: a name must not outlive its content."""
    paths = sorted(folder.rglob("*"), key=lambda p: (p.is_dir(), str(p)))
    for path in (*paths, folder):
        _sync(path)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # Windows has no handle on a directory
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def swap(temporary: Path, target: Path) -> None:
    """Put a complete folder in its place; whatever goes wrong, what was there comes back."""
    former = temporary.with_suffix(".former")
    steps = []
    if target.exists():
        shutil.rmtree(former, ignore_errors=True)  # of a process that was killed here
        steps = [(target, former)]
    done: list[tuple[Path, Path]] = []
    try:
        for source, destination in (*steps, (temporary, target)):
            source.rename(destination)
            done.append((source, destination))
        _sync(target.parent)
    except BaseException:
        for source, destination in reversed(done):
            destination.rename(source)
        raise
    shutil.rmtree(former, ignore_errors=True)
