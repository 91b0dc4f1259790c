"""Scenario folders: tolerant reading, writing and reading back, the packaged and the new ones."""

from __future__ import annotations

import itertools
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import frictionless
import pandas as pd
import pytest
from factory import SMALL, small_scenario, write_small_scenario
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from travesia.errors import StoreError, UsageError
from travesia.folder import check, new_scenario, packaged_scenarios, read_scenario, write_scenario
from travesia.reference import SETTINGS_MODELS, reference_markdown
from travesia.scenario import (
    TABLES,
    FleeSettings,
    GoalSettings,
    GroupValue,
    Outputs,
    Parameter,
    Policy,
    Prior,
    Quantity,
    Scenario,
    Settings,
)
from travesia.schema import Fault, frame, read_cell, setting_meanings, table
from travesia.settingsfile import read_settings, settings_text
from travesia.tablefile import read_table, table_text

ROOT = Path(__file__).resolve().parents[1]


def assert_same(left: Scenario, right: Scenario) -> None:
    """Two scenarios say the same."""
    assert left.settings == right.settings
    assert list(left.settings.groups) == list(right.settings.groups)
    for name in TABLES:
        pd.testing.assert_frame_equal(left.tables[name], right.tables[name])


# --- reading -----------------------------------------------------------------------------------------------


