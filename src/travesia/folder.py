"""Scenario folders: reading with every problem at once, checking, writing, and those that come packaged."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from travesia.errors import Problem, ScenarioError, UsageError, nearest, shortlist
from travesia.inputfile import input_bytes
from travesia.overrides import override
from travesia.scenario import TABLES, GoalSettings, Scenario, Settings
from travesia.schema import descriptor, frame, table
from travesia.settingsfile import SettingsFile, read_settings, settings_text
from travesia.starter import starter_files
from travesia.tablefile import read_table, table_text, written_columns
from travesia.validate import validate
from travesia.wholefolder import put_new_folder
from travesia.wildcards import spelt_out

SETTINGS_FILE = "scenario.yaml"
_TABLE_LIKE = (".tsv", ".tab", ".txt", ".xls", ".xlsx", ".ods", ".parquet")


def read_scenario(
    path: str | Path,
    *,
    settings: str | Path | None = None,
    values: Mapping[str, str] | None = None,
    trusted: bool = False,
) -> Scenario:
    """Read a scenario, tables and settings checked.

    path : a folder (travesia's own or a Flee folder), or the name of a packaged scenario.
    settings : a file to read in place of the folder's own settings (for a Flee folder: Flee's settings).
    values : other values of parameters and movement settings, as text by name; `health`: `on` or `off`.
    trusted : the folder was checked when it was written, so only types are, not the rules of today.
    Raises ScenarioError with all problems at once, UsageError for a path or name that does not exist.
    Warnings are kept in the scenario.
    """
    scenario, problems = _read(path, settings, values or {}, trusted=trusted)
    if any(problem.level == "error" for problem in problems):
        raise ScenarioError(problems)
    return replace(scenario, warnings=tuple(problems))


def check(scenario: Scenario | str | Path, *, settings: str | Path | None = None) -> list[Problem]:
    """All problems and warnings of a scenario, errors first; bad content is reported, never raised.

    scenario : one that was read, or a path or name as `read_scenario` takes it, with `settings` likewise.
    Raises UsageError for a path or name that does not exist.
    """
    if isinstance(scenario, Scenario):
        found, subject = [*scenario.warnings, *validate(scenario)], scenario
    else:
        subject, found = _read(scenario, settings, {})
    if not any(problem.level == "error" for problem in found) and subject.settings.movement.rule == "goal":
        found.extend(_solution_problems(subject))
    return sorted(dict.fromkeys(found), key=lambda problem: problem.level != "error")


def _solution_problems(scenario: Scenario) -> Iterable[Problem]:
    from travesia.movement.goal import check_solution

    return check_solution(scenario)


def packaged_scenarios() -> list[tuple[str, str]]:
    """Name and English title of each scenario that comes with travesia."""
    return [(name, title.get("en", "")) for name, title in packaged_titles().items()]


def packaged_titles() -> dict[str, dict[str, str]]:
    """The title, by language, of each scenario that comes with travesia, by its name."""
    found = {}
    for folder in sorted(_packaged_root().iterdir()):
        path = folder / SETTINGS_FILE
        if path.is_file():
            settings = read_settings(path.read_bytes(), file=SETTINGS_FILE).settings
            found[folder.name] = dict(settings.title) if settings else {}
    return found


def write_scenario(
    scenario: Scenario, folder: str | Path, *, beside: Mapping[str, bytes] = MappingProxyType({})
) -> None:
    """Write a scenario as a folder that `read_scenario` reads back equal; it is also a Data Package.

    folder : where; made if it does not exist. beside : other files that go with it, by name. Raises UsageError
    where the folder holds anything, StoreError where it cannot be written. It is complete or not there at all.
    """
    put_new_folder(
        Path(folder), lambda making: put_scenario(scenario, making, beside=beside), checksums=False
    )


def put_scenario(
    scenario: Scenario, folder: Path, *, beside: Mapping[str, bytes] = MappingProxyType({})
) -> None:
    """Write the files of a scenario, which may be part of more.

    folder : made if needed. beside : other files, by name. Raises OSError where they cannot be written.
    """
    texts = {SETTINGS_FILE: settings_text(scenario.settings)}
    tables = [name for name in TABLES if table(name).required or len(scenario.tables[name])]
    texts |= {f"{name}.csv": table_text(scenario.tables[name], name=name) for name in tables}
    package = _data_package(scenario, tables)
    texts["datapackage.json"] = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
    _put(folder, texts)
    for name, content in beside.items():
        (folder / name).write_bytes(content)


def new_scenario(folder: str | Path, name: str) -> None:
    """Write the smallest scenario that runs, with comments, as a start for one's own.

    folder : where; name : lower-case letters, digits, `-`, `_` and `.`. Raises UsageError for another name or
    a folder that holds anything, StoreError where it cannot be written.
    """
    texts = starter_files(scenario_name(name))
    put_new_folder(Path(folder), lambda making: _put(making, texts), checksums=False)


def scenario_name(name: str) -> str:
    """The same name. Raises UsageError where no scenario can have it."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", name):
        raise UsageError(f"{name!r} is not a name; use lower-case letters, digits, '-', '_' and '.'")
    return name


