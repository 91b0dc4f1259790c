"""The checksums of a run folder: one line per file in SHA256SUMS, and a hash of those lines."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from travesia.errors import ChecksumError, StoreError

SUMS, PROVENANCE = "SHA256SUMS", "provenance.json"


def file_problems(path: Path) -> list[str]:
    """Files that are missing, changed or extra, by name."""
    try:
        sums = read_sums(path)
    except StoreError as error:
        return [str(error)]
    problems = []
    for name, told in sorted(sums.items()):
        file = path / name
        if not file.is_file():
            problems.append(f"{name}: missing")
        elif sha256(file) != told:
            problems.append(f"{name}: changed since it was written ({file.stat().st_size} bytes now)")
    return problems + [f"{name}: not part of the run" for name in strangers(path, sums)]


def refuse_changed(folder: Path, needed: tuple[str, ...] = ("",), *, again: str) -> None:
    """Raise ChecksumError where a file that is needed is not as it was written.

    needed : names, or how they begin; every file if not given. again : what to do.
    """
    problems = [problem for problem in file_problems(folder) if problem.startswith((SUMS, *needed))]
    if problems:
        raise ChecksumError("\n".join([f"{folder}: not as it was written", *problems, again]))


def has_sums(folder: Path) -> bool:
    """Whether a folder was written with checksums, even where they are gone; not so what an older version wrote."""
    return any((folder / name).is_file() for name in (SUMS, PROVENANCE))


def strangers(folder: Path, sums: Mapping[str, str]) -> list[str]:
    """Files in a folder that its SHA256SUMS does not name."""
    return sorted(files(folder) - set(sums) - {SUMS})


def read_sums(path: Path) -> dict[str, str]:
    """What SHA256SUMS says, as {file: hash}; it must be exactly as `sums_text` writes it."""
    try:
        content = (path / SUMS).read_bytes()
    except OSError as error:
        raise StoreError(f"{SUMS}: missing or unreadable, so nothing else can be checked") from error
    lines = content.decode("utf-8", errors="replace").split("\n")
    pairs = [line.split("  ", 1) for line in lines if line and not line.startswith("#")]
    sums = {pair[1]: pair[0] for pair in pairs if len(pair) == 2 and ".." not in PurePosixPath(pair[1]).parts}
    if sums_text(sums) != content or PROVENANCE not in sums:
        raise StoreError(f"{SUMS}: changed since it was written, so nothing else can be checked")
    return sums


def sums_text(sums: Mapping[str, str]) -> bytes:
    """One line per file; the last line, a comment to `sha256sum`, is the hash of those above."""
    lines = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode()
    return lines + f"# {hashlib.sha256(lines).hexdigest()}\n".encode()


def files(folder: Path) -> set[str]:
    """Every file in a folder, by its name from there."""
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
