"""Flee folders → scenarios: `input_csv/`, `source_data/` and a settings file become an ordinary Scenario."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from travesia.errors import ScenarioError
from travesia.flee_changes import measure_rows, read_closures, read_conflicts
from travesia.flee_csv import Notes, Row, collapse, day, integer, read_rows
from travesia.flee_data import Series, correct, read_series
from travesia.flee_geography import CAMPS, Leg, Location, read_locations, read_routes
from travesia.flee_settings import read_settings
from travesia.scenario import FleeSettings, Scenario, Settings
from travesia.schema import frame

INPUT, DATA, SETTINGS = "input_csv", "source_data", "simsetting.yml"
ATTRIBUTE_FILES = ("demographics_*.csv", "region_attributes_*.csv", "flood_level.csv", "major_routes.csv")


def is_flee_folder(path: Path) -> bool:
    """Whether a folder is one of Flee's: it holds `input_csv/`, or is that folder itself (it has locations.csv)."""
    return (_folder(path) / INPUT).is_dir() or (path / "locations.csv").is_file()


def read_flee_folder(path: Path, settings_path: Path | None = None) -> Scenario:
    """A Flee folder as a scenario with the movement rule `flee`.

    path : the folder that holds input_csv/ and source_data/, or input_csv itself with source_data beside it.
    settings_path : Flee's settings file; None means simsetting.yml in the folder, or Flee's defaults with a
    warning. What was tolerated is in `warnings`. Raises ScenarioError with all problems. Source of the
    format: Flee, May 2026.
    """
    folder = _folder(path)
    notes = Notes()
    if not (folder / INPUT).is_dir():
        notes.of(folder.name).error(
            0, "", "", f"no Flee folder: it holds no {INPUT}", "name the folder that does"
        )
        raise ScenarioError(notes.found)
    if settings_path is None and (folder / SETTINGS).is_file():
        settings_path = folder / SETTINGS
    movement = read_settings(settings_path, notes.of(settings_path.name if settings_path else SETTINGS))
    rows = {name: _rows(folder, name, notes) for name in ("locations", "routes", "conflicts", "closures")}
    start, days = _period(folder, _of(notes, "sim_period"), rows["conflicts"])

    locations = _locations(rows["locations"], notes, movement)
    names = {place.name for place in locations}
    legs = read_routes(rows["routes"] or (), _of(notes, "routes"), places=names)
    conflicts = read_conflicts(rows["conflicts"], _of(notes, "conflicts"), locations=locations, days=days)
    closures = read_closures(rows["closures"] or (), _of(notes, "closures"), locations=locations)
    measures = measure_rows(closures, _of(notes, "closures"), legs=legs, locations=locations, start=start)
    series = _observed(folder, notes, start, names)
    _warn_of_camps_without_data(locations, series, notes)
    _look_for_other_files(folder, notes)

    problems = collapse(notes.found)
    if any(problem.level == "error" for problem in problems):
        raise ScenarioError(problems)
    tables = {
        "places": frame("places", _columns([_place_row(place) for place in locations])),
        "legs": frame("legs", _columns([_leg_row(leg) for leg in legs])),
        "destinations": frame("destinations", {}),
        "departures": frame("departures", {"departure": ["observed"], "kind": ["observed"]}),
        "drivers": frame("drivers", _columns([_driver_row(start, *change) for change in conflicts])),
        "measures": frame("measures", _columns(measures)),
        "observations": frame("observations", _columns(_observation_rows(series, names, start))),
        "sources": frame("sources", {}),
    }
    settings = Settings(
        name=_slug(folder.name),
        title={"en": folder.name, "es": folder.name},
        start=start,
        days=days,
        movement=movement,
    )
    return Scenario(settings, tables, _origin(), tuple(problems))


def _folder(path: Path) -> Path:
    """The folder that holds input_csv and source_data."""
    path = path.resolve()
    inside = not (path / INPUT).is_dir() and path.name == INPUT
    return path.parent if inside else path


def _locations(rows: Sequence[Row] | None, notes: Notes, movement: FleeSettings) -> list[Location]:
    """The places; without any, nothing else can be checked, and what was found so far is raised."""
    locations = [] if rows is None else read_locations(rows, _of(notes, "locations"), movement=movement)
    if not locations:
        raise ScenarioError(collapse(notes.found))
    return locations


def _of(notes: Notes, name: str) -> Notes:
    return notes.of(f"{INPUT}/{name}.csv")


def _rows(folder: Path, name: str, notes: Notes) -> list[Row] | None:
    return read_rows(folder / INPUT / f"{name}.csv", _of(notes, name))


