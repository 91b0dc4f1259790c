"""Flee folders → scenarios: `input_csv/`, `source_data/` and a settings file become an ordinary Scenario."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from travesia.errors import ScenarioError
from travesia.flee_attributes import FOOD_RULES, attribute_changes, food_changes
from travesia.flee_closures import CAMP_KINDS, Closure, camp_events, read_closures, redirect_rows, way_rows
from travesia.flee_csv import Notes, Row, collapse, read_rows
from travesia.flee_data import EACH, NOBODY, Series, correct, first_date, observation_rows, read_series
from travesia.flee_days import Change, changes_of, conflict_changes, count_days, read_days
from travesia.flee_geography import Location, read_locations
from travesia.flee_kinds import Event, imposed_conflicts, kind_rows, read_location_changes
from travesia.flee_layout import DATA, INPUT, LAYOUT, Layout, find_layout, is_flee_folder, stands
from travesia.flee_people import (
    Attribute,
    agent_rows,
    group_settings,
    initial_rows,
    needed_attributes,
    read_attribute,
    share_changes,
)
from travesia.flee_period import read_period
from travesia.flee_routes import Leg, read_major_routes, read_routes
from travesia.flee_settings import FolderSettings, read_settings
from travesia.flee_tables import driver_rows, leg_rows, measure_rows, place_rows, table
from travesia.observed import TOTAL, by_counts
from travesia.scenario import CAMPS, FleeSettings, GroupValue, Outputs, Quantity, Scenario, Settings

__all__ = ["is_flee_folder", "read_flee_folder"]
LOCATION_CHANGES = "location_changes.csv"
TRAVEL = {"travel": {"alone": GroupValue(adults=1)}}


def read_flee_folder(path: Path, settings_path: Path | None = None) -> Scenario:
    """A Flee folder as a scenario with the movement rule `flee`, in which all of Flee's quirks are switched on.

    path : the folder that holds input_csv/ and source_data/, input_csv itself with source_data beside it, or a
    folder in which all files lie side by side. settings_path : Flee's settings file; None means simsetting.yml in
    the folder, or Flee's defaults with a warning. What was tolerated is in `warnings`. Raises ScenarioError with all
    problems. Source of the format: Flee, May 2026.
    """
    notes = Notes()
    layout = find_layout(path, notes, settings=settings_path)
    if layout is None:
        if not notes.found:
            message = f"no Flee folder: it holds no {INPUT}"
            notes.of(path.resolve().name).error(0, "", "", message, "name the folder that does")
        raise ScenarioError(notes.found)
    settings = read_settings(layout.settings, notes.of(_settings_name(layout)))
    scenario = _read(layout, notes, settings)
    problems = collapse(notes.found)
    if any(problem.level == "error" for problem in problems):
        raise ScenarioError(problems)
    return replace(scenario, warnings=tuple(problems))


def _read(layout: Layout, notes: Notes, read: FolderSettings) -> Scenario:
    """The scenario; after a problem in a file it holds what could be read."""
    movement = read.movement
    locations = _locations(layout, notes, movement)
    names = {place.name for place in locations}
    legs = read_routes(layout.rows(notes, "routes") or (), layout.of(notes, "routes"), places=names)
    conflicts = _conflict_file(layout, notes, movement, locations)
    start, days = _period(layout, notes, conflicts)
    closures = _closures(layout, notes, locations)
    events = [*_location_changes(layout, notes, locations), *camp_events(closures)]
    series = _observed(layout, notes, movement, start, names)
    _warn_of_camps_without_data(layout, locations, series, notes)
    attributes = _demographics(layout, notes, movement, names)
    major = _major_routes(layout, notes, movement, legs, names)
    changes = {
        "conflict": _conflicts(layout, notes, conflicts, locations, days, events, read),
        **_hazards(layout, notes, movement, locations, days),
        **attribute_changes(locations, layout.of(notes, "locations"), movement=movement),
        **share_changes(attributes, locations=locations),
    }
    measures = _measures(layout, notes, closures, events, legs, locations)
    present = [
        *initial_rows(locations, layout.of(notes, "locations"), movement=movement),
        *(_agents(layout, notes, movement, attributes, names) if read.agents else ()),
    ]
    by_data = by_counts(movement)
    observed = [{"departure": "observed", "kind": "observed"}] if by_data else []
    tables = {
        "places": table("places", place_rows(locations)),
        "legs": table("legs", leg_rows(legs)),
        "destinations": table("destinations", []),
        "departures": table("departures", [*observed, *present]),
        "drivers": table("drivers", driver_rows(changes, start=start)),
        "measures": table("measures", measure_rows(measures, start=start)),
        "observations": table("observations", observation_rows(series, places=names, start=start)),
        "sources": table("sources", []),
    }
    settings = Settings(
        name=_slug(layout.folder.name),
        title={"en": layout.folder.name or "flee", "es": layout.folder.name or "flee"},
        start=start,
        days=days,
        movement=movement.model_copy(update={"major_routes": major}),
        groups={**TRAVEL, **group_settings(attributes)},
        outputs=Outputs(quantities=_quantities(locations)),
    )
    return Scenario(settings, tables, _origin(layout))


# --- one file, or group of files, each -------------------------------------------------


def _locations(layout: Layout, notes: Notes, movement: FleeSettings) -> list[Location]:
    """The places; without any, nothing else can be checked, and what was found so far is raised."""
    rows = layout.rows(notes, "locations")
    found = [] if rows is None else read_locations(rows, layout.of(notes, "locations"), movement=movement)
    if not found:
        raise ScenarioError(collapse(notes.found))
    return found


def _conflict_file(
    layout: Layout, notes: Notes, movement: FleeSettings, locations: Sequence[Location]
) -> list[Row] | None:
    """The rows of conflicts.csv; None where floods take its place, or (with a word) where there is none."""
    there = layout.has("conflicts")
    if movement.flood_driven_spawning != "off":
        if there:
            message = "not read: people start by flood, as in Flee"
            layout.of(notes, "conflicts").warn(0, "", "", message, "nothing needs doing")
        return None
    if there:
        return layout.rows(notes, "conflicts")
    if any(place.intensity > 0 for place in locations):
        message = (
            "this file is missing, on which Flee stops; each conflict zone of locations.csv is in conflict"
        )
        message += " from its conflict_date on"
        layout.of(notes, "conflicts").warn(0, "", "", message, "add it with one row per day")
    else:
        message = "this file is missing, and no place of locations.csv is a conflict zone"
        layout.of(notes, "conflicts").error(0, "", "", message, "add it; Flee needs it too")
    return None


def _period(layout: Layout, notes: Notes, conflicts: Sequence[Row] | None) -> tuple[date, int]:
    rows = layout.rows_if_any(notes, "sim_period")
    missing = not layout.has("sim_period")
    if rows is None and not missing:
        return date(2000, 1, 1), 1
    return read_period(
        rows,
        layout.of(notes, "sim_period"),
        conflict_days=count_days(conflicts or ()),
        first_count=first_date(layout.data) if missing and layout.data else None,
    )


def _closures(layout: Layout, notes: Notes, locations: Sequence[Location]) -> list[Closure]:
    here = layout.of(notes, "closures")
    if not layout.has("closures"):
        message = "this file is missing, on which Flee stops; nothing closes"
        here.warn(0, "", "", message, "add it; its header alone will do")
    return read_closures(layout.rows_if_any(notes, "closures") or (), here, locations=locations)


def _location_changes(layout: Layout, notes: Notes, locations: Sequence[Location]) -> list[Event]:
    """Changes of types from the folder (where Flee is started), or else from input_csv or from beside the folder."""
    places = dict.fromkeys((layout.folder, layout.inputs, layout.folder.parent))
    found = [place / LOCATION_CHANGES for place in places if (place / LOCATION_CHANGES).is_file()]
    if not found:
        return []
    here = notes.of(layout.name(found[0]))
    if len(found) > 1:
        listed = ", ".join(layout.name(path) for path in found[1:])
        message = f"changes of types are taken from this file; not from {listed}"
        here.warn(0, "", "", message, "delete the others")
    elif found[0].parent != layout.folder:
        message = "read, though Flee reads it only from the folder in which it is started"
        here.warn(0, "", "", message, "move it to the folder that holds input_csv")
    return read_location_changes(read_rows(found[0], here) or (), here, locations=locations)


def _observed(
    layout: Layout, notes: Notes, movement: FleeSettings, start: date, names: Collection[str]
) -> list[Series]:
    by_data = by_counts(movement)
    if layout.data is None or not stands(layout.data / LAYOUT):
        here = notes.of(layout.name(layout.data / LAYOUT) if layout.data else f"{DATA}/{LAYOUT}")
        if by_data:
            remedy = "add it, or let people start by conflict (spawn_rules.conflict_driven_spawning)"
            here.error(0, "", "", "this file is missing, and it says how many people start", remedy)
        else:
            message = "this file is missing, on which Flee stops; nobody was observed, and camps start empty"
            here.warn(0, "", "", message, "add it to compare with observations")
        return []
    base = layout.name(layout.data)
    here = notes.of("" if base == "." else f"{base}/")
    by = NOBODY if not by_data else EACH if movement.sum_from_camps else TOTAL
    series = read_series(layout.data, here, start=start, places=names, needed=by)
    rows = layout.rows_if_any(notes, "registration_corrections") or ()
    return correct(rows, layout.of(notes, "registration_corrections"), series=series, start=start)


def _warn_of_camps_without_data(
    layout: Layout, locations: Sequence[Location], series: Sequence[Series], notes: Notes
) -> None:
    observed = {one.name for one in series}
    if not observed:
        return
    for place in locations:
        if place.kind in CAMPS and place.written not in observed:
            message = "a camp without a row in data_layout.csv, on which Flee stops; taken as nobody observed"
            remedy = "add a row and a file of its counts"
            layout.of(notes, "locations").warn(place.row, "name", place.name, message, remedy)


def _demographics(
    layout: Layout, notes: Notes, movement: FleeSettings, names: Collection[str]
) -> list[Attribute]:
    """The attributes of people that a rule depends on; a word on the other files."""
    needed = needed_attributes(movement)
    found: dict[str, Attribute] = {}
    for path in sorted(layout.inputs.glob("demographics_*.csv")):
        here, name = notes.of(layout.name(path)), path.stem.split("_")[1]
        if name not in needed:
            message = "no rule that is switched on depends on it"
            here.warn(0, "", "", message, "nothing needs doing: it is not used")
            continue
        if name in found:
            message = f"a second file of {name}; this one is not used"
            here.warn(0, "", "", message, f"keep one file demographics_{name}.csv")
            continue
        attribute = read_attribute(read_rows(path, here) or (), here, name=name, places=names)
        if attribute is not None:
            found[name] = attribute
    for name, rule in needed.items():
        path = layout.input(f"demographics_{name}")
        if name not in found and not any(layout.inputs.glob(f"demographics_{name}*.csv")):
            message = f"this file is missing, and {rule} depends on it"
            notes.of(layout.name(path)).error(0, "", "", message, f"add it, or switch {rule} off")
    return [found[name] for name in needed if name in found]


def _major_routes(
    layout: Layout, notes: Notes, movement: FleeSettings, legs: Sequence[Leg], names: Collection[str]
) -> tuple[tuple[str, ...], ...]:
    here = layout.of(notes, "major_routes")
    if not layout.has("major_routes"):
        return ()
    if not movement.fixed_routes:
        message = "fixed_routes is off, so nothing depends on it"
        here.warn(0, "", "", message, "nothing needs doing: it is not used")
        return ()
    return read_major_routes(layout.rows(notes, "major_routes") or (), here, legs=legs, places=names)


def _conflicts(
    layout: Layout,
    notes: Notes,
    rows: Sequence[Row] | None,
    locations: Sequence[Location],
    days: int,
    events: Sequence[Event],
    read: FolderSettings,
) -> list[Change]:
    here = layout.of(notes, "conflicts")
    names = {place.name for place in locations}
    series: Mapping[str, Sequence[float]] = {}
    if rows is not None:
        series = read_days(rows, here, places=names, days=days, want="0 or the intensity")
    elif read.movement.flood_driven_spawning == "off":
        later = [place for place in locations if place.conflict_from]
        series = {place.written: [0.0] * place.conflict_from + [place.intensity] for place in later}
    imposed = imposed_conflicts(events, default_intensity=read.default_conflict_intensity)
    return conflict_changes(series, locations=locations, imposed=imposed)


def _hazards(
    layout: Layout, notes: Notes, movement: FleeSettings, locations: Sequence[Location], days: int
) -> dict[str, list[Change]]:
    """The drivers `flood` and `food_insecurity`, where a rule that is on depends on them."""
    names = {place.name for place in locations}
    found: dict[str, list[Change]] = {}
    by_flood = "flood_driven_spawn_mode" if movement.flood_driven_spawning != "off" else ""
    ruled = "flood_rules" if movement.flood_movechances else ""
    rows = _rows_where_needed(layout, notes, "flood_level", by_flood or ruled)
    if rows is not None:
        here = layout.of(notes, "flood_level")
        series = read_days(rows, here, places=names, days=days, want="the level, from 0 on")
        found["flood"] = changes_of({p.name: series[p.written] for p in locations if p.written in series})
        _warn_of_levels(series, here, movement)
    rule = next((rule for rule in FOOD_RULES if getattr(movement, rule)), "")
    rows = _rows_where_needed(layout, notes, "region_attributes_IPC", rule)
    if rows is not None:
        here = layout.of(notes, "region_attributes_IPC")
        found["food_insecurity"] = food_changes(rows, here, locations=locations, days=days)
    return found


def _rows_where_needed(layout: Layout, notes: Notes, name: str, rule: str) -> list[Row] | None:
    """The rows of a file that a rule depends on ("": none that is on), and a word where the two do not fit."""
    there, here = layout.has(name), layout.of(notes, name)
    if there and not rule:
        message = "no rule that is switched on depends on it"
        here.warn(0, "", "", message, "nothing needs doing: it is not used")
    elif rule and not there:
        here.error(
            0, "", "", f"this file is missing, and {rule} depends on it", f"add it, or switch {rule} off"
        )
    return layout.rows(notes, name) if there and rule else None


def _warn_of_levels(series: Mapping[str, Sequence[float]], notes: Notes, movement: FleeSettings) -> None:
    lists = [movement.flood_movechances, movement.flood_loc_weights]
    lists += [movement.displaced_per_flood_day] * (movement.flood_driven_spawning != "off")
    highest = min((len(values) - 1 for values in lists if values), default=0)
    for name, values in series.items():
        top = max(values, default=0.0)
        if int(top) >= highest:
            message = f"level {top:g} on lists that end at level {highest}, on which Flee stops; the last entry holds"
            notes.warn(0, name, f"{top:g}", message, "add entries to the lists of levels in the settings")


def _measures(
    layout: Layout,
    notes: Notes,
    closures: Sequence[Closure],
    events: Sequence[Event],
    legs: Sequence[Leg],
    locations: Sequence[Location],
) -> list[dict[str, Any]]:
    """Measures in the order of closures.csv, then changes of types, then redirections."""
    ways = way_rows(closures, layout.of(notes, "closures"), legs=legs, locations=locations)
    kinds = kind_rows(events, {place.name: place.kind for place in locations})
    rows: list[dict[str, Any]] = []
    for closure in closures:
        rows += ways.get(closure.row, [])
        if closure.kind in CAMP_KINDS:
            rows += kinds.pop(closure.first, [])
    rows += [row for found in kinds.values() for row in found]
    return [*rows, *redirect_rows(closures, legs=legs)]


def _agents(
    layout: Layout,
    notes: Notes,
    movement: FleeSettings,
    attributes: Sequence[Attribute],
    names: Collection[str],
) -> list[dict[str, Any]]:
    here = layout.of(notes, "agents")
    rows = layout.rows(notes, "agents")
    if rows is None:
        return []
    return agent_rows(rows, here, attributes=attributes, places=names, hasten=movement.hasten)


# --- the scenario ----------------------------------------------------------------------


def _quantities(locations: Sequence[Location]) -> dict[str, Quantity]:
    """Displaced people of the country and refugees, where there are camps of both kinds or of the first."""
    idps = tuple(place.name for place in locations if place.kind == "idp_camp")
    camps = tuple(place.name for place in locations if place.kind == "camp")
    if not idps:
        return {}
    titles = {"en": "Displaced people in camps", "es": "Desplazados en campamentos"}
    found = {"idps_in_camps": Quantity(title=titles, present=idps)}
    if camps:
        titles = {"en": "Refugees in camps", "es": "Refugiados en campamentos"}
        found["refugees_in_camps"] = Quantity(title=titles, present=camps)
    return found


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9_.-]+", "-", name.lower()).strip("-._") or "flee"


def _origin(layout: Layout) -> dict[str, str]:
    data = layout.name(layout.data / LAYOUT) if layout.data else f"{DATA}/{LAYOUT}"
    files = {"places": "locations", "legs": "routes", "drivers": "conflicts", "measures": "closures"}
    return {
        **{name: layout.name(layout.input(file)) for name, file in files.items()},
        "observations": data,
        "departures": data,
        "settings": _settings_name(layout),
    }


def _settings_name(layout: Layout) -> str:
    """How messages name the settings file: one that lies elsewhere by its name alone."""
    path = layout.settings
    if path is None:
        return "simsetting.yml"
    return layout.name(path) if path.is_relative_to(layout.folder) else path.name
