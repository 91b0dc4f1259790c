"""Broken Flee folders, and what each is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from flee_factory import (
    CAMP1,
    CLOSURES,
    CONFLICTS,
    CORRECTIONS,
    FILES,
    LAYOUT,
    LOCATIONS,
    PERIOD,
    ROUTES,
    YAML,
    Changes,
    edited,
    with_setting,
    write_flee_folder,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from travesia.errors import Problem, ScenarioError
from travesia.flee import read_flee_folder

BROKEN: dict[str, tuple[Changes, str]] = {
    "no locations": (
        {LOCATIONS: None},
        "input_csv/locations.csv: this file is missing; add it; Flee needs it too",
    ),
    "no routes": (
        {ROUTES: None},
        "input_csv/routes.csv: this file is missing; add it; Flee needs it too",
    ),
    "no period": (
        {PERIOD: None, CONFLICTS: None},
        "input_csv/sim_period.csv: this file is missing; add it with the rows StartDate,2012-02-29 and "
        "Length,300",
    ),
    "no conflicts and no conflict zone": (
        {CONFLICTS: None, LOCATIONS: FILES[LOCATIONS].replace("conflict_zone", "town")},
        "input_csv/conflicts.csv: this file is missing, and no place of locations.csv is a conflict zone; "
        "add it; Flee needs it too",
    ),
    "no layout": (
        {LAYOUT: None},
        "source_data/data_layout.csv: this file is missing, and it says how many people start; add it, or let "
        "people start by conflict (spawn_rules.conflict_driven_spawning)",
    ),
    "empty locations": (
        {LOCATIONS: "#name\n"},
        "input_csv/locations.csv: no place in this file; write one row per place",
    ),
    "not UTF-8": (
        {LOCATIONS: FILES[LOCATIONS].replace("Gamma", "Gámma").encode("latin-1")},
        "input_csv/locations.csv, row 4: not UTF-8 text; save the file again as CSV UTF-8",
    ),
    "bad latitude": (
        edited(LOCATIONS, "10.5,20.5", "10°30,20.5"),
        "input_csv/locations.csv, row 3, column latitude: '10°30' — not a number; write degrees, such as "
        "12.65",
    ),
    "bad population": (
        edited(LOCATIONS, "8000", "many"),
        "input_csv/locations.csv, row 4, column population: 'many' — not a number; write a number of people",
    ),
    "half a person": (
        edited(LOCATIONS, "8000", "8000.5"),
        "input_csv/locations.csv, row 4, column population: '8000.5' — not a whole number; write a "
        "number of people",
    ),
    "negative population": (
        edited(LOCATIONS, "8000", "-8"),
        "input_csv/locations.csv, row 4, column population: '-8' — fewer than nobody; write 0 or more",
    ),
    "comma in a number": (
        edited(LOCATIONS, "8000", "8,000"),
        "input_csv/locations.csv, row 4: '000' — more cells than the 8 columns; a comma within a number "
        "splits it: write digits only",
    ),
    "bad conflict date": (
        edited(LOCATIONS, "conflict_zone,3", "conflict_zone,soon"),
        "input_csv/locations.csv, row 3, column conflict_date: 'soon' — not a number; write a day, such as 0",
    ),
    "unknown end of a route": (
        edited(ROUTES, "Gamma,Delta", "Gamma,Dleta"),
        "input_csv/routes.csv, row 5, column name2: 'Dleta' — no such place in locations.csv; did you "
        "mean 'Delta'?",
    ),
    "blank end of a route": (
        edited(ROUTES, "Gamma,Delta", "Gamma,"),
        "input_csv/routes.csv, row 5, column name2: blank; known names: Alpha, Beta, Camp1, Camp2, "
        "Delta, Gamma",
    ),
    "negative distance": (
        edited(ROUTES, "190", "-190"),
        "input_csv/routes.csv, row 4, column distance: '-190' — shorter than nothing; write the length in km",
    ),
    "distance in words": (
        edited(ROUTES, "190", "far"),
        "input_csv/routes.csv, row 4, column distance: 'far' — not a number; write the length in km",
    ),
    "no distance": (
        edited(ROUTES, "190,", ""),
        "input_csv/routes.csv, row 4, column distance: blank; write the length in km",
    ),
    "infinite distance": (
        edited(ROUTES, "190", "inf"),
        "input_csv/routes.csv, row 4, column distance: 'inf' — not a number; write the length in km",
    ),
    "bad intensity": (
        edited(CONFLICTS, "3, 1, 0.5", "3, 1, half"),
        "input_csv/conflicts.csv, row 5, column Beta: 'half' — not a number; write 0 or the intensity",
    ),
    "negative intensity": (
        edited(CONFLICTS, "3, 1, 0.5", "3, 1, -1"),
        "input_csv/conflicts.csv, row 5, column Beta: '-1' — below 0; write 0 or the intensity",
    ),
    "place twice in conflicts": (
        edited(CONFLICTS, "Gamma", "Alpha"),
        "input_csv/conflicts.csv, row 1, column Alpha: this column stands there twice; delete one of them",
    ),
    "no day in conflicts": (
        {CONFLICTS: "#Day,Alpha\n"},
        "input_csv/conflicts.csv: no day in this file; write one row per day",
    ),
    "empty conflicts": (
        {CONFLICTS: ""},
        "input_csv/conflicts.csv: empty; write a header with the names of places and one row per day",
    ),
    "bad closure day": (
        edited(CLOSURES, "2,5", "2,five"),
        "input_csv/closures.csv, row 2, column closure_end: 'five' — not a number; write a day, or -1 "
        "for never",
    ),
    "endless closure day": (
        edited(CLOSURES, "2,5", "2,100000000"),
        "input_csv/closures.csv, row 2, column closure_end: '100000000' — more days than any run "
        "has; write at most 100000, or -1 for never",
    ),
    "bad start": (
        edited(PERIOD, "2015-03-01", "01/03/2015"),
        "input_csv/sim_period.csv, row 1, column StartDate: '01/03/2015' — not a date; write it as "
        "year-month-day, 2012-02-29",
    ),
    "impossible start": (
        edited(PERIOD, "2015-03-01", "2015-02-30"),
        "input_csv/sim_period.csv, row 1, column StartDate: '2015-02-30' — not a date; write it as "
        "year-month-day, 2012-02-29",
    ),
    "start far away": (
        edited(PERIOD, "2015-03-01", "9999-12-31"),
        "input_csv/sim_period.csv, row 1, column StartDate: '9999-12-31' — not between 1900 and 2200; "
        "check the year",
    ),
    "no start": (
        edited(PERIOD, "StartDate", "Start"),
        "input_csv/sim_period.csv, column StartDate: there is no such row; write StartDate,2012-02-29",
    ),
    "no days": (
        edited(PERIOD, "10", "0"),
        "input_csv/sim_period.csv, row 2, column Length: '0' — not between 1 and 100000 days; write the "
        "number of days",
    ),
    "days in words": (
        edited(PERIOD, "10", "ten"),
        "input_csv/sim_period.csv, row 2, column Length: 'ten' — not a number; write the number of days",
    ),
    "bad count": (
        edited(CAMP1, "1000", "about 1000"),
        "source_data/camp1.csv, row 2, column count: 'about 1000' — not a number; write a number of "
        "people, or leave it blank",
    ),
    "too large a count": (
        edited(CAMP1, "1000", "99999999999999"),
        "source_data/camp1.csv, row 2, column count: '99999999999999' — too large a number; "
        "write a number of people, or leave it blank",
    ),
    "correction out of all measure": (
        edited(CAMP1, "2015-03-05,1000\n2015-03-07,800", "2015-03-05,1\n2015-03-07,900000000000"),
        "input_csv/registration_corrections.csv, row 1, column date: '2015-03-07' — multiplies earlier "
        "counts by 9e+11; correct the count before that day, or this row",
    ),
    "bad date of a count": (
        edited(CAMP1, "2015-03-05", "2015-13-05"),
        "source_data/camp1.csv, row 2, column date: '2015-13-05' — not a date; write it as "
        "year-month-day, 2012-02-29",
    ),
    "bad date of a correction": (
        edited(CORRECTIONS, "2015-03-07", "March"),
        "input_csv/registration_corrections.csv, row 1, column date: 'March' — not a date; write it as "
        "year-month-day, 2012-02-29",
    ),
    "empty layout": (
        {LAYOUT: "#total,refugees.csv\n"},
        "source_data/data_layout.csv: no series in this file; write `total,refugees.csv` and one row per "
        "camp",
    ),
    "not YAML": (
        {YAML: "move_rules:\n  awareness_level: [1\n"},
        "simsetting.yml, row 3: not YAML (expected ',' or ']', but got '<stream end>'); check "
        "indentation, colons and tabs",
    ),
    "YAML of another kind": (
        {YAML: "- 1\n"},
        "simsetting.yml, row 1: not a settings file; write sections such as `move_rules:` with settings "
        "below",
    ),
    "section without settings": (
        {YAML: "move_rules: 5\n"},
        "simsetting.yml, row 1, column move_rules: '5' — not a section; write its settings below it, "
        "indented",
    ),
    "speed in words": (
        edited(YAML, "200.0", "fast"),
        "simsetting.yml, row 7, column move_rules.max_move_speed: 'fast' — not a number; write a number",
    ),
    "speed 0": (
        edited(YAML, "200.0", "0"),
        "simsetting.yml, row 7, column move_rules.max_move_speed: '0' — should be greater than 0; Flee's "
        "default is 360.0",
    ),
    "chance above 1": (
        with_setting("move_rules", "camp_movechance: 1.5"),
        "simsetting.yml, row 7, column move_rules.camp_movechance: '1.5' — should be less than or equal "
        "to 1; Flee's default is 0.001",
    ),
    "hasten 0": (
        edited(YAML, "hasten: 1", "hasten: 0"),
        "simsetting.yml, row 10, column optimisations.hasten: '0' — should be greater than or equal to "
        "1; Flee's default is 1",
    ),
    "decay below 0": (
        edited(YAML, "[1.0, 0.5]", "[1.0, -0.5]"),
        "simsetting.yml, row 5, column spawn_rules.conflict_spawn_decay: '[1.0, -0.5]' — should be greater than "
        "or equal to 0; Flee's default is []",
    ),
    "decay not a list": (
        edited(YAML, "[1.0, 0.5]", "0.5"),
        "simsetting.yml, row 5, column spawn_rules.conflict_spawn_decay: '0.5' — not a list of numbers; "
        "write [1.0, 1.0, 0.5]",
    ),
    "no truth value": (
        edited(YAML, "insert_day0: True", "insert_day0: maybe"),
        "simsetting.yml, row 4, column spawn_rules.insert_day0: 'maybe' — neither true nor false; write "
        "True or False",
    ),
}
"""Changes of the small folder, and the one error they give."""


@pytest.mark.parametrize("what", BROKEN)
def test_broken_folder_is_told_what_to_do(tmp_path: Path, what: str) -> None:
    changes, message = BROKEN[what]
    with pytest.raises(ScenarioError) as caught:
        read_flee_folder(write_flee_folder(tmp_path, changes))
    assert [str(problem) for problem in caught.value.problems if problem.level == "error"] == [message]


def test_no_flee_folder_at_all(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ScenarioError, match="empty: no Flee folder: it holds no input_csv; name the folder"):
        read_flee_folder(tmp_path / "empty")


def test_settings_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"mine.yml: this settings file is missing; check its name"):
        read_flee_folder(write_flee_folder(tmp_path), tmp_path / "mine.yml")


def outcome(folder: Path) -> tuple[Sequence[Problem], int]:
    """The problems of a folder, and the number of its places (0 where it cannot be read)."""
    try:
        scenario = read_flee_folder(folder)
    except ScenarioError as error:
        return error.problems, 0
    return scenario.warnings, len(scenario.places)


@settings(max_examples=150)
@given(
    name=st.sampled_from(sorted(FILES)),
    at=st.floats(0, 1),
    length=st.integers(0, 12),
    junk=st.one_of(
        st.sampled_from(
            ["", ",", "\n", '"', "#", "-", "1e999", "99999999999999999999", "nan", ":", "[", "\x00", "\r"]
        ),
        st.text(max_size=6),
    ),
)
def test_no_damage_ends_in_anything_but_problems(
    tmp_path: Path, name: str, at: float, length: int, junk: str
) -> None:
    text = FILES[name]
    start = int(at * len(text))
    damaged = (text[:start] + junk + text[start + length :]).encode("utf-8", "surrogatepass")
    folder = write_flee_folder(tmp_path, {name: damaged})
    problems, places = outcome(folder)
    assert all(problem.remedy and problem.message for problem in problems)
    assert any(problem.level == "error" for problem in problems) != (places > 0)