def test_defaults_and_names_are_filled_in(tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    (folder / "legs.csv").write_text(
        "from,to,distance_km,mode,source\nhome,border,230,bus,report\nborder,shelter,120,,report\n"
        "border,shelter,90,,report\nshelter,city,310,bus,report\n"
    )
    (folder / "scenario.yaml").write_text(SMALL["scenario.yaml"].replace("[road, ", "["))
    (folder / "measures.csv").write_text(SMALL["measures.csv"].replace(",path,", ",border>shelter#2,"))
    scenario = read_scenario(folder)
    assert list(scenario.legs["leg"]) == ["home>border", "border>shelter", "border>shelter#2", "shelter>city"]
    assert list(scenario.legs["mode"]) == ["bus", "walk", "walk", "bus"]
    assert scenario.legs["both_ways"].dtype == bool
    assert scenario.places["capacity"].isna().tolist() == [True, True, False, False, True]
    assert scenario.measures["share"].tolist()[:2] == ["stopped", 0.1]
    assert scenario.measures["date_from"].dtype == "datetime64[us]"
    assert scenario.sources["url"].tolist() == [""]


def test_what_spreadsheets_do_to_a_table_is_tolerated(tmp_path: Path) -> None:
    plain = read_scenario(write_small_scenario(tmp_path / "plain"))
    folder = write_small_scenario(tmp_path / "sheets")
    text = SMALL["places.csv"].replace("home,Home,", " home , Home ,").replace("\n", ",,\r\n")
    (folder / "places.csv").write_bytes(b"\xef\xbb\xbf" + text.encode() + b",,,,,,,,,,,\r\n\r\n")
    (folder / "scenario.yaml").write_bytes(b"\xef\xbb\xbf" + SMALL["scenario.yaml"].encode())
    assert check(folder) == []
    assert_same(read_scenario(folder), plain)


def test_settings_mean_what_they_say() -> None:
    text = SMALL["scenario.yaml"].replace("leg_cost: 1.5", "leg_cost: 15e-1").replace("caravan:", "no:")
    text = text.replace("caravan]", "no]").replace("licence: CC0-1.0", "licence:\nnote: Yes")
    found = read_settings(text.encode(), file="scenario.yaml")
    assert found.problems == ()
    assert found.settings is not None
    assert isinstance(found.settings.movement, GoalSettings)
    assert found.settings.movement.leg_cost == 1.5
    assert list(found.settings.groups) == ["travel", "no"]
    assert (found.settings.licence, found.settings.note) == ("", "Yes")
    assert found.settings.policies["open"].off == ("checkpoint",)
    assert found.settings.policies["actual"] == Policy()


def test_actual_is_always_there() -> None:
    text = "name: a\ntitle: {en: A}\nstart: 2021-01-01\ndays: 1\nmovement: {rule: goal}\n"
    found = read_settings(f"{text}policies: {{other: }}\n".encode(), file="scenario.yaml").settings
    assert found is not None
    assert sorted(found.policies) == ["actual", "other"]


def test_another_settings_file_may_be_named(tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    other = tmp_path / "longer.yaml"
    other.write_text(SMALL["scenario.yaml"].replace("days: 30", "days: 60"))
    assert read_scenario(folder, settings=other).settings.days == 60
    other.write_text(SMALL["scenario.yaml"].replace("days: 30", "days: 0"))
    assert [str(problem) for problem in check(folder, settings=other)] == [
        "longer.yaml, row 4, column days: '0' — below 1; write 1 or more"
    ]
    with pytest.raises(UsageError, match="no settings file"):
        read_scenario(folder, settings=tmp_path / "none.yaml")


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'caravan-2021'"):
        read_scenario("caravan-2012")
    with pytest.raises(UsageError, match="no folder or packaged scenario"):
        check(tmp_path / "none")


def test_a_settings_file_under_another_name(tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    (folder / "scenario.yaml").rename(folder / "scenario.yml")
    assert [str(problem) for problem in check(folder)] == [
        "scenario.yaml: the file is missing; rename scenario.yml to scenario.yaml"
    ]


def test_an_alias_bomb_is_refused_at_once(tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    bomb = "a: &a [x, x]\n" + "".join(
        f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in itertools.pairwise("abcdefghij")
    )
    (folder / "scenario.yaml").write_text(bomb)
    assert [problem.row for problem in check(folder)] == [2]


def test_a_folder_in_place_of_a_table(tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    (folder / "drivers.csv").unlink()
    (folder / "drivers.csv").mkdir()
    assert [(problem.file, problem.row) for problem in check(folder)] == [("drivers.csv", 0)]


@settings(max_examples=150)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_a_traceback(content: bytes) -> None:
    read_settings(content, file="scenario.yaml")


@settings(max_examples=100)
@given(st.binary(max_size=200), st.sampled_from(TABLES))
def test_any_table_is_read_without_a_traceback(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / f"{name}.csv"
    path.write_bytes(",".join(column.name for column in table(name).columns).encode() + b"\n" + content)
    found = read_table(path, name=name)
    assert [column.name for column in table(name).columns] == list(found.frame.columns)


@settings(max_examples=60)
@given(st.data())
def test_a_scenario_with_a_damaged_file_is_checked_without_a_traceback(tmp_path: Path, data: Any) -> None:
    folder = write_small_scenario(tmp_path)
    file = data.draw(st.sampled_from(sorted(SMALL)))
    content = bytearray(SMALL[file].encode())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (folder / file).write_bytes(bytes(content))
    assert all(problem.message and problem.remedy for problem in check(folder))


@pytest.mark.parametrize("text", ["1", "-2.5", "1e3", "+.5", "007"])
def test_numbers_are_read_as_floats(text: str) -> None:
    assert read_cell(table("drivers").column("value"), text) == float(text)


@pytest.mark.parametrize("text", ["1'000", "1 000.5", "12,345,678", "0,5", "inf", "-Infinity", "None", "--1"])
def test_what_is_no_number_has_a_remedy(text: str) -> None:
    found = read_cell(table("drivers").column("value"), text)
    assert isinstance(found, Fault)


def test_a_column_the_schema_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError, match="legs has no column lenght"):
        frame("legs", {"lenght": [1.0]})


# --- writing -----------------------------------------------------------------------------------------------


def test_what_is_written_reads_back_and_is_a_data_package(tmp_path: Path) -> None:
    scenario = small_scenario()
    write_scenario(scenario, tmp_path / "copy")
    assert_same(read_scenario(tmp_path / "copy"), scenario)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy"]
    report = frictionless.validate(str(tmp_path / "copy" / "datapackage.json"))
    assert report.valid, report.flatten(["message"])
    package = json.loads((tmp_path / "copy" / "datapackage.json").read_text())
    assert [resource["name"] for resource in package["resources"]] == list(TABLES)


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    write_scenario(small_scenario(), tmp_path / "one")
    write_scenario(read_scenario(tmp_path / "one"), tmp_path / "two")
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_a_folder_with_anything_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="exists; choose another folder"):
        write_scenario(small_scenario(), tmp_path)
    with pytest.raises(UsageError, match="exists; choose another folder"):
        new_scenario(tmp_path, "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_filled_and_missing_ones_are_made(tmp_path: Path) -> None:
    write_scenario(small_scenario(), tmp_path / "a" / "b")
    (tmp_path / "empty").mkdir()
    write_scenario(small_scenario(), tmp_path / "empty")
    assert check(tmp_path / "a" / "b") == check(tmp_path / "empty") == []


def test_nothing_is_left_of_a_failed_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(StoreError, match="No space left"):
        write_scenario(small_scenario(), tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12).map(str.strip)
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name not in ("nan", "inf"))
numbers = st.floats(allow_nan=False, allow_infinity=False)
dates = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, pd.DataFrame]:
    """Any table the schema allows as far as types go."""
    name = draw(st.sampled_from(TABLES))
    cells: dict[str, st.SearchStrategy[Any]] = {
        "string": text,
        "number": st.one_of(numbers, names, st.none()),
        "date": st.one_of(dates.map(pd.Timestamp), st.none()),
        "boolean": st.booleans(),
    }
    count = draw(st.integers(0, 4))
    columns = {}
    for column in table(name).columns:
        cell = st.just("x") if column.required and column.type == "string" else cells[column.type]
        columns[column.name] = draw(st.lists(cell, min_size=count, max_size=count))
    return name, frame(name, columns)


@settings(max_examples=150)
@given(tables())
def test_any_table_reads_back(tmp_path: Path, drawn: tuple[str, pd.DataFrame]) -> None:
    name, content = drawn
    path = tmp_path / f"{name}.csv"
    path.write_text(table_text(content, name=name), encoding="utf-8", newline="")
    found = read_table(path, name=name)
    assert [problem for problem in found.problems if problem.level == "error"] == []
    pd.testing.assert_frame_equal(found.frame, content)


goal = st.builds(
    GoalSettings,
    leg_cost=st.one_of(numbers, names),
    speed_km_per_day=st.dictionaries(text, st.one_of(numbers, names), max_size=2),
    route_concentration=st.one_of(st.none(), numbers),
    leg_bins_per_day=st.integers(1, 1024),
)
flee = st.builds(
    FleeSettings,
    conflict_spawn_decay=st.lists(st.floats(min_value=0.0, allow_infinity=False), max_size=3).map(tuple),
    insert_day0=st.booleans(),
    capacities=st.sampled_from(["given", "blank"]),
)
parameters = st.builds(
    Parameter,
    value=numbers,
    prior=st.one_of(st.none(), st.builds(Prior, kind=st.just("normal"), low=numbers, high=numbers)),
    unit=text,
    data_until=st.one_of(st.none(), dates),
    note=text,
)
policies = st.builds(Policy, title=st.dictionaries(text, text, max_size=2), off=st.tuples(text), note=text)
values = st.builds(GroupValue, share=st.one_of(st.none(), numbers, names), adults=st.integers(0, 9))
quantities = st.builds(Quantity, present=st.tuples(text), cumulative=st.booleans())


@settings(max_examples=150)
@given(
    st.builds(
        Settings,
        name=st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,9}", fullmatch=True),
        title=st.dictionaries(text, text, max_size=2),
        start=dates,
        days=st.integers(1, 100_000),
        movement=st.one_of(goal, flee),
        parameters=st.dictionaries(text, parameters, max_size=2),
        policies=st.dictionaries(text, policies, max_size=2).map(lambda found: {"actual": Policy()} | found),
        groups=st.dictionaries(text, st.dictionaries(text, values, max_size=2), max_size=2),
        outputs=st.builds(
            Outputs, by=st.tuples(text), quantities=st.dictionaries(text, quantities, max_size=2)
        ),
        note=text,
    )
)
def test_any_settings_read_back(written: Settings) -> None:
    found = read_settings(settings_text(written).encode(), file="scenario.yaml")
    assert found.problems == ()
    assert found.settings == written


# --- new, packaged and documented ---------------------------------------------------------------------------


def test_a_new_scenario_has_no_problems(tmp_path: Path) -> None:
    new_scenario(tmp_path / "mine", "my-corridor")
    assert check(tmp_path / "mine") == []
    assert read_scenario(tmp_path / "mine").name == "my-corridor"


@pytest.mark.parametrize("name", ["", "My corridor", "../up", "-x"])
def test_a_new_scenario_needs_a_plain_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is not a name"):
        new_scenario(tmp_path / "mine", name)
    assert not (tmp_path / "mine").exists()


def test_packaged_scenarios_have_titles_and_no_problems() -> None:
    found = packaged_scenarios()
    assert found
    for name, title in found:
        assert title
        assert check(name) == []


@pytest.mark.parametrize("model", [model for _, model in SETTINGS_MODELS])
def test_every_setting_is_described(model: type[BaseModel]) -> None:
    meanings = setting_meanings(model.__name__)
    assert list(meanings) == list(model.model_fields)
    assert all(meaning.endswith(".") for _, meaning in meanings.values())


def test_the_reference_page_is_fresh() -> None:
    assert (ROOT / "docs" / "reference-tables.md").read_text("utf-8") == reference_markdown(), "run make docs"


def test_a_file_or_a_run_is_no_scenario(tmp_path: Path) -> None:
    new_scenario(tmp_path / "run" / "scenario", "a")
    (tmp_path / "run" / "SHA256SUMS").write_text("")
    with pytest.raises(UsageError, match=r"is a run, not a scenario; the scenario it ran is .*run.scenario"):
        read_scenario(tmp_path / "run")
    with pytest.raises(UsageError, match="is a file; name the folder"):
        read_scenario(tmp_path / "run" / "SHA256SUMS")
    with pytest.raises(UsageError, match="exists; choose another folder"):
        new_scenario(tmp_path / "run" / "SHA256SUMS", "b")
