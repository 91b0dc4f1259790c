"""Writes a small Flee folder for tests: two conflict zones, a town, a hub and two camps in two countries."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from travesia.errors import ScenarioError
from travesia.flee import read_flee_folder

Changes = dict[str, str | bytes | None]
"""Other content by file name; None leaves a file out."""
LOCATIONS, ROUTES = "input_csv/locations.csv", "input_csv/routes.csv"
CONFLICTS, CLOSURES = "input_csv/conflicts.csv", "input_csv/closures.csv"
PERIOD, CORRECTIONS = "input_csv/sim_period.csv", "input_csv/registration_corrections.csv"
LAYOUT, CAMP1, CAMP2 = "source_data/data_layout.csv", "source_data/camp1.csv", "source_data/camp2.csv"
YAML = "simsetting.yml"
FLOOD, REGION = "input_csv/flood_level.csv", "input_csv/region_attributes_IPC.csv"
AGE, GENDER = "input_csv/demographics_age.csv", "input_csv/demographics_gender.csv"
AGENTS, MAJOR = "input_csv/agents.csv", "input_csv/major_routes.csv"
CHANGES = "location_changes.csv"

FILES = {
    "input_csv/locations.csv": """\
#name,region,country,latitude,longitude,location_type,conflict_date,population
Alpha,North,Here,10.0,20.0,conflict_zone,0,50000
Beta,North,Here,10.5,20.5,conflict_zone,3,20000
Gamma,South,Here,9.5,20.5,town,,8000
Delta,South,Here,9.0,21.0,forwarding_hub,,
Camp1,East,There,10.0,22.0,camp,,3000
Camp2,East,There,9.0,22.0,idpcamp,,0
""",
    "input_csv/routes.csv": """\
#name1,name2,distance,forced_redirection
Alpha,Beta,80,
Alpha,Gamma,70,
Beta,Camp1,190,
Gamma,Delta,60,0
Delta,Camp2,110,
Camp1,Camp2,120.5,
""",
    "input_csv/conflicts.csv": """\
#Day, Alpha, Beta, Gamma, Delta, Camp1, Camp2
0, 1, 0, 0, 0, 0, 0
1, 1, 0, 0, 0, 0, 0
2, 1, 0, 0, 0, 0, 0
3, 1, 0.5, 0, 0, 0, 0
4, 1, 0.8, 0, 0, 0, 0
5, 1, 0.8, 0, 0, 0, 0
6, 0, 0.8, 0, 0, 0, 0
7, 0, 0, 0, 0, 0, 0
8, 0, 0, 0, 0, 0, 0
9, 0, 0, 0, 0, 0, 0
""",
    "input_csv/closures.csv": """\
#closure_type,name1,name2,closure_start,closure_end
country,Here,There,2,5
""",
    "input_csv/sim_period.csv": "StartDate,2015-03-01\nLength,10\n",
    "input_csv/registration_corrections.csv": "Camp1,2015-03-07,normalize\n",
    "source_data/data_layout.csv": "total,refugees.csv\nCamp1,camp1.csv\nCamp2,camp2.csv\n",
    "source_data/refugees.csv": "Date,Count\n2015-03-01,300\n2015-03-10,2400\n",
    "source_data/camp1.csv": "2015-03-01,200\n2015-03-05,1000\n2015-03-07,800\n2015-03-10,1400\n",
    "source_data/camp2.csv": "2015-03-01,100\n2015-03-10,1000\n",
    "simsetting.yml": """\
log_levels:
  agent: 0
spawn_rules:
  insert_day0: True
  conflict_spawn_decay: [1.0, 0.5]
move_rules:
  max_move_speed: 200.0
  awareness_level: 1
optimisations:
  hasten: 1
""",
}
"""The text of each file; it reads without a warning."""


def write_flee_folder(path: Path, changes: Changes | None = None) -> Path:
    """Write the folder into `path` (made where missing) and return it.

    changes : other content by file name, such as {"input_csv/routes.csv": "..."}; None leaves a file out.
    """
    for name, content in {**FILES, **(changes or {})}.items():
        if content is None:
            continue
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def edited(name: str, old: str, new: str) -> Changes:
    """A change of one file: `old`, which stands there once, replaced by `new`."""
    assert FILES[name].count(old) == 1, f"{old!r} stands {FILES[name].count(old)} times in {name}"
    return {name: FILES[name].replace(old, new)}


def cases_folder() -> Path:
    """The folder of the real conflicts; skips the test where there is none."""
    named = os.environ.get("TRAVESIA_CASES")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "cases"
    if not (folder / "settings").is_dir():
        pytest.skip("no real conflicts: neither TRAVESIA_CASES nor ../shared/cases holds them")
    return folder


def with_setting(section: str, line: str) -> Changes:
    """A change of the settings file: one more line at the head of a section."""
    return edited(YAML, f"{section}:\n", f"{section}:\n  {line}\n")


def with_settings(section: str, *lines: str) -> Changes:
    """A change of the settings file: more lines at the head of a section."""
    return with_setting(section, "\n  ".join(lines))


def with_attribute(name: str, **cells: str) -> Changes:
    """A change of locations.csv: one more column; `cells` by the first word of the row."""
    lines = FILES[LOCATIONS].splitlines()
    added = [f"{lines[0]},{name}", *(f"{line},{cells.get(line.split(',')[0], '')}" for line in lines[1:])]
    return {LOCATIONS: "\n".join(added) + "\n"}


def said_to(folder: Path) -> list[str]:
    """What a folder is told, errors first, each marked as one."""
    try:
        problems = list(read_flee_folder(folder).warnings)
    except ScenarioError as error:
        problems = error.problems
    return [f"error: {problem}" if problem.level == "error" else str(problem) for problem in problems]
