"""Run folders: written whole or not at all, read back, and checked byte by byte.

summary.nc       quantiles and means over the replicates (NetCDF 4)
arrays.nc        every array of every replicate (NetCDF 4), where they are kept
scenario/        what was run, in Travesía's own format
tables/          tidy tables, CSV and Parquet
pictures/        where asked for
provenance.json  versions, seed, hashes, command
datapackage.json Data Package 2.0: what is what
SHA256SUMS       one line per file, as `sha256sum -c` reads it
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Literal

from travesia.arrayfile import packed, parts, put_slabs, read_arrays
from travesia.errors import NoFolderError, ScenarioError, StoreError, TravesiaError
from travesia.files import has_room, refuse_inside
from travesia.flee_out import flee_out
from travesia.package import data_package
from travesia.provenance import content_hash, hash_slabs, record, scenario_hash
from travesia.result import Result
from travesia.scenario import Scenario
from travesia.summary import Summary, summarise
from travesia.sums import PROVENANCE, SUMS, file_problems, read_sums, refuse_changed, strangers
from travesia.tables import DESCRIPTIONS, csv_bytes, parquet_bytes, table_schema, tables
from travesia.wholefolder import put_folder, put_json

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

_PACKAGE, _ARRAYS, _SUMMARY, _SCENARIO = (
    "datapackage.json",
    "arrays.nc",
    "summary.nc",
    "scenario",
)
SWEEP = "sweep.nc"  # of the folder of a sweep, which has no summary


@dataclass(frozen=True)
class Replay:
    """What to run to get the same result again.

    scenario : the folder to read. seed, mode, policy, replicates : as they were. content_hash : what the new
    result must have. versions : of the packages then. overrides : settings once given by hand (the scenario
    has them).
    """

    scenario: Path
    seed: int
    mode: Literal["stochastic", "expected"]
    policy: str
    replicates: int
    content_hash: str
    versions: Mapping[str, str]
    overrides: Mapping[str, str]
    command: str


@dataclass(frozen=True, eq=False)
class Contents:
    """What a run folder is made of.

    summary : of the run. first : its first replicate. content_hash : of all of them. slabs : the arrays of every
    replicate, some at a time and in order; None where they are not kept.
    """

    summary: Summary
    first: Result
    content_hash: str
    slabs: Callable[[], Iterator[xr.Dataset]] | None


def write_run(
    result: Result,
    folder: str | Path,
    *,
    command: str = "",
    overwrite: bool = False,
    overrides: Mapping[str, str] | None = None,
    pictures: bool = False,
) -> Path:
    """Write a run folder, whole or not at all, and return its path.

    result : of a run. folder : where; its parents are made. command : what was typed. overwrite : replace an
    earlier run folder, which stays as it is until the new one is complete. overrides : settings given on the
    command line. pictures : add the map and the charts. Raises StoreError if the folder holds anything else,
    or cannot be written.
    """
    contents = Contents(
        summary=summarise(result),
        first=replace(result, data=result.data.isel(replicate=[0])),
        content_hash=content_hash(result),
        slabs=lambda: iter([result.data]),
    )
    target = Path(folder).resolve()
    check_target(target, overwrite=overwrite)
    write_contents(contents, target, None, command=command, overrides=overrides or {}, pictures=pictures)
    return target


def write_contents(
    contents: Contents,
    target: Path,
    temporary: Path | None,
    *,
    command: str,
    overrides: Mapping[str, str],
    pictures: bool,
) -> None:
    """Write a run folder, whole or not at all, in place of what is there.

    contents : of it. target : where, checked before. temporary : see `put_folder`.
    command, overrides, pictures : see `write_run`. Raises StoreError if it cannot be written.
    """
    told = record(
        contents.summary, contents.first, command, digest=contents.content_hash, overrides=overrides
    )
    named = tables(contents.summary)

    def put(folder: Path) -> None:
        _fill(folder, contents, named, pictures=pictures)
        put_json(folder / PROVENANCE, told)

    def tell(folder: Path, sums: Mapping[str, str]) -> None:
        schemas = {f"tables/{name}.csv": (DESCRIPTIONS[name], table_schema(t)) for name, t in named.items()}
        put_json(folder / _PACKAGE, data_package(folder, contents.summary, told, sums, schemas))

    put_folder(target, put, tell=tell, making=temporary)


def check_room(folder: str | Path, *, overwrite: bool = False) -> None:
    """Raise StoreError, before anything is simulated, where `write_run` could not write its folder.

    folder, overwrite : as for `write_run`. Leaves nothing behind.
    """
    target = Path(folder).resolve()
    try:
        check_target(target, overwrite=overwrite)
        there = next(parent for parent in target.parents if parent.exists())
        Path(mkdtemp(prefix=f".{target.name}.", dir=there)).rmdir()
    except OSError as error:
        raise StoreError(
            f"{target}: a run cannot be written there ({error.strerror}); choose another folder"
        ) from error


def read_run(folder: str | Path) -> Result:
    """The result that a run folder holds.

    folder : written by `write_run`. Raises NoFolderError if it is no run folder, StoreError if it keeps no single
    replicates, ChecksumError if a file that is needed is not as it was written.
    """
    path = _checked(folder, (_ARRAYS, PROVENANCE, f"{_SCENARIO}/"))
    if not (path / _SUMMARY).is_file():
        raise NoFolderError(f"{path} is no run folder; name a folder that `travesia run` has written")
    if not (path / _ARRAYS).is_file():
        raise StoreError(
            f"{path}: keeps no single replicates, only their summary; read that with read_summary, "
            "or run again with --keep-replicates"
        )
    told = _provenance(path)
    return Result(
        data=read_arrays(path / _ARRAYS),
        scenario=_scenario(path),
        seed=told["seed"],
        mode=told["mode"],
        policy=told["policy"],
        seconds=told["seconds"],
    )


def read_summary(folder: str | Path) -> Summary:
    """The summary of the run that a run folder holds.

    folder : written by `write_run`. Raises NoFolderError if it is no run folder, ChecksumError if a file that is
    needed is not as it was written.
    """
    path = _checked(folder, (_SUMMARY, PROVENANCE, f"{_SCENARIO}/"))
    told = _provenance(path)
    names = ("seed", "mode", "policy", "replicates", "seconds")
    data = read_arrays(path / _SUMMARY)
    return Summary(data=data, scenario=_scenario(path), **{name: told[name] for name in names})


def read_provenance(folder: str | Path) -> dict[str, Any]:
    """What a run folder says of where it came from. Raises NoFolderError if it is no run folder."""
    return _provenance(_run_folder(folder))


def verify_run(folder: str | Path) -> list[str]:
    """Everything in a folder of results that is not as it was written; an empty list if all is well.

    folder : of a run or of what another command found. Each missing, changed or extra file is named.
    Where provenance.json tells a content hash, it is computed anew from the arrays and the scenario; of a run whose
    replicates are not kept, the summary and the scenario must be those of the run. Raises NoFolderError if there is no
    such folder.
    """
    path = _run_folder(folder)
    problems = file_problems(path)
    if problems:
        return problems
    try:
        return _content_problems(path)
    except ScenarioError as error:
        return [f"{_SCENARIO}/: cannot be read again, {error}"]
    except TravesiaError as error:
        return [str(error)]


def _content_problems(path: Path) -> list[str]:
    """Where the arrays or the scenario are not those that the provenance tells of."""
    import xarray as xr

    told = _provenance(path)
    if "content_hash" not in told:  # of other commands: checksums are all there is
        return []
    scenario = _scenario(path)
    if (path / SWEEP).is_file():
        data = read_arrays(path / SWEEP)
        found = hash_slabs(scenario, data, lambda name: iter([data[name].values]), data.sizes["replicate"])
        wrong = (
            f"{SWEEP} and {_SCENARIO}/: content hash is {found}, but {PROVENANCE} says {told['content_hash']}"
        )
        return [] if found == told["content_hash"] else [wrong]
    problems = []
    of_summary = str(read_arrays(path / _SUMMARY).attrs.get("content_hash"))
    if of_summary != told["content_hash"]:
        problems.append(
            f"{_SUMMARY}: content hash is {of_summary}, but {PROVENANCE} says {told['content_hash']}"
        )
    if scenario_hash(scenario) != told["scenario_hash"]:
        problems.append(
            f"{_SCENARIO}/: is not the one whose hash {PROVENANCE} tells, its content hash is another"
        )
    if not problems and (path / _ARRAYS).is_file():
        try:
            with xr.open_dataset(path / _ARRAYS, engine="h5netcdf", cache=False) as data:
                found = hash_slabs(scenario, data, lambda name: parts(data[name]), data.sizes["replicate"])
        except (OSError, ValueError, KeyError) as error:
            return [f"{_ARRAYS}: cannot be read ({error})"]
        if found != told["content_hash"]:
            problems.append(
                f"{_ARRAYS} and {_SCENARIO}/: content hash is {found}, but {PROVENANCE} says {told['content_hash']}"
            )
    return problems


def replay_info(folder: str | Path) -> Replay:
    """What to run to get the result of a run folder again.

    folder : written by `write_run`. Raises NoFolderError if it is no run folder.
    """
    path = _run_folder(folder)
    told = _provenance(path)
    keys = ("seed", "mode", "policy", "replicates", "content_hash", "versions", "overrides", "command")
    return Replay(scenario=path / _SCENARIO, **{key: told[key] for key in keys})


def _checked(folder: str | Path, needed: tuple[str, ...]) -> Path:
    """A run folder whose needed files are as they were written."""
    path = _run_folder(folder)
    refuse_changed(path, needed, again="Run the scenario again, or fetch a good copy")
    return path


def _scenario(path: Path) -> Scenario:
    from travesia.folder import read_scenario

    return read_scenario(path / _SCENARIO, trusted=True)


def check_target(target: Path, *, overwrite: bool) -> None:
    """Refuse to replace anything but a run folder, and that only when told to, and to write inside one."""
    refuse_inside(target)
    if has_room(target):
        return
    if not is_run(target):
        raise StoreError(f"{target}: exists and is no run folder; choose another folder")
    if not overwrite:
        raise StoreError(f"{target}: holds an earlier run; choose another folder or allow overwriting")
    extra = strangers(target, read_sums(target))
    if extra:
        raise StoreError(
            f"{target}: holds files that are not part of the run ({', '.join(extra[:5])}); "
            "move them away, or choose another folder"
        )


def _fill(folder: Path, contents: Contents, named: Mapping[str, pd.DataFrame], *, pictures: bool) -> None:
    """Write what a run found, and its scenario. named : the tables."""
    from travesia.folder import put_scenario

    summary = contents.summary
    (folder / _SUMMARY).write_bytes(_summary_bytes(summary, contents.content_hash))
    if contents.slabs:
        put_slabs(folder / _ARRAYS, contents.slabs(), summary.replicates)
    put_scenario(summary.scenario, folder / _SCENARIO)
    (folder / "tables").mkdir()
    for name, table in named.items():
        (folder / "tables" / f"{name}.csv").write_bytes(csv_bytes(table))
        (folder / "tables" / f"{name}.parquet").write_bytes(parquet_bytes(table))
    if (as_flee := flee_out(contents.first)) is not None:
        (folder / "out.csv").write_bytes(as_flee.encode())
    if pictures:
        from travesia.plot import write_pictures

        write_pictures(summary, folder / "pictures")


def _summary_bytes(summary: Summary, digest: str) -> bytes:
    data = summary.data.drop_encoding().assign_attrs(replicates=summary.replicates, content_hash=digest)
    return bytes(data.to_netcdf(engine="h5netcdf", encoding=packed(data)))


def is_run(path: Path) -> bool:
    """Whether a folder is a run folder."""
    return path.is_dir() and all((path / name).is_file() for name in (SUMS, PROVENANCE, _PACKAGE, _SUMMARY))


def _run_folder(folder: str | Path) -> Path:
    path = Path(folder)
    if not path.is_dir():
        raise NoFolderError(f"no folder {str(path)!r}; name a folder that `travesia run` has written")
    if not any((path / name).is_file() for name in (SUMS, PROVENANCE, _PACKAGE)):
        raise NoFolderError(f"{path} is no run folder; name a folder that `travesia run` has written")
    return path


def _provenance(path: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((path / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path / PROVENANCE}: cannot be read; fetch a good copy of the run") from error
    return told
