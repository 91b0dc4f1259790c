"""What commands write: whole or not at all; folders of results with their checksums, as `travesia verify` reads them.

What a killed command left half-made is cleared by the next that writes there.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from glob import escape
from pathlib import Path
from typing import Any

from travesia.errors import StoreError
from travesia.files import put_whole, refuse_full, swap, sync_tree
from travesia.locks import at_work_on
from travesia.sums import SUMS, files, sha256, sums_text

NOTHING_CHANGED = "nothing there was changed"


def put_folder(
    target: Path,
    put: Callable[[Path], None],
    *,
    tell: Callable[[Path, Mapping[str, str]], None] = lambda folder, sums: None,
    making: Path | None = None,
    kept: str = NOTHING_CHANGED,
) -> None:
    """Write a folder with its checksums, whole or not at all, in place of what is there.

    target, making, kept : as for `put_tree`. put : writes every file but the checksums, provenance.json among them,
    into a folder. tell : writes files that tell of the others, whose checksums it is given by name. Raises StoreError
    if the folder cannot be written.
    """

    def put_all(folder: Path) -> None:
        put(folder)
        sums = {name: sha256(folder / name) for name in sorted(files(folder))}
        tell(folder, sums)
        sums |= {name: sha256(folder / name) for name in files(folder) - set(sums)}
        (folder / SUMS).write_bytes(sums_text(sums))

    put_tree(target, put_all, making=making, kept=kept)


def put_tree(
    target: Path, put: Callable[[Path], None], *, making: Path | None = None, kept: str = NOTHING_CHANGED
) -> None:
    """Write a folder without checksums, whole or not at all, in place of what is there.

    target : where, checked before. put : writes its files into a folder. making : the folder to make it in, of the same
    disk, which no other command uses; one beside the target, which is locked, if not given. kept : what is said of
    earlier work where this fails. Raises StoreError if the folder cannot be written.
    """
    if making is None:
        with at_work_on(target):
            put_tree(target, put, making=_beside(target), kept=kept)
        return
    try:
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        put(making)
        sync_tree(making)
        swap(making, target)
    except OSError as error:
        raise StoreError(
            f"{target}: could not be written ({error.strerror or error}); {kept}. Make room or ask for permission "
            "there, or choose another folder, then give the same command again"
        ) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


def put_new_folder(target: Path, put: Callable[[Path], None], *, checksums: bool = True) -> None:
    """As `put_folder`, where nothing is yet but perhaps an empty folder; without `checksums` as `put_tree`.

    Raises UsageError where something is.
    """
    target = target.resolve()
    refuse_full(target)
    with at_work_on(target):
        refuse_full(target)  # another command may have ended meanwhile
        (put_folder if checksums else put_tree)(target, put, making=_beside(target))


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.partial")


def put_new_file(path: Path, content: bytes) -> None:
    """Write a file of a name of its own, whole or not at all. Raises StoreError if it cannot be written."""
    path = path.resolve()
    with at_work_on(path):
        for left in path.parent.glob(f".{escape(path.name)}.*.partial"):
            left.unlink(missing_ok=True)
        put_whole(path, content)


def put_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file of JSON to be read by people too."""
    path.write_bytes((json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode())
