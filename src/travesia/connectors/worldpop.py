"""WorldPop: people who live around the places of a scenario, as their population."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from travesia.connectors import shape
from travesia.connectors.client import Client, Query, Service
from travesia.connectors.events import located
from travesia.connectors.rows import Found, Source
from travesia.errors import ServiceError, UsageError
from travesia.travel import EARTH_RADIUS_KM

SERVICE = Service(
    "WorldPop",
    "https://api.worldpop.org/v1",
    "It asks for no key up to 1,000 questions a day; see https://www.worldpop.org/sdi/api_rate_limits/",
)
KINDS = ("town", "destination")
YEARS = range(2000, 2021)
MOST_PLACES = 1_000
CORNERS = 32
POLLS = 30


def source(year: int) -> Source:
    """The source of populations of a year."""
    return Source(
        "worldpop",
        f"WorldPop, Global per country 2000-2020 (wpgppop), {year}",
        "https://www.worldpop.org",
        "CC-BY-4.0",
    )


@dataclass(frozen=True)
class _Task:
    """Work that the service has begun; `people` is None until it is done."""

    name: str
    people: float | None


def populations(
    client: Client,
    places: pd.DataFrame,
    *,
    year: int = 2020,
    radius_km: float = 5.0,
    every: bool = False,
    pause_s: float = 2.0,
    tell: Callable[[str], None] = lambda _: None,
) -> Found:
    """The people within a radius of each town and destination without a population.

    places : of a scenario. year : 2000 to 2020. radius_km : of the circle. every : also of places that have one.
    pause_s : between two looks at work that the service has begun. tell : gets a line for each place. Raises
    ServiceError, UsageError.
    """
    if year not in YEARS or not 0 < radius_km <= 100:
        raise UsageError("WorldPop has the years 2000 to 2020, and the radius is up to 100 km")
    there = located(places)
    wanted = there[there["kind"].isin(KINDS) & (every | ~(there["population"].astype(float) > 0))]
    if wanted.empty:
        raise UsageError("every town and destination has a population; replace them with --every")
    if len(wanted) > MOST_PLACES:
        raise UsageError(
            f"{len(wanted):,} places; WorldPop answers {MOST_PLACES:,} questions a day: ask in parts"
        )
    rows, seen = [], []
    for number, (place, lat, lon) in enumerate(
        zip(wanted["place"], wanted["lat"], wanted["lon"], strict=True), start=1
    ):
        query: Query = {
            "dataset": "wpgppop",
            "year": year,
            "geojson": json.dumps(circle(float(lat), float(lon), radius_km), separators=(",", ":")),
            "runasync": "false",
        }
        answer = client.ask("/services/stats", _task, query=query, final=_is_done)
        people = _people(client, answer.value, pause_s)
        rows.append({"place": place, "population": float(round(people))})
        seen.append(answer.seen)
        tell(f"{number} of {len(wanted)}: {place}")
    told = [
        f"Population: people within {radius_km:g} km in {year}; where circles overlap, people count twice."
    ]
    return Found(source(year), min(seen), {"places": rows}, told)


def circle(lat: float, lon: float, radius_km: float) -> dict[str, Any]:
    """A GeoJSON polygon around a point, on the sphere.

    lat, lon : degrees. radius_km : of its corners.
    """
    turn = np.linspace(0, -2 * np.pi, CORNERS + 1)  # against the clock, seen from above, as GeoJSON wants it
    angle, phi = radius_km / EARTH_RADIUS_KM, np.radians(lat)
    north = np.arcsin(np.sin(phi) * np.cos(angle) + np.cos(phi) * np.sin(angle) * np.cos(turn))
    east = np.arctan2(np.sin(turn) * np.sin(angle) * np.cos(phi), np.cos(angle) - np.sin(phi) * np.sin(north))
    ring = [
        [round(lon + float(np.degrees(e)), 5), round(float(np.degrees(n)), 5)]
        for e, n in zip(east, north, strict=True)
    ]
    ring[-1] = ring[0]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    return {"type": "FeatureCollection", "features": [feature]}


def _people(client: Client, task: _Task, pause_s: float) -> float:
    for _ in range(POLLS):
        if task.people is not None:
            return task.people
        time.sleep(pause_s)
        task = client.ask(f"/tasks/{task.name}", _task, keep=False).value
    raise ServiceError("WorldPop has not finished its work in time; nothing was written. Try again later")


def _is_done(task: _Task) -> bool:
    return task.people is not None


def _task(content: Any) -> _Task:
    name = SERVICE.name
    if not isinstance(content, Mapping):
        raise shape.changed(name, "no record at the top")
    if content.get("error"):
        raise shape.refused(name, str(content.get("error_message") or "no reason given"), SERVICE.access)
    data = content.get("data")
    if isinstance(data, Mapping) and "total_population" in data:
        return _Task("", shape.number(name, data, "total_population") or 0.0)
    if content.get("status") == "finished":
        raise shape.changed(name, "finished, and no field 'total_population' in data")
    return _Task(shape.text(name, content, "taskid"), None)