def _period(folder: Path, notes: Notes, conflicts: Sequence[Row] | None) -> tuple[date, int]:
    """The first day and the number of days; after a problem any values that let the reading go on."""
    start, days = date(2000, 1, 1), 1
    rows = read_rows(folder / INPUT / "sim_period.csv", notes)
    if rows is None:
        return start, days
    cells = {row.cell(0).lower(): row for row in rows if len(row.cells) > 1}
    if "startdate" in cells:
        row = cells["startdate"]
        start = day(notes, row.number, "StartDate", row.cell(1)) or start
        if not 1900 <= start.year <= 2200:
            notes.error(row.number, "StartDate", row.cell(1), "not between 1900 and 2200", "check the year")
            start = date(2000, 1, 1)
    else:
        notes.error(0, "StartDate", "", "there is no such row", "write StartDate,2012-02-29")
    if "length" in cells:
        row = cells["length"]
        length = integer(notes, row.number, "Length", row.cell(1), want="the number of days")
        if length is not None and not 1 <= length <= 100_000:
            notes.error(
                row.number, "Length", row.cell(1), "not between 1 and 100000 days", "write the number of days"
            )
        else:
            days = length or days
    elif conflicts is not None and sum(not row.blank for row in conflicts) > 1:
        days = sum(not row.blank for row in conflicts) - 1
        message = f"there is no such row, on which Flee stops; {days} days, as many as conflicts.csv has"
        notes.warn(0, "Length", "", message, f"write Length,{days}")
    else:
        notes.error(0, "Length", "", "there is no such row", "write Length,300")
    return start, days


def _observed(folder: Path, notes: Notes, start: date, names: Collection[str]) -> list[Series]:
    series = read_series(folder / DATA, notes, start=start, places=names)
    path = folder / INPUT / "registration_corrections.csv"
    if not path.is_file():
        return series
    corrections = _of(notes, "registration_corrections")
    return correct(read_rows(path, corrections) or (), corrections, series=series, start=start)


def _warn_of_camps_without_data(
    locations: Sequence[Location], series: Sequence[Series], notes: Notes
) -> None:
    observed = {one.name for one in series}
    if not observed:
        return
    for place in locations:
        if place.kind in CAMPS and place.name not in observed:
            message = "a camp without a row in data_layout.csv, on which Flee stops; taken as nobody observed"
            _of(notes, "locations").warn(
                place.row, "name", place.name, message, "add a row and a file of its counts"
            )


def _look_for_other_files(folder: Path, notes: Notes) -> None:
    """Refuse changes of types by date; say which files of unmodelled features are not used."""
    for where in (folder / INPUT, folder):
        if (where / "location_changes.csv").is_file():
            file = (where / "location_changes.csv").relative_to(folder).as_posix()
            message = "changes of location types are not modelled yet"
            notes.of(file).error(0, "", "", message, "delete the file to run without them")
    for pattern in ATTRIBUTE_FILES:
        for found in sorted((folder / INPUT).glob(pattern)):
            message = "belongs to a feature of Flee that is not modelled yet and that the settings leave off"
            notes.of(f"{INPUT}/{found.name}").warn(0, "", "", message, "nothing needs doing: it is not used")


# --- rows of tables ----------------------------------------------------------------------


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Values by column from values by row; a row without a column has None there."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in names}


def _place_row(place: Location) -> dict[str, Any]:
    row = asdict(place)
    return {"place": row["name"], **{key: row[key] for key in row if key not in ("row", "name", "intensity")}}


def _leg_row(leg: Leg) -> dict[str, Any]:
    return {
        "leg": leg.leg,
        "from": leg.start,
        "to": leg.end,
        "distance_km": leg.distance_km,
        "mode": "road",
        "both_ways": True,
    }


def _driver_row(start: date, place: str, when: int, value: float) -> dict[str, Any]:
    return {"driver": "conflict", "place": place, "date": start + timedelta(days=when), "value": value}


def _observation_rows(series: Sequence[Series], names: Collection[str], start: date) -> list[dict[str, Any]]:
    return [
        {
            "quantity": "present",
            "place": one.name if one.name in names else "",
            "area": "" if one.name in names else one.name,
            "date_from": start + timedelta(days=when),
            "kind": "stock",
            "value": value,
            "unit": "people",
        }
        for one in series
        for when, value in one.entries
    ]


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9_.-]+", "-", name.lower()).strip("-._") or "flee"


def _origin() -> dict[str, str]:
    return {
        "places": f"{INPUT}/locations.csv",
        "legs": f"{INPUT}/routes.csv",
        "drivers": f"{INPUT}/conflicts.csv",
        "measures": f"{INPUT}/closures.csv",
        "observations": f"{DATA}/data_layout.csv",
        "departures": f"{DATA}/data_layout.csv",
    }
