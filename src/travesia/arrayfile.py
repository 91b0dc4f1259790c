"""Arrays of a run in a NetCDF file: written and read some replicates at a time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from travesia.errors import StoreError
from travesia.memory import check_memory

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

PART_BYTES = 8_000_000  # of arrays that are written or read at a time


def put_slabs(path: Path, slabs: Iterator[xr.Dataset], replicates: int) -> None:
    """Write the arrays of all replicates, some at a time: as many in a chunk of the file, however they come.

    Raises OSError if they cannot be written.
    """
    import h5py

    blocks = _even(slabs)
    data = next(blocks).drop_encoding()
    named = [str(name) for name, array in data.variables.items() if "replicate" in array.dims]
    how = packed(data)
    for name in named:
        if data[name].size:
            how[name] = {**how.get(name, {}), "chunksizes": data[name].shape}
    path.write_bytes(data.to_netcdf(engine="h5netcdf", encoding=how, unlimited_dims=["replicate"]))
    with _Forbearing(path, "r+") as raw, h5py.File(raw, "r+") as file:
        for name in named:
            file[name].resize(replicates, axis=0)
        at = data.sizes["replicate"]
        for block in blocks:
            stop = at + block.sizes["replicate"]
            for name in named:
                if block[name].size:
                    file[name][at:stop] = block[name].values
            at = stop
            if raw.failure:
                break
    if raw.failure:
        raise raw.failure


class _Forbearing(io.FileIO):
    """A file that keeps the error of a full disk to itself: told of it, HDF5 falls over its own end (measured)."""

    failure: OSError | None = None

    def write(self, content: Any) -> int:
        """Write all, or note why not."""
        left = memoryview(content).cast("B")
        size = len(left)
        try:
            while left and not self.failure:
                left = left[super().write(left) :]
        except OSError as error:
            self.failure = error
        return size

    def truncate(self, size: int | None = None) -> int:
        """Make it so long, or note why not."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.failure = error
            return size or 0


def _even(slabs: Iterator[xr.Dataset]) -> Iterator[xr.Dataset]:
    """The same replicates, as many in each part as PART_BYTES hold; fewer in the last."""
    import xarray as xr

    def joined(parts: list[xr.Dataset]) -> xr.Dataset:
        alike = {"data_vars": "minimal", "coords": "minimal", "compat": "override", "join": "override"}
        return parts[0] if len(parts) == 1 else xr.concat(parts, "replicate", **alike)  # type: ignore[call-overload]

    waiting: list[xr.Dataset] = []
    for slab in slabs:
        size = max(1, PART_BYTES // max(1, slab.isel(replicate=[0]).nbytes))
        waiting.append(slab)
        while sum(part.sizes["replicate"] for part in waiting) >= size:
            whole = joined(waiting)
            yield whole.isel(replicate=slice(0, size))
            waiting = [whole.isel(replicate=slice(size, None))] if whole.sizes["replicate"] > size else []
    if waiting:
        yield joined(waiting)


def packed(data: xr.Dataset) -> dict[str, dict[str, Any]]:
    """How the numbers of a dataset are compressed."""
    return {str(name): {"zlib": True, "complevel": 2, "shuffle": True} for name in data.data_vars}


def read_arrays(path: Path) -> xr.Dataset:
    """All arrays of a file. Raises StoreError if it cannot be read, UsageError where there is too little memory."""
    import xarray as xr

    try:
        with xr.open_dataset(path, engine="h5netcdf") as data:
            check_memory(data.nbytes, replicates=data.sizes.get("replicate", 1))
            return data.load()
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(f"{path}: cannot be read ({error}); run the scenario again") from error


def parts(array: xr.DataArray) -> Iterator[np.ndarray[Any, Any]]:
    """The values of an array that is not in memory, some replicates at a time."""
    step = max(1, PART_BYTES * array.sizes["replicate"] // max(1, array.nbytes))
    for first in range(0, array.sizes["replicate"], step):
        yield array.isel(replicate=slice(first, first + step)).values
