"""Small flights in memory for tests of rule `flee`: places on a line or a star, one war, a known number of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from verification.networks import START, on, scenario

from travesia.scenario import QUIRKS, FleeSettings, Scenario, Settings

Row = Mapping[str, Any]
LAST = 40


def place(name: str, kind: str = "town", country: str = "Home", **cells: Any) -> Row:
    """A row of places.csv."""
    return {
        "place": name,
        "kind": kind,
        "country": country,
        "lat": 10.0,
        "lon": 5.0,
        "population": 1000,
    } | cells


def leg(start: str, end: str, km: float, *, both_ways: bool = False) -> Row:
    """A row of legs.csv."""
    name = f"{start}-{end}"
    return {"leg": name, "from": start, "to": end, "distance_km": km, "mode": "road", "both_ways": both_ways}


def flight(
    places: Sequence[Row],
    legs: Sequence[Row],
    *,
    totals: Mapping[int, int],
    days: int = 2,
    wars: Sequence[tuple[str, int, float]] = (),
    closures: Sequence[Row] = (),
    **movement: Any,
) -> Scenario:
    """A scenario of rule `flee`; nobody is anywhere on day 0 but those observed on it, all of whom set out that day.

    totals : people observed in all, by day. wars : place, day, intensity; without one there is war at the first place.
    movement : settings; without others people choose one place ahead, always move on, and Flee's quirks are kept.
    """
    as_flee = dict.fromkeys(QUIRKS, True)
    calm = as_flee | {
        "insert_day0": False,
        "sum_from_camps": False,
        "default_movechance": 1.0,
        "awareness_level": 1,
    }
    settings = Settings(
        name="flight",
        title={"en": "Flight", "es": "Huida"},
        start=START,
        days=days,
        movement=FleeSettings(**(calm | movement)),
    )
    wars = wars or [(places[0]["place"], 0, 1.0)]
    return scenario(
        settings,
        places=places,
        legs=legs,
        departures=[{"departure": "observed", "kind": "observed"}],
        drivers=[
            {"driver": "conflict", "place": name, "date": on(day), "value": value}
            for name, day, value in wars
        ],
        measures=[{"measure": f"m{i}", **closure} for i, closure in enumerate(closures)],
        observations=[
            {"quantity": "present", "area": "total", "date_from": on(day), "value": count}
            for day, count in totals.items()
        ],
    )
