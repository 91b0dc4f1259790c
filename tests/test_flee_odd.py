"""Flee folders as people have made them over the years: odd cells, rows and files, and what each is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flee_factory import (
    CAMP1,
    CAMP2,
    CLOSURES,
    CONFLICTS,
    FILES,
    LAYOUT,
    LOCATIONS,
    PERIOD,
    REGION,
    ROUTES,
    YAML,
    Changes,
    edited,
    said_to,
    write_flee_folder,
)

TOLD: dict[str, tuple[Changes, list[str]]] = {
    "no camp file": (
        {CAMP1: None},
        [
            "source_data/data_layout.csv, row 2, column file: 'camp1.csv' — there is no such "
            "file, on which Flee stops; taken as nobody; add the file or correct its name",
            "input_csv/registration_corrections.csv, row 1, column date: '2015-03-07' — no count "
            "of this series on that day, or none before it, on which Flee stops; the row is left "
            "out; name a date of the file that follows a count above 0",
        ],
    ),
    "camp file in a subfolder": (
        {CAMP1: None, "source_data/old/Camp1.csv": FILES[CAMP1]},
        [
            "source_data/data_layout.csv, row 2, column file: 'camp1.csv' — there is no such "
            "file; taken from source_data/old/Camp1.csv; correct its name"
        ],
    ),
    "backslashes": (
        edited(LAYOUT, "camp2.csv", "camps\\camp2.csv")
        | {CAMP2: None, "source_data/camps/camp2.csv": FILES[CAMP2]},
        [
            "source_data/data_layout.csv, row 3, column file: 'camps\\camp2.csv' — there is no "
            "such file; taken from source_data/camps/camp2.csv; correct its name"
        ],
    ),
    "no file at all": (
        {CAMP1: None, CAMP2: None, "source_data/refugees.csv": None},
        [
            "error: source_data/data_layout.csv: no count in any of its files, and they say how "
            "many people start; add the files it names, with rows such as 2012-02-29,1500",
            "source_data/data_layout.csv, row 1, column file: 'refugees.csv' — there is no such "
            "file, on which Flee stops; taken as nobody (and 2 more rows); add the file or "
            "correct its name",
            "input_csv/registration_corrections.csv, row 1, column date: '2015-03-07' — no count "
            "of this series on that day, or none before it, on which Flee stops; the row is left "
            "out; name a date of the file that follows a count above 0",
        ],
    ),
    "camp unknown": (
        {LAYOUT: FILES[LAYOUT] + "Camp3,camp2.csv\n"},
        [
            "source_data/data_layout.csv, row 4, column name: 'Camp3' — no such place in "
            "locations.csv; its counts set people off, as in Flee; did you mean 'Camp2'?"
        ],
    ),
    "duplicate date": (
        {CAMP2: "2015-03-01,100\n2015-03-01,150\n2015-03-10,1000\n"},
        [
            "source_data/camp2.csv, row 2, column date: '2015-03-01' — the date of the row "
            "before, with another count; this one holds from that day on, as in Flee; keep one of"
            " the two"
        ],
    ),
    "date with time": (
        {CAMP2: "2015-03-01 00:00:00,100\n2015/03/10,1000\n"},
        [
            "source_data/camp2.csv, row 1, column date: '2015-03-01 00:00:00' — read as "
            "2015-03-01; Flee stops on a date written like this; write it as year-month-day, "
            "2012-02-29",
            "source_data/camp2.csv, row 2, column date: '2015/03/10' — read as 2015-03-10; Flee "
            "stops on a date written like this; write it as year-month-day, 2012-02-29",
        ],
    ),
    "negative count": (
        {CAMP2: "2015-03-01,-5\n2015-03-10,1000\n"},
        [
            "source_data/camp2.csv, row 1, column count: '-5' — fewer than nobody; read so, as in"
            " Flee; write 0 or more"
        ],
    ),
    "padded name": (
        edited(LAYOUT, "Camp2,", "Camp2 ,"),
        [
            "source_data/data_layout.csv, row 3, column name: 'Camp2 ' — spaces around it are "
            "left out; Flee keeps them and takes it for another; delete the spaces"
        ],
    ),
    "padded route": (
        edited(ROUTES, "Gamma,Delta", "Gamma, Delta"),
        [
            "input_csv/routes.csv, row 5, column name2: ' Delta' — spaces around it are left out;"
            " Flee keeps them and takes it for another; delete the spaces"
        ],
    ),
    "two names": (
        {LOCATIONS: FILES[LOCATIONS] + "Gamma,South,Here,9.6,20.6,town,,4000\n"},
        [
            "input_csv/locations.csv, row 8, column name: 'Gamma' — row 4 has the same name. As "
            "in Flee, routes and counts mean the last place of that name, and conflicts begin at "
            "the first, which no route reaches; here that is 'Gamma (1)'; give each place its own"
            " name in all files"
        ],
    ),
    "short row 2": (
        {LOCATIONS: FILES[LOCATIONS].replace(",town,,8000", ",town")},
        [
            "input_csv/locations.csv, row 4, column population: the row ends before it, on which "
            "Flee stops; taken as blank; fill in its cells"
        ],
    ),
    "short row 3": (
        {LOCATIONS: FILES[LOCATIONS].replace("Gamma,South,Here,9.5,20.5,town,,8000", "Gamma,South,Here")},
        [
            "error: input_csv/locations.csv, row 4, column location_type: the row ends before its"
            " location_type, on which Flee stops; fill in its cells",
            "error: input_csv/routes.csv, row 3, column name2: 'Gamma' — no such place in "
            "locations.csv; known names: Alpha, Beta, Camp1, Camp2, Delta",
            "error: input_csv/routes.csv, row 5, column name1: 'Gamma' — no such place in "
            "locations.csv; known names: Alpha, Beta, Camp1, Camp2, Delta",
            "input_csv/conflicts.csv, row 1, column Gamma: no such place in locations.csv; the "
            "column is left out, as in Flee; known names: Alpha, Beta, Camp1, Camp2, Delta",
        ],
    ),
    "text beyond": (
        {LOCATIONS: FILES[LOCATIONS].replace(",town,,8000", ",town,,8000,from the census")},
        [
            "input_csv/locations.csv, row 4: 'from the census' — beyond the 8 columns of the "
            "header, on which Flee stops; left out; delete the cell, or name its column"
        ],
    ),
    "text beyond routes": (
        edited(ROUTES, "60,0", "60,0,main road"),
        [
            "input_csv/routes.csv, row 5: 'main road' — beyond the 4 columns of the header, on "
            "which Flee stops; left out; delete the cell, or name its column"
        ],
    ),
    "split distance": (
        edited(ROUTES, "190,", "1,190,0"),
        [
            "error: input_csv/routes.csv, row 4: '0' — more cells than the 4 columns; a comma "
            "within a number splits it: write digits only",
            "error: input_csv/routes.csv, row 4, column forced_redirection: '190' — no code, "
            "beside the distance 1; write 1190 if a comma has split the distance, or 0 here",
        ],
    ),
    "header order": (
        {LOCATIONS: FILES[LOCATIONS].replace("latitude,longitude", "longitude,latitude")},
        [
            "input_csv/locations.csv, row 1, column latitude: stands in column 5; Flee goes by "
            "position and reads latitude from column 4, and so does this; order the columns as "
            "name,region,country,latitude,longitude,location_type,conflict_date,population",
            "input_csv/locations.csv, row 1, column longitude: stands in column 4; Flee goes by "
            "position and reads longitude from column 5, and so does this; order the columns as "
            "name,region,country,latitude,longitude,location_type,conflict_date,population",
        ],
    ),
    "header other": (
        {LOCATIONS: FILES[LOCATIONS].replace("#name", "Location")},
        [
            "input_csv/locations.csv, row 1, column name: the header does not start with #, so "
            "Flee takes it for data; add a #"
        ],
    ),
    "route header": (
        {ROUTES: FILES[ROUTES].replace("#name1", "From")},
        [
            "input_csv/routes.csv, row 1, column name1: the header does not start with #, so Flee"
            " takes it for data; add a #"
        ],
    ),
    "routes capital file": (
        {ROUTES: None, "input_csv/Routes.csv": FILES[ROUTES]},
        ["input_csv/Routes.csv: read as routes.csv, which Flee does not find; call it routes.csv"],
    ),
    "thousands with spaces": (
        edited(LOCATIONS, "8000", "8 000"),
        [
            "input_csv/locations.csv, row 4, column population: '8 000' — read without the marks "
            "between thousands, on which Flee stops; write digits only"
        ],
    ),
    "decimal comma": (
        edited(ROUTES, "120.5,", '"120,5",'),
        [
            "error: input_csv/routes.csv, row 7, column distance: '120,5' — not a number; write "
            "the length in km"
        ],
    ),
    "semicolons": (
        {ROUTES: FILES[ROUTES].replace(",", ";")},
        [
            "error: input_csv/routes.csv, row 1: the columns are separated by semicolons; save it"
            " with commas (CSV UTF-8)",
            "input_csv/closures.csv, row 2, column name2: 'There' — no route between the two; the"
            " row is left out; check both names",
        ],
    ),
    "tabs": (
        {CLOSURES: FILES[CLOSURES].replace(",", "\t")},
        [
            "error: input_csv/closures.csv, row 1: the columns are separated by tabs; save it "
            "with commas (CSV UTF-8)"
        ],
    ),
    "utf16": (
        {LOCATIONS: FILES[LOCATIONS].encode("utf-16")},
        ["error: input_csv/locations.csv: UTF-16, not UTF-8 text; save the file again as CSV UTF-8"],
    ),
    "nul": (
        {LOCATIONS: FILES[LOCATIONS].replace("Gamma", "Ga\0mma", 1)},
        [
            "error: input_csv/locations.csv, row 4: has NUL bytes, so it is not text; save the "
            "file again as CSV UTF-8"
        ],
    ),
    "sign that cannot be seen": (
        edited(ROUTES, "Gamma,Delta", "Gamma,\u200bDelta"),
        [
            "error: input_csv/routes.csv, row 5, column name2: '\\u200bDelta' — no such place in locations.csv; "
            "did you mean 'Delta'?",
            "input_csv/routes.csv, row 5: a sign that cannot be seen (U+200B), read as it stands; delete it, and "
            "others like it",
        ],
    ),
    "letter of another alphabet": (
        edited(LOCATIONS, "Gamma,South,Here", "Gamma,South,Her\u0435"),
        [
            "input_csv/locations.csv, row 4: letters of two alphabets in one word ('\u0435', U+0435), read as they"
            " stand; write the word anew, and others like it"
        ],
    ),
    "places joined twice": (
        {ROUTES: FILES[ROUTES] + "Gamma,Alpha,75,\nAlpha,Beta,80,\n"},
        [
            "input_csv/routes.csv, row 8, column name2: 'Alpha' — joins the same places as an earlier row: two ways to"
            " choose from, as in Flee (and 1 more row); delete one of the two if they are the same way"
        ],
    ),
    "section again": (
        {YAML: FILES[YAML] + "move_rules:\n"},
        [
            "simsetting.yml, row 6, column move_rules: stands again in row 11, and only that counts, as in Flee; "
            "make one of the two"
        ],
    ),
    "comment before header": (
        {CONFLICTS: "# from the news\n" + FILES[CONFLICTS]},
        [
            "input_csv/conflicts.csv, row 1: '# from the news' — a comment before the header, for"
            " which Flee takes it; left out; delete the row"
        ],
    ),
    "comment in conflicts": (
        edited(CONFLICTS, "5, 1, 0.8", "# later, by hand\n5, 1, 0.8"),
        [
            "input_csv/conflicts.csv, row 7: '# later' — a comment, on which Flee stops; it is "
            "left out; delete the row"
        ],
    ),
    "no header in conflicts": (
        {CONFLICTS: FILES[CONFLICTS].split("\n", 1)[1]},
        [
            "error: input_csv/conflicts.csv, row 1: numbers where the names of places should "
            "stand; write a header with the names of places"
        ],
    ),
    "values without name": (
        {CONFLICTS: FILES[CONFLICTS].replace(", Camp2\n", ",\n").replace("0, 0\n", "0, 1\n")},
        [
            "input_csv/conflicts.csv, row 2: '1' — values without a name of a place above them, "
            "on which Flee stops; left out (and 9 more rows); name the columns, or delete the "
            "values"
        ],
    ),
    "days from one": (
        {CONFLICTS: re.sub(r"(?m)^(\d+),", lambda day: f"{int(day[1]) + 1},", FILES[CONFLICTS])},
        [
            "input_csv/conflicts.csv, row 2, column #Day: '1' — rows are counted, whatever their first cells say, "
            "as in Flee: the first is day 0 (and 9 more rows); number the rows from 0, and add those that are "
            "missing"
        ],
    ),
    "no conflicts": (
        {CONFLICTS: None},
        [
            "input_csv/conflicts.csv: this file is missing, on which Flee stops; each conflict "
            "zone of locations.csv is in conflict from its conflict_date on; add it with one row "
            "per day"
        ],
    ),
    "no closures": (
        {CLOSURES: None},
        [
            "input_csv/closures.csv: this file is missing, on which Flee stops; nothing closes; "
            "add it; its header alone will do"
        ],
    ),
    "no period": (
        {PERIOD: None},
        [
            "input_csv/sim_period.csv: this file is missing, on which Flee stops; the run starts "
            "on 2015-03-01, the first date of source_data, and lasts 10 days, as many as "
            "conflicts.csv has; add it with the rows StartDate and Length"
        ],
    ),
    "no period no data": (
        {PERIOD: None, LAYOUT: None},
        [
            "error: input_csv/sim_period.csv: this file is missing; add it with the rows "
            "StartDate,2012-02-29 and Length,300",
            "error: source_data/data_layout.csv: this file is missing, and it says how many people "
            "start; add it, or let people start by conflict (spawn_rules.conflict_driven_spawning)",
        ],
    ),
    "blank closure end": (
        edited(CLOSURES, "2,5", "2,"),
        [
            "input_csv/closures.csv, row 2, column closure_end: blank, on which Flee stops; taken"
            " as never; write a day, or -1 for never"
        ],
    ),
    "country without legs": (
        {LOCATIONS: FILES[LOCATIONS] + "Far,X,Away,1,1,town,,5\n", CLOSURES: "country,Here,Away,2,5\n"},
        [
            "input_csv/closures.csv, row 1, column name2: 'Away' — no route between the two; the "
            "row is left out; check both names"
        ],
    ),
    "place without legs": (
        {LOCATIONS: FILES[LOCATIONS] + "Far,X,Away,1,1,town,,5\n", CLOSURES: "location,Far,,2,5\n"},
        [
            "input_csv/closures.csv, row 1, column name1: 'Far' — no route to or from it; the row"
            " is left out; check both names"
        ],
    ),
    "unknown removal": (
        {CLOSURES: "remove_forced_redirection,Alpha,Nowhere,0,3\n"},
        [
            "input_csv/closures.csv, row 1, column name2: 'Nowhere' — no such place in "
            "locations.csv; the row is left out; known names: Alpha, Beta, Camp1, Camp2, Delta, "
            "Gamma"
        ],
    ),
    "forced 7": (
        edited(ROUTES, "60,0", "60,7"),
        [
            "input_csv/routes.csv, row 5, column forced_redirection: '7' — no code that Flee "
            "knows; taken as 0, as there; write 0 to be clear"
        ],
    ),
    "distance split in two": (
        edited(ROUTES, "190,", "1,190,"),
        [
            "error: input_csv/routes.csv, row 4, column forced_redirection: '190' — no code, "
            "beside the distance 1; write 1190 if a comma has split the distance, or 0 here"
        ],
    ),
    "count split in two": (
        edited(CAMP2, "2015-03-10,1000", "2015-03-10,1,000"),
        [
            "source_data/camp2.csv, row 2, column count: '1' — the cell after it, '000', is "
            "passed over, as in Flee; write digits only if a comma has split a number"
        ],
    ),
    "unsorted dates": (
        {CAMP2: "2015-03-10,1000\n2015-03-01,100\n"},
        [
            "source_data/camp2.csv, row 2, column date: '2015-03-01' — earlier than the row "
            "before; read in the order of the file, as Flee does; sort the rows by date"
        ],
    ),
    "nothing within": (
        {REGION: None, CAMP2: "# nobody counted yet\n"},
        ["source_data/camp2.csv: no count in this file; taken as nobody; add rows such as 2012-02-29,1500"],
    ),
}
"""Changes of the small folder, and what it is told."""


@pytest.mark.parametrize("what", TOLD)
def test_folder_is_told(tmp_path: Path, what: str) -> None:
    changes, told = TOLD[what]
    assert said_to(write_flee_folder(tmp_path / "Small Case", changes)) == told
