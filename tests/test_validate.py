"""Broken folders: each gives one problem, word for word, and never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from factory import SMALL, small_scenario, write_small_scenario

from travesia.errors import Problem, ScenarioError
from travesia.folder import check, read_scenario
from travesia.limits import check_days_on_legs, check_sizes, check_waits
from travesia.model import compile_model
from travesia.scenario import FleeSettings, GroupValue, Outputs, Policy, Scenario
from travesia.schema import frame
from travesia.validate import validate

TEXT = yaml.safe_load((Path(__file__).parent / "bad" / "folders.yaml").read_text(encoding="utf-8"))

Edit = Callable[[bytes], bytes | None]
BYTES: dict[str, tuple[str, Edit, str]] = {
    "yaml_too_large": (
        "scenario.yaml",
        lambda b: b + b"#" * 5_000_000,
        "scenario.yaml: larger than 5 MB; keep settings here and data in the tables",
    ),
    "yaml_latin1": (
        "scenario.yaml",
        lambda b: b.decode().encode("latin-1"),
        "scenario.yaml, row 2: not UTF-8 text; save the file as UTF-8",
    ),
    "yaml_nul": (
        "scenario.yaml",
        lambda b: b.replace(b"CC0", b"CC\0"),
        "scenario.yaml: has NUL bytes, so it is not text; save it as UTF-8 text",
    ),
    "yaml_empty": (
        "scenario.yaml",
        lambda b: b"",
        "scenario.yaml: has no keys; start with `name:`, `title:`, `start:`, `days:`, `movement:`",
    ),
    "yaml_list": (
        "scenario.yaml",
        lambda b: b"- name\n- title\n",
        "scenario.yaml: has no keys; start with `name:`, `title:`, `start:`, `days:`, `movement:`",
    ),
    "yaml_missing": (
        "scenario.yaml",
        lambda b: None,
        "scenario.yaml: the file is missing; add it, or start from `travesia new`",
    ),
    "csv_semicolons": (
        "observations.csv",
        lambda b: b.replace(b",", b";"),
        "observations.csv, row 1: the columns are separated by semicolons; save it with commas (CSV UTF-8)",
    ),
    "csv_tabs": (
        "places.csv",
        lambda b: b.replace(b",", b"\t"),
        "places.csv, row 1: the columns are separated by tabs; save it with commas (CSV UTF-8)",
    ),
    "csv_latin1": (
        "places.csv",
        lambda b: b.replace(b"Home", "Hömé".encode("latin-1")),
        "places.csv, row 2: not UTF-8 text; save it as CSV UTF-8",
    ),
    "csv_utf16": (
        "places.csv",
        lambda b: b.decode().encode("utf-16"),
        "places.csv: UTF-16, not UTF-8; save it as CSV UTF-8",
    ),
    "csv_nul": (
        "places.csv",
        lambda b: b.replace(b"Home", b"Ho\0me"),
        "places.csv, row 2: has NUL bytes, so it is not text; save it as CSV UTF-8",
    ),
    "csv_empty": (
        "observations.csv",
        lambda b: b"",
        "observations.csv: the file is empty; write a header: quantity,date_from",
    ),
    "csv_quote": (
        "places.csv",
        lambda b: b.replace(b"Border", b'"Bor"der'),
        "places.csv, row 3: not regular CSV: ',' expected after '\"'; mend the quotes of the row",
    ),
    "csv_unclosed_quote": (
        "places.csv",
        lambda b: b.replace(b"Border", b'"Border'),
        "places.csv, row 3: not regular CSV: unexpected end of data; mend the quotes of the row",
    ),
    "csv_column_twice": (
        "places.csv",
        lambda b: b.replace(b",name,", b",place,"),
        "places.csv, row 1, column place: the column stands twice; delete one of the two",
    ),
    "csv_unknown_column": (
        "places.csv",
        lambda b: b.replace(b"population", b"populatoin"),
        "places.csv, row 1, column populatoin: unknown column; did you mean 'population'?",
    ),
    "csv_misspelt_required_column": (
        "legs.csv",
        lambda b: b.replace(b"distance_km", b"distance"),
        "legs.csv, row 1, column distance: unknown column; did you mean 'distance_km'?",
    ),
    "csv_missing_column": (
        "destinations.csv",
        lambda b: b"destination,source\ncity,report\n",
        "destinations.csv, row 1, column share: the column is missing; add it",
    ),
    "csv_unnamed_column": (
        "places.csv",
        lambda b: b.replace(b",name,", b",,"),
        "places.csv, row 1: column 2 has no name; name it, or delete the column",
    ),
    "csv_long_row": (
        "places.csv",
        lambda b: b.replace(b"50000", b"50,000"),
        'places.csv, row 2: 11 cells under 10 columns; put cells with a comma in quotes: "a, b"',
    ),
    "csv_missing": (
        "legs.csv",
        lambda b: None,
        "legs.csv: the file is missing; add it to the folder",
    ),
    "csv_no_rows": (
        "legs.csv",
        lambda b: b.split(b"\n")[0],
        "legs.csv: the table has no rows; add at least one",
    ),
    "departure_concentration": (
        "departures.csv",
        lambda b: (
            b"departure,kind,place,people,rate_per_day,drivers,groups,concentration,source\n"
            b"there,present,shelter,20,,,caravan=none,0,report\n"
            b"trickle,rate,home,,0.0001,violence=detour,caravan=none,,report\n"
        ),
        "departures.csv, row 2, column concentration: '0' — not above 0; "
        "write more than 0, or leave the cell empty for none",
    ),
    "warn_unread_driver": (
        "drivers.csv",
        lambda b: b + b"homicides,home,2021-01-01,1,report\n",
        "drivers.csv, row 4, column driver: 'homicides' — no effect: no departure follows it; "
        "name it in departures.csv, column drivers",
    ),
    "warn_short_leg": (
        "legs.csv",
        lambda b: b.replace(b"home,border,230", b"home,border,23"),
        "legs.csv, row 2, column distance_km: '23' — shorter than the straight line between its ends, 222 km; "
        "correct the distance, or where the places stand",
    ),
    "warn_nobody_departs": (
        "departures.csv",
        lambda b: b.split(b"\n")[0],
        "departures.csv: nobody departs; add a row",
    ),
}


def only_problem(folder: Path, name: str, says: str) -> None:
    """The folder has this one problem; an error refuses it, a warning is kept."""
    found = check(folder)
    assert [str(problem) for problem in found] == [says]
    if name.startswith("warn_"):
        assert found[0].level == "warning"
        assert read_scenario(folder).warnings == tuple(found)
        return
    with pytest.raises(ScenarioError) as refused:
        read_scenario(folder)
    assert refused.value.problems == found


def test_the_small_scenario_has_no_problems(tmp_path: Path) -> None:
    assert check(write_small_scenario(tmp_path)) == []


@pytest.mark.parametrize("name", list(TEXT))
def test_broken_text(name: str, tmp_path: Path) -> None:
    case = TEXT[name]
    path = write_small_scenario(tmp_path) / case["file"]
    assert SMALL[case["file"]].count(case["old"]) == 1
    path.write_text(SMALL[case["file"]].replace(case["old"], case["new"]), encoding="utf-8")
    only_problem(tmp_path, name, case["says"])


@pytest.mark.parametrize("name", list(BYTES))
def test_broken_bytes(name: str, tmp_path: Path) -> None:
    file, edit, says = BYTES[name]
    path = write_small_scenario(tmp_path) / file
    content = edit(path.read_bytes())
    path.unlink() if content is None else path.write_bytes(content)
    only_problem(tmp_path, name, says)


def test_several_problems_come_out_together(tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    (folder / "scenario.yaml").write_text(SMALL["scenario.yaml"].replace("days: 30", "days: many\nlicens: x"))
    (folder / "places.csv").write_text(
        SMALL["places.csv"].replace("50000", "lots of").replace("town", "twon")
    )
    (folder / "legs.csv").write_text(SMALL["legs.csv"].replace("home,border,230", "home,bordr,-230"))
    (folder / "wishes.csv").write_text("wish\n")
    assert [str(problem) for problem in check(folder)] == [
        "scenario.yaml, row 4, column days: 'many' — not a whole number; write a whole number",
        "scenario.yaml, row 5, column licens: 'licens' — unknown key; did you mean 'licence'?",
        "places.csv, row 2, column population: 'lots of' — not a number; "
        "write a number with a decimal point, or the name of a parameter",
        "places.csv, row 2, column kind: 'twon' — unknown word; did you mean 'town'?",
        "legs.csv, row 2, column distance_km: '-230' — below 0; write 0 or more",
        "legs.csv, row 2, column to: 'bordr' — no such place; did you mean 'border'?",
        "wishes.csv: not a table of a scenario, so it is not read; known names: departures, "
        "destinations, drivers, legs, measures, observations, places, sources",
    ]


def test_errors_come_before_warnings(tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    (folder / "wishes.csv").write_text("wish\n")
    (folder / "legs.csv").write_text(SMALL["legs.csv"].replace("420,walk", "420,boat"))
    with pytest.raises(ScenarioError) as refused:
        read_scenario(folder)
    assert [problem.level for problem in refused.value.problems] == ["error", "warning"]
    assert str(refused.value).startswith("1 problem\n")


def test_a_workbook_is_told_to_be_saved_as_csv(tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    (folder / "Legs.xlsx").write_bytes(b"PK")
    assert [str(problem) for problem in check(folder)] == [
        "Legs.xlsx: not a table of a scenario, so it is not read; save it as legs.csv (CSV UTF-8)"
    ]


def test_missing_sources_are_one_warning_a_table(tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    (folder / "legs.csv").write_text(SMALL["legs.csv"].replace(",report", ","))
    says = "legs.csv, row 2, column source: no source in 4 rows (2, 3, 4, 5); "
    assert [str(problem) for problem in check(folder)] == [
        says + "name a key of sources.csv, or write assumption"
    ]


def test_departures_that_follow_totals_need_them(tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    (folder / "drivers.csv").unlink()
    (folder / "departures.csv").write_text("departure,kind,source\nall,observed,report\n")
    assert check(folder) == []
    (folder / "observations.csv").unlink()
    assert [str(problem) for problem in check(folder)] == [
        "departures.csv, row 2, column kind: 'observed' — no observed totals to follow; "
        "add rows with quantity present to observations.csv"
    ]


def messages(scenario: Scenario) -> list[str]:
    """What is wrong with a scenario that was never a file."""
    return [str(problem) for problem in validate(scenario)]


def test_a_scenario_made_in_memory_is_checked_alike() -> None:
    scenario = small_scenario()
    legs = scenario.legs.assign(distance_km=[230.0, float("nan"), -1.0, 420.0])
    assert messages(scenario.with_table("legs", legs)) == [
        "legs.csv, row 3, column distance_km: the cell is empty; fill it in",
        "legs.csv, row 4, column distance_km: '-1' — below 0; write 0 or more",
    ]
    policies = {"open": Policy(include=("open",))}
    circle = scenario.with_settings(scenario.settings.model_copy(update={"policies": policies}))
    assert messages(circle)[:2] == [
        "scenario.yaml, column policies: no policy `actual`, which is history as it was; add `actual:`",
        "scenario.yaml, column policies.open.include: 'open' — "
        "the policy includes itself, straight or through others; open the circle",
    ]


def test_the_party_must_be_said() -> None:
    scenario = small_scenario()
    groups = {"caravan": {"none": GroupValue()}}
    changed = scenario.with_settings(scenario.settings.model_copy(update={"groups": groups}))
    assert messages(changed)[0] == (
        "scenario.yaml, column groups: no attribute `travel`, which says what travels together; "
        "add `travel: {alone: {adults: 1}}`"
    )


def test_a_measure_may_act_on_several_values_and_on_a_leg(tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    old = "held,actual,detain,,path,,,,travel=alone,,0.1,,prison,"
    text = SMALL["measures.csv"].replace(
        old, "held,actual,return,,path,,,,travel=alone;travel=child,,0.1,,home,"
    )
    (folder / "measures.csv").write_text(text)
    assert text != SMALL["measures.csv"]
    assert check(folder) == []


def test_dispersing_needs_somewhere_to_belong() -> None:
    scenario = small_scenario()
    groups = {"travel": scenario.settings.groups["travel"]}
    changed = scenario.with_settings(scenario.settings.model_copy(update={"groups": groups}))
    row = {"measure": ["split"], "kind": ["disperse"], "place": ["border"], "source": ["report"]}
    found = messages(changed.with_table("measures", frame("measures", row)))
    assert (
        "measures.csv, row 2, column target: 'party:caravan=none' — no group attribute 'caravan'; "
        in "".join(found)
    )


def test_rules_of_goal_leave_flee_alone() -> None:
    scenario = small_scenario()
    legs = frame("legs", {"from": ["home"], "to": ["camp"], "distance_km": [0.0], "mode": ["drive"]})
    places = frame(
        "places", {"place": ["home", "camp"], "kind": ["town", "camp"], "country": ["Home land", "B"]}
    )
    tables = {name: frame(name, {}) for name in scenario.tables} | {"places": places, "legs": legs}
    settings = scenario.settings.model_copy(update={"movement": FleeSettings()})
    alone = {"travel": {"alone": GroupValue(adults=1)}}
    plain = settings.model_copy(update={"policies": {"actual": Policy()}, "parameters": {}, "groups": alone})
    plain = plain.model_copy(update={"outputs": Outputs()})
    assert messages(Scenario(plain, tables)) == []


def test_a_problem_is_found_in_a_large_table() -> None:
    scenario = small_scenario()
    days = pd.date_range("2021-01-01", periods=20_000).tolist()
    drivers = {"driver": ["violence"] * 20_000, "place": ["home"] * 19_999 + ["hom"], "date": days}
    table = frame("drivers", drivers | {"value": [1.0] * 20_000, "source": ["report"] * 20_000})
    found = validate(scenario.with_table("drivers", table))
    assert found == [Problem("drivers.csv", 20_001, "place", "hom", "no such place", "did you mean 'home'?")]


def test_results_may_be_kept_apart_by_attempt() -> None:
    scenario = small_scenario()
    outputs = scenario.settings.outputs.model_copy(update={"by": ("travel", "attempt")})
    changed = scenario.with_settings(scenario.settings.model_copy(update={"outputs": outputs}))
    assert messages(changed) == []
    assert compile_model(changed).classes.names == ["travel", "attempt"]


def test_a_scenario_too_large_to_be_told_apart_is_refused() -> None:
    scenario = small_scenario()
    colours = {"none": GroupValue()} | {f"c{i}": GroupValue(share=0.0) for i in range(1024)}
    groups = {**scenario.settings.groups, "caravan": colours}
    large = scenario.with_settings(scenario.settings.model_copy(update={"groups": groups}))
    with pytest.raises(
        ScenarioError, match=r"travel \(4\) × caravan \(1,025\) make 4,100 groups; at most 2,048 can be told"
    ):
        compile_model(large)
    with pytest.raises(ScenarioError, match="4,194,305 waiting lists × destinations; at most 4,194,304"):
        check_sizes(scenario, places=1 << 22, legs=1 << 22, lists=(1 << 22) + 1)
    check_waits(scenario, ("moved",), np.array([4095.0]))
    with pytest.raises(ScenarioError, match="measure moved holds people for more than 4,095 days"):
        check_waits(scenario, ("moved",), np.array([4096.0]))
    check_days_on_legs(scenario, 1.0)
    with pytest.raises(ScenarioError, match=r"a leg takes 1\.2 times as long as can be counted"):
        check_days_on_legs(scenario, 1.2)


def test_who_makes_up_a_family_can_be_told() -> None:
    """Without parties of one adult a family of two and two has to name its members; then all is well."""
    made = small_scenario()
    travel = {name: value for name, value in made.settings.groups["travel"].items() if name != "alone"}
    settings = made.settings.model_copy(update={"groups": {**made.settings.groups, "travel": travel}})
    row = {"measure": "join", "policy": "actual", "kind": "reunite", "place": "border"}

    def problems(target: str) -> list[str]:
        table = frame("measures", {name: [cell] for name, cell in (row | {"target": target}).items()})
        found = validate(made.with_settings(settings).with_table("measures", table))
        return [str(problem) for problem in found if problem.column == "target"]

    (said,) = problems("party:travel=family")
    assert "no party of one adult to make family of; name the members as in parents+child*2>family" in said
    assert problems("party:travel=parents+child*2>family") == []
