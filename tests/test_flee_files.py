"""Food, routes known as wholes, changes of types and settings: what a folder that has them is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from flee_factory import (
    CHANGES,
    CORRECTIONS,
    FILES,
    LAYOUT,
    MAJOR,
    REGION,
    ROUTES,
    YAML,
    Changes,
    said_to,
    with_settings,
    write_flee_folder,
)

HUNGRY = with_settings("move_rules", "flee_when_starving: True")
IPC: Changes = {REGION: "#Day,North,South,East\n0,10,0,0\n9,28,0,5\n"}

TOLD: dict[str, tuple[Changes, list[str]]] = {
    "hungry": (
        {**HUNGRY, **IPC},
        [],
    ),
    "hungry without file": (
        HUNGRY,
        [
            "error: input_csv/region_attributes_IPC.csv: this file is missing, and "
            "flee_when_starving depends on it; add it, or switch flee_when_starving off"
        ],
    ),
    "hungry short": (
        {**HUNGRY, REGION: "#Day,North,South,East\n2,10,0,0\n5,28,0,5\n"},
        [
            "input_csv/region_attributes_IPC.csv, column #Day: covers days 2 to 5 of a run from 0"
            " to 9, on which Flee stops; the nearest value holds; add rows for the first and last"
            " day"
        ],
    ),
    "hungry missing region": (
        {**HUNGRY, REGION: "#Day,North,Sout,East\n0,10,0,0\n9,28,0,5\n"},
        [
            "input_csv/region_attributes_IPC.csv, row 1, column Sout: no place of locations.csv "
            "lies in this region; the column is left out; did you mean 'South'?",
            "input_csv/region_attributes_IPC.csv, row 1, column South: the region stands in "
            "locations.csv and not here, on which Flee stops; taken as 0 there; add a column for "
            "each region",
        ],
    ),
    "hungry two missing": (
        {**HUNGRY, REGION: "#Day,North\n0,10\n9,28\n"},
        [
            "input_csv/region_attributes_IPC.csv, row 1, column East: the region stands in locations.csv and not "
            "here, on which Flee stops; taken as 0 there (and 1 more); add a column for each region"
        ],
    ),
    "no total": (
        {**with_settings("spawn_rules", "sum_from_camps: False"), LAYOUT: "x,none.csv\nCamp1,camp1.csv\n"},
        [
            "error: source_data/data_layout.csv: no count of 'total', which says how many people start while "
            "sum_from_camps is off; add the row `total,refugees.csv` and its file, or set sum_from_camps to True",
            "source_data/data_layout.csv, row 1, column name: 'x' — taken as 'total', which Flee expects in the "
            "first row; write total",
            "source_data/data_layout.csv, row 1, column file: 'none.csv' — there is no such file, on which Flee "
            "stops; taken as nobody; add the file or correct its name",
            "input_csv/locations.csv, row 7, column name: 'Camp2' — a camp without a row in data_layout.csv, on "
            "which Flee stops; taken as nobody observed; add a row and a file of its counts",
        ],
    ),
    "total alone": (
        {LAYOUT: "total,refugees.csv\n", CORRECTIONS: None},
        [
            "error: source_data/data_layout.csv: no count but those of 'total'; with sum_from_camps the others say "
            "how many people start; add a row and a file for each camp, or set sum_from_camps to False",
            "input_csv/locations.csv, row 6, column name: 'Camp1' — a camp without a row in data_layout.csv, on "
            "which Flee stops; taken as nobody observed (and 1 more row); add a row and a file of its counts",
        ],
    ),
    "hungry over": (
        {**HUNGRY, REGION: "#Day,North,South,East\n0,10,0,0\n9,128,0,5\n"},
        [
            "error: input_csv/region_attributes_IPC.csv, row 3, column North: '128' — not between"
            " 0 and 100; write a per cent, such as 35"
        ],
    ),
    "hungry blank": (
        {**HUNGRY, REGION: "#Day,North,South,East\n0,10,0,0\n5,,0,0\n9,28,0,5\n"},
        [
            "input_csv/region_attributes_IPC.csv, row 3, column North: blank, on which Flee "
            "stops; taken from the days around it; write a per cent"
        ],
    ),
    "hungry order": (
        {**HUNGRY, REGION: "#Day,North,South,East\n9,10,0,0\n0,28,0,5\n"},
        [
            "input_csv/region_attributes_IPC.csv, row 3, column #Day: '0' — earlier than the row "
            "before; the rows are sorted by day; sort the rows by day"
        ],
    ),
    "hungry no day": (
        {**HUNGRY, REGION: "#Day,North,South,East\n"},
        [
            "error: input_csv/region_attributes_IPC.csv: no day in this file; write a header "
            "`#Day,region,…` and rows of days and per cent"
        ],
    ),
    "not hungry": (
        IPC,
        [
            "input_csv/region_attributes_IPC.csv: no rule that is switched on depends on it; "
            "nothing needs doing: it is not used"
        ],
    ),
    "months": (
        with_settings("move_rules", "harvest_months: [6, 13]"),
        [
            "error: simsetting.yml, row 7, column move_rules.harvest_months: '13' — no month; "
            "write numbers from 1 (January) to 12"
        ],
    ),
    "month": (
        with_settings("move_rules", "harvest_months: 6"),
        [
            "simsetting.yml, row 7, column move_rules.harvest_months: '6' — taken as a list of "
            "one month; Flee stops; write [6]"
        ],
    ),
    "starvation": (
        {**with_settings("spawn_rules", "starvation_driven_spawning: True"), **IPC},
        [
            "simsetting.yml, row 4, column spawn_rules.starvation_driven_spawning: 'True' — acts "
            "in conflict zones alone while conflict_zone_spawning_only is on, as in Flee; set "
            "conflict_zone_spawning_only to False"
        ],
    ),
    "two system": (
        with_settings("move_rules", "two_system_decision_making: True"),
        [
            "simsetting.yml, row 7, column move_rules.two_system_decision_making: 'True' — no "
            "effect: Flee never switches these rules on from its settings; nothing needs doing"
        ],
    ),
    "two system off": (
        with_settings("move_rules", "two_system_decision_making: False"),
        [],
    ),
    "crossing": (
        with_settings("move_rules", "max_crossing_speed: 20.0"),
        [
            "simsetting.yml, row 7, column move_rules.max_crossing_speed: '20.0' — no effect: "
            "Flee reads it and uses it nowhere; nothing needs doing"
        ],
    ),
    "social": (
        with_settings("spawn_rules", "average_social_connectivity: 3.0"),
        [
            "simsetting.yml, row 4, column spawn_rules.average_social_connectivity: '3.0' — no "
            "effect: Flee draws connections that no rule reads; nothing needs doing"
        ],
    ),
    "granularity": (
        with_settings("log_levels", "granularity: region"),
        [
            "simsetting.yml, row 2, column log_levels.granularity: 'region' — no effect: only "
            "logs depend on it in Flee; nothing needs doing"
        ],
    ),
    "religion fraction": (
        with_settings("move_rules", "avg_religion_fraction: 0.2"),
        [
            "simsetting.yml, row 7, column move_rules.avg_religion_fraction: '0.2' — no effect: "
            "MatchCampReligion compares with the share among all here; nothing needs doing"
        ],
    ),
    "link speed": (
        {
            ROUTES: "#name1,name2,distance,forced_redirection,max_move_speed,walk_probability\n"
            "Alpha,Beta,80,0,25,0.5\nAlpha,Gamma,70,0,,\nBeta,Camp1,190,0,0,1.5\nGamma,Delta,60,0\n"
        },
        [
            "error: input_csv/routes.csv, row 4, column max_move_speed: '0' — not above 0; write "
            "a speed in km a day",
            "error: input_csv/routes.csv, row 4, column walk_probability: '1.5' — not between 0 "
            "and 1; write a chance from 0 to 1",
            "input_csv/routes.csv, row 3, column max_move_speed: blank, on which Flee stops; the "
            "usual speed is used (and 1 more row); write a speed in km a day",
            "input_csv/routes.csv, row 3, column walk_probability: blank, on which Flee stops; "
            "taken as 0 (and 1 more row); write a chance from 0 to 1",
        ],
    ),
    "major": (
        {
            **with_settings("move_rules", "fixed_routes: True"),
            MAJOR: "#chains\nAlpha,Gamma,Delta\nDelta,Camp2,\n",
        },
        [
            "input_csv/major_routes.csv, row 3: ends with a blank cell, so that Flee knows no way"
            " back along it; here it does; delete the comma at the end"
        ],
    ),
    "major unknown": (
        {**with_settings("move_rules", "fixed_routes: True"), MAJOR: "Alpha,Gama\n"},
        [
            "error: input_csv/major_routes.csv, row 1, column place 2: 'Gama' — no such place in "
            "locations.csv; did you mean 'Gamma'?"
        ],
    ),
    "major gap": (
        {**with_settings("move_rules", "fixed_routes: True"), MAJOR: "Alpha,Gamma,Camp2\n"},
        [
            "error: input_csv/major_routes.csv, row 1, column place 3: 'Camp2' — no route leads "
            "there from 'Gamma'; add it to routes.csv, or name the places between"
        ],
    ),
    "major single": (
        {**with_settings("move_rules", "fixed_routes: True"), MAJOR: "Alpha\n"},
        [
            "error: input_csv/major_routes.csv, row 1: 'Alpha' — a single place is no way; write "
            "two places or more"
        ],
    ),
    "major off": (
        {MAJOR: "Alpha,Gamma\n"},
        [
            "input_csv/major_routes.csv: fixed_routes is off, so nothing depends on it; nothing "
            "needs doing: it is not used"
        ],
    ),
    "changes": (
        {CHANGES: "Gamma,idpcamp,5\nAlpha,twon,6\n"},
        [
            "error: location_changes.csv, row 2, column location_type: 'twon' — no type that Flee"
            " knows, on which it stops; did you mean 'town'?"
        ],
    ),
    "changes unknown": (
        {CHANGES: "Game,camp,5\nGamma,camp,-1\n"},
        [
            "location_changes.csv, row 1, column name: 'Game' — no such place in locations.csv, "
            "for which Flee changes the first place of the file; left out; did you mean 'Gamma'?",
            "location_changes.csv, row 2, column day: '-1' — before the first day, so Flee never "
            "acts on it; the row is left out; write 0, or another type in locations.csv",
        ],
    ),
    "changes two": (
        {CHANGES: "Gamma,camp,5\n", "input_csv/location_changes.csv": "Gamma,camp,5\n"},
        [
            "location_changes.csv: changes of types are taken from this file; not from "
            "input_csv/location_changes.csv; delete the others"
        ],
    ),
    "changes inside": (
        {"input_csv/location_changes.csv": "#name,type,day\nGamma,camp,5\n"},
        [
            "input_csv/location_changes.csv: read, though Flee reads it only from the folder in "
            "which it is started; move it to the folder that holds input_csv"
        ],
    ),
    "settings elsewhere": (
        {YAML: None, "input_csv/simsettings.yaml": FILES[YAML]},
        [
            "input_csv/simsettings.yaml: the settings are taken from this file; call it "
            "simsetting.yml to be clear"
        ],
    ),
    "settings twice": (
        {"simsettings.yml": FILES[YAML]},
        [
            "simsetting.yml: the settings are taken from this file; not from simsettings.yml; "
            "name the file to use, or delete the others"
        ],
    ),
    "settings old": (
        {"simsetting.csv": "a,b\n"},
        [
            "simsetting.csv: settings of Flee 1 and 2, which Flee does not read any more, and "
            "neither does this; write them into simsetting.yml, or delete the file"
        ],
    ),
}
"""Changes of the small folder, and what it is told."""


@pytest.mark.parametrize("what", TOLD)
def test_folder_is_told(tmp_path: Path, what: str) -> None:
    changes, told = TOLD[what]
    assert said_to(write_flee_folder(tmp_path / "Small Case", changes)) == told
