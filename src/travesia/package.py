"""What a run folder says of itself as a Data Package 2.0: each file, its bytes, its hash, its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from travesia.summary import Summary

_MEDIA = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".nc": "application/x-netcdf",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".yaml": "application/yaml",
}


def data_package(
    folder: Path,
    summary: Summary,
    provenance: Mapping[str, Any],
    sums: Mapping[str, str],
    schemas: Mapping[str, tuple[str, dict[str, Any]]],
) -> dict[str, Any]:
    settings = summary.scenario.settings
    package: dict[str, Any] = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": re.sub(r"[^a-z0-9._-]", "-", f"{settings.name}-{summary.seed}"),
        "title": settings.title.get("en") or next(iter(settings.title.values()), settings.name),
        "description": "A run of Travesía. In CSV files a text cell that a spreadsheet would run as a "
        "formula has a leading apostrophe; the Parquet files do not."
        + (f" Licence of the scenario: {settings.licence}." if settings.licence else ""),
        "sensitivity": provenance["sensitivity"],
        "version": provenance["versions"]["travesia"],
        "created": provenance["created_utc"],
        "resources": [_resource(folder, name, sums[name], schemas.get(name)) for name in sorted(sums)],
    }
    if re.fullmatch(r"[-a-zA-Z0-9._]+", settings.licence):
        package["licenses"] = [{"name": settings.licence}]
    sources = [_source(row) for row in summary.scenario.sources.fillna("").to_dict("records")]
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
