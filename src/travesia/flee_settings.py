"""Flee's settings YAML → FleeSettings: what is read, what is refused, what Flee itself never reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import yaml
from pydantic import ValidationError

from travesia.errors import nearest
from travesia.flee_csv import Notes
from travesia.scenario import FleeSettings

SECTIONS = ("log_levels", "spawn_rules", "move_rules", "optimisations")
IGNORED_AT_TOP = (
    "number_of_steps",
    "conflict_input_file",
    "flood_level_input_file",
    "default_conflict_intensity",
)
READ = {
    "spawn_rules": (
        "insert_day0",
        "empty_camps_on_day0",
        "sum_from_camps",
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
        "softening",
        "weight_softening",
        "weight_power",
        "distance_power",
        "pruning_threshold",
    ),
    "optimisations": ("hasten",),
}
V1_RULES: Mapping[str, object] = {
    "max_move_speed": 200.0,
    "start_on_foot": False,
    "avoid_short_stints": False,
    "camp_weight": 2.0,
    "conflict_weight": 0.25,
}
"""What `use_v1_rules: True` sets after everything else is read."""
FALSE_WORDS, TRUE_WORDS = ("false", "no", "off", "0"), ("true", "yes", "on", "1")


@dataclass(frozen=True)
class Entry:
    """One setting as it stands in the file."""

    section: str
    key: str
    value: object
    row: int

    @property
    def name(self) -> str:
        return f"{self.section}.{self.key}" if self.section else self.key


def _is_on(value: object) -> bool:
    """Whether a switch is on; quoted words mean what they say."""
    if isinstance(value, str):
        return value.strip().lower() not in (*FALSE_WORDS, "")
    return bool(value)


def _present(value: object) -> bool:
    return True


def _not_zero(value: object) -> bool:
    try:
        return float(str(value)) != 0.0
    except ValueError:
        return True


def _prunes(value: object) -> bool:
    try:
        return float(str(value)) >= 1.001
    except ValueError:
        return False  # no number: told apart from switched on


def _never(value: object) -> bool:
    return False


UNMODELLED: dict[str, dict[str, Callable[[object], bool]]] = {
    "spawn_rules": {
        "take_from_population": _is_on,
        "flood_zone_spawning_only": _is_on,
        "camps_are_sinks": _is_on,
        "camps_are_sicks": _is_on,  # the spelling Flee's code looks for
        "read_from_agents_csv_file": _is_on,
        "conflict_driven_spawning": _present,
        "flood_driven_spawn_mode": _present,
        "starvation_driven_spawning": _is_on,
        "conflict_zone_spawning_only": _never,  # acts only with starvation_driven_spawning
        "average_social_connectivity": _never,  # seen in logs only
    },
    "move_rules": {
        "stay_close_to_home": _is_on,
        "use_pop_for_loc_weight": _is_on,
        "movechance_pop_scale_factor": _not_zero,
        "pruning_threshold": _prunes,
        "WomenAvoidHazards": _is_on,
        "ChildrenAvoidHazards": _is_on,
        "ElderlyAvoidHazards": _is_on,
        "BoysTakeRisk": _is_on,
        "MatchCampReligion": _is_on,
        "MatchCampEthnicity": _is_on,
        "MatchTownEthnicity": _is_on,
        "MatchConflictEthnicity": _is_on,
        "fixed_routes": _is_on,
        "two_system_decision_making": _is_on,
        "use_economic_pull": _is_on,
        "harvest_months": _is_on,
        "flee_when_starving": _is_on,
        "avoid_food_deprived_locations": _is_on,
        "flood_rules": _present,
        "max_crossing_speed": _never,  # Flee reads it and uses it nowhere
        "home_distance_power": _never,  # each of these acts only with a switch above
        "pop_power_for_loc_weight": _never,
        "movechance_pop_base": _never,
        "avg_religion_fraction": _never,
    },
    "optimisations": {},
}
"""Settings of features of Flee that are not modelled yet, each with the test that it is switched on."""
OTHER_READ = {"move_rules": ("use_v1_rules",)}


def _known(section: str) -> tuple[str, ...]:
    return (*READ[section], *UNMODELLED[section], *OTHER_READ.get(section, ()))


def _entries(text: str, notes: Notes) -> list[Entry] | None:
    """All settings of the file with the row each stands in; None (and a problem) where it is not YAML."""
    try:
        content = yaml.safe_load(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "not YAML"
        row = mark.line + 1 if mark is not None else 0
        notes.error(row, "", "", f"not YAML ({reason})", "check indentation, colons and tabs")
        return None
    if content is None:
        return []
    if not isinstance(content, dict) or not isinstance(root, yaml.MappingNode):
        notes.error(
            1, "", "", "not a settings file", "write sections such as `move_rules:` with settings below"
        )
        return None
    entries: list[Entry] = []
    for node, body in root.value:
        section = str(node.value)
        value = content.get(section)
        row = node.start_mark.line + 1
        if section not in SECTIONS:
            entries.append(Entry("", section, value, row))
        elif isinstance(body, yaml.MappingNode) and isinstance(value, dict):
            for key_node, _ in body.value:
                key = str(key_node.value)
                entries.append(Entry(section, key, value.get(key), key_node.start_mark.line + 1))
        elif value is not None:
            notes.error(row, section, value, "not a section", "write its settings below it, indented")
    return entries


def _warn_unknown(entry: Entry, notes: Notes) -> None:
    homes = [section for section in READ if entry.key in _known(section)]
    if homes:
        hint = f"did you mean {homes[0]}.{entry.key}?"
    elif entry.section:
        hint = nearest(entry.key, _known(entry.section))
    else:
        hint = nearest(entry.key, (*SECTIONS, *IGNORED_AT_TOP))
    notes.warn(entry.row, entry.name, entry.value, "Flee reads no such setting; it is left out", hint)


def _boolean(entry: Entry, notes: Notes) -> bool | None:
    value = entry.value
    if isinstance(value, bool | int | float):
        return bool(value)
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in FALSE_WORDS:
        message = "read as false; Flee takes any quoted word for true"
        notes.warn(entry.row, entry.name, value, message, "write False without quotes")
        return False
    if word in TRUE_WORDS:
        return True
    notes.error(entry.row, entry.name, value, "neither true nor false", "write True or False")
    return None


def _number(entry: Entry, notes: Notes) -> float | None:
    value = entry.value
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return float(value)
        except ValueError:
            pass
    notes.error(entry.row, entry.name, value, "not a number", "write a number")
    return None


def _integer(entry: Entry, notes: Notes) -> int | None:
    value = _number(entry, notes)
    if value is None:
        return None
    if value in (float("inf"), float("-inf")) or value != value:
        notes.error(entry.row, entry.name, entry.value, "not a whole number", "write a whole number")
        return None
    if value != int(value):
        message = f"cut to the whole number {int(value)}, as Flee does"
        notes.warn(entry.row, entry.name, entry.value, message, "write a whole number")
    return int(value)


def _numbers(entry: Entry, notes: Notes) -> tuple[float, ...] | None:
    if not isinstance(entry.value, list):
        notes.error(entry.row, entry.name, entry.value, "not a list of numbers", "write [1.0, 1.0, 0.5]")
        return None
    parts = [_number(Entry(entry.section, entry.key, part, entry.row), notes) for part in entry.value]
    return tuple(part for part in parts if part is not None)


def _value(entry: Entry, notes: Notes) -> object:
    """The setting in the type FleeSettings wants; None where it is a problem or blank."""
    if entry.value is None:
        notes.warn(
            entry.row, entry.name, "", "blank, on which Flee stops; its default is used", "write a value"
        )
        return None
    annotation = FleeSettings.model_fields[entry.key].annotation
    if annotation is bool:
        return _boolean(entry, notes)
    if annotation is int:
        return _integer(entry, notes)
    if get_args(annotation):
        return _numbers(entry, notes)
    return _number(entry, notes)


def _refuse_if_on(entry: Entry, notes: Notes) -> None:
    if entry.value is None and UNMODELLED[entry.section][entry.key] is not _present:
        return
    if not UNMODELLED[entry.section][entry.key](entry.value):
        return
    remedy = "switch it off to run without it; the result will differ from Flee's"
    value = "" if entry.value is None else entry.value
    notes.error(entry.row, entry.name, value, "this feature of Flee is not modelled yet", remedy)


def _validated(values: dict[str, object], rows: Mapping[str, Entry], notes: Notes) -> FleeSettings:
    try:
        return FleeSettings.model_validate(values)
    except ValidationError as error:
        for problem in error.errors():
            key = str(problem["loc"][0])
            entry = rows[key]
            reason = problem["msg"].removeprefix("Input ")
            notes.error(entry.row, entry.name, entry.value, reason, f"Flee's default is {_default(key)}")
        return FleeSettings()


def _default(key: str) -> object:
    return FleeSettings.model_fields[key].default


def read_settings(path: Path | None, notes: Notes) -> FleeSettings:
    """The movement settings of a Flee folder.

    path : the YAML file; None means Flee's defaults, with a warning that says so. notes : where problems
    go, already on that file; after an error the defaults are returned. Settings that Flee never reads are
    warnings, features that are not modelled errors. Source of names and defaults: Flee's settings file of
    May 2026.
    """
    if path is None:
        remedy = "put simsetting.yml in the folder or name a settings file"
        notes.warn(0, "", "", "no settings file: Flee's defaults are used", remedy)
        return FleeSettings()
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        notes.error(0, "", "", "this settings file is missing", "check its name")
        return FleeSettings()
    except (UnicodeDecodeError, OSError):
        notes.error(0, "", "", "this settings file cannot be read", "check that it is a text file in UTF-8")
        return FleeSettings()
    values: dict[str, object] = {}
    rows: dict[str, Entry] = {}
    v1_rules = False
    for entry in _entries(text, notes) or ():
        if entry.section == "log_levels" or (not entry.section and entry.key in IGNORED_AT_TOP):
            continue
        if not entry.section or entry.key not in _known(entry.section):
            _warn_unknown(entry, notes)
            continue
        if entry.key in UNMODELLED[entry.section]:
            _refuse_if_on(entry, notes)
        if entry.key == "use_v1_rules":
            v1_rules = entry.value is not None and bool(_boolean(entry, notes))
        if entry.key not in READ[entry.section]:
            continue
        if entry.key in rows:
            notes.warn(entry.row, entry.name, entry.value, "given twice; the last one counts", "delete one")
        rows[entry.key] = entry
        value = _value(entry, notes)
        if value is not None:
            values[entry.key] = value
    if v1_rules:
        values.update(V1_RULES)
    settings = _validated(values, rows, notes)
    if settings.awareness_level == 0:
        entry = rows["awareness_level"]
        notes.warn(entry.row, entry.name, entry.value, "with level 0 nobody moves in Flee", "use 1 or more")
    return settings