# --- reading -----------------------------------------------------------------------------------------------


def _read(
    path: str | Path, settings: str | Path | None, values: Mapping[str, str], *, trusted: bool = False
) -> tuple[Scenario, list[Problem]]:
    folder = _found(path)
    if settings is not None and not Path(settings).is_file():
        raise UsageError(f"no settings file {str(settings)!r}; give the path of a YAML file")
    if _is_flee(folder):
        return _read_flee(folder, settings, values)
    return _read_own(folder, Path(settings) if settings else folder / SETTINGS_FILE, values, trusted=trusted)


def _packaged_root() -> Path:
    return Path(str(files("travesia") / "scenarios"))


def _found(path: str | Path) -> Path:
    folder = Path(path)
    if (
        folder.is_dir()
        and (folder / "SHA256SUMS").exists()
        and (folder / "scenario" / SETTINGS_FILE).exists()
    ):
        raise UsageError(f"{path} is a run, not a scenario; the scenario it ran is {folder / 'scenario'}")
    if folder.is_dir():
        return folder
    if folder.name == SETTINGS_FILE and folder.is_file():
        return folder.parent
    packaged = [entry.name for entry in _packaged_root().iterdir() if (entry / SETTINGS_FILE).is_file()]
    if str(path) in packaged:
        return _packaged_root() / str(path)
    if folder.is_file():
        raise UsageError(f"{path} is a file; name the folder of a scenario")
    raise UsageError(f"no folder or packaged scenario {str(path)!r}; {nearest(str(path), packaged)}")


def _is_flee(folder: Path) -> bool:
    from travesia.flee import is_flee_folder

    return not os.path.lexists(folder / SETTINGS_FILE) and is_flee_folder(folder)


def _read_flee(
    folder: Path, settings: str | Path | None, values: Mapping[str, str]
) -> tuple[Scenario, list[Problem]]:
    from travesia.flee import read_flee_folder

    try:
        scenario = read_flee_folder(folder, Path(settings) if settings else None)
    except ScenarioError as error:
        return Scenario(_blank_settings(), {name: frame(name, {}) for name in TABLES}), list(error.problems)
    scenario = override(scenario, values)
    return scenario, list(dict.fromkeys([*scenario.warnings, *validate(scenario)]))


def _blank_settings() -> Settings:
    """Stand in where nothing could be read, so that what can be checked is."""
    return Settings(
        name="unread", title={"en": "unread"}, start=date(2000, 1, 1), days=1, movement=GoalSettings()
    )


def _read_own(
    folder: Path, path: Path, values: Mapping[str, str], *, trusted: bool
) -> tuple[Scenario, list[Problem]]:
    yaml = _read_settings_file(folder, path)
    problems = list(yaml.problems)
    unread = set() if yaml.settings else {"settings"}
    faulty, absent = set(), set()
    tables = {}
    for name in TABLES:
        csv = folder / f"{name}.csv"
        if os.path.lexists(csv):  # a link to nothing is told, not taken for no table
            content = read_table(csv, name=name)
            tables[name] = content.frame
            problems += content.problems
            unread |= set() if content.whole else {name}
            faulty |= {name} if any(problem.level == "error" for problem in content.problems) else set()
            absent |= {(csv.name, column) for column in content.absent}
            continue
        tables[name] = frame(name, {})
        if table(name).required:
            unread.add(name)
            problems.append(Problem(csv.name, 0, "", "", "the file is missing", "add it to the folder"))
    problems += _unknown_files(folder)
    origin = {name: f"{name}.csv" for name in TABLES} | {"settings": path.name}
    scenario = Scenario(yaml.settings or _blank_settings(), tables, origin)
    scenario = spelt_out(override(scenario, values)) if yaml.settings else scenario
    if trusted:
        return scenario, problems
    is_new = _unreported([problem for problem in problems if problem.level == "error"])
    found = [
        problem
        for problem in validate(scenario, unread=unread, faulty=faulty)
        if is_new(problem) and (problem.file, problem.column) not in absent
    ]
    return scenario, shortlist([*problems, *(_with_row(problem, yaml, path.name) for problem in found)])


