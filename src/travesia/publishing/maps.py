"""Places and legs with their geometry, as GeoJSON and GeoPackage (WGS 84, EPSG:4326)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from travesia.errors import UsageError
from travesia.publishing.about import About
from travesia.publishing.sheets import Sheet, plain_rows

MAPPED = ("places", "legs")


def geojson_bytes(sheet: Sheet, places: Sheet, about: About) -> bytes:
    """Places as points, or legs as lines, by RFC 7946; what is said of the run is its member `about`.

    sheet : places or legs. places : for coordinates; what has none keeps its properties and has no geometry. about :
    where it came from. Of simulated counts 5 stands for fewer than ten.
    """
    features = [
        {"type": "Feature", "geometry": shape, "properties": row}
        for row, shape in zip(plain_rows(sheet), _shapes(sheet, places), strict=True)
    ]
    found = {"type": "FeatureCollection", "name": sheet.name, "about": about.json(), "features": features}
    return (json.dumps(found, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def write_geopackage(path: Path, sheets: dict[str, Sheet], about: About) -> None:
    """Places and legs as layers, and every other table beside them; layers without anything in them are left out.

    path : of the file, which is not there yet. sheets : of a run. about : told in the metadata, and as table `about`.
    Raises UsageError where the extra `geo` is not installed.
    """
    try:
        import geopandas
        import pyogrio
    except ImportError as error:
        raise UsageError(
            "a GeoPackage needs geopandas; install it with: pip install 'travesia[geo]', or ask for geojson"
        ) from error
    told = dict(about.facts)
    for name in MAPPED:
        sheet, shapes = sheets[name], _shapes(sheets[name], sheets["places"])
        features = [
            {"geometry": shape, "properties": row}
            for row, shape in zip(plain_rows(sheet), shapes, strict=True)
            if shape
        ]
        if features:
            layer = geopandas.GeoDataFrame.from_features(
                features, crs="EPSG:4326", columns=[*sheet.frame, "geometry"]
            )
            _put(pyogrio, _typed(layer, sheet), path, name, told | {"table": sheet.description})
    for name, sheet in sheets.items():
        if name not in MAPPED and len(sheet.frame):
            _put(pyogrio, sheet.frame, path, name, told | {"table": sheet.description})
    rows = [
        *about.facts.items(),
        *(("source", " · ".join(filter(None, vars(s).values()))) for s in about.sources),
    ]
    _put(pyogrio, pd.DataFrame(rows, columns=["fact", "value"]), path, "about", told)


def _put(pyogrio: Any, frame: pd.DataFrame, path: Path, layer: str, told: dict[str, str]) -> None:
    pyogrio.write_dataframe(
        frame,
        path,
        layer=layer,
        driver="GPKG",
        append=path.exists(),
        layer_metadata=told,
        dataset_metadata=told,
    )


def _typed(layer: Any, sheet: Sheet) -> Any:
    """Dates and numbers as such, also where a column has none."""
    kinds = {"date": "datetime64[s]", "number": "float64"}
    return layer.astype({c.name: kinds[c.kind] for c in sheet.columns if c.kind in kinds})


def _shapes(sheet: Sheet, places: Sheet) -> list[dict[str, Any] | None]:
    where = {
        str(place): [lon, lat]
        for place, lon, lat in zip(*(places.frame[name] for name in ("place", "lon", "lat")), strict=True)
        if lon == lon and lat == lat
    }
    if sheet.name == "places":
        return [
            {"type": "Point", "coordinates": where[place]} if place in where else None
            for place in sheet.frame["place"]
        ]
    ends = zip(sheet.frame["one"], sheet.frame["other"], strict=True)
    return [
        {"type": "LineString", "coordinates": [where[one], where[other]]}
        if {one, other} <= set(where)
        else None
        for one, other in ends
    ]
