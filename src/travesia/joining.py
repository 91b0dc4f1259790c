"""Shards joined to what a run folder is made of, in bounded memory and in the same bytes whatever the shards are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from travesia.ensemble import Done, Job, result_of
from travesia.model import Model
from travesia.provenance import hash_slabs
from travesia.result import Result
from travesia.scenario import HEALTH_RECORDS
from travesia.shards import Piece, read_arrays
from travesia.store import Contents
from travesia.summary import QUANTILES, STATISTICS, Summary, labelled, statistics
from travesia.views import COUNTS, GROUPED, grouped, views

BLOCK_BYTES = 64_000_000  # of cells that are held at a time, all replicates together
CELLS_TURNED = 256  # at a time, from rows of replicates to rows of cells: so many stay in the cache
RAW, VIEW, MISSING = "raw/", "view/", "missing"
Array = NDArray[Any]
_Cells = tuple[str, int, int]  # of a view: its name, the first cell and the one after the last


def shard_arrays(result: Result, done: Done) -> dict[str, Array]:
    """What a shard holds: the arrays as the engine gave them, and the views that are not among them.

    result : made of `done`.
    """
    raw = {f"{RAW}{name}": array for name, array in done.arrays.items()}
    shown = views(result)
    own = {
        source(name, result): array.values
        for name, array in shown.items()
        if source(name, result).startswith(VIEW)
    }
    missing = shown["accounts"].values[..., -1]
    ends = np.stack([missing.min(axis=1), missing.max(axis=1)], axis=1)
    return {**raw, f"{RAW}parameters": done.parameters, **own, f"{VIEW}{MISSING}": ends}


def source(view: str, result: Result) -> str:
    """The array of a shard that has the cells of a view."""
    if view.endswith(GROUPED):
        return f"{RAW}{view.removesuffix(GROUPED)}"
    alike = view == "parameters" or (view in COUNTS and not grouped(result))
    return f"{RAW if alike else VIEW}{view}"


@dataclass(frozen=True, eq=False)
class Join:
    """Shards to be joined.

    pieces : that make up all replicates, in order. tell : of the share that is done, 0 to 1. workers : threads.
    """

    job: Job
    model: Model
    pieces: Sequence[Piece]
    tell: Callable[[float], None]
    workers: int = 1

    @property
    def replicates(self) -> int:
        """How many replicates there are."""
        return sum(piece.stop - piece.start for piece in self.pieces)

    def contents(self, *, keep: bool) -> Contents:
        """What the run folder is made of. keep : every replicate too."""
        first = self._result(self.pieces[0], 1)
        shown = views(first)
        hashing = (self.job.scenario, first.data, self._slabs_of(first), self.replicates)
        with ThreadPoolExecutor(1) as aside:
            hashed = aside.submit(hash_slabs, *hashing)
            if self.workers == 1:
                hashed.result()
            data = labelled(shown, self._statistics(first, shown), self._missing_range())
            digest = hashed.result()
        told = (self.job.scenario, self.job.seed, first.mode, self.job.policy, self.replicates)
        return Contents(Summary(data, *told, self._seconds()), first, digest, self._slabs if keep else None)

    def _slabs(self) -> Iterator[xr.Dataset]:
        """The arrays of every replicate, a piece at a time."""
        for piece in self.pieces:
            yield self._result(piece).data

    def _slabs_of(self, first: Result) -> Callable[[str], Iterator[Array]]:
        """One array of every replicate, a piece at a time, by its name."""

        def parts(name: str) -> Iterator[Array]:
            if name == "replicate":
                yield np.arange(self.replicates, dtype=np.int64)
                return
            shape, kind = first.data[name].shape[1:], first.data[name].dtype
            for piece in self.pieces:
                if name in HEALTH_RECORDS:  # kept by travel, which the outputs may leave out
                    yield self._result(piece).data[name].values
                    continue
                (values,) = read_arrays(piece, [(f"{RAW}{name}", 0, None)])
                yield values.reshape(len(values), *shape).astype(kind)

        return parts

    def _result(self, piece: Piece, most: int | None = None) -> Result:
        """The replicates of a piece as a result. most : so many of them, the first."""
        if most is not None:
            piece = Piece(piece.shard, piece.start, min(piece.stop, piece.start + most))
        names = [name for name in piece.shard.kinds if name.startswith(RAW)]
        found = dict(zip(names, read_arrays(piece, [(name, 0, None) for name in names]), strict=True))
        kind = np.float64 if self.job.expected else np.int64
        shapes = piece.shard.shapes
        arrays = {
            name.removeprefix(RAW): values.reshape(len(values), *shapes[name])
            for name, values in found.items()
            if name != f"{RAW}parameters"
        }
        first = piece.shard.first
        numbers = tuple(range(first + piece.start, first + piece.stop))
        whole = {name: values.astype(kind) for name, values in arrays.items()}
        done = Done(numbers, whole, found[f"{RAW}parameters"], 0.0, 0.0)
        return result_of(self.model, self.job, [done])

    def _missing_range(self) -> Array:
        """The fewest and the most people missing."""
        name = f"{VIEW}{MISSING}"
        ends = [next(read_arrays(piece, [(name, 0, None)])) for piece in self.pieces]
        return np.array(
            [min(0, *(e[:, 0].min() for e in ends)), max(0, *(e[:, 1].max() for e in ends))], dtype=float
        )

    def _seconds(self) -> dict[str, float]:
        shards = {piece.shard.path: piece.shard for piece in self.pieces}.values()
        stages = dict.fromkeys(stage for shard in shards for stage in shard.seconds)
        return {stage: sum(shard.seconds.get(stage, 0.0) for shard in shards) for stage in stages}

    def _statistics(self, first: Result, shown: Mapping[str, xr.DataArray]) -> dict[str, Array]:
        """The statistics of every view: as many cells at a time as fit, each over all replicates."""
        sizes = {name: array[0].size for name, array in shown.items()}
        out = {name: np.empty((len(STATISTICS), size)) for name, size in sizes.items()}
        kinds = {name: self._kind(source(name, first)) for name in sizes}
        sweeps = list(_sweeps(sizes, {name: kind.itemsize * self.replicates for name, kind in kinds.items()}))
        for number, sweep in enumerate(sweeps):
            # [cell, replicate]: the values of a cell side by side
            blocks = [np.empty((stop - at, self.replicates), kinds[name]) for name, at, stop in sweep]
            parts = [(source(name, first), at, stop) for name, at, stop in sweep]
            at = 0
            for piece in self.pieces:
                end = at + piece.stop - piece.start
                for block, values in zip(blocks, read_arrays(piece, parts), strict=True):
                    for first_cell in range(0, len(block), CELLS_TURNED):
                        cells = slice(first_cell, first_cell + CELLS_TURNED)
                        block[cells, at:end] = values[:, cells].T
                at = end
            self._work_out(sweep, blocks, out)
            self.tell((number + 1) / len(sweeps))
        return {
            name: values.reshape(len(QUANTILES) + 1, *shown[name].shape[1:]) for name, values in out.items()
        }

    def _work_out(self, sweep: Sequence[_Cells], blocks: Sequence[Array], out: Mapping[str, Array]) -> None:
        """The statistics of some cells, which NumPy reckons without holding up other threads."""

        def work(part: tuple[_Cells, Array]) -> None:
            (name, start, stop), block = part
            out[name][:, start:stop] = statistics(block.T)

        halves = [
            ((name, start + first, start + first + len(rows)), rows)
            for (name, start, _), block in zip(sweep, blocks, strict=True)
            for first, rows in _cut(block, self.workers)
        ]
        with ThreadPoolExecutor(self.workers) as threads:
            list(threads.map(work, halves))

    def _kind(self, name: str) -> np.dtype[Any]:
        """The kind of number that holds an array of all shards; whole numbers have at least 4 bytes, to subtract in."""
        kinds = {np.dtype(piece.shard.kinds[name]) for piece in self.pieces}
        return np.result_type(
            *sorted(kinds, key=str), *([np.int32] if all(k.kind == "i" for k in kinds) else [])
        )


def _cut(block: Array, count: int) -> Iterator[tuple[int, Array]]:
    """A block in so many parts of its rows, each with the number of its first row."""
    step = max(1, -(-len(block) // count))
    for first in range(0, len(block), step):
        yield first, block[first : first + step]


def _sweeps(sizes: Mapping[str, int], cell_bytes: Mapping[str, int]) -> Iterator[list[tuple[str, int, int]]]:
    """Views, first cells and last: lists of blocks that fit in memory together.

    sizes : cells of each view. cell_bytes : of one cell of each, all replicates together.
    """
    sweep: list[tuple[str, int, int]] = []
    room = BLOCK_BYTES
    for name, size in sizes.items():
        at = 0
        while at < size:
            width = min(size - at, room // cell_bytes[name])
            if width == 0 and sweep:
                yield sweep
                sweep, room = [], BLOCK_BYTES
                continue
            stop = at + max(1, width)
            sweep.append((name, at, stop))
            room -= (stop - at) * cell_bytes[name]
            at = stop
    if sweep:
        yield sweep
