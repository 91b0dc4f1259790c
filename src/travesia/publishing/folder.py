"""Runs and forecasts as folders to hand out: a Data Package of tables, maps and arrays, whole or not at all."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from travesia.errors import StoreError, UsageError
from travesia.files import has_room, swap, sync_tree
from travesia.folder import read_scenario
from travesia.forecasting.folder import HEAD, read_forecast
from travesia.publishing.about import About, about_forecast, about_run
from travesia.publishing.arrays import netcdf_bytes
from travesia.publishing.maps import MAPPED, geojson_bytes, write_geopackage
from travesia.publishing.othersheets import (
    differences_sheet,
    forecast_sheet,
    forecast_views,
    needs_sheet,
    reported_sheet,
)
from travesia.publishing.runsheets import parameter_sheet, run_sheets
from travesia.publishing.sheets import Sheet, csv_text, parquet_bytes, table_schema
from travesia.publishing.workbook import workbook_bytes
from travesia.scenario import Scenario
from travesia.store import read_provenance, read_run
from travesia.sums import PROVENANCE, sha256
from travesia.web.onepage import compared_with
from travesia.web.publish import is_coarse
from travesia.web.shapes import Network, RunView
from travesia.web.view import network_of, run_view

FORMATS = ("csv", "xlsx", "parquet", "geojson", "gpkg", "netcdf")
PACKAGE = "datapackage.json"
_MEDIA = {
    ".csv": "text/csv",
    ".geojson": "application/geo+json",
    ".gpkg": "application/geopackage+sqlite3",
    ".html": "text/html",
    ".nc": "application/x-netcdf",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, eq=False)
class Published:
    """What is handed out. name : of its files. sheets : by name. network, run : as the page shows them."""

    name: str
    about: About
    sheets: Mapping[str, Sheet]
    network: Network
    run: RunView


def published_run(folder: Path, *, comparison: Path | None = None, today: date | None = None) -> Published:
    """A run as it may be handed out.

    folder : a run folder that keeps its replicates. comparison : that `travesia compare -o` wrote of the same scenario.
    today : decides how finely journeys may be told. Raises StoreError for what is no such folder, UsageError for a
    comparison of another scenario.
    """
    result, told = read_run(folder), read_provenance(folder)
    scenario, day = result.scenario, today or date.today()
    coarse = is_coarse(scenario, day)
    network = network_of(scenario, scenario.name, today=day)
    run = run_view(result, today=day, seconds=sum(result.seconds.values()))
    sheets = run_sheets(network, run)
    more = [reported_sheet(scenario, coarse=coarse), parameter_sheet(scenario)]
    if not coarse:
        more.append(needs_sheet(result))
    if comparison is not None:
        more.append(differences_sheet(compared_with(scenario, comparison)))
    sheets |= {sheet.name: sheet for sheet in more}
    name = f"{scenario.settings.name}-{told['seed']}"
    return Published(name, about_run(scenario, told, coarse=coarse), sheets, network, run)


def published_forecast(folder: Path, *, today: date | None = None) -> Published:
    """A forecast as it may be handed out.

    folder : that `travesia forecast -o` wrote. today : decides how finely journeys may be told. Raises UsageError where
    it is no forecast, or one of journeys, which are told by area and month only, and what `read_scenario` raises.
    """
    head, table = read_forecast(folder)
    scenario = _forecast_scenario(folder, head)
    day = today or date.today()
    if is_coarse(scenario, day):
        raise UsageError(
            f"{folder}: a forecast of journeys is told by area and month only; run the scenario and export the run"
        )
    network, run = forecast_views(network_of(scenario, scenario.name, today=day), table)
    known = folder / PROVENANCE
    told = json.loads(known.read_text(encoding="utf-8")) if known.is_file() else {}
    kept = run_sheets(network, run)
    sheets = {
        "forecast": forecast_sheet(table),
        **{name: kept[name] for name in ("places", "legs", "people")},
    }
    sheets["reported"] = reported_sheet(scenario, coarse=False)
    name = f"{scenario.settings.name}-{head['origin_date']}"
    return Published(name, about_forecast(scenario, head, told), sheets, network, run)


def published(folder: Path, *, comparison: Path | None = None, today: date | None = None) -> Published:
    """A run or a forecast, whichever a folder holds; see `published_run` and `published_forecast`."""
    if (folder / HEAD).is_file():
        if comparison is not None:
            raise UsageError("a comparison stands beside a run, not beside a forecast")
        return published_forecast(folder, today=today)
    return published_run(folder, comparison=comparison, today=today)


def formats_of(text: str) -> list[str]:
    """The formats asked for. text : their names, with commas between. Raises UsageError for an unknown one."""
    wanted = [name.strip().lower() for name in text.split(",") if name.strip()]
    unknown = sorted(set(wanted) - set(FORMATS))
    if unknown or not wanted:
        raise UsageError(f"no format {', '.join(unknown) or 'named'}; the formats are {', '.join(FORMATS)}")
    return wanted


def write_published(
    found: Published,
    target: Path,
    *,
    formats: Collection[str],
    hxl: bool = False,
    beside: Mapping[str, bytes] | None = None,
) -> Path:
    """Write what is handed out as a new folder, whole or not at all.

    found : of `published`. target : not there yet, or empty. formats : of FORMATS. hxl : a row of HXL tags under the
    headers of CSV and XLSX. beside : other files of the folder, by name. Raises UsageError for a folder without room,
    StoreError where it cannot be written.
    """
    folder = target.resolve()
    if not has_room(folder):
        raise UsageError(f"{target} exists; choose another folder with -o")
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}-{secrets.token_hex(4)}.partial")
    try:
        temporary.mkdir(parents=True)
        for name, content in (beside or {}).items():
            (temporary / name).write_bytes(content)
        _fill(temporary, found, formats, hxl=hxl)
        sync_tree(temporary)
        swap(temporary, folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(
            f"{target}: could not be written ({reason}); make room there, or name another folder"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _fill(folder: Path, found: Published, formats: Collection[str], *, hxl: bool) -> None:
    sheets = {name: sheet for name, sheet in found.sheets.items() if len(sheet.frame) or name in MAPPED}
    if "csv" in formats:
        for name, sheet in sheets.items():
            (folder / f"{name}.csv").write_bytes(csv_text(sheet, hxl=hxl))
    if "parquet" in formats:
        for name, sheet in sheets.items():
            (folder / f"{name}.parquet").write_bytes(parquet_bytes(sheet, found.about))
    if "xlsx" in formats:
        workbook = workbook_bytes(found.about, list(sheets.values()), hxl=hxl)
        (folder / f"{found.name}.xlsx").write_bytes(workbook)
    if "geojson" in formats:
        for name in MAPPED:
            content = geojson_bytes(sheets[name], sheets["places"], found.about)
            (folder / f"{name}.geojson").write_bytes(content)
    if "gpkg" in formats:
        write_geopackage(folder / f"{found.name}.gpkg", sheets, found.about)
    if "netcdf" in formats:
        (folder / f"{found.name}.nc").write_bytes(netcdf_bytes(found.network, found.run, found.about))
    package = _package(folder, found, sheets, hxl=hxl)
    (folder / PACKAGE).write_text(json.dumps(package, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _package(folder: Path, found: Published, sheets: Mapping[str, Sheet], *, hxl: bool) -> dict[str, Any]:
    """The descriptor: each file, its bytes and hash, the columns of tables, and what is said of the whole."""
    about, licence = found.about, found.about.facts.get("licence", "")
    package: dict[str, Any] = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": re.sub(r"[^a-z0-9._-]", "-", found.name.lower()),
        "title": about.title,
        "description": f"{about.facts['what']}. {about.facts['rules']} {about.facts['use']}",
        "version": about.facts["version"].removeprefix("travesia "),
        "created": about.facts.get("created_utc") or datetime.now(UTC).isoformat(timespec="seconds"),
        "sensitivity": about.facts["sensitivity"],
        "about": dict(about.facts),
        "resources": [
            _resource(path, sheets, hxl=hxl) for path in sorted(folder.iterdir(), key=lambda path: path.name)
        ],
    }
    if re.fullmatch(r"[-a-zA-Z0-9._]+", licence):
        package["licenses"] = [{"name": licence}]
    sources = [
        {"title": s.title} | ({"path": s.url} if re.match(r"https?://\S+$", s.url) else {})
        for s in about.sources
    ]
    return package | ({"sources": sources} if sources else {})


def _resource(path: Path, sheets: Mapping[str, Sheet], *, hxl: bool) -> dict[str, Any]:
    is_table = path.suffix == ".csv"
    resource: dict[str, Any] = {
        "name": re.sub(r"[^a-z0-9._-]", "-", (path.stem if is_table else path.name).lower()),
        "path": path.name,
        # "bin": offered as a file, not as a table to validate
        "format": "csv" if is_table else "bin",
        "mediatype": _MEDIA[path.suffix],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256(path)}",
    }
    if not is_table:
        return resource
    sheet = sheets[path.stem]
    table = {
        "type": "table",
        "encoding": "utf-8",
        "description": sheet.description,
        "schema": table_schema(sheet),
    }
    tags = {"dialect": {"commentRows": [2]}} if hxl else {}
    return resource | table | tags


def _forecast_scenario(folder: Path, head: Mapping[str, Any]) -> Scenario:
    """The scenario a forecast is of: what its posterior keeps, else where it was read from."""
    kept = folder / "posterior" / "scenario"
    return read_scenario(kept, trusted=True) if kept.is_dir() else read_scenario(head["scenario"])
