"""Forecasts and benchmarks as folders, written whole or not at all: tables, pictures, and where they came from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from travesia.captions import png
from travesia.errors import UsageError
from travesia.forecasting.benchmark import Benchmark, as_json
from travesia.forecasting.forecast import Forecast
from travesia.forecasting.methods import MODEL
from travesia.forecasting.origin import known_on
from travesia.forecasting.plot import benchmark_figure, forecast_figure
from travesia.forecasting.quantilefile import csv_text, quantile_table, read_quantiles
from travesia.forecasting.rolling import table
from travesia.labels import working_label
from travesia.provenance import made_now, scenario_hash, versions
from travesia.scenario import Scenario
from travesia.sums import PROVENANCE, has_sums, refuse_changed
from travesia.tables import csv_bytes
from travesia.wholefolder import put_json, put_new_folder

TABLE, HEAD, PICTURE = "forecast.csv", "forecast.json", "forecast.png"


def write_forecast(found: Forecast, folder: Path, *, source: str, command: str = "") -> None:
    """Write forecast.csv, forecast.json and forecast.png as a new folder, with provenance and checksums.

    source : the scenario as it was named, to read later counts from. command : what was typed. Raises UsageError where
    the folder has no room, StoreError where it cannot be written.
    """
    start, days = found.start, int(found.days[-1]) - found.past.origin
    origin = start + timedelta(days=found.past.origin)
    table = quantile_table(
        found.members, model=MODEL, case=found.scenario.name, start=start, past=found.past, days=found.days
    )
    head = {
        "scenario": source,
        "case": found.scenario.name,
        "start": found.scenario.settings.start.isoformat(),
        "origin_date": origin.isoformat(),
        "days": days,
        "known_hash": scenario_hash(known_on(found.scenario, origin, days=days, blank=True)),
        "versions": versions(),
        "sensitivity": working_label(found.scenario),
    }
    contents = {
        TABLE: csv_text(table).encode(),
        PICTURE: png(forecast_figure(found), found.scenario),
        HEAD: (json.dumps(head, ensure_ascii=False, indent=1) + "\n").encode(),
    }
    told = {name: head[name] for name in ("known_hash", "sensitivity")} | {"scenario": found.scenario.name}
    _put(folder, contents, told | {"origin_date": origin.isoformat(), "days": days}, command)


def read_forecast(folder: Path) -> tuple[Mapping[str, Any], pd.DataFrame]:
    """Where a forecast came from, and its quantiles.

    folder : as written by `write_forecast`. Raises UsageError where it is none, ChecksumError where a file is not as it
    was written.
    """
    path = folder / HEAD
    if has_sums(folder) and path.is_file():
        refuse_changed(folder, (HEAD, TABLE, PROVENANCE), again="Forecast again into another folder")
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError(
            f"{folder} is no forecast folder; make one with: travesia forecast SCENARIO"
        ) from None
    return head, read_quantiles(folder / TABLE)


def write_allocation(
    table: pd.DataFrame, folder: Path, *, scenarios: Sequence[Scenario], capacities: str, command: str = ""
) -> None:
    """Write allocation.csv as a new folder, with provenance and checksums.

    scenarios : that were split. capacities : whether they were used. command : what was typed. Raises UsageError
    where the folder has no room, StoreError where it cannot be written.
    """
    told = _of(scenarios) | {"track": "allocation", "capacities": capacities}
    _put(folder, {"allocation.csv": csv_bytes(table.round(6))}, told, command)


def write_benchmark(
    found: Benchmark, folder: Path, *, scenarios: Sequence[Scenario], command: str = ""
) -> None:
    """Write forecasts.csv, scores.csv, cases.csv, skill.csv, benchmark.json and benchmark.png as a new folder.

    With provenance and checksums. scenarios, command : as in `write_allocation`, which tells what is raised.
    """
    tables = {
        "forecasts": table(found.checked),
        "scores": found.scores,
        "cases": found.cases,
        "skill": found.skill,
    }
    contents = {f"{name}.csv": csv_bytes(one.round(6)) for name, one in tables.items()}
    contents["benchmark.json"] = (json.dumps(as_json(found), indent=1) + "\n").encode()
    contents["benchmark.png"] = png(benchmark_figure(found), *scenarios)
    _put(folder, contents, _of(scenarios) | {"track": found.track}, command)


def _of(scenarios: Sequence[Scenario]) -> dict[str, Any]:
    """The hash of each case, and their label."""
    cases = {one.name: scenario_hash(one) for one in scenarios}
    return {"cases": cases, "sensitivity": working_label(*scenarios)}


def _put(folder: Path, contents: Mapping[str, bytes], about: Mapping[str, Any], command: str) -> None:
    """Write files by name as a new folder. about : what they are of."""

    def put(making: Path) -> None:
        for name, content in contents.items():
            (making / name).write_bytes(content)
        put_json(making / PROVENANCE, {**about, **made_now(command)})

    put_new_folder(folder, put)
