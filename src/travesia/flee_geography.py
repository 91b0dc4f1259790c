"""Flee's locations.csv → places, with the attributes its further columns give them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from travesia.flee_csv import (
    Notes,
    Row,
    data_rows,
    header_row,
    hint,
    integer,
    name_in,
    number,
    refuse_more_cells,
)
from travesia.scenario import CAMP_BELOW_MOVECHANCE, FleeSettings

UNKNOWN = "unknown"
TYPE, SIZE, FIRST_ATTRIBUTE = 5, 7, 8
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
TYPES = ("town", "camp", "idpcamp", "conflict_zone", "forwarding_hub", "marker", "flood_zone")
HEADER = ("name", "location", "location_name", "place", "city")
HEADER_WORDS = {"country": 2, "lat": 3, "lon": 4, "type": 5}
"""Words that headers use, and the position at which Flee looks for what they mean."""


@dataclass(frozen=True)
class Location:
    """One row of locations.csv.

    intensity : of a conflict zone (0: it is none). conflict_from : the day its conflict begins; on day 0 it is one
    already. attributes : cells of the columns from the ninth on, by name. written : its name in all files; where
    rows share one, the last keeps it as `name`. again : how many rows before have the same name.
    """

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
    conflict_from: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)
    written: str = ""
    again: int = 0


# --- locations -----------------------------------------------------------------------


def read_locations(rows: Sequence[Row], notes: Notes, *, movement: FleeSettings) -> list[Location]:
    """The places in file order; the country of the first is Flee's home country.

    rows : of locations.csv. notes : where problems go. movement : for the move chance below which Flee
    makes a camp.
    """
    header = header_row(rows, header=HEADER, columns=FIRST_ATTRIBUTE).cells
    _warn_of_positions(rows, notes)
    locations: list[Location] = []
    for row in data_rows(rows, notes, header=HEADER):
        refuse_more_cells(row, notes, max(FIRST_ATTRIBUTE, len(header)))
        if len(row.cells) > TYPE:
            locations.append(_read_location(row, notes, _attributes(row, header), movement))
        else:
            message = "the row ends before its location_type, on which Flee stops"
            notes.error(row.number, LOCATION_COLUMNS[TYPE], "", message, "fill in its cells")
    if not locations:
        notes.error(0, "", "", "no place in this file", "write one row per place")
    elif {UNKNOWN} < {place.country for place in locations} and locations[0].country == UNKNOWN:
        message = (
            f"blank in the first row, so that home is {UNKNOWN!r} and every country is abroad, as in Flee"
        )
        notes.warn(locations[0].row, "country", "", message, "write the country")
    return _with_own_names(locations, notes)


def _with_own_names(locations: Sequence[Location], notes: Notes) -> list[Location]:
    """The places, of which those that share a name with a later one have a number added to it."""
    taken = {place.name for place in locations}
    before: dict[str, list[Location]] = {}
    named: list[Location] = []
    left = Counter(place.name for place in locations)
    for place in locations:
        earlier = before.setdefault(place.name, [])
        left[place.name] -= 1
        name, number = place.name, len(earlier) + 1
        while left[place.name] and name in taken:
            name, number = f"{place.name} ({number})", number + 1
        taken.add(name)
        if earlier:
            first = earlier[0]
            message = f"row {first.row} has the same name. As in Flee, routes and counts mean the last place of that"
            message += f" name, and conflicts begin at the first, which no route reaches; here that is {first.name!r}"
            notes.warn(place.row, "name", place.name, message, "give each place its own name in all files")
        own = replace(place, name=name, written=place.name, again=len(earlier))
        earlier.append(own)
        named.append(own)
    return named


def _warn_of_positions(rows: Sequence[Row], notes: Notes) -> None:
    """Say where a header has a column elsewhere than Flee, which goes by position."""
    header = next((row for row in rows if not row.blank), Row(0, ()))
    if not header.comment and header.cell(0).lower() not in HEADER:
        return
    for word, position in HEADER_WORDS.items():
        at = [i for i in range(len(header.cells)) if word in header.cell(i).lower().split("_")[-1]]
        if at and position not in at and at[0] < FIRST_ATTRIBUTE:
            message = (
                f"stands in column {at[0] + 1}; Flee goes by position and reads {LOCATION_COLUMNS[position]}"
            )
            message += f" from column {position + 1}, and so does this"
            remedy = "order the columns as " + ",".join(LOCATION_COLUMNS)
            notes.warn(header.number, header.cell(at[0]), "", message, remedy)


def _attributes(row: Row, header: Sequence[str]) -> dict[str, str]:
    names = [cell.strip() for cell in header[FIRST_ATTRIBUTE:]]
    return {name: row.cell(FIRST_ATTRIBUTE + index) for index, name in enumerate(names)}


def _read_location(row: Row, notes: Notes, attributes: Mapping[str, str], movement: FleeSettings) -> Location:
    for column in (0, 2):
        name_in(row, notes, column, LOCATION_COLUMNS[column])
    kind, intensity, conflict_from = _kind(row, notes, attributes, movement)
    size = _size(row, notes)
    return Location(
        row=row.number,
        name=row.cell(0),
        kind=kind,
        country=row.cell(2) or UNKNOWN,
        area=row.cell(1),
        lat=_degrees(row, notes, 3, movement, limit=90),
        lon=_degrees(row, notes, 4, movement, limit=180),
        population=0 if "camp" in row.cell(5).lower() else size,
        capacity=float(size) if "camp" in row.cell(5).lower() and size > 0 else math.nan,
        intensity=intensity,
        conflict_from=conflict_from,
        attributes=attributes,
    )


def _kind(
    row: Row, notes: Notes, attributes: Mapping[str, str], movement: FleeSettings
) -> tuple[str, float, int]:
    """The kind of the place, and the intensity of its conflict and the day it begins (0, 0: none)."""
    kind = kind_of(row.cell(5))
    if kind == "conflict":
        return _conflict_kind(row, notes, attributes, movement)
    if kind == "town":
        return _town_or_camp(row, notes, movement.default_movechance, "default_movechance"), 0.0, 0
    if kind == "":
        message = "no type that Flee knows: everyone leaves such a place every day"
        notes.warn(row.number, "location_type", row.cell(5), message, hint(row.cell(5).lower(), TYPES))
    return kind or "other", 0.0, 0


def kind_of(text: str) -> str:
    """The kind of place Flee takes a type for, by the first part of a word it finds in it; "" for none.

    text : the type as written. A place in conflict has the kind `conflict`.
    """
    text = text.lower()
    if "camp" in text:
        return "idp_camp" if "idp" in text else "camp"
    words = {
        "conflict": "conflict",
        "forward": "hub",
        "marker": "marker",
        "flood_zone": "flood_zone",
        "default": "town",
        "town": "town",
    }
    return next((kind for word, kind in words.items() if word in text), "")


def _conflict_kind(
    row: Row, notes: Notes, attributes: Mapping[str, str], movement: FleeSettings
) -> tuple[str, float, int]:
    start: int | None = 0
    if row.cell(6) == "":
        message = "blank for a conflict zone, on which Flee stops; taken as 0"
        notes.warn(row.number, "conflict_date", "", message, "write the day it starts")
    else:
        start = integer(notes, row.number, "conflict_date", row.cell(6), want="a day, such as 0")
    text = attributes.get("conflict_intensity", "")
    value = number(notes, row.number, "conflict_intensity", text, want="an intensity") if text else 1.0
    if value is not None and value < 0:
        notes.error(row.number, "conflict_intensity", text, "below 0", "write 0 or the intensity")
    later = start is None or start > 0
    setting = "default_movechance" if later else "conflict_movechance"
    kind = _town_or_camp(row, notes, getattr(movement, setting), setting)
    if kind == "town" and not later and movement.default_movechance < CAMP_BELOW_MOVECHANCE:
        kind = "other"  # no camp while it is no town
    return kind, max(value or 0.0, 0.0), max(start or 0, 0)


def _town_or_camp(row: Row, notes: Notes, movechance: float, setting: str) -> str:
    if movechance >= CAMP_BELOW_MOVECHANCE:
        return "town"
    message = f"it counts as a camp, as in Flee, because {setting} is below {CAMP_BELOW_MOVECHANCE}"
    notes.warn(row.number, "location_type", row.cell(5), message, f"raise {setting}")
    return "town" if setting == "default_movechance" else "camp"


def _degrees(row: Row, notes: Notes, column: int, movement: FleeSettings, *, limit: int) -> float:
    name, text = LOCATION_COLUMNS[column], row.cell(column)
    if text == "" and movement.stay_close_to_home:
        notes.warn(row.number, name, "", "blank; taken as 0, as in Flee", "write degrees, such as 12.65")
        return 0.0
    if text == "":
        return math.nan
    value = number(notes, row.number, name, text, want="degrees, such as 12.65")
    if value is None or abs(value) <= limit:
        return math.nan if value is None else value
    message = f"not between -{limit} and {limit}"
    remedy = "check whether latitude and longitude are exchanged"
    if movement.stay_close_to_home:
        notes.error(row.number, name, text, f"{message}, and stay_close_to_home needs it", remedy)
    else:
        notes.warn(row.number, name, text, f"{message}; the place stands on no map", remedy)
    return math.nan


def _size(row: Row, notes: Notes) -> int:
    """The population (or capacity): 0 where blank; a negative capacity is none."""
    if len(row.cells) <= SIZE:
        message = "the row ends before it, on which Flee stops; taken as blank"
        notes.warn(row.number, LOCATION_COLUMNS[SIZE], "", message, "fill in its cells")
    if row.cell(SIZE) == "":
        return 0
    value = integer(notes, row.number, "population", row.cell(SIZE), want="a number of people")
    if value is not None and value < 0 and "camp" not in row.cell(5).lower():
        notes.error(row.number, "population", row.cell(SIZE), "fewer than nobody", "write 0 or more")
    return max(value or 0, 0)
