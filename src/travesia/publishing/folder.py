"""What is handed out as a folder: a Data Package of tables, maps and arrays, whole or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from travesia.errors import UsageError
from travesia.publishing.arrays import netcdf_bytes
from travesia.publishing.contents import Published
from travesia.publishing.maps import MAPPED, geojson_bytes, write_geopackage
from travesia.publishing.sheets import Sheet, csv_text, parquet_bytes, table_schema
from travesia.publishing.workbook import workbook_bytes
from travesia.sums import PROVENANCE, sha256
from travesia.wholefolder import put_json, put_new_folder

FORMATS = ("csv", "xlsx", "parquet", "geojson", "gpkg", "netcdf")
PACKAGE = "datapackage.json"
_MEDIA = {
    ".csv": "text/csv",
    ".geojson": "application/geo+json",
    ".gpkg": "application/geopackage+sqlite3",
    ".html": "text/html",
    ".json": "application/json",
    ".nc": "application/x-netcdf",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


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
    """Write what is handed out as a new folder, whole or not at all, with checksums.

    found : of `contents.published`. target : not there yet, or empty. formats : of FORMATS. hxl : a row of HXL tags
    under the headers of CSV and XLSX. beside : other files of the folder, by name. Raises UsageError for a folder
    without room and for maps or arrays of what has no places, StoreError where it cannot be written.
    """
    placeless = sorted({"geojson", "gpkg", "netcdf"} & set(formats))
    if found.network is None and placeless:
        raise UsageError(
            f"{found.what} has tables alone, no places: {', '.join(placeless)} cannot be written of it"
        )

    def put(making: Path) -> None:
        for name, content in (beside or {}).items():
            (making / name).write_bytes(content)
        put_json(making / PROVENANCE, {"export": found.what, "about": found.about.json()})
        _fill(making, found, formats, hxl=hxl)

    put_new_folder(target, put)
    return target


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
    if "netcdf" in formats and found.network and found.run:
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
