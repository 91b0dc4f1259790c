"""Flee's locations.csv, routes.csv, conflicts.csv and closures.csv → places, legs, drivers and measures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from travesia.errors import nearest
from travesia.flee_csv import Notes, Row, data_rows, integer, number
from travesia.scenario import FleeSettings

UNKNOWN = "unknown"
NO_CONFLICT = 1e-6
"""Intensities up to this are none, as in Flee."""
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


@dataclass(frozen=True)
class Closure:
    """One row of closures.csv that has an effect; acts from day `start` until before day `end` (None: for ever)."""

    row: int
    kind: str
    first: str
    second: str
    start: int
    end: int | None


# --- locations -----------------------------------------------------------------------


def read_locations(rows: Sequence[Row], notes: Notes, *, movement: FleeSettings) -> list[Location]:
    """The places in file order; the country of the first is Flee's home country.

    rows : of locations.csv. notes : where problems go. movement : for the move chance below which Flee makes a camp.
    """
    header = next((row.cells for row in rows if row.comment and len(row.cells) > FIRST_ATTRIBUTE), ())
    locations: dict[str, Location] = {}
    for row in data_rows(rows, notes, header="name"):
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
    notes.warn(row.number, "location_type", row.cell(5), message, nearest(text, types))
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
    message = f"a camp, as in Flee, because {setting} is below {CAMP_BELOW_MOVECHANCE}"
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


def read_routes(rows: Sequence[Row], notes: Notes, *, places: Sequence[str]) -> list[Leg]:
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


def _endpoint(row: Row, notes: Notes, column: int, places: Sequence[str]) -> str | None:
    name = row.cell(column)
    if name in places:
        return name
    message = "no such place in locations.csv" if name else "blank"
    notes.error(row.number, f"name{column + 1}", name, message, nearest(name, places))
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


# --- conflicts -----------------------------------------------------------------------


def read_conflicts(
    rows: Sequence[Row] | None, notes: Notes, *, locations: Sequence[Location], days: int
) -> list[tuple[str, int, float]]:
    """The changes of conflict as (place, day, intensity), by place in file order, then by day.

    A conflict zone of locations.csv that conflicts.csv leaves out, or has at 0 on day 0, is in conflict from day −1 until
    the file goes from above 0 to 0. rows : of conflicts.csv (row k of the data is day k, whatever its first cell
    says; None: no file). notes : where problems go. days : length of the run.
    """
    series = {} if rows is None else _conflict_series(rows, notes, [place.name for place in locations])
    length = max((len(values) for values in series.values()), default=0)
    if series and 0 < length < days:
        message = f"{length} days for a run of {days}, on which Flee stops; the last row holds on"
        notes.warn(length + 1, "", "", message, "add the missing rows")
    changes: list[tuple[str, int, float]] = []
    for place in locations:
        changes += _changes(place, series.get(place.name, []), notes)
    return changes


def _conflict_series(rows: Sequence[Row], notes: Notes, places: Sequence[str]) -> dict[str, list[float]]:
    lines = [row for row in rows if row.cells]
    if not lines:
        notes.error(0, "", "", "empty", "write a header with the names of places and one row per day")
        return {}
    columns = _conflict_columns(lines[0], notes, places)
    series: dict[str, list[float]] = {name: [] for name in columns}
    for row in lines[1:]:
        if row.blank:
            message = "a row of blank cells, on which Flee stops; it is left out"
            notes.warn(row.number, "", "", message, "delete the row")
            continue
        for name, column in columns.items():
            series[name].append(_intensity(row, notes, name, column, series[name]))
    if not any(series.values()):
        notes.error(0, "", "", "no day in this file", "write one row per day")
    return series


def _conflict_columns(header: Row, notes: Notes, places: Sequence[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for column in range(1, len(header.cells)):
        name = header.cell(column)
        if name == "":
            continue
        if name in columns:
            notes.error(header.number, name, "", "this column stands there twice", "delete one of them")
        elif name in places:
            columns[name] = column
        else:
            message = "no such place in locations.csv; the column is left out, as in Flee"
            notes.warn(header.number, name, "", message, nearest(name, places))
    return columns


def _intensity(row: Row, notes: Notes, name: str, column: int, before: Sequence[float]) -> float:
    held = before[-1] if before else 0.0
    text = row.cell(column)
    if text == "":
        message = "blank, on which Flee stops; the value of the day before holds on"
        notes.warn(row.number, name, "", message, "write 0 or the intensity")
        return held
    value = number(notes, row.number, name, text, want="0 or the intensity")
    if value is None:
        return held
    if value < 0:
        notes.error(row.number, name, text, "below 0", "write 0 or the intensity")
        return held
    return value if value > NO_CONFLICT else 0.0


def _changes(place: Location, values: Sequence[float], notes: Notes) -> list[tuple[str, int, float]]:
    permanent = place.intensity > NO_CONFLICT and (not values or values[0] == 0)
    changes = [(place.name, -1, place.intensity)] if permanent else []
    previous = 0.0
    for when, value in enumerate(values):
        if value != previous:
            changes.append((place.name, when, value))
            if permanent and len(changes) == 2:
                message = (
                    f"in conflict before the first day already, so the start on day {when} is ignored; "
                    "Flee would count its duration anew"
                )
                notes.warn(0, place.name, value, message, "write 1 from the first day on, or make it a town")
        previous = value
    return changes


# --- closures ------------------------------------------------------------------------


def read_closures(rows: Sequence[Row], notes: Notes, *, locations: Sequence[Location]) -> list[Closure]:
    """The closures that have an effect, in file order.

    rows : of closures.csv. notes : where problems go. locations : the places, for their names, countries and kinds.
    """
    closures: list[Closure] = []
    for row in data_rows(rows, notes, header="closure_type"):
        kind = row.cell(0)
        if kind == "remove_forced_redirection":
            message = "no effect, as in Flee: forced redirection itself has none"
            notes.warn(row.number, "closure_type", kind, message, "delete the row")
            continue
        if kind not in ("country", "location", "link", "camp", "idpcamp"):
            known = ("country", "location", "link", "camp", "idpcamp")
            message = "no such type of closure; the row is left out, as in Flee"
            notes.warn(row.number, "closure_type", kind, message, nearest(kind, known))
            continue
        if not _named_right(row, notes, kind, locations):
            continue
        closure = _read_closure(row, notes, kind)
        if closure is not None:
            closures.append(closure)
    return closures


def _named_right(row: Row, notes: Notes, kind: str, locations: Sequence[Location]) -> bool:
    """Whether the names exist; a closure of nothing is left out with a warning."""
    what = "country" if kind == "country" else "place"
    known = sorted({place.country if kind == "country" else place.name for place in locations})
    for column in (1, 2) if kind in ("country", "link") else (1,):
        if row.cell(column) not in known:
            message = f"no such {what} in locations.csv; the row is left out"
            notes.warn(
                row.number, f"name{column}", row.cell(column), message, nearest(row.cell(column), known)
            )
            return False
    if kind in ("camp", "idpcamp"):
        is_kind = next(place.kind for place in locations if place.name == row.cell(1))
        wanted = "camp" if kind == "camp" else "idp_camp"
        if is_kind != wanted:
            message = (
                f"a {kind} closure of a place that is no {kind}, which turns it into one, is not modelled yet"
            )
            notes.error(row.number, "name1", row.cell(1), message, f"make it a {kind} in locations.csv")
            return False
    return True


def _read_closure(row: Row, notes: Notes, kind: str) -> Closure | None:
    start = integer(notes, row.number, "closure_start", row.cell(3), want="a day, such as 0")
    end = integer(notes, row.number, "closure_end", row.cell(4), want="a day, or -1 for never")
    if start is None or end is None:
        return None
    closure = Closure(row.number, kind, row.cell(1), row.cell(2), start, end if end >= 0 else None)
    if start < 0:
        message = "starts before the first day, so Flee never closes it; the row is left out"
        notes.warn(
            row.number, "closure_start", row.cell(3), message, "write 0 to close it from the first day"
        )
        return None
    if end == start:
        notes.warn(
            row.number, "closure_end", row.cell(4), "ends the day it starts; left out", "delete the row"
        )
        return None
    if 0 <= end < start:
        message = "ends before it starts, so Flee never reopens it; closed for ever"
        notes.warn(row.number, "closure_end", row.cell(4), message, "write -1 to say so")
        return replace(closure, end=None)
    return closure


def measure_rows(
    closures: Sequence[Closure],
    notes: Notes,
    *,
    legs: Sequence[Leg],
    locations: Sequence[Location],
    start: date,
) -> list[dict[str, Any]]:
    """The closures as rows of measures.csv, of the policy `actual`.

    closures : in file order. notes : where problems go. legs, locations : of the folder. start : date of day 0.
    """
    _warn_of_overlaps(closures, notes, legs, locations)
    rows: list[dict[str, Any]] = []
    used: dict[str, int] = {}
    for closure in closures:
        targets = _targets(closure, legs)
        if not targets:
            message = "no route between the two; the row is left out"
            notes.warn(closure.row, "name2", closure.second, message, "check both names")
        for label, target in targets:
            used[label] = used.get(label, 0) + 1
            rows.append(
                {
                    "measure": label if used[label] == 1 else f"{label}#{used[label]}",
                    "policy": "actual",
                    "kind": "camp_closed" if "camp" in closure.kind else "close",
                    "date_from": start + timedelta(days=closure.start),
                    "date_to": None if closure.end is None else start + timedelta(days=closure.end - 1),
                    **target,
                }
            )
    return rows


def _targets(closure: Closure, legs: Sequence[Leg]) -> list[tuple[str, dict[str, str]]]:
    """What a closure acts on: names of measures, and the columns that say it."""
    if closure.kind == "country":
        pair = f"{closure.first}-{closure.second}"
        return [(f"country:{pair}", {"countries": pair})]
    if closure.kind == "link":
        pair_of_places = {closure.first, closure.second}
        closed = [leg.leg for leg in legs if {leg.start, leg.end} == pair_of_places]
        return [(f"link:{name}", {"leg": name}) for name in closed]
    return [(f"{closure.kind}:{closure.first}", {"place": closure.first})]


def _warn_of_overlaps(
    closures: Sequence[Closure], notes: Notes, legs: Sequence[Leg], locations: Sequence[Location]
) -> None:
    """Warn where Flee's reopening of one closure reopens what another holds closed."""
    countries = {place.name: place.country for place in locations}
    barring = [closure for closure in closures if "camp" not in closure.kind]
    closed = [{leg.leg for leg in legs if _bars(closure, leg, countries)} for closure in barring]
    for second in range(len(barring)):
        for first in range(second):
            shared = sorted(closed[first] & closed[second])
            if shared and _reopens_early(barring[first], barring[second]):
                message = (
                    f"closes {shared[0]} as row {barring[first].row} does; in Flee the first end of the two "
                    "reopens it, here it stays closed until both have ended"
                )
                remedy = "let the closures of one link follow each other"
                notes.warn(barring[second].row, "closure_end", barring[second].end or "", message, remedy)


def _bars(closure: Closure, leg: Leg, countries: Mapping[str, str]) -> bool:
    if closure.kind == "country":
        return {countries[leg.start], countries[leg.end]} == {closure.first, closure.second}
    if closure.kind == "link":
        return {leg.start, leg.end} == {closure.first, closure.second}
    return closure.first in (leg.start, leg.end)


def _reopens_early(first: Closure, second: Closure) -> bool:
    """Whether the end of one falls while the other is closed (rows in file order: first, then second)."""
    a_end = math.inf if first.end is None else first.end
    b_end = math.inf if second.end is None else second.end
    if a_end == b_end:
        return False
    early, late = (first, second) if a_end < b_end else (second, first)
    early_end = min(a_end, b_end)
    # on the same day the rows act in file order: a reopening written later undoes a closing
    return late.start < early_end or (late.start == early_end and late is first)
