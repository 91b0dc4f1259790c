"""Rows of the tables of a scenario from what the readers of Flee's files found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import pandas as pd

from travesia.flee_days import Change
from travesia.flee_geography import Location
from travesia.flee_routes import Leg
from travesia.schema import frame

Rows = Sequence[Mapping[str, Any]]


def table(name: str, rows: Rows) -> pd.DataFrame:
    """A table of a scenario; a row without a column has the default there."""
    names = list(dict.fromkeys(column for row in rows for column in row))
    return frame(name, {column: [row.get(column) for row in rows] for column in names})


def place_rows(locations: Sequence[Location]) -> Rows:
    """One row per place."""
    unused = ("row", "name", "intensity", "conflict_from", "attributes", "written", "again")
    return [
        {"place": place.name, **{key: value for key, value in asdict(place).items() if key not in unused}}
        for place in locations
    ]


def leg_rows(legs: Sequence[Leg]) -> Rows:
    """One row per leg, which can be travelled both ways."""
    return [
        {
            "leg": leg.leg,
            "from": leg.start,
            "to": leg.end,
            "distance_km": leg.distance_km,
            "mode": "road",
            "speed_km_per_day": leg.speed_km_per_day,
            "walk_probability": leg.walk_probability,
            "both_ways": True,
        }
        for leg in legs
    ]


def driver_rows(changes: Mapping[str, Sequence[Change]], *, start: date) -> Rows:
    """One row per change of a driver; `changes` by its name."""
    return [
        {"driver": name, "place": place, "date": start + timedelta(days=when), "value": value}
        for name, found in changes.items()
        for place, when, value in found
    ]


def measure_rows(found: Iterable[Mapping[str, Any]], *, start: date) -> Rows:
    """Measures of the policy `actual` with names of their own and dates in place of the days `first` and `last`."""
    rows: list[dict[str, Any]] = []
    taken: set[str] = set()
    for measure in found:
        name, number, first, last = measure["measure"], 2, measure["first"], measure["last"]
        while name in taken:
            name, number = f"{measure['measure']}#{number}", number + 1
        taken.add(name)
        rest = {key: value for key, value in measure.items() if key not in ("measure", "first", "last")}
        rows.append(
            {
                "measure": name,
                "policy": "actual",
                "date_from": start + timedelta(days=first),
                "date_to": None if last is None else start + timedelta(days=last),
                **rest,
            }
        )
    return rows
