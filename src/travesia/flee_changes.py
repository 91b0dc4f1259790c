"""Flee's conflicts.csv and closures.csv → changes of conflict, and measures that close ways and camps."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from travesia.flee_csv import Notes, Row, data_rows, hint, integer, number
from travesia.flee_geography import Leg, Location

NO_CONFLICT = 1e-6
"""Intensities up to this are none, as in Flee."""
LONGEST_RUN_DAYS = 100_000
CLOSURES = ("country", "location", "link", "camp", "idpcamp")


@dataclass(frozen=True)
class Closure:
    """One row of closures.csv that has an effect: from day `start` until before `end` (None: for ever)."""

    row: int
    kind: str
    first: str
    second: str
    start: int
    end: int | None


# --- conflicts -----------------------------------------------------------------------


def read_conflicts(
    rows: Sequence[Row] | None, notes: Notes, *, locations: Sequence[Location], days: int
) -> list[tuple[str, int, float]]:
    """The changes of conflict as (place, day, intensity), by place in file order, then by day.

    A conflict zone of locations.csv that conflicts.csv leaves out, or has at 0 on day 0, is in conflict
    from day −1 until the file goes from above 0 to 0. rows : of conflicts.csv (row k of the data is day k,
    whatever its first cell says; None: no file). notes : where problems go. days : length of the run.
    """
    series = {} if rows is None else _conflict_series(rows, notes, {place.name for place in locations})
    length = max((len(values) for values in series.values()), default=0)
    if series and 0 < length < days:
        message = f"{length} days for a run of {days}, on which Flee stops; the last row holds on"
        notes.warn(length + 1, "", "", message, "add the missing rows")
    changes: list[tuple[str, int, float]] = []
    for place in locations:
        changes += _changes(place, series.get(place.name, []), notes)
    return changes


def _conflict_series(rows: Sequence[Row], notes: Notes, places: Collection[str]) -> dict[str, list[float]]:
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
    if all(row.blank for row in lines[1:]):
        notes.error(0, "", "", "no day in this file", "write one row per day")
    return series


def _conflict_columns(header: Row, notes: Notes, places: Collection[str]) -> dict[str, int]:
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
            notes.warn(header.number, name, "", message, hint(name, places))
    return columns


def _intensity(row: Row, notes: Notes, name: str, column: int, before: Sequence[float]) -> float:
    held = before[-1] if before else 0.0
    text = row.cell(column)
    if text in ("0", "1"):  # nearly all of them
        return float(text)
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

    rows : of closures.csv. notes : where problems go. locations : the places, for their names, countries
    and kinds.
    """
    closures: list[Closure] = []
    for row in data_rows(rows, notes, header="closure_type"):
        kind = row.cell(0)
        if kind == "remove_forced_redirection":
            message = "no effect, as in Flee: forced redirection itself has none"
            notes.warn(row.number, "closure_type", kind, message, "delete the row")
            continue
        if kind not in CLOSURES:
            message = "no such type of closure; the row is left out, as in Flee"
            notes.warn(row.number, "closure_type", kind, message, hint(kind, CLOSURES))
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
            notes.warn(row.number, f"name{column}", row.cell(column), message, hint(row.cell(column), known))
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
    for column, value in (("closure_start", start), ("closure_end", end)):
        if value > LONGEST_RUN_DAYS:
            remedy = f"write at most {LONGEST_RUN_DAYS}, or -1 for never"
            notes.error(row.number, column, value, "more days than any run has", remedy)
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

    closures : in file order. notes : where problems go. legs, locations : of the folder. start : date of
    day 0.
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
    late = second if a_end < b_end else first
    early_end = min(a_end, b_end)
    # on the same day the rows act in file order: a reopening written later undoes a closing
    return late.start < early_end or (late.start == early_end and late is first)
