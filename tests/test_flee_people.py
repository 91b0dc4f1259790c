"""Demographics, agents and attributes of places: what a folder that uses them is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from flee_factory import (
    AGE,
    AGENTS,
    GENDER,
    YAML,
    Changes,
    said_to,
    with_attribute,
    with_settings,
    write_flee_folder,
)

AVOID = with_settings("move_rules", "ChildrenAvoidHazards: True")
AGES = {AGE: "age,Default,Alpha\n5,20,10\n15,10,\n16.5,10,\n30,50,80\n70,10,10\n"}
BY_FILE = with_settings("spawn_rules", "read_from_agents_csv_file: True")
BY_FILE_AND_AGE = {
    YAML: str(BY_FILE[YAML]).replace("move_rules:\n", "move_rules:\n  ChildrenAvoidHazards: True\n")
}

TOLD: dict[str, tuple[Changes, list[str]]] = {
    "children": (
        {**AVOID, **AGES},
        [],
    ),
    "children without file": (
        AVOID,
        [
            "error: input_csv/demographics_age.csv: this file is missing, and "
            "ChildrenAvoidHazards depends on it; add it, or switch ChildrenAvoidHazards off"
        ],
    ),
    "boys alone": (
        with_settings("move_rules", "BoysTakeRisk: True"),
        [
            "simsetting.yml, row 7, column move_rules.BoysTakeRisk: 'True' — no effect without "
            "ChildrenAvoidHazards, as in Flee; set ChildrenAvoidHazards to True as well"
        ],
    ),
    "age class": (
        {**AVOID, AGE: "age,Default\n0-14,30\n15-64,60\n60+,10\n"},
        [
            "error: input_csv/demographics_age.csv, row 3, column age: '15-64' — ages that Flee's"
            " rules treat differently (they part at 15, 19 and 60); split the row at these ages, "
            "like 0-14, 15-18, 19-59, 60+"
        ],
    ),
    "age text": (
        {**AVOID, AGE: "age,Default\nyoung,30\n30,70\n"},
        [
            "error: input_csv/demographics_age.csv, row 2, column age: 'young' — not a number; "
            "write an age in years"
        ],
    ),
    "age negative weight": (
        {**AVOID, AGE: "age,Default\n10,-3\n30,70\n"},
        ["error: input_csv/demographics_age.csv, row 2, column Default: '-3' — below 0; write 0 or more"],
    ),
    "age no default": (
        {**AVOID, AGE: "age,Alpha\n10,3\n30,70\n"},
        [
            "error: input_csv/demographics_age.csv, row 1, column Default: no column Default, "
            "which holds for every place without a column of its own; add it"
        ],
    ),
    "age zero column": (
        {**AVOID, AGE: "age,Default,Alpha\n10,3,0\n30,70,0\n"},
        [
            "error: input_csv/demographics_age.csv, row 1, column Alpha: no weight above 0 in "
            "this column, on which Flee stops; write a weight for each value"
        ],
    ),
    "age other header": (
        {**AVOID, AGE: "Age,default,Nowhere\n10,3,1\n30,70,1\n"},
        [
            "input_csv/demographics_age.csv, row 1, column Age: not 'age', on which Flee stops; "
            "the first column is taken for the values; write age",
            "input_csv/demographics_age.csv, row 1, column Nowhere: no such place in "
            "locations.csv; the column is left out, as in Flee; known names: Alpha, Beta, Camp1, "
            "Camp2, Default, Delta, Gamma",
        ],
    ),
    "age empty": (
        {**AVOID, AGE: "age,Default\n"},
        [
            "error: input_csv/demographics_age.csv: no value in this file; write a header "
            "`age,Default` and a row per value"
        ],
    ),
    "two age files": (
        {**AVOID, **AGES, "input_csv/demographics_age_2.csv": "age,Default\n1,1\n"},
        [
            "input_csv/demographics_age_2.csv: a second file of age; this one is not used; keep "
            "one file demographics_age.csv"
        ],
    ),
    "gender": (
        {**with_settings("move_rules", "WomenAvoidHazards: True"), GENDER: "gender,Default\nF,50\nM,50\n"},
        [],
    ),
    "sign": (
        {
            **with_settings("move_rules", "MatchCampReligion: True"),
            "input_csv/demographics_religion.csv": "religion,Default\na;b,50\nc,50\n",
        },
        [
            "error: input_csv/demographics_religion.csv, row 2, column religion: 'a;b' — a sign "
            "that has a meaning of its own here; leave out ;",
            "simsetting.yml, row 7, column move_rules.MatchCampReligion: 'True' — Flee counts "
            "people in a way that stops as soon as one is on the road; here places attract by the"
            " share of one's own kind among those there; see docs/model.md; set it to False to "
            "run without it",
        ],
    ),
    "economic": (
        {
            **with_attribute("trade_volume", Alpha="0", Camp1="1.5"),
            **with_settings("move_rules", "use_economic_pull: True"),
        },
        [
            "error: input_csv/locations.csv, row 7, column trade_volume: use_economic_pull needs "
            "this of every place abroad; Camp2 has none; fill in the column, or switch "
            "use_economic_pull off",
            "error: input_csv/locations.csv, row 6, column hdi: use_economic_pull needs this of "
            "every place abroad; Camp1 has none (and 1 more places); fill in the column, or "
            "switch use_economic_pull off",
        ],
    ),
    "sinks": (
        with_settings("spawn_rules", "camps_are_sinks: True"),
        [
            "simsetting.yml, row 4, column spawn_rules.camps_are_sinks: 'True' — Flee reads only "
            "camps_are_sicks, so this has no effect there; taken at its word; set it to False to "
            "run as Flee does"
        ],
    ),
    "capacity blank": (
        with_attribute("capacity_per_day", Camp1="5"),
        [
            "input_csv/locations.csv, row 2, column capacity_per_day: blank, on which Flee stops;"
            " taken as 0 (and 4 more rows); write 0 or a number of people"
        ],
    ),
    "capacity neg": (
        with_attribute("capacity_per_day", Alpha="0", Beta="0", Gamma="0", Delta="0", Camp1="-5", Camp2="0"),
        [
            "input_csv/locations.csv, row 6, column capacity_per_day: '-5' — below 0, which Flee "
            "passes over; taken as 0; write 0 or more"
        ],
    ),
    "farmers": (
        with_attribute("farmer_fraction", Alpha="1.5"),
        [
            "error: input_csv/locations.csv, row 2, column farmer_fraction: '1.5' — above 1; "
            "write a share from 0 to 1"
        ],
    ),
    "hdi neg": (
        with_attribute("hdi", Alpha="-0.5"),
        ["error: input_csv/locations.csv, row 2, column hdi: '-0.5' — below 0; write 0 or more"],
    ),
    "initial": (
        with_attribute("initial_idps", Camp1="50", Camp2="-1"),
        [
            "error: input_csv/locations.csv, row 7, column initial_idps: '-1' — fewer than "
            "nobody; write 0 or more"
        ],
    ),
    "initial empty": (
        {
            **with_attribute("initial_idps", Camp1="50"),
            **with_settings("spawn_rules", "empty_camps_on_day0: True"),
        },
        [
            "input_csv/locations.csv, row 6, column initial_idps: '50' — left out because of "
            "empty_camps_on_day0, as in Flee; set empty_camps_on_day0 to False"
        ],
    ),
    "agents": (
        {**BY_FILE, AGENTS: "location,age\nAlpha,5\nNowhere,3\n"},
        [
            "input_csv/agents.csv, row 3, column location: 'Nowhere' — no such place in "
            "locations.csv; the row is left out, as in Flee; known names: Alpha, Beta, Camp1, "
            "Camp2, Delta, Gamma"
        ],
    ),
    "agents missing": (
        BY_FILE,
        ["error: input_csv/agents.csv: this file is missing; add it; Flee needs it too"],
    ),
    "agents ages": (
        {**BY_FILE_AND_AGE, **AGES, AGENTS: "#people\nlocation,age\nAlpha,5\nAlpha,\nAlpha,old\n"},
        [
            "error: input_csv/agents.csv, row 5, column age: 'old' — not a number; write an age in years",
            "input_csv/agents.csv, row 4, column age: blank, on which Flee stops; dealt over its "
            "values by their shares; fill in the cell",
        ],
    ),
    "agents without age": (
        {**BY_FILE_AND_AGE, **AGES, AGENTS: "location,note\nAlpha,5\n"},
        [
            "input_csv/agents.csv, row 1, column age: no such column, on which Flee stops; people"
            " are dealt over its values by their shares; add it"
        ],
    ),
    "agents no header": (
        {**BY_FILE, AGENTS: "Alpha,5\nAlpha,3\n"},
        [
            "input_csv/agents.csv, row 1, column location: 'Alpha' — the name of a place; the "
            "first row is taken for the header, as in Flee; add a header, such as `location,age`"
        ],
    ),
    "agents empty": (
        {**BY_FILE, AGENTS: ""},
        [
            "error: input_csv/agents.csv: no header in this file; write a header `location,…` and"
            " one row per person"
        ],
    ),
}
"""Changes of the small folder, and what it is told."""


@pytest.mark.parametrize("what", TOLD)
def test_folder_is_told(tmp_path: Path, what: str) -> None:
    changes, told = TOLD[what]
    assert said_to(write_flee_folder(tmp_path / "Small Case", changes)) == told
