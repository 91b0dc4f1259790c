"""Events on the map, counted by month at the nearest place: rows of drivers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd

from travesia.errors import UsageError
from travesia.travel import EARTH_RADIUS_KM, haversine_km

Counted = Literal["deaths", "events", "conflict"]
DRIVERS: Mapping[Counted, str] = {
    "deaths": "conflict_deaths",
    "events": "conflict_events",
    "conflict": "conflict",
}
"""The driver for each: deaths or events in the month, or 1 in a month with a death and 0 in others."""


@dataclass(frozen=True)
class Event:
    """Something that happened: degrees, the day it ended, and the best estimate of deaths."""

    lat: float
    lon: float
    day: date
    deaths: float


def located(places: pd.DataFrame) -> pd.DataFrame:
    """The places with coordinates. Raises UsageError where there are none."""
    found = places.dropna(subset=["lat", "lon"])
    if found.empty:
        raise UsageError("no place of the scenario has coordinates; fill in lat and lon in places.csv")
    return found


def box(places: pd.DataFrame, within_km: float) -> tuple[float, float, float, float]:
    """South, west, north, east of all places and so many km around, in degrees.

    places : with coordinates, none beyond the antimeridian from another. within_km : the margin.
    """
    degree_km = np.pi * EARTH_RADIUS_KM / 180
    lat, lon = places["lat"].to_numpy(dtype=float), places["lon"].to_numpy(dtype=float)
    margin = within_km / degree_km
    south, north = max(lat.min() - margin, -90.0), min(lat.max() + margin, 90.0)
    wide = margin / max(np.cos(np.radians(max(abs(south), abs(north)))), 0.01)
    west, east = max(lon.min() - wide, -180.0), min(lon.max() + wide, 180.0)
    return float(south), float(west), float(north), float(east)


def nearest(places: pd.DataFrame, lat: float, lon: float, within_km: float) -> str:
    """The nearest place, "" where none is within so many km (great circle).

    places : with coordinates. lat, lon : degrees.
    """
    km = haversine_km(places["lat"].to_numpy(dtype=float), places["lon"].to_numpy(dtype=float), lat, lon)
    best = int(np.argmin(km))
    return str(places["place"].iloc[best]) if km[best] <= within_km else ""


def monthly(
    places: pd.DataFrame,
    events: Iterable[Event],
    *,
    counted: Counted,
    first: date,
    last: date,
    within_km: float,
) -> tuple[list[dict[str, Any]], int, int]:
    """Rows of drivers, how many events they count, and how many were too far from every place.

    places : with coordinates. counted : what the driver is. first, last : days, of which events outside are not
    counted. within_km : how far an event may be. A value holds until the next row, so a month without events after one
    with some has a row with 0.
    """
    sums: dict[str, dict[date, float]] = {}
    near = far = 0
    for event in events:
        if not first <= event.day <= last:
            continue
        place = nearest(places, event.lat, event.lon, within_km)
        if not place:
            far += 1
            continue
        near += 1
        month = max(event.day.replace(day=1), first)
        amount = 1.0 if counted == "events" else event.deaths
        months = sums.setdefault(place, {})
        months[month] = months.get(month, 0.0) + amount
    starts = _months(first, last)
    rows = [
        row
        for place in places["place"]
        if place in sums
        for row in _series(place, sums[place], starts, counted)
    ]
    return rows, near, far


def _months(first: date, last: date) -> Sequence[date]:
    days = pd.date_range(first.replace(day=1), last, freq="MS")
    return [max(day.date(), first) for day in days]


def _series(
    place: str, sums: Mapping[date, float], months: Sequence[date], counted: Counted
) -> Iterable[dict[str, Any]]:
    before = 0.0
    for month in months:
        amount = sums.get(month, 0.0)
        value = float(amount > 0) if counted == "conflict" else amount
        if value != before:
            yield {"driver": DRIVERS[counted], "place": place, "date": month, "value": value}
        before = value
