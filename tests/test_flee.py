"""Flee folders: what they become, what is tolerated, and what each broken one is told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from flee_factory import (
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
    cases_folder,
    edited,
    with_setting,
    write_flee_folder,
)

from travesia.errors import ScenarioError
from travesia.flee import is_flee_folder, read_flee_folder
from travesia.movement.conditions import conflict_by_day
from travesia.observed import daily_series, whole_observations
from travesia.overrides import override
from travesia.scenario import FleeSettings, Scenario

NAMES = ("burundi2015", "car2013", "mali2012", "ssudan2013", "syria2013", "tigray2020")


def read(path: Path, changes: Changes | None = None) -> Scenario:
    return read_flee_folder(write_flee_folder(path / "Small Case", changes))


def movement(scenario: Scenario) -> FleeSettings:
    assert isinstance(scenario.settings.movement, FleeSettings)
    return scenario.settings.movement


def drivers(scenario: Scenario, place: str) -> list[tuple[str, float]]:
    rows = scenario.drivers[scenario.drivers["place"] == place]
    return [(f"{when:%m-%d}", value) for when, value in zip(rows["date"], rows["value"], strict=True)]


# --- what a folder becomes -----------------------------------------------------------------


def test_small_folder_reads_without_a_warning(tmp_path: Path) -> None:
    scenario = read(tmp_path)
    assert scenario.warnings == ()
    assert scenario.name == "small-case"
    assert scenario.settings.title == {"en": "Small Case", "es": "Small Case"}
    assert scenario.settings.start.isoformat() == "2015-03-01"
    assert scenario.settings.days == 10
    assert movement(scenario).max_move_speed == 200.0
    assert movement(scenario).conflict_spawn_decay == (1.0, 0.5)
    assert scenario.departures[["departure", "kind"]].values.tolist() == [["observed", "observed"]]


def test_a_comment_in_the_period_does_not_count(tmp_path: Path) -> None:
    scenario = read(tmp_path, {PERIOD: FILES[PERIOD] + "#StartDate,2016-01-01\n"})
    assert scenario.settings.start.isoformat() == "2015-03-01"
    assert scenario.warnings == ()


def test_places_keep_order_kind_and_whole_capacity(tmp_path: Path) -> None:
    places = read(tmp_path).places
    assert places["place"].tolist() == ["Alpha", "Beta", "Gamma", "Delta", "Camp1", "Camp2"]
    assert places["kind"].tolist() == ["town", "town", "town", "hub", "camp", "idp_camp"]
    assert places["country"].tolist() == ["Here"] * 4 + ["There"] * 2
    assert places["population"].tolist() == [50000, 20000, 8000, 0, 0, 0]
    assert places["capacity"].tolist()[4] == 3000
    assert places["capacity"].isna().tolist() == [True, True, True, True, False, True]
    assert places[["area", "lat", "lon"]].values.tolist()[0] == ["North", 10.0, 20.0]


def test_hasten_leaves_the_numbers_of_the_file(tmp_path: Path) -> None:
    scenario = read(tmp_path, edited(YAML, "hasten: 1", "hasten: 100"))
    assert movement(scenario).hasten == 100
    assert scenario.places["capacity"].tolist()[4] == 3000
    assert scenario.places["population"].tolist()[0] == 50000


@pytest.mark.parametrize(
    ("written", "kind"),
    [("marker", "marker"), ("Town", "town"), ("default", "town"), ("forward", "hub"), ("market", "other")],
)
def test_types_of_location(tmp_path: Path, written: str, kind: str) -> None:
    scenario = read(tmp_path, edited(LOCATIONS, "20.5,town", f"20.5,{written}"))
    assert scenario.places["kind"].tolist()[2] == kind


def test_legs_keep_order_and_doubles(tmp_path: Path) -> None:
    text = FILES[ROUTES] + "Alpha,Beta,80,0\nBeta,Alpha,80,\nGamma,Camp2,200,1\n"
    legs = read(tmp_path, {ROUTES: text}).legs
    assert legs["leg"].tolist()[6:] == ["Alpha>Beta#2", "Beta>Alpha", "Gamma>Camp2", "Gamma>Camp2#2"]
    assert legs["distance_km"].tolist()[5:] == [120.5, 80, 80, 200, 200]
    assert legs["both_ways"].all()


def test_conflict_rows_are_changes_of_value(tmp_path: Path) -> None:
    scenario = read(tmp_path)
    assert drivers(scenario, "Alpha") == [("03-01", 1.0), ("03-07", 0.0)]
    assert drivers(scenario, "Beta") == [("03-04", 0.5), ("03-05", 0.8), ("03-08", 0.0)]
    assert set(scenario.drivers["place"]) == {"Alpha", "Beta"}


def test_zone_left_out_of_conflicts_is_permanent(tmp_path: Path) -> None:
    text = FILES[CONFLICTS].replace(" Alpha,", " ,").replace(", 1,", ", 0,")
    assert drivers(read(tmp_path, {CONFLICTS: text}), "Alpha") == [("02-28", 1.0)]


def test_zone_at_zero_on_day_0_goes_on_until_a_zero_after_more(tmp_path: Path) -> None:
    scenario = read(tmp_path, edited(CONFLICTS, "0, 1, 0, 0", "0, 0, 0, 0"))
    assert drivers(scenario, "Alpha") == [("02-28", 1.0), ("03-02", 0.0), ("03-02", 1.0), ("03-07", 0.0)]
    conflict = conflict_by_day(scenario, keep_first_intensity=True)
    assert conflict.intensity[:, 0].tolist() == [1, 1, 1, 1, 1, 1, -1, -1, -1, -1]
    assert conflict.since[:6, 0].tolist() == [-1, 1, 1, 1, 1, 1]  # the file begins it anew


def test_intensity_attribute_is_that_of_a_permanent_zone(tmp_path: Path) -> None:
    changes = edited(LOCATIONS, "conflict_date,population\n", "conflict_date,population,conflict_intensity\n")
    text = str(changes[LOCATIONS]).replace("0,50000\n", "0,50000,0.25\n")
    conflicts = FILES[CONFLICTS].replace(" Alpha,", " ,").replace(", 1,", ", 0,")
    assert drivers(read(tmp_path, {LOCATIONS: text, CONFLICTS: conflicts}), "Alpha") == [("02-28", 0.25)]


def test_closures_become_measures(tmp_path: Path) -> None:
    rows = "location,Gamma,ignored,4,8\ncamp,Camp1,,0,3\nlink,Camp2,Delta,7,9\nlocation,Gamma,,99,-1\n"
    measures = read(tmp_path, {CLOSURES: FILES[CLOSURES] + rows}).measures
    assert measures["measure"].tolist() == [
        "country:Here-There",
        "location:Gamma",
        "camp:Camp1",
        "link:Delta>Camp2",
        "location:Gamma#2",
    ]
    assert measures["kind"].tolist() == ["close", "close", "camp_closed", "close", "close"]
    assert measures["countries"].tolist() == ["Here-There", "", "", "", ""]
    assert measures["place"].tolist() == ["", "Gamma", "Camp1", "", "Gamma"]
    assert measures["leg"].tolist() == ["", "", "", "Delta>Camp2", ""]
    assert measures["date_from"].dt.day.tolist()[:4] == [3, 5, 1, 8]
    assert measures["date_to"].dt.day.tolist()[:4] == [5, 8, 3, 9]
    assert measures["date_to"].isna().tolist() == [False, False, False, False, True]
    assert set(measures["policy"]) == {"actual"}


def test_observations_keep_order_and_corrections(tmp_path: Path) -> None:
    scenario = read(tmp_path)
    observations, whole = scenario.observations, whole_observations(scenario)
    counted = observations.loc[observations["place"] == "Camp1", "value"].dropna()
    assert counted.tolist() == [200, 1000, 800, 1400]  # as in the file: a later count changes no earlier one
    assert whole.loc[whole["place"] == "Camp1", "value"].tolist() == pytest.approx([160, 800, 800, 1400])
    assert observations["area"].tolist()[:2] == ["total", "total"]
    assert observations["value"].tolist()[:2] == [300, 2400]
    assert set(observations["quantity"]) == {"present"}
    assert set(observations["kind"]) == {"stock"}


def test_data_of_a_camp_that_is_no_place_are_kept_as_an_area(tmp_path: Path) -> None:
    scenario = read(tmp_path, {LAYOUT: FILES[LAYOUT] + "Elsewhere,camp2.csv\n"})
    rows = scenario.observations[scenario.observations["area"] == "Elsewhere"]
    assert rows["value"].tolist() == [100, 1000]
    assert len(scenario.warnings) == 1


def test_folder_may_be_named_by_its_input_folder(tmp_path: Path) -> None:
    folder = write_flee_folder(tmp_path / "Small Case")
    assert is_flee_folder(folder)
    assert is_flee_folder(folder / "input_csv")
    assert not is_flee_folder(folder / "source_data")
    inner, outer = read_flee_folder(folder / "input_csv"), read_flee_folder(folder)
    assert inner.settings == outer.settings
    for name, table in outer.tables.items():
        pd.testing.assert_frame_equal(inner.tables[name], table)


def test_settings_file_by_name_wins(tmp_path: Path) -> None:
    folder = write_flee_folder(tmp_path / "Small Case")
    other = tmp_path / "other.yml"
    other.write_text("move_rules:\n  camp_weight: 5\n  awareness_level: 2\n", encoding="utf-8")
    settings = movement(read_flee_folder(folder, other))
    assert (settings.camp_weight, settings.awareness_level, settings.max_move_speed) == (5.0, 2, 360.0)


def test_v1_rules_override(tmp_path: Path) -> None:
    settings = movement(
        read(tmp_path, with_setting("move_rules", "use_v1_rules: True\n  start_on_foot: True"))
    )
    assert (settings.max_move_speed, settings.start_on_foot) == (200.0, False)
    assert (settings.camp_weight, settings.conflict_weight) == (2.0, 0.25)


def test_files_of_one_camp_add_up_as_in_flee(tmp_path: Path) -> None:
    # second file: a day before the next of the first, an equal day, then two after its end (the last repeats)
    second = "2015-03-01,10\n2015-03-03,20\n2015-03-05,30\n2015-03-12,50\n2015-03-13,60\n"
    changes = edited(LAYOUT, "Camp1,camp1.csv", "Camp1,camp1.csv,more.csv") | {"source_data/more.csv": second}
    scenario = read(tmp_path, {**changes, CORRECTIONS: None})
    camp1 = scenario.observations.query("place == 'Camp1'")
    assert camp1["note"].tolist() == ["file camp1.csv"] * 4 + ["file more.csv"] * 5
    assert camp1["value"].tolist() == [200, 1000, 800, 1400, 10, 20, 30, 50, 60]
    # entries of the sum: 1st 210, 3rd 1020, 5th 1030, 7th 830, then 1430 on the 10th
    assert present(scenario, "Camp1") == [210, 615, 1020, 1025, 1030, 930, 830, 1030, 1230, 1430]
    as_curves = override(scenario, {"merge_loses_entries": "false"})
    assert present(as_curves, "Camp1") == [210, 415, 620, 825, 1030, 932, 835, 1038, 1241, 1444]


def present(scenario: Scenario, place: str) -> list[int]:
    """The people observed at a place, day by day."""
    labels, series = daily_series(scenario)
    counts: list[int] = series[labels.index(place)].tolist()
    return counts


def test_files_of_one_camp_that_flee_cannot_add_are_curves(tmp_path: Path) -> None:
    second = "2015-03-02,10\n2015-03-07,20\n2015-03-12,30\n"
    changes = edited(LAYOUT, "Camp1,camp1.csv", "Camp1,camp1.csv,more.csv") | {"source_data/more.csv": second}
    scenario = read(tmp_path, {**changes, CORRECTIONS: None})
    expected = [210, 410, 612, 814, 1016, 918, 820, 1022, 1224, 1426]
    assert present(scenario, "Camp1") == expected
    assert present(override(scenario, {"merge_loses_entries": "false"}), "Camp1") == expected


def test_a_correction_of_several_files_acts_on_their_sum(tmp_path: Path) -> None:
    second = "2015-03-01,100\n2015-03-05,200\n2015-03-07,400\n2015-03-10,400\n"
    changes = edited(LAYOUT, "Camp1,camp1.csv", "Camp1,camp1.csv,more.csv") | {"source_data/more.csv": second}
    scenario = read(tmp_path, changes)
    camp1 = scenario.observations.query("place == 'Camp1'")
    assert camp1["note"].tolist()[-1] == "registration"
    assert camp1["value"].isna().tolist() == [False] * 8 + [True]
    # 300 and 1200 before the registration, which found 1200: nothing to scale; with the total of the files
    assert present(scenario, "Camp1") == [300, 525, 750, 975, 1200, 1200, 1200, 1400, 1600, 1800]
    more = {**changes, "source_data/more.csv": second.replace("200", "600")}
    assert present(read(tmp_path / "more", more), "Camp1") == [
        225, 468, 712, 956, 1200, 1200, 1200, 1400, 1600, 1800,
    ]  # fmt: skip


def test_all_problems_are_told_at_once_errors_first(tmp_path: Path) -> None:
    changes = (
        edited(ROUTES, "80", "far") | edited(CLOSURES, "2,5", "x,5") | edited(LOCATIONS, "8000", '"8,000"')
    )
    with pytest.raises(ScenarioError) as caught:
        read(tmp_path, changes)
    assert [problem.level for problem in caught.value.problems] == ["error", "error", "warning"]


# --- the real conflicts --------------------------------------------------------------------


@pytest.mark.cases
@pytest.mark.parametrize("settings", ["simsetting", "classic125", "modern125", "plain"])
@pytest.mark.parametrize("name", NAMES)
def test_real_conflicts_read(name: str, settings: str) -> None:
    cases = cases_folder()
    scenario = read_flee_folder(cases / name, cases / "settings" / f"{settings}.yml")
    assert scenario.name == name
    assert scenario.places["kind"].isin(["camp", "idp_camp"]).sum() >= 4
    camps = scenario.places.query("kind == 'camp'")["place"]
    assert camps.isin(scenario.observations["place"]).all()
    ends = scenario.legs["from"].tolist() + scenario.legs["to"].tolist()
    assert set(ends) <= set(scenario.places["place"])
    assert (scenario.drivers["value"] <= 1).all()


@pytest.mark.cases
def test_real_conflicts_warn_of_what_has_no_effect() -> None:
    cases = cases_folder()
    warned = {
        name: len(read_flee_folder(cases / name, cases / "settings" / "plain.yml").warnings) for name in NAMES
    }
    assert warned == {
        "burundi2015": 2,  # forced redirection, its removal
        "car2013": 2,  # a camp that is no place, files of one camp that end on different days
        "mali2012": 0,
        "ssudan2013": 1,  # closures of one link that overlap
        "syria2013": 0,
        "tigray2020": 2,
    }
