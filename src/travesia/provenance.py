"""Where a result came from: versions, seeds, and hashes of content rather than of files."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from travesia.labels import working_label
from travesia.result import Result
from travesia.scenario import TABLES, Scenario
from travesia.shards import SAME_BYTES
from travesia.summary import Summary

_PACKAGES = ("travesia", "numpy", "numba", "scipy", "pandas", "xarray")


def record(
    summary: Summary, first: Result, command: str, *, digest: str, overrides: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """All that is needed to say where a result came from, and to run it again; ready for JSON.

    summary : of a run. first : its first replicate. command : what was typed, or "". digest : the content hash.
    overrides : settings given on the command line, as {setting: value}; they are part of the scenario already.
    """
    scenario = summary.scenario
    return {
        "scenario": scenario.name,
        "scenario_hash": scenario_hash(scenario),
        "content_hash": digest,
        "seed": summary.seed,
        "mode": summary.mode,
        "policy": summary.policy,
        "replicates": summary.replicates,
        "first_replicate": first.people_json(),
        "overrides": dict(overrides or {}),
        "sensitivity": working_label(scenario),
        "settings": scenario.settings.model_dump(mode="json"),
        "warnings": [str(problem) for problem in scenario.warnings],
        "seconds": {stage: round(float(s), 6) for stage, s in summary.seconds.items()},
        **made_now(command),
    }


def made_now(command: str) -> dict[str, Any]:
    """How and when something is made: what every provenance says. command : what was typed, or ""."""
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return {"command": command, "versions": versions(), "created_utc": when}


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that a result may depend on."""
    return {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}}


def own_versions() -> dict[str, str]:
    """The versions here of the packages SAME_BYTES."""
    known = versions()
    return {package: known[package] for package in SAME_BYTES}


def scenario_hash(scenario: Scenario) -> str:
    """SHA-256 of what a scenario says: its settings and tables, whatever its path, file format or row labels.

    scenario : read from anywhere. The order of rows counts (it names parallel legs), the order of columns
    does not, and an empty column is as good as none.
    """
    digest = hashlib.sha256()
    digest.update(_canonical(scenario.settings.model_dump(mode="json")))
    for name in TABLES:
        if name in scenario.tables:
            digest.update(_canonical([name, _table_content(scenario.tables[name])]))
    return digest.hexdigest()


def content_hash(result: Result) -> str:
    """SHA-256 of the scenario's content and of the result arrays, and of nothing else.

    result : of a run. The same scenario, seed and policy give the same hash on any number of workers; seed,
    times, versions and paths are left out.
    """
    return hash_slabs(
        result.scenario, result.data, lambda name: iter([result.data[name].values]), result.replicates
    )


def hash_slabs(
    scenario: Scenario,
    data: xr.Dataset,
    slabs: Callable[[str], Iterator[np.ndarray[Any, Any]]],
    replicates: int,
) -> str:
    """The content hash of a result that is not in memory as a whole.

    data : some replicates of it, for the names, dimensions and labels. slabs : of a variable with the dimension
    `replicate`, its parts in order of replicate, which make up `replicates` of them.
    """
    digest = hashlib.sha256(scenario_hash(scenario).encode())
    for name in sorted(str(n) for n in data.variables):
        array = data[name]
        sizes = dict(array.sizes) | ({"replicate": replicates} if "replicate" in array.sizes else {})
        digest.update(
            _canonical([name, [str(d) for d in array.dims], [int(size) for size in sizes.values()]])
        )
        digest.update(_kind(array.values.dtype))
        for values in slabs(name) if "replicate" in array.sizes else iter([array.values]):
            digest.update(_array_bytes(values))
    return digest.hexdigest()


def _kind(dtype: np.dtype[Any]) -> bytes:
    return {"M": b"day", "f": b"float", "i": b"int", "u": b"int", "b": b"int"}.get(dtype.kind, b"text")


def _array_bytes(values: np.ndarray[Any, Any]) -> bytes | memoryview:
    """Bytes that do not depend on byte order, string width or time unit."""
    if values.dtype.kind == "M":
        return values.astype("datetime64[D]").astype("<i8").data
    if values.dtype.kind == "f":
        return np.ascontiguousarray(values, dtype="<f8").data
    if values.dtype.kind in "iub":
        return np.ascontiguousarray(values, dtype="<i8").data
    return _canonical([str(v) for v in values.ravel().tolist()])


def _table_content(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Column → row number → cell, blanks left out; the number of rows is told by `#rows`."""
    columns = {str(c): _column_content(table[c]) for c in table.columns}
    return {"#rows": {"": len(table)} if len(table) else {}} | {c: v for c, v in columns.items() if v}


def _column_content(column: pd.Series[Any]) -> dict[str, Any]:
    cells = ((str(i), _cell(value)) for i, value in enumerate(column.tolist()))
    return {i: value for i, value in cells if value is not None}


def _cell(value: Any) -> Any:
    """A cell as JSON: None if blank, numbers as floats, dates in ISO 8601."""
    if value is None or value is pd.NaT or value is pd.NA or value == "":
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | float | np.integer | np.floating):
        return None if value != value else float(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _canonical(content: Any) -> bytes:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
