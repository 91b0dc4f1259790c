"""What Flee stops on, or passes over in silence, and what is read from it here."""

from __future__ import annotations

from pathlib import Path

import pytest
from flee_factory import (
    CAMP1,
    CAMP2,
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

from travesia.flee import read_flee_folder

TOLERATED: dict[str, tuple[Changes, str]] = {
    "no settings file": (
        {YAML: None},
        "simsetting.yml: no settings file: Flee's defaults are used; put simsetting.yml in the folder or "
        "name a settings file",
    ),
    "byte order mark": (
        {LOCATIONS: "\ufeff" + FILES[LOCATIONS]},
        "input_csv/locations.csv, row 1: starts with a byte order mark, on which Flee stops; save it as "
        "UTF-8 without",
    ),
    "comma in a number": (
        edited(LOCATIONS, "8000", '"8,000"'),
        "input_csv/locations.csv, row 4, column population: '8,000' — read without the commas, on which "
        "Flee stops; write digits only",
    ),
    "whole number as decimal": (
        edited(LOCATIONS, "8000", "8000.0"),
        "input_csv/locations.csv, row 4, column population: '8000.0' — read as 8000; Flee stops on a "
        "whole number written like this; write digits only",
    ),
    "header without #": (
        edited(LOCATIONS, "#name", "name"),
        "input_csv/locations.csv, row 1, column name: the header does not start with #, so Flee takes it "
        "for data; add a #",
    ),
    "blank first cell": (
        {LOCATIONS: FILES[LOCATIONS] + ",North,Here,1,1,town,,5\n"},
        "input_csv/locations.csv, row 8, column name: the first cell is blank and others are not, on "
        "which Flee stops; the row is left out; fill the cell or delete the row",
    ),
    "spaces around a country": (
        edited(LOCATIONS, "South,Here,9.5", "South,Here ,9.5"),
        "input_csv/locations.csv, row 4, column country: 'Here ' — spaces around it are left out; Flee "
        "keeps them and takes it for another; delete the spaces",
    ),
    "home without a name": (
        edited(LOCATIONS, "Alpha,North,Here", "Alpha,North,"),
        "input_csv/locations.csv, row 2, column country: blank in the first row, so that home is 'unknown' "
        "and every country is abroad, as in Flee; write the country",
    ),
    "unknown type": (
        edited(LOCATIONS, "20.5,town", "20.5,twon"),
        "input_csv/locations.csv, row 4, column location_type: 'twon' — no type that Flee knows: "
        "everyone leaves such a place every day; did you mean 'town'?",
    ),
    "latitude off the globe": (
        edited(LOCATIONS, "9.5,20.5", "95,20.5"),
        "input_csv/locations.csv, row 4, column latitude: '95' — not between -90 and 90; the place "
        "stands on no map; check whether latitude and longitude are exchanged",
    ),
    "blank conflict date": (
        edited(LOCATIONS, "conflict_zone,0", "conflict_zone,"),
        "input_csv/locations.csv, row 2, column conflict_date: blank for a conflict zone, on which Flee "
        "stops; taken as 0; write the day it starts",
    ),
    "forced redirection": (
        {ROUTES: FILES[ROUTES].replace(",\n", ",2\n")},
        "input_csv/routes.csv, row 2, column forced_redirection: '2' — forced redirection has no effect, "
        "as in Flee (and 4 more rows); write 0 to be clear, or set ignore_redirection=false",
    ),
    "part of a code": (
        edited(ROUTES, "60,0", "60,1.5"),
        "input_csv/routes.csv, row 5, column forced_redirection: '1.5' — not a whole number, on which "
        "Flee stops; taken as 0; write 0, or move other attributes one column on",
    ),
    "word for a code": (
        edited(ROUTES, "60,0", "60,drive"),
        "input_csv/routes.csv, row 5, column forced_redirection: 'drive' — not a whole number, on which "
        "Flee stops; taken as 0; write 0, or move other attributes one column on",
    ),
    "route to itself": (
        edited(ROUTES, "Gamma,Delta", "Gamma,Gamma"),
        "input_csv/routes.csv, row 5, column name2: 'Gamma' — a way from a place to itself, which Flee "
        "takes for an option; left out; delete the row",
    ),
    "no length": (
        edited(ROUTES, "190", "0"),
        "input_csv/routes.csv, row 4, column distance: '0' — a way without length, taken as 1 km; "
        "write the length in km",
    ),
    "unknown conflict column": (
        edited(CONFLICTS, "Gamma", "Gama"),
        "input_csv/conflicts.csv, row 1, column Gama: no such place in locations.csv; the column is left "
        "out, as in Flee; did you mean 'Gamma'?",
    ),
    "blank intensity": (
        edited(CONFLICTS, "3, 1, 0.5", "3, 1, "),
        "input_csv/conflicts.csv, row 5, column Beta: blank, on which Flee stops; the value of the day "
        "before holds on; write 0 or the intensity",
    ),
    "short conflicts": (
        edited(CONFLICTS, "9, 0, 0, 0, 0, 0, 0\n", ""),
        "input_csv/conflicts.csv, row 10: 9 days for a run of 10, on which Flee stops; the last row "
        "holds on; add the missing rows",
    ),
    "row of commas": (
        {CONFLICTS: FILES[CONFLICTS] + ",,,,\n"},
        "input_csv/conflicts.csv, row 12: a row of blank cells, on which Flee stops; it is left out; "
        "delete the row",
    ),
    "unknown closure": (
        edited(CLOSURES, "country", "contry"),
        "input_csv/closures.csv, row 2, column closure_type: 'contry' — no such type of closure; the row "
        "is left out, as in Flee; did you mean 'country'?",
    ),
    "redirection removed": (
        {CLOSURES: "remove_forced_redirection,Alpha,Beta,0,3\n"},
        "input_csv/closures.csv, row 1, column closure_type: 'remove_forced_redirection' — no effect, as "
        "in Flee: forced redirection itself has none; delete the row, or set ignore_redirection=false",
    ),
    "unknown country": (
        edited(CLOSURES, "There", "Theer"),
        "input_csv/closures.csv, row 2, column name2: 'Theer' — no such country in locations.csv; the "
        "row is left out; did you mean 'There'?",
    ),
    "unknown place closed": (
        {CLOSURES: "camp,Camp3,,0,5\n"},
        "input_csv/closures.csv, row 1, column name1: 'Camp3' — no such place in locations.csv; the row "
        "is left out; did you mean 'Camp2'?",
    ),
    "link that is none": (
        {CLOSURES: "link,Alpha,Camp2,0,5\n"},
        "input_csv/closures.csv, row 1, column name2: 'Camp2' — no route between the two; the row is "
        "left out; check both names",
    ),
    "closed before the start": (
        edited(CLOSURES, "2,5", "-1,5"),
        "input_csv/closures.csv, row 2, column closure_start: '-1' — starts before the first day, so "
        "Flee never closes it; its end opens what other rows closed; write 0 to close it from the first day",
    ),
    "never closed": (
        edited(CLOSURES, "2,5", "-1,-1"),
        "input_csv/closures.csv, row 2, column closure_start: '-1' — starts before the first day, so "
        "Flee never closes it; the row is left out; write 0 to close it from the first day",
    ),
    "opened and never closed": (
        {CLOSURES: FILES[CLOSURES] + "location,Camp1,,-1,3\n"},
        "input_csv/closures.csv, row 3, column closure_start: '-1' — starts before the first day, so "
        "Flee never closes it; its end opens what other rows closed; write 0 to close it from the first day",
    ),
    "camp that was a town": (
        {CLOSURES: "camp,Gamma,,3,5\n"},
        "input_csv/closures.csv, row 1, column name1: 'Gamma' — no camp in locations.csv, but one from the "
        "end of the closure on, as in Flee; check its name and the type of closure",
    ),
    "quotation mark": (
        edited(CLOSURES, "closure_end", '"closure_end\n(day)"'),
        "input_csv/closures.csv, row 1: 'closure_end…' — a quotation mark opens a cell of several lines; close "
        "it on its line, or delete it",
    ),
    "closed and opened at once": (
        edited(CLOSURES, "2,5", "5,5"),
        "input_csv/closures.csv, row 2, column closure_end: '5' — ends the day it starts; left out; "
        "delete the row",
    ),
    "opened before closed": (
        edited(CLOSURES, "2,5", "5,2"),
        "input_csv/closures.csv, row 2, column closure_end: '2' — ends before it starts, so Flee never "
        "reopens it; closed for ever; write -1 to say so",
    ),
    "overlap": (
        {CLOSURES: FILES[CLOSURES] + "location,Camp1,,4,8\n"},
        "input_csv/closures.csv, row 3, column closure_end: '8' — closes Beta>Camp1 as row 2 does; "
        "whichever ends first reopens it, as in Flee; let the closures of one link follow each other",
    ),
    "start of the period twice": (
        {PERIOD: "StartDate,2015-02-01\n" + FILES[PERIOD]},
        "input_csv/sim_period.csv, row 2, column StartDate: '2015-03-01' — row 1 says it too; this one "
        "counts; delete one of the two",
    ),
    "no length of the period": (
        edited(PERIOD, "Length,10\n", ""),
        "input_csv/sim_period.csv, column Length: there is no such row, on which Flee stops; 10 days, as "
        "many as conflicts.csv has; write Length,10",
    ),
    "camp without data": (
        edited(LAYOUT, "Camp2,camp2.csv\n", ""),
        "input_csv/locations.csv, row 7, column name: 'Camp2' — a camp without a row in data_layout.csv, "
        "on which Flee stops; taken as nobody observed; add a row and a file of its counts",
    ),
    "name twice": (
        {LAYOUT: FILES[LAYOUT] + "Camp1,camp2.csv\n"},
        "source_data/data_layout.csv, row 4, column name: 'Camp1' — row 2 has the same name; Flee shows "
        "the first and counts both, and so does this; put all files of a place in one row",
    ),
    "first row not total": (
        edited(LAYOUT, "total,", "all,"),
        "source_data/data_layout.csv, row 1, column name: 'all' — taken as 'total', which Flee expects "
        "in the first row; write total",
    ),
    "no total": (
        edited(LAYOUT, "total,refugees.csv\n", ""),
        "source_data/data_layout.csv, row 1, column name: 'Camp1' — the first row is not 'total'; Flee "
        "would leave this place out of its sums, here it counts; make `total,refugees.csv` the first row",
    ),
    "no file named": (
        edited(LAYOUT, "Camp2,camp2.csv", "Camp2,"),
        "source_data/data_layout.csv, row 3, column file: no file named; taken as nobody; name the file "
        "of its counts",
    ),
    "count with commas": (
        edited(CAMP1, "1000", '"1,000"'),
        "source_data/camp1.csv, row 2, column count: '1,000' — read without the commas, on which Flee "
        "stops; write digits only",
    ),
    "header of another kind": (
        {CAMP2: "day,people\n" + FILES[CAMP2]},
        "source_data/camp2.csv, row 1, column date: 'day' — taken for a header; Flee knows only Date and "
        "DateTime and stops; write Date",
    ),
    "header below a comment": (
        {CAMP2: "# from UNHCR\nDate,Count\n" + FILES[CAMP2]},
        "source_data/camp2.csv, row 2, column date: 'Date' — a header below the first row, on which Flee "
        "stops; left out; move it to the first row",
    ),
    "header of the layout": (
        {LAYOUT: "name,file\n" + FILES[LAYOUT]},
        "source_data/data_layout.csv, row 1, column name: 'name' — neither a place nor a file, so that it is "
        "taken for a header; Flee stops on it; delete the row, or start it with #",
    ),
    "no date": (
        {CAMP2: FILES[CAMP2] + ",1200\n"},
        "source_data/camp2.csv, row 3, column date: no date, on which Flee stops; the row is left out; "
        "write the date or delete the row",
    ),
    "dates out of order": (
        {CAMP2: FILES[CAMP2] + "2015-03-08,900\n"},
        "source_data/camp2.csv, row 3, column date: '2015-03-08' — earlier than the row before; read in "
        "the order of the file, as Flee does; sort the rows by date",
    ),
    "empty file": (
        {CAMP2: ""},
        "source_data/camp2.csv: no count in this file; taken as nobody; add rows such as 2012-02-29,1500",
    ),
    "correction of a stranger": (
        edited(CORRECTIONS, "Camp1", "Camp7"),
        "input_csv/registration_corrections.csv, row 1, column name: 'Camp7' — no such series in "
        "data_layout.csv; the row is left out; did you mean 'Camp2'?",
    ),
    "correction on a day without data": (
        edited(CORRECTIONS, "2015-03-07", "2015-03-06"),
        "input_csv/registration_corrections.csv, row 1, column date: '2015-03-06' — no count of this "
        "series on that day, or none before it, on which Flee stops; the row is left out; name a date of "
        "the file that follows a count above 0",
    ),
    "correction at the first count": (
        edited(CORRECTIONS, "2015-03-07", "2015-03-01"),
        "input_csv/registration_corrections.csv, row 1, column date: '2015-03-01' — no count of this "
        "series on that day, or none before it, on which Flee stops; the row is left out; name a date of "
        "the file that follows a count above 0",
    ),
    "comment among corrections": (
        {CORRECTIONS: "#name,date\n"},
        "input_csv/registration_corrections.csv, row 1, column name: '#name' — a comment, on which Flee "
        "stops; left out; delete the row",
    ),
    "files that start apart": (
        edited(LAYOUT, "camp2.csv", "camp2.csv,late.csv") | {"source_data/late.csv": "2015-03-02,5\n"},
        "source_data/late.csv, row 1, column date: starts after the file before it in data_layout.csv, "
        "on which Flee stops; the curves are added; give both files the same first date",
    ),
    "demographics": (
        {"input_csv/demographics_age.csv": "age,Default\n5,1\n"},
        "input_csv/demographics_age.csv: no rule that is switched on depends on it; nothing needs doing: "
        "it is not used",
    ),
    "quoted False": (
        edited(YAML, "insert_day0: True", 'insert_day0: "False"'),
        "simsetting.yml, row 4, column spawn_rules.insert_day0: 'False' — read as false; Flee takes any "
        "quoted word for true; write False without quotes",
    ),
    "unknown setting": (
        with_setting("move_rules", "max_movespeed: 100"),
        "simsetting.yml, row 7, column move_rules.max_movespeed: '100' — Flee reads no such setting; it "
        "is left out; did you mean 'max_move_speed'?",
    ),
    "setting in another section": (
        with_setting("move_rules", "hasten: 100"),
        "simsetting.yml, row 7, column move_rules.hasten: '100' — Flee reads no such setting; it is left "
        "out; did you mean optimisations.hasten?",
    ),
    "unknown section": (
        {YAML: FILES[YAML] + "mover_rules:\n  camp_weight: 2\n"},
        "simsetting.yml, row 11, column mover_rules: '{'camp_weight': 2}' — Flee reads no such setting; "
        "it is left out; did you mean 'move_rules'?",
    ),
    "blank setting": (
        edited(YAML, "max_move_speed: 200.0", "max_move_speed:"),
        "simsetting.yml, row 7, column move_rules.max_move_speed: blank, on which Flee stops; its "
        "default is used; write a value",
    ),
    "part of a level": (
        edited(YAML, "awareness_level: 1", "awareness_level: 1.5"),
        "simsetting.yml, row 8, column move_rules.awareness_level: '1.5' — cut to the whole number 1, as "
        "Flee does; write a whole number",
    ),
    "nobody aware": (
        edited(YAML, "awareness_level: 1", "awareness_level: 0"),
        "simsetting.yml, row 8, column move_rules.awareness_level: '0' — with level 0 nobody moves in "
        "Flee; use 1 or more",
    ),
    "setting twice": (
        with_setting("move_rules", "max_move_speed: 100"),
        "simsetting.yml, row 8, column move_rules.max_move_speed: '200.0' — given twice; the last one "
        "counts; delete one",
    ),
}
"""Changes of the small folder, and the one warning they give."""


@pytest.mark.parametrize("what", TOLERATED)
def test_tolerated_folder_is_told_so(tmp_path: Path, what: str) -> None:
    changes, message = TOLERATED[what]
    scenario = read_flee_folder(write_flee_folder(tmp_path, changes))
    assert [str(problem) for problem in scenario.warnings] == [message]
    assert all(problem.level == "warning" for problem in scenario.warnings)
