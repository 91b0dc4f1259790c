"""Flee's settings YAML → FleeSettings: what is read, what is refused, what Flee itself never reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from travesia.errors import nearest
from travesia.flee_csv import Notes
from travesia.flee_modes import OF_FLOOD_RULES, Chosen, spawning
from travesia.flee_yaml import Entry, boolean, integer, number, numbers, read_entries
from travesia.inputfile import input_bytes
from travesia.scenario import QUIRKS, FleeSettings

MOST_BYTES = 5_000_000
SECTIONS = ("log_levels", "spawn_rules", "move_rules", "optimisations")
IGNORED_AT_TOP = ("number_of_steps", "conflict_input_file", "flood_level_input_file")
MATCHES = ("MatchCampReligion", "MatchCampEthnicity", "MatchTownEthnicity", "MatchConflictEthnicity")
READ = {
    "": ("default_conflict_intensity",),
    "spawn_rules": (
        "take_from_population",
        "insert_day0",
        "empty_camps_on_day0",
        "conflict_zone_spawning_only",
        "flood_zone_spawning_only",
        "camps_are_sinks",
        "camps_are_sicks",  # the spelling Flee's code looks for
        "read_from_agents_csv_file",
        "sum_from_camps",
        "conflict_driven_spawning",
        "starvation_driven_spawning",
        "flood_driven_spawn_mode",
        "flood_driven_spawning",  # an older name of it
        "conflict_spawn_decay",
        "conflict_spawn_decay_interval",
    ),
    "move_rules": (
        "max_move_speed",
        "max_walk_speed",
        "foreign_weight",
        "camp_weight",
        "conflict_weight",
        "conflict_movechance",
        "camp_movechance",
        "idpcamp_movechance",
        "default_movechance",
        "awareness_level",
        "capacity_buffer",
        "capacity_scaling",
        "avoid_short_stints",
        "start_on_foot",
        "use_v1_rules",
        "softening",
        "weight_softening",
        "weight_power",
        "distance_power",
        "pruning_threshold",
        "stay_close_to_home",
        "home_distance_power",
        "use_pop_for_loc_weight",
        "pop_power_for_loc_weight",
        "movechance_pop_base",
        "movechance_pop_scale_factor",
        "WomenAvoidHazards",
        "ChildrenAvoidHazards",
        "ElderlyAvoidHazards",
        "BoysTakeRisk",
        *MATCHES,
        "fixed_routes",
        "use_economic_pull",
        "harvest_months",
        "flee_when_starving",
        "avoid_food_deprived_locations",
        "flood_rules",
    ),
    "optimisations": ("hasten",),
}
"""Settings by section; those that are no field of FleeSettings are read by name below."""
OF_ANOTHER_KIND = (
    "default_conflict_intensity",
    "flood_zone_spawning_only",
    "camps_are_sinks",
    "camps_are_sicks",
    "read_from_agents_csv_file",
    "conflict_driven_spawning",
    "flood_driven_spawn_mode",
    "flood_driven_spawning",
    "use_v1_rules",
    "harvest_months",
    "flood_rules",
)


NULL_MEANS_NONE = ("conflict_spawn_decay",)
SECTIONS_WITHIN = (
    "conflict_driven_spawning",
    "flood_driven_spawn_mode",
    "flood_driven_spawning",
    "flood_rules",
)


def _always(value: object) -> bool:
    return True


WITHOUT_EFFECT: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "log_levels.granularity": (lambda value: value != "location", "only logs depend on it in Flee"),
    "spawn_rules.average_social_connectivity": (_always, "Flee draws connections that no rule reads"),
    "move_rules.max_crossing_speed": (_always, "Flee reads it and uses it nowhere"),
    "move_rules.two_system_decision_making": (bool, "Flee never switches these rules on from its settings"),
    "move_rules.avg_religion_fraction": (_always, "MatchCampReligion compares with the share among all here"),
}
"""Settings without effect: whether the value deserves a word, and why they have none."""
V1_RULES: Mapping[str, object] = {
    "max_move_speed": 200.0,
    "start_on_foot": False,
    "avoid_short_stints": False,
    "camp_weight": 2.0,
    "conflict_weight": 0.25,
}
"""What `use_v1_rules: True` sets after everything else is read."""


@dataclass(frozen=True)
class FolderSettings:
    """What the settings of a Flee folder say: of movement, and of what else to read.

    agents : whether agents.csv is read. default_conflict_intensity : of places that location_changes.csv makes
    conflict zones.
    """

    movement: FleeSettings
    agents: bool = False
    default_conflict_intensity: float = 1.0


def read_settings(path: Path | None, notes: Notes) -> FolderSettings:
    """The settings of a Flee folder, with all quirks of Flee switched on.

    path : the YAML file; None means Flee's defaults, with a warning that says so. notes : where problems
    go, already on that file; after an error the defaults are returned. Settings that have no effect are
    warnings, features that are not modelled errors. Source of names and defaults: Flee's settings file of
    May 2026.
    """
    text = _text(path, notes)
    found = len(notes.found)
    read = read_entries(text or "", notes, sections=SECTIONS)
    if path is not None and text is not None and not read and len(notes.found) == found:
        notes.warn(0, "", "", "no setting in this file: Flee's defaults are used", "write those that differ")
    entries = _kept(read, notes)
    chosen = _fields(entries, notes)
    if "use_v1_rules" in entries and boolean(entries["use_v1_rules"], notes):
        chosen.values.update(V1_RULES)
    spawning(entries, chosen, notes)
    _say_what_differs(entries, chosen.values, notes)
    movement = _validated(chosen, notes)
    return FolderSettings(
        movement,
        agents=_is_on(entries, "read_from_agents_csv_file", notes),
        default_conflict_intensity=_default_intensity(entries, notes),
    )


def _text(path: Path | None, notes: Notes) -> str | None:
    if path is None:
        remedy = "put simsetting.yml in the folder or name a settings file"
        notes.warn(0, "", "", "no settings file: Flee's defaults are used", remedy)
        return None
    try:
        return input_bytes(path, most_bytes=MOST_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        notes.error(0, "", "", "this settings file is missing", "check its name")
    except (UnicodeDecodeError, OSError) as error:
        reason = f" ({error.strerror})" if isinstance(error, OSError) else ""
        remedy = "check that it is a text file in UTF-8"
        notes.error(0, "", "", f"this settings file cannot be read{reason}", remedy)
    return None


def _kept(entries: list[Entry], notes: Notes) -> dict[str, Entry]:
    """The entries that are read, by key; a word on each of the others."""
    kept: dict[str, Entry] = {}
    for entry in entries:
        if entry.name in WITHOUT_EFFECT:
            tells, why = WITHOUT_EFFECT[entry.name]
            if tells(entry.value):
                entry.warn(notes, f"no effect: {why}", "nothing needs doing")
        elif entry.section == "log_levels" or (not entry.section and entry.key in IGNORED_AT_TOP):
            continue
        elif entry.key not in READ.get(entry.section, ()):
            _warn_unknown(entry, notes)
        elif entry.value is None and entry.key in NULL_MEANS_NONE:
            continue
        elif entry.value is None and entry.key not in SECTIONS_WITHIN:
            entry.warn(notes, "blank, on which Flee stops; its default is used", "write a value")
        else:
            if entry.key in kept:
                entry.warn(notes, "given twice; the last one counts", "delete one")
            kept[entry.key] = entry
    return kept


def _known(section: str) -> tuple[str, ...]:
    without = (name.partition(".") for name in WITHOUT_EFFECT)
    return (*READ.get(section, ()), *(key for home, _, key in without if home == section))


def _warn_unknown(entry: Entry, notes: Notes) -> None:
    homes = [section for section in (*READ, "log_levels") if entry.key in _known(section)]
    if entry.key in OF_FLOOD_RULES:
        hint = f"did you mean move_rules.flood_rules.{entry.key}?"
    elif homes and homes[0] != entry.section:
        hint = f"did you mean {homes[0]}.{entry.key}?" if homes[0] else f"write {entry.key} at the top level"
    elif entry.section:
        hint = nearest(entry.key, _known(entry.section))
    else:
        hint = nearest(entry.key, (*SECTIONS, *IGNORED_AT_TOP, *READ[""]))
    entry.warn(notes, "Flee reads no such setting; it is left out", hint)


def _fields(entries: Mapping[str, Entry], notes: Notes) -> Chosen:
    """The settings that are fields of FleeSettings under the same name."""
    chosen = Chosen(values=dict.fromkeys(QUIRKS, True))
    for key, entry in entries.items():
        if key in OF_ANOTHER_KIND:
            continue
        value = _value(entry, notes)
        if value is not None:
            chosen.set(key, value, entry)
    if "harvest_months" in entries:
        months = _months(entries["harvest_months"], notes)
        chosen.set("harvest_months", months, entries["harvest_months"])
    if _is_on(entries, "camps_are_sinks", notes):
        message = "Flee reads only camps_are_sicks, so this has no effect there; taken at its word"
        entries["camps_are_sinks"].warn(notes, message, "set it to False to run as Flee does")
        chosen.set("camps_are_sinks", True, entries["camps_are_sinks"])
    if _is_on(entries, "camps_are_sicks", notes):
        chosen.set("camps_are_sinks", True, entries["camps_are_sicks"])
    return chosen


def _is_on(entries: Mapping[str, Entry], key: str, notes: Notes) -> bool:
    return key in entries and bool(boolean(entries[key], notes))


def _value(entry: Entry, notes: Notes) -> object:
    """The setting in the type FleeSettings wants; None where it is a problem."""
    annotation = FleeSettings.model_fields[entry.key].annotation
    if annotation is bool:
        return boolean(entry, notes)
    if annotation is int:
        return integer(entry, notes)
    if get_args(annotation):
        return numbers(entry, notes)
    return number(entry, notes)


def _months(entry: Entry, notes: Notes) -> tuple[int, ...]:
    months = []
    for value in entry.value if isinstance(entry.value, list) else [entry.value]:
        one = Entry(entry.section, entry.key, value, entry.row)
        month = integer(one, notes)
        if month is not None and not 1 <= month <= 12:
            one.error(notes, "no month", "write numbers from 1 (January) to 12")
        elif month is not None:
            months.append(month)
    if not isinstance(entry.value, list):
        entry.warn(notes, "taken as a list of one month; Flee stops", f"write [{entry.value}]")
    return tuple(months)


def _default_intensity(entries: Mapping[str, Entry], notes: Notes) -> float:
    if "default_conflict_intensity" not in entries:
        return 1.0
    value = integer(entries["default_conflict_intensity"], notes)
    return 1.0 if value is None else float(value)


def _say_what_differs(entries: Mapping[str, Entry], values: Mapping[str, object], notes: Notes) -> None:
    """Warn of switches that do nothing in Flee as they stand, and of those that act otherwise here."""
    for key in MATCHES:
        if values.get(key):
            message = (
                "Flee counts people in a way that stops as soon as one is on the road; here places attract"
            )
            message += " by the share of one's own kind among those there"
            entries[key].warn(notes, message, "see docs/model.md; set it to False to run without it")
    if values.get("BoysTakeRisk") and not values.get("ChildrenAvoidHazards"):
        message = "no effect without ChildrenAvoidHazards, as in Flee"
        entries["BoysTakeRisk"].warn(notes, message, "set ChildrenAvoidHazards to True as well")
    if values.get("starvation_driven_spawning") and values.get("conflict_zone_spawning_only", True):
        message = "acts in conflict zones alone while conflict_zone_spawning_only is on, as in Flee"
        entries["starvation_driven_spawning"].warn(notes, message, "set conflict_zone_spawning_only to False")
    level = values.get("awareness_level")
    if level == 0:
        entries["awareness_level"].warn(notes, "with level 0 nobody moves in Flee", "use 1 or more")


def _validated(chosen: Chosen, notes: Notes) -> FleeSettings:
    try:
        return FleeSettings.model_validate(chosen.values)
    except ValidationError as error:
        for problem in error.errors():
            key = str(problem["loc"][0])
            reason = problem["msg"].removeprefix("Input ")
            default = FleeSettings.model_fields[key].default
            shown = list(default) if isinstance(default, tuple) else default
            chosen.entries[key].error(notes, reason, f"Flee's default is {shown}")
        return FleeSettings.model_validate(dict.fromkeys(QUIRKS, True))
