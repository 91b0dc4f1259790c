"""Sweeps in folders: resumable while they run, written whole or not at all, read back.

points.csv, points.parquet   one row per point and quantity (CSV, Parquet)
sweep.nc                     every replicate of every point, labelled (NetCDF 4)
sobol.csv                    sensitivity indices, of a Sobol' design
sweep.png                    a picture
scenario/                    what was run, without the values of the points
provenance.json, SHA256SUMS  where it came from; checksums

While it runs runs/x.points stands beside runs/x: sealed files of the points that are done; one command at a time works
there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from travesia.arrayfile import packed
from travesia.captions import png
from travesia.crew import crew
from travesia.errors import StoreError, UsageError
from travesia.files import clear, has_room, is_clear, refuse_inside
from travesia.labels import working_label
from travesia.locks import at_work_on
from travesia.plotsweep import sweep_figure
from travesia.provenance import hash_slabs, made_now, own_versions, scenario_hash
from travesia.shards import (
    Origin,
    Shard,
    pieces,
    put_arrived,
    read_arrays,
    read_shard,
    read_shards,
    shard_bytes,
    shard_paths,
)
from travesia.store import SWEEP, check_room, read_provenance
from travesia.sums import PROVENANCE, SUMS, read_sums, refuse_changed, strangers
from travesia.sweeping import Sweep, Task, gathered, run_points, titles_of
from travesia.tables import csv_bytes, parquet_bytes
from travesia.wholefolder import put_folder, put_json

TOTALS = "totals"
Floats = NDArray[np.float64]


def sweep_to(
    folder: str | Path,
    task: Task,
    *,
    workers: int = 1,
    dask: str = "",
    overwrite: bool = False,
    command: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Sweep:
    """Run a sweep into a folder, going on where it stopped; the same bytes for any number of workers.

    folder : where. workers : processes; dask : the address of a cluster to use instead. overwrite : replace an earlier
    sweep. command : what was typed. progress : called with points done and in all. Raises UsageError where the folder
    holds something else, StoreError where it cannot be written, ChecksumError where a file is not as it was written.
    """
    target, origin = Path(folder).resolve(), origin_of(task)
    beside = points_of(target)
    there = not overwrite and _is_complete(target, origin)
    if there and is_clear(beside):
        return _read(target, task)
    if not there:
        refuse_taken(target, overwrite=overwrite)
    check_room(target.with_name(f"{target.name}.room"))
    with at_work_on(target):
        if not overwrite and _is_complete(target, origin):
            clear(beside)
            return _read(target, task)
        refuse_taken(target, overwrite=overwrite)  # another command may have ended meanwhile
        if overwrite and beside.exists():
            _drop_others(beside, origin)
        found = _fill(beside, task, origin, workers=workers, dask=dask, progress=progress)
        refuse_taken(target, overwrite=overwrite)
        put_folder(
            target,
            lambda making: _put_all(found, origin, making, command),
            making=beside / ".result.partial",
            kept="the points are kept",
        )
        clear(beside)
        return found


def points_of(target: Path) -> Path:
    """Where the points of a sweep are while it is not complete."""
    return target.with_name(f"{target.name}.points")


def verify_points(beside: Path) -> tuple[list[str], str]:
    """Everything wrong with the points of a sweep that is not complete, and how far it is in words.

    beside : of `points_of`. All must be of the sweep that the first of them is of.
    """
    problems, good = [], list[Shard]()
    for path in shard_paths(beside):
        try:
            good.append(read_shard(path, good[0].origin if good else None))
        except StoreError as error:
            problems.append(f"{path.name}: {str(error).removeprefix(f'{path}: ')}")
    done, _ = pieces(good, range(max((shard.stop for shard in good), default=0)))
    return problems, f"{sum(piece.stop - piece.start for piece in done):,} points are done"


def origin_of(task: Task) -> Origin:
    """What the points of a sweep depend on."""
    mode = "expected" if task.expected else f"{task.replicates} replicates at each point"
    own = own_versions()
    if task.design.kind == "sobol":
        own["SALib"] = version("SALib")
    scenario = task.scenario
    return Origin(
        scenario.name, scenario_hash(scenario), task.seed, task.policy, f"{task.design}, {mode}", own
    )


def refuse_taken(folder: Path, *, overwrite: bool) -> None:
    """Raise UsageError where a sweep has no room: the folder holds something else, or is inside one of results."""
    refuse_inside(folder)
    if has_room(folder):
        return
    if not (overwrite and _is_sweep(folder)):
        raise UsageError(
            f"{folder} exists; choose another folder with -o, or add --overwrite to replace a sweep"
        )
    extra = strangers(folder, read_sums(folder))
    if extra:
        raise UsageError(
            f"{folder} holds files that are not part of the sweep ({', '.join(extra[:5])}); move them"
        )


def _is_complete(target: Path, origin: Origin) -> bool:
    """Whether a folder holds this sweep."""
    return _is_sweep(target) and read_provenance(target).get("sweep", {}).get("origin") == asdict(origin)


def _is_sweep(folder: Path) -> bool:
    return all((folder / name).is_file() for name in (SUMS, PROVENANCE, SWEEP))


def _drop_others(beside: Path, origin: Origin) -> None:
    """Remove the points of another sweep."""
    try:
        read_shards(beside, origin)
    except StoreError:
        clear(beside)


def _fill(
    beside: Path,
    task: Task,
    origin: Origin,
    *,
    workers: int,
    dask: str,
    progress: Callable[[int, int], None],
) -> Sweep:
    """Run the points that are missing, each batch kept as it comes; all of them in order."""
    try:
        beside.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{beside}: could not be made ({error.strerror}); choose another folder with -o"
        ) from error
    every = range(len(task.design.points))
    _, missing = pieces(read_shards(beside, origin), every)
    left = sum(len(numbers) for numbers in missing)
    progress(len(every) - left, len(every))
    if left:
        with (
            crew(dask, workers, own_versions()) as (most, mapped),
            closing(run_points(task, missing, most, mapped)) as runs,
        ):
            for first, values in runs:
                put_arrived(beside, *shard_bytes(origin, first, {TOTALS: values}, {}))
                left -= len(values)
                progress(len(every) - left, len(every))
    found, missing = pieces(read_shards(beside, origin), every)
    if missing:
        raise StoreError(f"{beside}: points are missing; give the same command again")
    shape = (-1, task.replicates, len(titles_of(task)))
    blocks = [next(read_arrays(piece, [(TOTALS, 0, None)])).reshape(shape) for piece in found]
    return gathered(task, np.concatenate(blocks).astype(np.float64))


def _read(target: Path, task: Task) -> Sweep:
    """The sweep that a folder holds."""
    import xarray as xr

    refuse_changed(target, again="Sweep again into another folder")
    with xr.open_dataset(target / SWEEP, engine="h5netcdf") as data:
        return gathered(task, np.asarray(data["total"].values, dtype=np.float64))


def _put_all(found: Sweep, origin: Origin, folder: Path, command: str) -> None:
    from travesia.folder import put_scenario

    data = found.data
    # in memory first: told of a full disk, HDF5 falls over its own end (measured)
    (folder / SWEEP).write_bytes(data.to_netcdf(engine="h5netcdf", encoding=packed(data)))
    (folder / "points.csv").write_bytes(csv_bytes(found.points))
    (folder / "points.parquet").write_bytes(parquet_bytes(found.points))
    if found.indices is not None:
        (folder / "sobol.csv").write_bytes(csv_bytes(found.indices))
    (folder / "sweep.png").write_bytes(png(sweep_figure(found), found.scenario))
    put_scenario(found.scenario, folder / "scenario")
    told: dict[str, Any] = {
        "sweep": {"origin": asdict(origin), "over": [str(factor) for factor in found.design.factors]},
        "scenario": found.scenario.name,
        "scenario_hash": origin.scenario_hash,
        "content_hash": hash_slabs(
            found.scenario, data, lambda name: iter([data[name].values]), found.replicates
        ),
        "seed": found.seed,
        "mode": found.mode,
        "policy": found.policy,
        "design": found.design.kind,
        "points": len(found.design.points),
        "replicates": found.replicates,
        "sensitivity": working_label(found.scenario),
        **made_now(command),
    }
    told["versions"] |= dict(origin.versions)
    put_json(folder / PROVENANCE, told)
