"""Run folders: written whole or not at all, read back, and checked byte by byte.

arrays.nc        every array of the result (NetCDF 4)
scenario/        what was run, in Travesía's own format
tables/          tidy tables, CSV and Parquet
pictures/        where asked for
provenance.json  versions, seed, hashes, command
datapackage.json Data Package 2.0: what is what
SHA256SUMS       one line per file, as `sha256sum -c` reads it
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Literal

from travesia.errors import ChecksumError, ScenarioError, StoreError, TravesiaError
from travesia.flee_out import flee_out
from travesia.provenance import content_hash, record
from travesia.result import Result
from travesia.tables import DESCRIPTIONS, csv_bytes, parquet_bytes, table_schema, tables

if TYPE_CHECKING:
    import xarray as xr

_SUMS, _PACKAGE, _PROVENANCE, _ARRAYS, _SCENARIO = (
    "SHA256SUMS",
    "datapackage.json",
    "provenance.json",
    "arrays.nc",
    "scenario",
)
_MEDIA = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".nc": "application/x-netcdf",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".yaml": "application/yaml",
}


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
    target = Path(folder).resolve()
    _check_target(target, overwrite=overwrite)
    temporary = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.partial")
    try:
        temporary.mkdir(parents=True)
        _fill(temporary, result, record(result, command, overrides=overrides), pictures=pictures)
        _sync_tree(temporary)
        _swap(temporary, target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(
            f"{target}: the run could not be written ({reason}); nothing there was changed. "
            "Make room or ask for permission there, or choose another folder, then run again"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def check_room(folder: str | Path, *, overwrite: bool = False) -> None:
    """Raise StoreError, before anything is simulated, where `write_run` could not write its folder.

    folder, overwrite : as for `write_run`. Leaves nothing behind.
    """
    target = Path(folder).resolve()
    try:
        _check_target(target, overwrite=overwrite)
        there = next(parent for parent in target.parents if parent.exists())
        Path(mkdtemp(prefix=f".{target.name}.", dir=there)).rmdir()
    except OSError as error:
        raise StoreError(
            f"{target}: a run cannot be written there ({error.strerror}); choose another folder"
        ) from error


def read_run(folder: str | Path) -> Result:
    """The result that a run folder holds.

    folder : written by `write_run`. Raises StoreError if it is no run folder, ChecksumError if a file that is
    needed is not as it was written.
    """
    from travesia.folder import read_scenario

    path = _run_folder(folder)
    needed = (_ARRAYS, _PROVENANCE, f"{_SCENARIO}/")
    problems = [p for p in _file_problems(path) if p.startswith((_SUMS, *needed))]
    if problems:
        raise ChecksumError(
            f"{path}: not as it was written\n"
            + "\n".join(problems)
            + "\nRun the scenario again, or fetch a good copy"
        )
    told = _provenance(path)
    return Result(
        data=_read_arrays(path / _ARRAYS),
        scenario=read_scenario(path / _SCENARIO, trusted=True),
        seed=told["seed"],
        mode=told["mode"],
        policy=told["policy"],
        seconds=told["seconds"],
    )


def verify_run(folder: str | Path) -> list[str]:
    """Everything in a run folder that is not as it was written; an empty list if all is well.

    folder : written by `write_run`. Each missing, changed or extra file is named, and the content hash is
    computed anew from the arrays and the scenario. Raises StoreError if there is no such folder.
    """
    path = _run_folder(folder)
    problems = _file_problems(path)
    if problems:
        return problems
    try:
        told, found = _provenance(path)["content_hash"], content_hash(read_run(path))
    except ScenarioError as error:
        return [f"{_SCENARIO}/: cannot be read again, {error}"]
    except TravesiaError as error:
        return [str(error)]
    if told != found:
        return [f"{_ARRAYS} and {_SCENARIO}/: content hash is {found}, but {_PROVENANCE} says {told}"]
    return []


def replay_info(folder: str | Path) -> Replay:
    """What to run to get the result of a run folder again.

    folder : written by `write_run`. Raises StoreError if it is no run folder.
    """
    path = _run_folder(folder)
    told = _provenance(path)
    keys = ("seed", "mode", "policy", "replicates", "content_hash", "versions", "overrides", "command")
    return Replay(scenario=path / _SCENARIO, **{key: told[key] for key in keys})


def _check_target(target: Path, *, overwrite: bool) -> None:
    """Refuse to replace anything but a run folder, and that only when told to."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not _is_run(target):
        raise StoreError(f"{target}: exists and is no run folder; choose another folder")
    if not overwrite:
        raise StoreError(f"{target}: holds an earlier run; choose another folder or allow overwriting")
    extra = sorted(_files(target) - set(_sums(target)) - {_SUMS})
    if extra:
        raise StoreError(
            f"{target}: holds files that are not part of the run ({', '.join(extra[:5])}); "
            "move them away, or choose another folder"
        )


def _fill(folder: Path, result: Result, provenance: dict[str, Any], *, pictures: bool) -> None:
    from travesia.folder import write_scenario

    _put(folder / _ARRAYS, _netcdf(result.data))
    write_scenario(result.scenario, folder / _SCENARIO)
    (folder / "tables").mkdir()
    schemas = {}
    for name, table in tables(result).items():
        schemas[f"tables/{name}.csv"] = (DESCRIPTIONS[name], table_schema(table))
        _put(folder / "tables" / f"{name}.csv", csv_bytes(table))
        _put(folder / "tables" / f"{name}.parquet", parquet_bytes(table))
    if (as_flee := flee_out(result)) is not None:
        _put(folder / "out.csv", as_flee.encode())
    if pictures:
        from travesia.plot import write_pictures

        write_pictures(result, folder / "pictures")
    _put(folder / _PROVENANCE, _json(provenance))
    sums = {name: _sha256(folder / name) for name in sorted(_files(folder))}
    _put(folder / _PACKAGE, _json(_data_package(folder, result, provenance, sums, schemas)))
    sums[_PACKAGE] = _sha256(folder / _PACKAGE)
    _put(folder / _SUMS, _sums_text(sums))


