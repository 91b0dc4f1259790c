"""The sections within Flee's settings: who starts by conflict or by flood, and what floods change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import get_args

from travesia.errors import nearest
from travesia.flee_csv import Notes
from travesia.flee_yaml import Entry, boolean, integer, number, numbers
from travesia.scenario import SpawnMode

MODES = tuple(mode for mode in get_args(SpawnMode) if mode != "off")
CONFLICT_DEFAULTS: Mapping[str, float] = {"constant": 500.0, "pop_ratio": 0.01, "poisson": 500.0}
FLOOD_DEFAULTS: Mapping[str, tuple[float, ...]] = {
    "constant": (0, 100, 200, 300, 500),
    "pop_ratio": (0.0, 0.1, 0.2, 0.5, 0.9),
    "poisson": (0, 100, 200, 300, 500),
}
FLOOD_LISTS = ("flood_movechances", "flood_loc_weights")
OF_THE_FORECASTER = (
    "flood_forecaster_timescale",
    "flood_forecaster_weights",
    "flood_forecaster_end_time",
    "flood_awareness_weights",
)
UNUSED_OF_FLOODS = ("max_flood_level", "flood_link_weights")
OF_FLOOD_RULES = (*FLOOD_LISTS, "flood_forecaster", *OF_THE_FORECASTER, *UNUSED_OF_FLOODS)


@dataclass(frozen=True)
class Chosen:
    """Settings as they are found: values by name of a field of FleeSettings, and the entries they come from."""

    values: dict[str, object] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)

    def set(self, key: str, value: object, entry: Entry) -> None:
        """Keep a value with the entry it comes from."""
        self.values[key] = value
        self.entries[key] = entry


def spawning(entries: Mapping[str, Entry], chosen: Chosen, notes: Notes) -> None:
    """Add how many start by conflict or flood, and the rules of floods.

    entries : by key. chosen : what was found so far; it grows. notes : where problems go.
    """
    zones = entries.get("flood_zone_spawning_only")
    by_flood = zones is not None and bool(boolean(zones, notes))
    if by_flood and zones is not None:
        _say_which_zones(zones, entries, chosen, notes)
    conflict, flood = entries.get("conflict_driven_spawning"), _flood_section(entries, notes)
    if conflict is not None and conflict.value is not None:
        if by_flood:
            message = "not read with flood_zone_spawning_only, as in Flee"
            conflict.warn(notes, message, "delete the section, or set flood_zone_spawning_only to False")
        else:
            _by_conflict(conflict, chosen, notes)
    if flood is not None and flood.value is not None:
        if by_flood:
            _by_flood(flood, chosen, notes)
        else:
            message = "not read without flood_zone_spawning_only: True, as in Flee"
            flood.warn(
                notes, message, "set that, and conflict_zone_spawning_only: False, or delete the section"
            )
    elif by_flood and zones is not None:
        zones.warn(notes, "no effect without flood_driven_spawn_mode, as in Flee", "add that section")
    _flood_rules(entries, chosen, notes)


def _flood_section(entries: Mapping[str, Entry], notes: Notes) -> Entry | None:
    """The section on who starts by flood, under the name Flee reads or an older one."""
    flood, older = entries.get("flood_driven_spawn_mode"), entries.get("flood_driven_spawning")
    if older is None:
        return flood
    if flood is not None or not isinstance(older.value, dict):
        remedy = "delete it" if flood is not None else "did you mean 'flood_driven_spawn_mode'?"
        older.warn(notes, "Flee reads no such setting; it is left out", remedy)
        return flood
    message = "an older name, which Flee does not read any more; taken as flood_driven_spawn_mode"
    older.warn(notes, message, "call it flood_driven_spawn_mode, and flood_spawn_mode in it spawn_mode")
    inner = [
        replace(entry, key="spawn_mode") if entry.key == "flood_spawn_mode" else entry
        for entry in older.inner
    ]
    return replace(older, inner=tuple(inner))


def _say_which_zones(zones: Entry, entries: Mapping[str, Entry], chosen: Chosen, notes: Notes) -> None:
    if "conflict_zone_spawning_only" not in entries:
        message = (
            "conflict_zone_spawning_only, on by default, is taken as False beside it; Flee stops on both"
        )
        zones.warn(notes, message, "write conflict_zone_spawning_only: False")
        chosen.set("conflict_zone_spawning_only", False, zones)
    elif chosen.values.get("conflict_zone_spawning_only"):
        message = "conflict_zone_spawning_only is on too, on which Flee stops"
        zones.error(notes, message, "set one of the two to False")


def _section(entry: Entry, known: tuple[str, ...], notes: Notes) -> dict[str, Entry] | None:
    """The settings within a section by key; None where it is switched off; `True` means all defaults."""
    if not isinstance(entry.value, dict):
        on = boolean(entry, notes)
        if on is not None:
            message = "no section, on which Flee stops; taken as " + (
                "all defaults" if on else "switched off"
            )
            entry.warn(notes, message, "write its settings below it, indented, or delete it")
        return {} if on else None
    found: dict[str, Entry] = {}
    for inner in entry.inner:
        if inner.key not in known:
            inner.warn(notes, "Flee reads no such setting; it is left out", nearest(inner.key, known))
        elif inner.value is None:
            inner.warn(notes, "blank, on which Flee stops; its default is used", "write a value")
        else:
            found[inner.key] = inner
    return found


def _mode(section: Mapping[str, Entry], default: str, notes: Notes) -> str | None:
    if "spawn_mode" not in section:
        return default
    entry = section["spawn_mode"]
    mode = str(entry.value).strip()
    if mode in MODES:
        return mode
    if mode.lower() == "poisson":
        return "poisson"
    entry.error(notes, "no such mode, with which nobody starts in Flee", nearest(mode.lower(), MODES))
    return None


def _by_conflict(entry: Entry, chosen: Chosen, notes: Notes) -> None:
    section = _section(entry, ("spawn_mode", "displaced_per_conflict_day"), notes)
    mode = None if section is None else _mode(section, "constant", notes)
    if section is None or mode is None:
        return
    amount: float | None = CONFLICT_DEFAULTS[mode]
    source = section.get("displaced_per_conflict_day", entry)
    if source is not entry:
        amount = number(source, notes) if mode == "pop_ratio" else integer(source, notes)
    chosen.set("conflict_driven_spawning", mode, section.get("spawn_mode", entry))
    if amount is not None:
        chosen.set("displaced_per_conflict_day", amount, source)


def _by_flood(entry: Entry, chosen: Chosen, notes: Notes) -> None:
    section = _section(entry, ("spawn_mode", "displaced_per_flood_day"), notes)
    mode = None if section is None else _mode(section, "pop_ratio", notes)
    if section is None or mode is None:
        return
    if not chosen.values.get("take_from_population"):
        message = "take_from_population is off, on which Flee stops: more would start than live there"
        entry.error(notes, message, "write take_from_population: True in spawn_rules")
    amounts: tuple[float, ...] | None = FLOOD_DEFAULTS[mode]
    source = section.get("displaced_per_flood_day", entry)
    if source is not entry:
        amounts = _levels(source, notes)
    chosen.set("flood_driven_spawning", mode, section.get("spawn_mode", entry))
    if amounts is not None:
        chosen.set("displaced_per_flood_day", amounts, source)


def _levels(entry: Entry, notes: Notes) -> tuple[float, ...] | None:
    found = numbers(entry, notes)
    if found is not None and len(found) < 2:
        entry.error(notes, "fewer than two levels", "write a value for each level from 0 on, [0.0, 0.1, 0.2]")
        return None
    if found is not None and min(found) < 0:
        entry.error(notes, "a value below 0", "write 0 or more for each level")
        return None
    return found


def _flood_rules(entries: Mapping[str, Entry], chosen: Chosen, notes: Notes) -> None:
    spawns = "flood_driven_spawning" in chosen.values
    entry = entries.get("flood_rules")
    section = None if entry is None or entry.value is None else _section(entry, OF_FLOOD_RULES, notes)
    if entry is None or section is None:
        if spawns:
            message = "without flood_rules, on which Flee stops at the first flood; floods set people off and"
            message += " change nothing else"
            source = chosen.entries["flood_driven_spawning"]
            source.warn(notes, message, "add flood_rules with flood_movechances and flood_loc_weights")
        return
    forecaster = section.get("flood_forecaster")
    if forecaster is not None and boolean(forecaster, notes):
        remedy = "switch it off to run without it; the result will differ from Flee's"
        forecaster.error(notes, "the flood forecaster of Flee is not modelled", remedy)
    for key in UNUSED_OF_FLOODS:
        if key in section:
            section[key].warn(notes, "no effect: Flee reads it and uses it nowhere", "nothing needs doing")
    for key in OF_THE_FORECASTER:
        if key in section and not (forecaster is not None and forecaster.value):
            section[key].warn(
                notes, "no effect while flood_forecaster is off, as in Flee", "nothing needs doing"
            )
    for key in FLOOD_LISTS:
        if key not in section:
            entry.error(notes, f"no {key}, which the rules of floods need", f"write {key}: [1.0, 0.5, 0.1]")
            continue
        levels = _levels(section[key], notes)
        if levels is not None:
            chosen.set(key, levels, section[key])
    if not spawns:
        message = (
            "without flood_zone_spawning_only and flood_driven_spawn_mode, on which Flee stops; floods change"
        )
        message += " where people go, and people start as without floods"
        entry.warn(notes, message, "add those, or delete the section")
