"""What Flee knows of places beyond their type: attributes of locations.csv, and food insecurity by region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from travesia.flee_csv import Notes, Row, hint, integer, number
from travesia.flee_days import Change
from travesia.flee_geography import UNKNOWN, Location
from travesia.scenario import FleeSettings
from travesia.series import curve

ATTRIBUTES = ("trade_volume", "hdi", "capacity_per_day", "deactivation_probability", "farmer_fraction")
"""Attributes of places that become drivers of the same name."""
SHARES = ("deactivation_probability", "farmer_fraction")
FOOD_RULES = ("starvation_driven_spawning", "flee_when_starving", "avoid_food_deprived_locations")


def attribute_changes(
    locations: Sequence[Location], notes: Notes, *, movement: FleeSettings
) -> dict[str, list[Change]]:
    """The attributes of places as drivers that hold from day 0, by name.

    locations : in file order. notes : on locations.csv. movement : the first place's country is at home; with
    use_economic_pull every place abroad needs trade_volume and hdi.
    """
    found: dict[str, list[Change]] = {}
    for name in ATTRIBUTES:
        for place in locations:
            value = _attribute(place, notes, name)
            if value is not None:
                found.setdefault(name, []).append((place.name, 0, value))
    if movement.use_economic_pull:
        for name in ("trade_volume", "hdi"):
            given = {place for place, _, _ in found.get(name, ())}
            _need_abroad(locations, notes, name, given)
    return found


def _attribute(place: Location, notes: Notes, name: str) -> float | None:
    if name not in place.attributes:
        return None
    text = place.attributes[name]
    if text == "":
        if name == "capacity_per_day":
            message = "blank, on which Flee stops; taken as 0"
            notes.warn(place.row, name, "", message, "write 0 or a number of people")
        return None
    if name == "capacity_per_day":
        value: float | None = integer(notes, place.row, name, text, want="a number of people")
    else:
        value = number(notes, place.row, name, text, want="a number")
    if value is None:
        return None
    if value < 0:
        if name == "capacity_per_day":
            message = "below 0, which Flee passes over; taken as 0"
            notes.warn(place.row, name, text, message, "write 0 or more")
            return None
        notes.error(place.row, name, text, "below 0", "write 0 or more")
    elif name in SHARES and value > 1:
        notes.error(place.row, name, text, "above 1", "write a share from 0 to 1")
    return value


def _need_abroad(locations: Sequence[Location], notes: Notes, name: str, given: set[str]) -> None:
    home = locations[0].country
    without = [place for place in locations if place.country != home and place.name not in given]
    if without:
        message = "use_economic_pull needs this of every place abroad"
        more = "" if len(without) == 1 else f" (and {len(without) - 1} more places)"
        place = without[0]
        remedy = "fill in the column, or switch use_economic_pull off"
        notes.error(place.row, name, "", f"{message}; {place.name} has none{more}", remedy)


# --- food insecurity -----------------------------------------------------------------


def food_changes(
    rows: Sequence[Row], notes: Notes, *, locations: Sequence[Location], days: int
) -> list[Change]:
    """The per cent of people without enough food at each place, on each day on which it changes.

    Linear between the days of the file, by the region of the place; before the first and after the last it holds on.
    rows : of region_attributes_IPC.csv. notes : where problems go. locations : the places. days : length of the run.
    """
    regions = _regions(rows, notes)
    if not regions:
        return []
    _warn_of_range(regions, notes, days)
    used = {place.area or UNKNOWN for place in locations}
    for name in regions:
        if name not in used:
            message = "no place of locations.csv lies in this region; the column is left out"
            notes.warn(1, name, "", message, hint(name, used))
    values = {name: curve(entries, np.arange(days)) for name, entries in regions.items()}
    missing = sorted(used - set(regions))
    if not used & set(regions):
        message = "no region of locations.csv stands in this file"
        remedy = "write the names of the second column of locations.csv into its header"
        notes.error(1, "", "", message, remedy)
    elif missing:
        message = "the region stands in locations.csv and not here, on which Flee stops; taken as 0 there"
        message += f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        notes.warn(1, missing[0], "", message, "add a column for each region")
    changes: list[Change] = []
    for place in locations:
        series = values.get(place.area or UNKNOWN)
        if series is None:
            continue
        before = None
        for when, value in enumerate(series.tolist()):
            if value != before:
                changes.append((place.name, when, value))
            before = value
    return changes


def _regions(rows: Sequence[Row], notes: Notes) -> Mapping[str, list[tuple[int, float]]]:
    lines = [row for row in rows if not row.blank]
    header = lines[0] if lines else Row(0, ())
    columns = {header.cell(at): at for at in range(1, len(header.cells)) if header.cell(at)}
    if not columns or len(lines) < 2:
        message = "no region in this file" if not columns else "no day in this file"
        remedy = "write a header `#Day,region,…` and rows of days and per cent"
        notes.error(0, "", "", message, remedy)
        return {}
    regions: dict[str, list[tuple[int, float]]] = {name: [] for name in columns}
    for row in sorted(_dated(lines[1:], notes), key=lambda dated: dated[0]):
        when, line = row
        for name, at in columns.items():
            value = _per_cent(line, notes, name, at)
            if value is not None:
                regions[name].append((when, value))
    return {name: entries for name, entries in regions.items() if entries}


def _dated(lines: Sequence[Row], notes: Notes) -> list[tuple[int, Row]]:
    dated: list[tuple[int, Row]] = []
    for line in lines:
        if line.comment:
            continue
        value = number(notes, line.number, "#Day", line.cell(0), want="the day of the run")
        if value is None:
            continue
        if dated and value < dated[-1][0]:
            message = "earlier than the row before; the rows are sorted by day"
            notes.warn(line.number, "#Day", line.cell(0), message, "sort the rows by day")
        dated.append((int(value), line))
    return dated


def _per_cent(line: Row, notes: Notes, name: str, at: int) -> float | None:
    text = line.cell(at)
    if text == "":
        message = "blank, on which Flee stops; taken from the days around it"
        notes.warn(line.number, name, "", message, "write a per cent")
        return None
    value = number(notes, line.number, name, text, want="a per cent, such as 35")
    if value is not None and not 0 <= value <= 100:
        notes.error(line.number, name, text, "not between 0 and 100", "write a per cent, such as 35")
        return None
    return value


def _warn_of_range(regions: Mapping[str, Sequence[tuple[int, float]]], notes: Notes, days: int) -> None:
    first = min(entries[0][0] for entries in regions.values())
    last = max(entries[-1][0] for entries in regions.values())
    if first > 0 or last < days - 1:
        message = f"covers days {first} to {last} of a run from 0 to {days - 1}, on which Flee stops"
        notes.warn(
            0, "#Day", "", f"{message}; the nearest value holds", "add rows for the first and last day"
        )