def _data_package(
    folder: Path,
    result: Result,
    provenance: Mapping[str, Any],
    sums: Mapping[str, str],
    schemas: Mapping[str, tuple[str, dict[str, Any]]],
) -> dict[str, Any]:
    settings = result.scenario.settings
    package: dict[str, Any] = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": re.sub(r"[^a-z0-9._-]", "-", f"{settings.name}-{result.seed}"),
        "title": settings.title.get("en") or next(iter(settings.title.values()), settings.name),
        "description": "A run of Travesía. In CSV files a text cell that a spreadsheet would run as a "
        "formula has a leading apostrophe; the Parquet files do not."
        + (f" Licence of the scenario: {settings.licence}." if settings.licence else ""),
        "version": provenance["versions"]["travesia"],
        "created": provenance["created_utc"],
        "resources": [_resource(folder, name, sums[name], schemas.get(name)) for name in sorted(sums)],
    }
    if re.fullmatch(r"[-a-zA-Z0-9._]+", settings.licence):
        package["licenses"] = [{"name": settings.licence}]
    sources = [_source(row) for row in result.scenario.sources.fillna("").to_dict("records")]
    return package | ({"sources": sources} if sources else {})


def _source(row: Mapping[Any, Any]) -> dict[str, str]:
    url = str(row.get("url", ""))
    return {"title": str(row["title"])} | ({"path": url} if re.match(r"https?://\S+$", url) else {})


def _resource(
    folder: Path, name: str, sha256: str, table: tuple[str, dict[str, Any]] | None
) -> dict[str, Any]:
    suffix = Path(name).suffix
    stem = name.removesuffix(suffix) if table else name
    resource: dict[str, Any] = {
        "name": re.sub(r"[^a-z0-9._-]", "-", stem.removeprefix("tables/").lower()),
        "path": name,
        # "bin": Parquet and the scenario's own tables are offered as files, not as tables to validate
        "format": suffix.lstrip(".") if table or suffix == ".json" else "bin",
        "mediatype": _MEDIA.get(suffix, "application/octet-stream"),
        "bytes": (folder / name).stat().st_size,
        "hash": f"sha256:{sha256}",
    }
    if table:
        description, schema = table
        resource |= {"type": "table", "encoding": "utf-8", "description": description, "schema": schema}
    return resource


def _file_problems(path: Path) -> list[str]:
    """Files that are missing, changed or extra, by name."""
    try:
        sums = _sums(path)
    except StoreError as error:
        return [str(error)]
    problems = []
    for name, told in sorted(sums.items()):
        file = path / name
        if not file.is_file():
            problems.append(f"{name}: missing")
        elif _sha256(file) != told:
            problems.append(f"{name}: changed since it was written ({file.stat().st_size} bytes now)")
    extra = _files(path) - set(sums) - {_SUMS}
    return problems + [f"{name}: not part of the run" for name in sorted(extra)]


def _sums(path: Path) -> dict[str, str]:
    """What SHA256SUMS says, as {file: hash}; it must be exactly as `_sums_text` writes it."""
    try:
        content = (path / _SUMS).read_bytes()
    except OSError as error:
        raise StoreError(f"{_SUMS}: missing or unreadable, so nothing else can be checked") from error
    lines = content.decode("utf-8", errors="replace").split("\n")
    pairs = [line.split("  ", 1) for line in lines if line and not line.startswith("#")]
    sums = {pair[1]: pair[0] for pair in pairs if len(pair) == 2 and ".." not in PurePosixPath(pair[1]).parts}
    if _sums_text(sums) != content or _PROVENANCE not in sums:
        raise StoreError(f"{_SUMS}: changed since it was written, so nothing else can be checked")
    return sums


def _sums_text(sums: Mapping[str, str]) -> bytes:
    """One line per file; the last line, a comment to `sha256sum`, is the hash of those above."""
    lines = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode()
    return lines + f"# {hashlib.sha256(lines).hexdigest()}\n".encode()


def _is_run(path: Path) -> bool:
    return path.is_dir() and all((path / name).is_file() for name in (_SUMS, _PROVENANCE, _PACKAGE))


def _run_folder(folder: str | Path) -> Path:
    path = Path(folder)
    if not path.is_dir():
        raise StoreError(f"{path}: no such folder; name a folder that `travesia run` has written")
    if not any((path / name).is_file() for name in (_SUMS, _PROVENANCE, _PACKAGE)):
        raise StoreError(f"{path}: is no run folder; name a folder that `travesia run` has written")
    return path


def _provenance(path: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((path / _PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path / _PROVENANCE}: cannot be read; fetch a good copy of the run") from error
    return told


def _netcdf(data: xr.Dataset) -> bytes:
    packed = {str(name): {"zlib": True, "complevel": 2, "shuffle": True} for name in data.data_vars}
    return bytes(data.to_netcdf(engine="h5netcdf", encoding=packed))


def _read_arrays(path: Path) -> xr.Dataset:
    import xarray as xr

    try:
        with xr.open_dataset(path, engine="h5netcdf") as data:
            return data.load()
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(f"{path}: cannot be read ({error}); run the scenario again") from error


def _json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _sync_tree(folder: Path) -> None:
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


def _swap(temporary: Path, target: Path) -> None:
    """Put a complete folder in its place; whatever goes wrong, what was there comes back."""
    former = temporary.with_suffix(".former")
    steps = [(target, former)] if target.exists() else []
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