def _read_settings_file(folder: Path, path: Path) -> SettingsFile:
    try:
        return read_settings(input_bytes(path), file=path.name)
    except FileNotFoundError:
        other = next(iter(sorted(folder.glob("scenario.yml"))), None)
        remedy = f"rename {other.name} to {path.name}" if other else "add it, or start from `travesia new`"
        problem = Problem(path.name, 0, "", "", "the file is missing", remedy)
    except OSError as error:
        message = f"cannot be read ({error.strerror})"
        problem = Problem(path.name, 0, "", "", message, "make it a readable file")
    return SettingsFile(None, {}, (problem,))


def _unknown_files(folder: Path) -> list[Problem]:
    message = "not a table of a scenario, so it is not read"
    paths = sorted(path for path in folder.iterdir() if _looks_like_a_table(path))
    return [
        Problem(path.name, 0, "", "", message, _what_was_meant(path), "warning")
        for path in paths
        if path.name not in [f"{name}.csv" for name in TABLES]
    ]


def _what_was_meant(path: Path) -> str:
    table = path.stem.strip().lower()
    return f"save it as {table}.csv (CSV UTF-8)" if table in TABLES else nearest(path.stem, TABLES)


def _looks_like_a_table(path: Path) -> bool:
    """A CSV file, or a table of ours as some program saves it beside."""
    suffix = path.suffix.lower()
    return suffix == ".csv" or (suffix in _TABLE_LIKE and path.stem.strip().lower() in TABLES)


def _unreported(reported: Sequence[Problem]) -> Callable[[Problem], bool]:
    """Whether a problem says something new: not about a cell, row or column that could not be read."""
    cells = {(problem.file, problem.row, problem.column) for problem in reported}
    files = {problem.file for problem in reported if problem.column == ""}

    def new(problem: Problem) -> bool:
        if problem.row == 0 and problem.column == "":
            return problem.file not in files
        places = (
            (problem.file, problem.row, problem.column),
            (problem.file, problem.row, ""),
            (problem.file, 1, problem.column),
        )
        return not any(place in cells for place in places)

    return new


def _with_row(problem: Problem, yaml: SettingsFile, file: str) -> Problem:
    if problem.file != file or problem.row:
        return problem
    return replace(problem, row=yaml.row(problem.column))


# --- writing -----------------------------------------------------------------------------------------------


def _data_package(scenario: Scenario, tables: Sequence[str]) -> dict[str, Any]:
    settings = scenario.settings
    package: dict[str, Any] = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": settings.name,
        "title": settings.title.get("en", settings.name),
        "resources": [_resource(scenario, name) for name in tables],
    }
    if settings.licence:
        licence = re.sub(r"[^A-Za-z0-9._-]+", "-", settings.licence)
        package["licenses"] = [{"name": licence, "title": settings.licence}]
    return package


def _resource(scenario: Scenario, name: str) -> dict[str, Any]:
    content = scenario.tables[name]
    schema = descriptor(name)
    del schema["tableRequired"]
    columns = written_columns(content, name=name)
    schema["fields"] = [field for field in schema["fields"] if field["name"] in columns]
    for field in schema["fields"]:
        if field["type"] == "number" and content[field["name"]].dtype == object:
            # a number cell may name a parameter, which Table Schema has no type for
            field["type"] = "any"
            field.pop("constraints", None)
    return {
        "name": name,
        "path": f"{name}.csv",
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema,
    }


def _put(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files by name into a folder, which is made if needed."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
