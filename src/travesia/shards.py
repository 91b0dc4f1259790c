"""Shards: files that each hold some replicates of a run, written while it runs and joined when it is done.

A shard is an HDF5 file of arrays [replicate, cell] behind a block of its own: a line with its checksum, and a line of
JSON that says what it holds. It has its final name only once the disk has all of it, so no interruption leaves a part.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from travesia.errors import ChecksumError, StoreError
from travesia.files import put_whole

MAGIC = "travesia shard 1 sha256 "
SEAL_BYTES = len(MAGIC) + 65
HEAD_BYTES = 4096  # or a power of two more
CHUNK_CELLS = 1024
SUFFIX = ".h5"
SHARDS = f"[!.]*{SUFFIX}"  # a pattern of their names; hidden ones are still being written
SAME_BYTES = (
    "travesia",
    "python",
    "numpy",
    "numba",
    "scipy",
)  # packages whose versions may change the numbers
Array = NDArray[Any]


@dataclass(frozen=True)
class Origin:
    """What the replicates of a run depend on, apart from their numbers. versions : of the packages SAME_BYTES."""

    scenario: str
    scenario_hash: str
    seed: int
    policy: str
    mode: str
    versions: Mapping[str, str]

    def differences(self, other: Origin) -> list[str]:
        """What is not alike, in words; other comes second."""
        told = [
            f"{what} {mine!r}, not {theirs!r}"
            for what, mine, theirs in (
                ("scenario", self.scenario, other.scenario),
                ("seed", self.seed, other.seed),
                ("policy", self.policy, other.policy),
                ("mode", self.mode, other.mode),
            )
            if mine != theirs
        ]
        if self.scenario == other.scenario and self.scenario_hash != other.scenario_hash:
            told.append("other content of the scenario")
        for package in sorted({*self.versions, *other.versions}):
            mine, theirs = self.versions.get(package), other.versions.get(package)
            if mine != theirs:
                told.append(f"version {mine} of {package}, not {theirs}")
        return told


@dataclass(frozen=True)
class Shard:
    """A shard that is as it was written.

    origin : of its run. kinds, shapes : of the numbers in each array, of one replicate of each. seconds : by stage.
    """

    path: Path
    origin: Origin
    first: int
    count: int
    kinds: Mapping[str, str]
    shapes: Mapping[str, Sequence[int]]
    seconds: Mapping[str, float]

    @property
    def stop(self) -> int:
        """The number after its last replicate."""
        return self.first + self.count


@dataclass(frozen=True)
class Piece:
    """Rows of a shard: those replicates that no piece before has."""

    shard: Shard
    start: int
    stop: int


def shard_bytes(
    origin: Origin, first: int, arrays: Mapping[str, Array], seconds: Mapping[str, float]
) -> tuple[str, bytes]:
    """The name of a shard and all of its bytes.

    origin : of the run. first : number of the first replicate. arrays : [replicate, …] by name; whole numbers are kept
    in as few bytes as they need.
    """
    packed = {name: _packed(array) for name, array in arrays.items()}
    count = len(next(iter(packed.values())))
    head = {
        "origin": asdict(origin),
        "first": first,
        "count": count,
        "seconds": {stage: round(value, 6) for stage, value in seconds.items()},
        "kinds": {name: array.dtype.str for name, array in packed.items()},
        "shapes": {name: array.shape[1:] for name, array in packed.items()},
    }
    text = json.dumps(head).encode() + b"\n"
    room = HEAD_BYTES
    while room < len(text) + SEAL_BYTES:
        room *= 2  # HDF5 looks for its own beginning at powers of two
    body = text.ljust(room - SEAL_BYTES) + _hdf5(packed, room)[room:]
    return f"{first:010d}-{first + count - 1:010d}{SUFFIX}", _seal(body) + body


def put_arrived(folder: Path, name: str, content: bytes) -> None:
    """Write a shard that another machine made, whole or not at all.

    folder : where. name, content : of `shard_bytes`. Raises ChecksumError where it is not as it was made, StoreError if
    it cannot be written.
    """
    if content[:SEAL_BYTES] != _seal(content[SEAL_BYTES:]):
        raise ChecksumError(f"{folder / name}: changed on its way here; give the same command again")
    put_whole(folder / name, content)


def read_shards(folder: Path, origin: Origin) -> list[Shard]:
    """All shards in a folder, each checked, in order of replicate.

    origin : that they must have. Raises ChecksumError for one that is not as it was
    written, StoreError for one of another run.
    """
    return [read_shard(path, origin) for path in shard_paths(folder)]


def shard_paths(folder: Path) -> list[Path]:
    """The files of the shards in a folder, in order of replicate; none where a process has just joined them."""
    try:
        return sorted(folder.glob(SHARDS))
    except FileNotFoundError:
        return []


def replicates_named(folder: Path) -> int:
    """How many replicates the shards of a folder have by their names alone: quick, for progress; not checked."""
    found: set[int] = set()
    for path in shard_paths(folder):
        first, dash, last = path.stem.partition("-")
        if dash and first.isdecimal() and last.isdecimal():
            found |= set(range(int(first), int(last) + 1))
    return len(found)


def read_shard(path: Path, origin: Origin | None) -> Shard:
    """One shard, checked; see `read_shards`. origin : None for any."""
    head = _checked_head(path)
    own = Origin(**head["origin"])
    differences = own.differences(origin or own)
    if differences:
        raise StoreError(
            f"{path}: is of another run ({'; '.join(differences)}); move it away, or choose another folder with -o"
        )
    return Shard(path, own, head["first"], head["count"], head["kinds"], head["shapes"], head["seconds"])


def pieces(shards: Sequence[Shard], numbers: range) -> tuple[list[Piece], list[range]]:
    """What of the shards makes up these replicates, in order and each once; and the ranges that are missing."""
    found, missing, cursor = [], [], numbers.start
    for shard in sorted(shards, key=lambda shard: (shard.first, -shard.count)):
        stop = min(shard.stop, numbers.stop)
        if stop <= cursor or shard.first >= numbers.stop:
            continue
        if shard.first > cursor:
            missing.append(range(cursor, shard.first))
        start = max(cursor, shard.first)
        found.append(Piece(shard, start - shard.first, stop - shard.first))
        cursor = stop
    if cursor < numbers.stop:
        missing.append(range(cursor, numbers.stop))
    return found, missing


def read_arrays(piece: Piece, parts: Iterable[tuple[str, int, int | None]]) -> Iterator[Array]:
    """Cells of some arrays of a piece, each [replicate, cell].

    parts : name, first cell and the one after the last (None: to the end). Raises StoreError if it cannot be read.
    """
    import h5py

    try:
        with h5py.File(piece.shard.path, "r") as file:
            for name, first, stop in parts:
                yield file[name][piece.start : piece.stop, first:stop]
    except (OSError, KeyError) as error:
        raise StoreError(
            f"{piece.shard.path}: cannot be read ({error}); give the same command again"
        ) from error


def _packed(array: Array) -> Array:
    """Whole numbers in the smallest kind that holds them all."""
    if array.dtype.kind != "i":
        return array
    low, high = int(array.min(initial=0)), int(array.max(initial=0))
    kind = next(
        k for k in (np.int16, np.int32, np.int64) if np.iinfo(k).min <= low and high <= np.iinfo(k).max
    )
    return array.astype(kind)


def _hdf5(arrays: Mapping[str, Array], room: int) -> bytes:
    import h5py

    content = BytesIO()
    with h5py.File(content, "w", userblock_size=room) as file:
        for name, array in arrays.items():
            flat = array.reshape(len(array), -1)
            # quick compression; a chunk is what is read at a time when cells are joined over the shards
            chunked = {"chunks": (len(flat), min(CHUNK_CELLS, flat.shape[1])), "compression": "lzf"}
            small = {**chunked, "shuffle": True} if flat.size else {}
            file.create_dataset(name, data=flat, **small)
    return content.getvalue()


def _seal(body: bytes) -> bytes:
    """The first line of a shard: the checksum of all that follows."""
    return f"{MAGIC}{hashlib.sha256(body).hexdigest()}\n".encode()


def _checked_head(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}); ask for permission there") from error
    seal, body = content[:SEAL_BYTES], content[SEAL_BYTES:]
    if seal != _seal(body):
        raise ChecksumError(
            f"{path}: not as it was written; delete it and give the same command again, which makes it anew"
        )
    head: dict[str, Any] = json.loads(body.partition(b"\n")[0])
    return head
