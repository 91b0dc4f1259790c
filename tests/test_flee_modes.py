"""Spawning by conflict and flood, and the rules of floods: what a folder that uses them is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from flee_factory import (
    CAMP1,
    CAMP2,
    CONFLICTS,
    FLOOD,
    LAYOUT,
    LOCATIONS,
    YAML,
    Changes,
    edited,
    said_to,
    with_settings,
    write_flee_folder,
)

FLOOD_MODE = with_settings(
    "spawn_rules",
    "take_from_population: True",
    "flood_zone_spawning_only: True",
    "conflict_zone_spawning_only: False",
    "flood_driven_spawn_mode: {spawn_mode: constant, displaced_per_flood_day: [0, 5, 9]}",
)
FLOOD_RULES = "flood_rules: {flood_movechances: [0.0, 0.5, 1.0], flood_loc_weights: [1.0, 0.5, 0.1]}"
FLOODS = {YAML: str(FLOOD_MODE[YAML]).replace("move_rules:\n", f"move_rules:\n  {FLOOD_RULES}\n")}
LEVELS = {FLOOD: "#Day,Alpha,Beta\n" + "".join(f"{day},{min(day, 1)},0\n" for day in range(10))}


def floods(old: str, new: str) -> Changes:
    """The floods with another text in the settings."""
    text = str(FLOODS[YAML])
    assert text.count(old) == 1
    return {**LEVELS, CONFLICTS: None, YAML: text.replace(old, new)}


TOLD: dict[str, tuple[Changes, list[str]]] = {
    "floods": (
        {**FLOODS, **LEVELS, CONFLICTS: None},
        [],
    ),
    "floods conflicts": (
        {**FLOODS, **LEVELS},
        ["input_csv/conflicts.csv: not read: people start by flood, as in Flee; nothing needs doing"],
    ),
    "floods without file": (
        {**FLOODS, CONFLICTS: None},
        [
            "error: input_csv/flood_level.csv: this file is missing, and flood_driven_spawn_mode "
            "depends on it; add it, or switch flood_driven_spawn_mode off"
        ],
    ),
    "floods too high": (
        {
            **FLOODS,
            FLOOD: "#Day,Alpha,Beta\n" + "".join(f"{d},{min(d, 3)},0\n" for d in range(10)),
            CONFLICTS: None,
        },
        [
            "input_csv/flood_level.csv, column Alpha: '3' — level 3 on lists that end at level 2,"
            " on which Flee stops; the last entry holds; add entries to the lists of levels in "
            "the settings"
        ],
    ),
    "floods both": (
        floods("conflict_zone_spawning_only: False", "conflict_zone_spawning_only: True"),
        [
            "error: simsetting.yml, row 5, column spawn_rules.flood_zone_spawning_only: 'True' — "
            "conflict_zone_spawning_only is on too, on which Flee stops; set one of the two to "
            "False"
        ],
    ),
    "floods default": (
        floods("  conflict_zone_spawning_only: False\n", ""),
        [
            "simsetting.yml, row 5, column spawn_rules.flood_zone_spawning_only: 'True' — "
            "conflict_zone_spawning_only, on by default, is taken as False beside it; Flee stops "
            "on both; write conflict_zone_spawning_only: False"
        ],
    ),
    "floods no population": (
        floods("  take_from_population: True\n", ""),
        [
            "error: simsetting.yml, row 6, column spawn_rules.flood_driven_spawn_mode: "
            "'{'displaced_per_flood_day': [0, 5, 9], 'spawn_mode': 'constant'}' — "
            "take_from_population is off, on which Flee stops: more would start than live there; "
            "write take_from_population: True in spawn_rules"
        ],
    ),
    "floods no rules": (
        floods(f"  {FLOOD_RULES}\n", ""),
        [
            "simsetting.yml, row 7, column spawn_rules.flood_driven_spawn_mode.spawn_mode: "
            "'constant' — without flood_rules, on which Flee stops at the first flood; floods set"
            " people off and change nothing else; add flood_rules with flood_movechances and "
            "flood_loc_weights"
        ],
    ),
    "floods one list": (
        floods(", flood_loc_weights: [1.0, 0.5, 0.1]", ""),
        [
            "error: simsetting.yml, row 11, column move_rules.flood_rules: '{'flood_movechances':"
            " [0.0, 0.5, 1.0]}' — no flood_loc_weights, which the rules of floods need; write "
            "flood_loc_weights: [1.0, 0.5, 0.1]"
        ],
    ),
    "floods one level": (
        floods("[0.0, 0.5, 1.0]", "[0.5]"),
        [
            "error: simsetting.yml, row 11, column move_rules.flood_rules.flood_movechances: "
            "'[0.5]' — fewer than two levels; write a value for each level from 0 on, [0.0, 0.1, "
            "0.2]"
        ],
    ),
    "forecaster": (
        floods(
            "flood_rules: {",
            "flood_rules: {flood_forecaster: True, flood_forecaster_timescale: 5, max_flood_level: 3, ",
        ),
        [
            "error: simsetting.yml, row 11, column move_rules.flood_rules.flood_forecaster: "
            "'True' — the flood forecaster of Flee is not modelled; switch it off to run without "
            "it; the result will differ from Flee's",
            "simsetting.yml, row 11, column move_rules.flood_rules.max_flood_level: '3' — no "
            "effect: Flee reads it and uses it nowhere; nothing needs doing",
        ],
    ),
    "forecaster off": (
        floods(
            "flood_rules: {",
            "flood_rules: {flood_forecaster: False, flood_forecaster_timescale: 5, max_flood_level: 3, ",
        ),
        [
            "simsetting.yml, row 11, column move_rules.flood_rules.max_flood_level: '3' — no "
            "effect: Flee reads it and uses it nowhere; nothing needs doing",
            "simsetting.yml, row 11, column move_rules.flood_rules.flood_forecaster_timescale: "
            "'5' — no effect while flood_forecaster is off, as in Flee; nothing needs doing",
        ],
    ),
    "flood rules only": (
        {
            **with_settings(
                "move_rules",
                "flood_rules: {flood_movechances: [0.0, 0.5, 1.0], flood_loc_weights: [1.0, 0.5, 0.1]}",
            ),
            **LEVELS,
        },
        [
            "simsetting.yml, row 7, column move_rules.flood_rules: '{'flood_loc_weights': [1.0, "
            "0.5, 0.1], 'flood_movechances': [0.0, 0.5, 1.0]}' — without flood_zone_spawning_only"
            " and flood_driven_spawn_mode, on which Flee stops; floods change where people go, "
            "and people start as without floods; add those, or delete the section"
        ],
    ),
    "older name": (
        floods("flood_driven_spawn_mode: {spawn_mode", "flood_driven_spawning: {flood_spawn_mode"),
        [
            "simsetting.yml, row 7, column spawn_rules.flood_driven_spawning: "
            "'{'displaced_per_flood_day': [0, 5, 9], 'flood_spawn_mode': 'constant'}' — an older "
            "name, which Flee does not read any more; taken as flood_driven_spawn_mode; call it "
            "flood_driven_spawn_mode, and flood_spawn_mode in it spawn_mode"
        ],
    ),
    "flood mode without zones": (
        with_settings("spawn_rules", "flood_driven_spawn_mode: {spawn_mode: constant}"),
        [
            "simsetting.yml, row 4, column spawn_rules.flood_driven_spawn_mode: '{'spawn_mode': "
            "'constant'}' — not read without flood_zone_spawning_only: True, as in Flee; set "
            "that, and conflict_zone_spawning_only: False, or delete the section"
        ],
    ),
    "zones without mode": (
        with_settings("spawn_rules", "flood_zone_spawning_only: True", "conflict_zone_spawning_only: False"),
        [
            "simsetting.yml, row 4, column spawn_rules.flood_zone_spawning_only: 'True' — no "
            "effect without flood_driven_spawn_mode, as in Flee; add that section"
        ],
    ),
    "conflict constant": (
        with_settings(
            "spawn_rules", "conflict_driven_spawning: {spawn_mode: constant, displaced_per_conflict_day: 9.5}"
        ),
        [
            "simsetting.yml, row 4, column "
            "spawn_rules.conflict_driven_spawning.displaced_per_conflict_day: '9.5' — cut to the "
            "whole number 9, as Flee does; write a whole number"
        ],
    ),
    "conflict Poisson": (
        with_settings("spawn_rules", "conflict_driven_spawning: {spawn_mode: Poisson}"),
        [],
    ),
    "conflict Ratio": (
        with_settings("spawn_rules", "conflict_driven_spawning: {spawn_mode: Pop_ratio}"),
        [
            "error: simsetting.yml, row 4, column "
            "spawn_rules.conflict_driven_spawning.spawn_mode: 'Pop_ratio' — no such mode, with "
            "which nobody starts in Flee; did you mean 'pop_ratio'?"
        ],
    ),
    "conflict true": (
        with_settings("spawn_rules", "conflict_driven_spawning: True"),
        [
            "simsetting.yml, row 4, column spawn_rules.conflict_driven_spawning: 'True' — no "
            "section, on which Flee stops; taken as all defaults; write its settings below it, "
            "indented, or delete it"
        ],
    ),
    "conflict false": (
        with_settings("spawn_rules", "conflict_driven_spawning: False"),
        [
            "simsetting.yml, row 4, column spawn_rules.conflict_driven_spawning: 'False' — no "
            "section, on which Flee stops; taken as switched off; write its settings below it, "
            "indented, or delete it"
        ],
    ),
    "conflict null": (
        with_settings("spawn_rules", "conflict_driven_spawning:"),
        [],
    ),
    "conflict unknown key": (
        with_settings("spawn_rules", "conflict_driven_spawning: {mode: constant}"),
        [
            "simsetting.yml, row 4, column spawn_rules.conflict_driven_spawning.mode: 'constant' "
            "— Flee reads no such setting; it is left out; known names: "
            "displaced_per_conflict_day, spawn_mode"
        ],
    ),
    "conflict without data": (
        {
            **with_settings("spawn_rules", "conflict_driven_spawning: {spawn_mode: constant}"),
            LAYOUT: None,
            CAMP1: None,
            CAMP2: None,
            "source_data/refugees.csv": None,
        },
        [
            "source_data/data_layout.csv: this file is missing, on which Flee stops; nobody was "
            "observed, and camps start empty; add it to compare with observations"
        ],
    ),
    "conflict and flood": (
        floods("spawn_rules:\n", "spawn_rules:\n  conflict_driven_spawning: {spawn_mode: constant}\n"),
        [
            "simsetting.yml, row 4, column spawn_rules.conflict_driven_spawning: '{'spawn_mode': "
            "'constant'}' — not read with flood_zone_spawning_only, as in Flee; delete the "
            "section, or set flood_zone_spawning_only to False"
        ],
    ),
    "flood zone": (
        edited(LOCATIONS, "20.5,town", "20.5,flood_zone"),
        [],
    ),
}
"""Changes of the small folder, and what it is told."""


@pytest.mark.parametrize("what", TOLD)
def test_folder_is_told(tmp_path: Path, what: str) -> None:
    changes, told = TOLD[what]
    assert said_to(write_flee_folder(tmp_path / "Small Case", changes)) == told
