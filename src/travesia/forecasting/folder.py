"""Forecasts and benchmarks as folders: tables, where they came from, and pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from travesia.errors import UsageError
from travesia.files import has_room, put_whole
from travesia.forecasting.benchmark import Benchmark, as_json
from travesia.forecasting.forecast import Forecast
from travesia.forecasting.methods import MODEL
from travesia.forecasting.origin import known_on
from travesia.forecasting.plot import benchmark_figure, forecast_figure, picture_bytes
from travesia.forecasting.quantilefile import csv_text, quantile_table, read_quantiles
from travesia.forecasting.rolling import table
from travesia.provenance import scenario_hash, versions
from travesia.tables import csv_bytes

TABLE, HEAD, PICTURE = "forecast.csv", "forecast.json", "forecast.png"


def write_forecast(found: Forecast, folder: Path, *, source: str) -> None:
    """Write forecast.csv, forecast.json and forecast.png into a new folder.

    source : the scenario as it was named, to read later counts from. Raises UsageError where the folder has no room.
    """
    _make(folder)
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
    }
    put_whole(folder / TABLE, csv_text(table).encode())
    put_whole(folder / PICTURE, picture_bytes(forecast_figure(found)))
    put_whole(folder / HEAD, (json.dumps(head, ensure_ascii=False, indent=1) + "\n").encode())


def read_forecast(folder: Path) -> tuple[Mapping[str, Any], pd.DataFrame]:
    """Where a forecast came from, and its quantiles.

    folder : as written by `write_forecast`. Raises UsageError where it is none.
    """
    path = folder / HEAD
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError(
            f"{folder} is no forecast folder; make one with: travesia forecast SCENARIO"
        ) from None
    return head, read_quantiles(folder / TABLE)


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write each table as CSV into a new folder. Raises UsageError where it has no room."""
    _make(folder)
    for name, one in tables.items():
        put_whole(folder / f"{name}.csv", csv_bytes(one.round(6)))


def write_benchmark(found: Benchmark, folder: Path) -> None:
    """Write forecasts.csv, scores.csv, cases.csv, skill.csv, benchmark.json and benchmark.png into a new folder."""
    tables = {
        "forecasts": table(found.checked),
        "scores": found.scores,
        "cases": found.cases,
        "skill": found.skill,
    }
    write_tables(folder, tables)
    put_whole(folder / "benchmark.json", (json.dumps(as_json(found), indent=1) + "\n").encode())
    put_whole(folder / "benchmark.png", picture_bytes(benchmark_figure(found)))


def _make(folder: Path) -> None:
    if not has_room(folder):
        raise UsageError(f"{folder} exists; choose another folder with -o")
    folder.mkdir(parents=True, exist_ok=True)
