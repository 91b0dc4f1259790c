"""Folders: written whole or not at all; those of results with checksums, as `travesia verify` reads them."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from travesia.errors import StoreError
from travesia.files import refuse_full, swap, sync_tree
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

    target : where, checked before. put : writes every file but the checksums, provenance.json among them, into a
    folder. tell : writes files that tell of the others, whose checksums it is given by name. making : the folder to
    make it in, of the same disk; one beside the target if not given. kept : what is said of earlier work where this
    fails. Raises StoreError if the folder cannot be written.
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
    """As `put_folder`, with every file written by `put` and no checksums."""
    making = making or target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.partial")
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


def put_new_folder(target: Path, put: Callable[[Path], None]) -> None:
    """As `put_folder`, where nothing is yet but perhaps an empty folder. Raises UsageError where something is."""
    target = target.resolve()
    refuse_full(target)
    put_folder(target, put)


def put_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file of JSON to be read by people too."""
    path.write_bytes((json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode())
