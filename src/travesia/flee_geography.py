"""Flee's locations.csv and routes.csv → places and legs."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from travesia.flee_csv import Notes, Row, data_rows, hint, integer, number
from travesia.scenario import FleeSettings

UNKNOWN = "unknown"
CAMP_BELOW_MOVECHANCE = 0.005
"""Flee turns a place with a lower move chance into a camp."""
CAMPS = ("camp", "idp_camp")
FIRST_ATTRIBUTE = 8
LOCATION_COLUMNS = (
    "name",
    "region",
    "country",
    "latitude",
    "longitude",
    "location_type",
    "conflict_date",
    "population",
)
UNMODELLED_ATTRIBUTES = ("initial_idps", "capacity_per_day")
LINK_ATTRIBUTES = ("max_move_speed", "walk_probability")


@dataclass(frozen=True)
class Location:
    """One row of locations.csv; `intensity` is its conflict before the first day (0: none)."""

    row: int
    name: str
    kind: str
    country: str
    area: str
    lat: float
    lon: float
    population: int
    capacity: float
    intensity: float


@dataclass(frozen=True)
class Leg:
    """One row of routes.csv, or one of two where Flee makes two links of a row."""

    row: int
    leg: str
    start: str
    end: str
    distance_km: float


# --- locations -----------------------------------------------------------------------


def read_locations(rows: Sequence[Row], notes: Notes, *, movement: FleeSettings) -> list[Location]:
    """The places in file order; the country of the first is Flee's home country.

    rows : of locations.csv. notes : where problems go. movement : for the move chance below which Flee
    makes a camp.
    """
    header = next((row.cells for row in rows if row.comment and len(row.cells) > FIRST_ATTRIBUTE), ())
    locations: dict[str, Location] = {}
    for row in data_rows(rows, notes, header="name"):
        _refuse_more_cells(row, notes, max(FIRST_ATTRIBUTE, len(header)))
        location = _read_location(row, notes, _attributes(row, header), movement)
        if location.name in locations:
            message = (
                f"row {locations[location.name].row} has the same name, and Flee means now one, now the other"
            )
            notes.error(
                row.number, "name", location.name, message, "give each place its own name in all files"
            )
            continue
        locations[location.name] = location
    if not locations:
        notes.error(0, "", "", "no place in this file", "write one row per place")
    return list(locations.values())


def _refuse_more_cells(row: Row, notes: Notes, columns: int) -> None:
    extra = " ".join(cell for cell in row.cells[columns:] if cell.strip())
    if extra:
        remedy = "a comma within a number splits it: write digits only"
        notes.error(row.number, "", extra, f"more cells than the {columns} columns", remedy)


def _attributes(row: Row, header: Sequence[str]) -> dict[str, str]:
    names = [cell.strip() for cell in header[FIRST_ATTRIBUTE:]]
    return {name: row.cell(FIRST_ATTRIBUTE + index) for index, name in enumerate(names)}


def _read_location(row: Row, notes: Notes, attributes: Mapping[str, str], movement: FleeSettings) -> Location:
    for column in (0, 2):
        if column < len(row.cells) and row.cells[column] != row.cell(column):
            message = "spaces around it are left out; Flee keeps them and takes it for another"
            notes.warn(row.number, LOCATION_COLUMNS[column], row.cells[column], message, "delete the spaces")
    for name in UNMODELLED_ATTRIBUTES:
        if attributes.get(name, "") not in ("", "0"):
            message = "this attribute of Flee is not modelled yet"
            notes.error(row.number, name, attributes[name], message, "delete the column to run without it")
    kind, intensity = _kind(row, notes, attributes, movement)
    size = _size(row, notes)
    return Location(
        row=row.number,
        name=row.cell(0),
        kind=kind,
        country=row.cell(2) or UNKNOWN,
        area=row.cell(1),
        lat=_degrees(row, notes, 3, limit=90),
        lon=_degrees(row, notes, 4, limit=180),
        population=0 if "camp" in row.cell(5).lower() else size,
        capacity=float(size) if "camp" in row.cell(5).lower() and size > 0 else math.nan,
        intensity=intensity,
    )


def _kind(row: Row, notes: Notes, attributes: Mapping[str, str], movement: FleeSettings) -> tuple[str, float]:
    """The kind of the place, and the intensity of its conflict before the first day."""
    text = row.cell(5).lower()
    if "camp" in text:
        return ("idp_camp" if "idp" in text else "camp"), 0.0
    if "conflict" in text:
        return _conflict_kind(row, notes, attributes, movement)
    if "forward" in text:
        return "hub", 0.0
    if "marker" in text:
        return "marker", 0.0
    if "flood_zone" in text:
        message = "flood zones are not modelled yet"
        notes.error(row.number, "location_type", row.cell(5), message, "make it a town to run without floods")
        return "town", 0.0
    if "default" in text or "town" in text:
        return _town_or_camp(row, notes, movement.default_movechance, "default_movechance"), 0.0
    message = "no type that Flee knows: everyone leaves such a place every day"
    types = ("town", "camp", "idpcamp", "conflict_zone", "forwarding_hub", "marker")
    notes.warn(row.number, "location_type", row.cell(5), message, hint(text, types))
    return "other", 0.0


def _conflict_kind(
    row: Row, notes: Notes, attributes: Mapping[str, str], movement: FleeSettings
) -> tuple[str, float]:
    start: int | None = 0
    if row.cell(6) == "":
        message = "blank for a conflict zone, on which Flee stops; taken as 0"
        notes.warn(row.number, "conflict_date", "", message, "write the day it starts")
    else:
        start = integer(notes, row.number, "conflict_date", row.cell(6), want="a day, such as 0")
    if start is None or start > 0:
        return _town_or_camp(row, notes, movement.default_movechance, "default_movechance"), 0.0
    text = attributes.get("conflict_intensity", "")
    value = number(notes, row.number, "conflict_intensity", text, want="an intensity") if text else 1.0
    kind = _town_or_camp(row, notes, movement.conflict_movechance, "conflict_movechance")
    return kind, value or 0.0


def _town_or_camp(row: Row, notes: Notes, movechance: float, setting: str) -> str:
    if movechance >= CAMP_BELOW_MOVECHANCE:
        return "town"
    message = (
        f"a camp, as in Flee, because {setting} is below {CAMP_BELOW_MOVECHANCE}; here it has that of camps"
    )
    notes.warn(row.number, "location_type", row.cell(5), message, f"raise {setting}")
    return "camp"


def _degrees(row: Row, notes: Notes, column: int, *, limit: int) -> float:
    name, text = LOCATION_COLUMNS[column], row.cell(column)
    if text == "":
        return math.nan
    value = number(notes, row.number, name, text, want="degrees, such as 12.65")
    if value is None or abs(value) <= limit:
        return math.nan if value is None else value
    message = f"not between -{limit} and {limit}; the place stands on no map"
    notes.warn(row.number, name, text, message, "check whether latitude and longitude are exchanged")
    return math.nan


def _size(row: Row, notes: Notes) -> int:
    """The population (or capacity): 0 where blank; a negative capacity is none."""
    if row.cell(7) == "":
        return 0
    value = integer(notes, row.number, "population", row.cell(7), want="a number of people")
    if value is not None and value < 0 and "camp" not in row.cell(5).lower():
        notes.error(row.number, "population", row.cell(7), "fewer than nobody", "write 0 or more")
    return max(value or 0, 0)


# --- routes --------------------------------------------------------------------------


def read_routes(rows: Sequence[Row], notes: Notes, *, places: Collection[str]) -> list[Leg]:
    """The legs in file order; a row whose forced_redirection is 1 gives two, as in Flee.

    rows : of routes.csv. notes : where problems go. places : the names in locations.csv.
    """
    header = next((row for row in rows if row.comment), Row(0, ()))
    legs: list[Leg] = []
    used: dict[str, int] = {}
    for row in data_rows(rows, notes, header="name1"):
        start, end = (_endpoint(row, notes, column, places) for column in (0, 1))
        km = _distance(row, notes)
        _refuse_link_attributes(row, notes, header)
        if start is None or end is None or km is None:
            continue
        if start == end:
            message = "a way from a place to itself, which Flee takes for an option"
            notes.warn(row.number, "name2", end, message, "delete the row")
        for _ in range(2 if _forced(row, notes) == 1 else 1):
            name = f"{start}>{end}"
            used[name] = used.get(name, 0) + 1
            identifier = name if used[name] == 1 else f"{name}#{used[name]}"
            legs.append(Leg(row.number, identifier, start, end, km))
    return legs


def _endpoint(row: Row, notes: Notes, column: int, places: Collection[str]) -> str | None:
    name = row.cell(column)
    if name in places:
        return name
    message = "no such place in locations.csv" if name else "blank"
    notes.error(row.number, f"name{column + 1}", name, message, hint(name, places))
    return None


def _distance(row: Row, notes: Notes) -> float | None:
    km = number(notes, row.number, "distance", row.cell(2), want="the length in km")
    if km is None:
        return None
    if km < 0:
        notes.error(row.number, "distance", row.cell(2), "shorter than nothing", "write the length in km")
        return None
    if km == 0:
        notes.warn(row.number, "distance", row.cell(2), "a way without length", "write the length in km")
    return km


def _forced(row: Row, notes: Notes) -> int:
    text = row.cell(3)
    if text in ("", "0"):
        return 0
    column = "forced_redirection"
    try:
        code = int(text)
    except ValueError:
        message = "not a whole number, on which Flee stops; taken as 0"
        notes.warn(row.number, column, text, message, "write 0, or move other attributes one column on")
        return 0
    message = "forced redirection has no effect, as in Flee"
    if code == 1:
        message += ", but the code 1 makes two links of the row"
    notes.warn(row.number, column, text, message, "write 0 to be clear")
    return code


def _refuse_link_attributes(row: Row, notes: Notes, header: Row) -> None:
    for column in range(4, len(header.cells)):
        name = header.cell(column)
        if name in LINK_ATTRIBUTES and row.cell(column) != "":
            message = "this attribute of a link is not modelled yet"
            notes.error(row.number, name, row.cell(column), message, "delete the column to run without it")
