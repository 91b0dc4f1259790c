"""What the rarer features of a Flee folder become: drivers, measures, departures, groups and settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from flee_factory import (
    AGE,
    AGENTS,
    CHANGES,
    CLOSURES,
    CONFLICTS,
    FILES,
    FLOOD,
    LOCATIONS,
    MAJOR,
    PERIOD,
    REGION,
    ROUTES,
    YAML,
    Changes,
    edited,
    with_attribute,
    with_settings,
    write_flee_folder,
)

from travesia.flee import is_flee_folder, read_flee_folder
from travesia.folder import check, read_scenario, write_scenario
from travesia.movement.starts import capacities
from travesia.scenario import QUIRKS, TABLES, FleeSettings, Scenario

FLOODS: Changes = {
    LOCATIONS: FILES[LOCATIONS].replace("20.5,town", "20.5,flood_zone"),
    CONFLICTS: None,
    FLOOD: "#Day,Gamma,Alpha,\n0,0,0\n1,1.7,0\n2,1.7,0\n3,2,1\n4,0,1\n",
    YAML: """\
spawn_rules:
  take_from_population: True
  flood_zone_spawning_only: True
  conflict_zone_spawning_only: False
  flood_driven_spawn_mode: {displaced_per_flood_day: [0, 5, 9, 12]}
move_rules:
  flood_rules: {flood_movechances: [0, 0.5, 1, 1], flood_loc_weights: [1, 0.5, 0.1, 0]}
""",
}


def read(path: Path, changes: Changes | None = None) -> Scenario:
    return read_flee_folder(write_flee_folder(path / "Small Case", changes))


def movement(scenario: Scenario) -> FleeSettings:
    assert isinstance(scenario.settings.movement, FleeSettings)
    return scenario.settings.movement


def driver(scenario: Scenario, name: str) -> list[tuple[str, int, float]]:
    """The rows of a driver: place, day of March, value."""
    rows = scenario.drivers[scenario.drivers["driver"] == name]
    return [
        (place, when.day, value)
        for place, when, value in zip(rows["place"], rows["date"], rows["value"], strict=True)
    ]


def measures(scenario: Scenario) -> list[tuple[str, str, int, int | None]]:
    """The measures: name, target, and the days of March on which they act."""
    rows = scenario.measures
    return [
        (name, target, first.day, None if last != last else last.day)
        for name, target, first, last in zip(
            rows["measure"], rows["target"], rows["date_from"], rows["date_to"], strict=True
        )
    ]


def test_a_flee_folder_behaves_as_flee(tmp_path: Path) -> None:
    both: list[Changes] = [{}, {YAML: None}]
    for changes in both:
        settings = movement(read(tmp_path / str(len(changes)), changes))
        assert all(getattr(settings, quirk) for quirk in QUIRKS)


# --- who starts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "mode", "amount"),
    [
        ("{}", "constant", 500.0),
        ("{spawn_mode: pop_ratio}", "pop_ratio", 0.01),
        ("{spawn_mode: pop_ratio, displaced_per_conflict_day: 0.2}", "pop_ratio", 0.2),
        ("{spawn_mode: POISSON, displaced_per_conflict_day: 7}", "poisson", 7.0),
    ],
)
def test_people_start_by_conflict(tmp_path: Path, section: str, mode: str, amount: float) -> None:
    scenario = read(tmp_path, with_settings("spawn_rules", f"conflict_driven_spawning: {section}"))
    settings = movement(scenario)
    assert (settings.conflict_driven_spawning, settings.displaced_per_conflict_day) == (mode, amount)
    assert len(scenario.departures) == 0


def test_people_start_by_flood(tmp_path: Path) -> None:
    scenario = read(tmp_path, {**FLOODS, PERIOD: "StartDate,2015-03-01\nLength,5\n"})
    settings = movement(scenario)
    assert settings.flood_driven_spawning == "pop_ratio"
    assert settings.displaced_per_flood_day == (0, 5, 9, 12)
    assert settings.flood_movechances == (0, 0.5, 1, 1)
    assert settings.flood_loc_weights == (1, 0.5, 0.1, 0)
    assert scenario.places["kind"].tolist()[2] == "flood_zone"
    assert driver(scenario, "flood") == [("Alpha", 4, 1), ("Gamma", 2, 1.7), ("Gamma", 4, 2), ("Gamma", 5, 0)]
    assert driver(scenario, "conflict") == [("Alpha", 28, 1)]  # a conflict zone from the day before the run
    assert scenario.warnings == ()


@pytest.mark.parametrize(
    ("mode", "levels"),
    [("constant", (0, 100, 200, 300, 500)), ("pop_ratio", (0.0, 0.1, 0.2, 0.5, 0.9))],
)
def test_floods_have_flees_numbers_where_none_are_given(
    tmp_path: Path, mode: str, levels: tuple[float, ...]
) -> None:
    text = str(FLOODS[YAML]).replace("displaced_per_flood_day: [0, 5, 9, 12]", f"spawn_mode: {mode}")
    assert movement(read(tmp_path, {**FLOODS, YAML: text})).displaced_per_flood_day == levels


def test_people_are_there_from_files_and_attributes(tmp_path: Path) -> None:
    agents = "location,age\nAlpha,5\nGamma,30\nAlpha,17\nAlpha,\nAlpha,3\n"
    settings = with_settings("spawn_rules", "read_from_agents_csv_file: True")
    text = str(settings[YAML]).replace("hasten: 1", "hasten: 10")
    changes: Changes = {
        **with_attribute("initial_idps", Gamma="7", Camp2="3"),
        YAML: text.replace("move_rules:\n", "move_rules:\n  ElderlyAvoidHazards: True\n"),
        AGENTS: agents,
        AGE: "age,Default\n1,1\n70,1\n",
    }
    rows = read(tmp_path, changes).departures.iloc[1:]
    assert rows["departure"].tolist() == [
        "initial Gamma",
        "initial Camp2",
        "agents Alpha",
        "agents Gamma",
        "agents Alpha #2",
        "agents Alpha #3",
    ]
    assert rows["people"].tolist() == [70, 30, 20, 10, 10, 10]
    assert rows["groups"].tolist() == ["", "", "age=0-14", "age=19-59", "age=15-18", ""]
    assert set(rows["kind"]) == {"present"}


def test_demographics_are_gathered_into_classes(tmp_path: Path) -> None:
    changes: Changes = {
        **with_settings("move_rules", "ChildrenAvoidHazards: True"),
        AGE: "age,Default,Camp1\n5,20,\n14,10,\n14.5,5,\n18,5,\n19,20,3\n59,20,\n60,20,1\n",
    }
    scenario = read(tmp_path, changes)
    shares = {name: value.share for name, value in scenario.settings.groups["age"].items()}
    assert shares == pytest.approx({"0-14": 0.3, "15-18": 0.1, "19-59": 0.4, "60+": 0.2})
    assert driver(scenario, "age=19-59") == [("Camp1", 1, 0.75)]
    assert driver(scenario, "age=0-14") == [("Camp1", 1, 0)]
    assert scenario.settings.groups["travel"]["alone"].adults == 1


# --- places --------------------------------------------------------------------------------


def test_attributes_of_places_become_drivers(tmp_path: Path) -> None:
    assert driver(read(tmp_path, with_attribute("hdi", Camp1="0.6")), "hdi") == [("Camp1", 1, 0.6)]
    cells = {name: "0" for name in ("Alpha", "Beta", "Gamma", "Delta", "Camp2")}
    scenario = read(tmp_path / "more", with_attribute("capacity_per_day", Camp1="12", **cells))
    assert driver(scenario, "capacity_per_day")[4] == ("Camp1", 1, 12)


def test_a_camp_without_capacity_has_room_for_those_added(tmp_path: Path) -> None:
    changes = with_attribute(
        "capacity_per_day", Alpha="2", Beta="0", Gamma="0", Delta="0", Camp1="0", Camp2="7"
    )
    room = capacities(read(tmp_path, changes))
    assert room[:3, 5].tolist() == [7, 14, 21]
    assert room[:3, 0].tolist() == [1, 3, 5]  # −1 before, in Flee, where it is no camp


def test_food_insecurity_is_that_of_the_region(tmp_path: Path) -> None:
    changes: Changes = {
        **with_settings("move_rules", "flee_when_starving: True"),
        REGION: "#Day,North,South,East\n0,10,5,0\n4,30,5,0\n9,30,55,0\n",
    }
    scenario = read(tmp_path, changes)
    rows = driver(scenario, "food_insecurity")
    assert [row for row in rows if row[0] == "Alpha"] == [
        ("Alpha", day, value) for day, value in [(1, 10), (2, 15), (3, 20), (4, 25), (5, 30)]
    ]
    assert [row[1:] for row in rows if row[0] == "Delta"] == [
        (1, 5),
        (6, 15),
        (7, 25),
        (8, 35),
        (9, 45),
        (10, 55),
    ]
    assert [row[1:] for row in rows if row[0] == "Camp1"] == [(1, 0)]


def test_places_become_others(tmp_path: Path) -> None:
    changes: Changes = {
        CHANGES: "#name,type,day\nGamma,idpcamp,3\nGamma,conflict_zone,6\nAlpha,town,2\nCamp1,town,4\n",
        YAML: FILES[YAML] + "default_conflict_intensity: 2.7\n",
    }
    scenario = read(tmp_path, changes)
    assert measures(scenario)[1:] == [
        ("becomes:Gamma", "idp_camp", 4, None),
        ("becomes:Gamma#2", "town", 7, None),
        ("becomes:Alpha", "town", 3, None),
        ("becomes:Camp1", "town", 5, None),
    ]
    # Flee cuts the intensity; the file's conflict in Alpha is not taken up again before it has been at 0
    assert driver(scenario, "conflict") == [
        ("Alpha", 1, 1), ("Alpha", 3, 0), ("Beta", 4, 0.5), ("Beta", 5, 0.8), ("Beta", 8, 0), ("Gamma", 7, 2),
    ]  # fmt: skip


def test_camps_close_and_open_as_in_flee(tmp_path: Path) -> None:
    rows = [
        "camp,Camp1,,1,4",  # closed for three days
        "camp,Camp1,,3,8",  # while it is closed: its end finds it open
        "idpcamp,Gamma,,-1,2",  # a town that becomes a camp
        "camp,Camp2,,5,7",  # an IDP camp that comes back as another
        "camp,Delta,,6,-1",  # a hub that becomes a town
        "camp,Alpha,,2,-1",  # ends a conflict
    ]
    scenario = read(tmp_path, {CLOSURES: "\n".join(rows) + "\n"})
    assert measures(scenario) == [
        ("camp:Camp1", "", 2, 4),
        ("becomes:Gamma", "idp_camp", 3, None),
        ("idpcamp:Camp2", "", 6, 7),
        ("becomes:Camp2", "camp", 8, None),
        ("becomes:Delta", "town", 7, None),
    ]
    assert driver(scenario, "conflict")[:2] == [("Alpha", 1, 1), ("Alpha", 3, 0)]


def test_camps_of_the_country_are_counted_apart(tmp_path: Path) -> None:
    quantities = read(tmp_path).settings.outputs.quantities
    assert {name: one.present for name, one in quantities.items()} == {
        "idps_in_camps": ("Camp2",),
        "refugees_in_camps": ("Camp1",),
    }
    plain = read(tmp_path / "plain", edited(LOCATIONS, "idpcamp", "camp"))
    assert plain.settings.outputs.quantities == {}


def test_the_last_of_a_name_has_the_routes_and_the_first_the_conflict(tmp_path: Path) -> None:
    changes: Changes = {LOCATIONS: FILES[LOCATIONS] + "Beta,North,Here,10.6,20.6,conflict_zone,0,900\n"}
    scenario = read(tmp_path, changes)
    assert scenario.places["place"].tolist() == [
        "Alpha",
        "Beta (1)",
        "Gamma",
        "Delta",
        "Camp1",
        "Camp2",
        "Beta",
    ]
    assert "Beta>Camp1" in scenario.legs["leg"].tolist()
    conflict = [row for row in driver(scenario, "conflict") if row[0] != "Alpha"]
    assert conflict == [
        ("Beta (1)", 4, 0.5),
        ("Beta (1)", 5, 0.8),
        ("Beta (1)", 8, 0),
        ("Beta", 28, 1),  # from the day before the run
        ("Beta", 8, 0),
    ]


# --- ways ----------------------------------------------------------------------------------


def test_attributes_of_links_become_columns(tmp_path: Path) -> None:
    text = (
        "#name1,name2,distance,forced_redirection,link_type,walk_probability,max_move_speed\n"
        "Alpha,Beta,80,0,drive,0.25,30\nBeta,Camp1,9,0,walk,0,25.5\nGamma,Camp2,9\n"
    )
    legs = read(tmp_path, {ROUTES: text}).legs
    assert legs["speed_km_per_day"].fillna(0).tolist() == [30, 25.5, 0]
    assert legs["walk_probability"].tolist() == [0.25, 0, 0]


def test_the_first_end_reopens_what_several_closures_name(tmp_path: Path) -> None:
    rows = "country,Here,There,1,6\nlocation,Delta,,3,5\nlocation,Camp1,,-1,4\nlink,Alpha,Gamma,2,3\n"
    assert measures(read(tmp_path, {CLOSURES: rows})) == [
        ("link:Beta>Camp1", "", 2, 4),  # the end of a closure that never began opens it on day 4
        ("link:Delta>Camp2", "", 2, 5),
        ("link:Gamma>Delta", "", 4, 5),
        ("link:Alpha>Gamma", "", 3, 3),
    ]


def test_countries_whose_names_have_a_hyphen_close_leg_by_leg(tmp_path: Path) -> None:
    changes: Changes = {
        LOCATIONS: FILES[LOCATIONS].replace("There", "There-Bissau"),
        CLOSURES: "country,Here,There-Bissau,2,5\n",
    }
    scenario = read(tmp_path, changes)
    assert measures(scenario) == [("link:Beta>Camp1", "", 3, 5), ("link:Delta>Camp2", "", 3, 5)]
    assert [problem for problem in check(tmp_path / "Small Case") if problem.level == "error"] == []


def test_redirections_last_as_long_as_they_are_not_removed(tmp_path: Path) -> None:
    routes = FILES[ROUTES].replace("60,0", "60,2").replace("Alpha,Beta,80,", "Alpha,Beta,80,1")
    closures = "remove_forced_redirection,Alpha,Beta,4,8\nremove_forced_redirection,Beta,Camp1,6,2\n"
    scenario = read(tmp_path, {ROUTES: routes, CLOSURES: closures})
    assert measures(scenario) == [
        ("redirect:Alpha>Beta", "", 9, None),  # the code 1 makes two links; the end switches both on
        ("redirect:Beta>Alpha", "", 1, None),
        ("redirect:Alpha>Beta#2", "", 9, None),
        ("redirect:Beta>Camp1", "", 3, 6),
        ("redirect:Gamma>Delta", "", 1, None),
    ]
    assert movement(scenario).ignore_redirection
    assert [problem for problem in check(tmp_path / "Small Case") if problem.level == "error"] == []


def test_routes_known_as_wholes_are_a_setting(tmp_path: Path) -> None:
    changes: Changes = {
        **with_settings("move_rules", "fixed_routes: True"),
        MAJOR: "Alpha,Gamma,Delta\nDelta,Camp2\n",
    }
    assert movement(read(tmp_path, changes)).major_routes == (("Alpha", "Gamma", "Delta"), ("Delta", "Camp2"))


# --- folders -------------------------------------------------------------------------------


def test_without_conflicts_csv_each_zone_has_its_date(tmp_path: Path) -> None:
    scenario = read(tmp_path, {CONFLICTS: None})
    assert driver(scenario, "conflict") == [("Alpha", 28, 1), ("Beta", 4, 1)]


def test_files_may_lie_side_by_side(tmp_path: Path) -> None:
    folder = tmp_path / "flat"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name.rpartition("/")[2]).write_text(text, encoding="utf-8")
    assert is_flee_folder(folder)
    scenario = read_flee_folder(folder)
    usual = read(tmp_path)
    for name in TABLES:
        assert scenario.tables[name].equals(usual.tables[name])
    assert [str(problem) for problem in scenario.warnings] == [
        "data_layout.csv: 'source_data' — there is no such folder, which Flee needs; its files are taken "
        "from beside data_layout.csv; move the data to source_data"
    ]


def test_data_may_lie_in_another_folder(tmp_path: Path) -> None:
    folder = write_flee_folder(tmp_path / "case")
    (folder / "source_data").rename(folder / "input_csv" / "refugee_data")
    scenario = read_flee_folder(folder)
    assert len(scenario.observations) == len(read(tmp_path).observations)
    assert scenario.warnings[0].file == "input_csv/refugee_data/data_layout.csv"


def test_folders_of_coupled_models_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "coupled"
    folder.mkdir()
    for name in ("locations-0.csv", "locations-1.csv"):
        (folder / name).write_text(FILES[LOCATIONS], encoding="utf-8")
    assert [str(problem) for problem in check(folder)] == [
        "locations.csv: locations-0.csv and locations-1.csv belong to models that are coupled, which is not "
        "modelled; copy the files of one of them into a folder of its own, without the numbers in their names"
    ]


@pytest.mark.parametrize(
    "changes",
    [
        FLOODS,
        {
            **with_attribute("initial_idps", Gamma="7"),
            **with_settings("move_rules", "fixed_routes: True", "harvest_months: [3]"),
            MAJOR: "Alpha,Gamma,Delta\n",
            CHANGES: "Gamma,camp,3\n",
            CLOSURES: "country,Here,There,1,6\nlocation,Delta,,3,5\nremove_forced_redirection,Alpha,Beta,4,1\n",
        },
        {
            **with_settings("move_rules", "ElderlyAvoidHazards: True"),
            AGE: "age,Default,Alpha\n5,1,2\n70,1,0\n",
            "source_data/data_layout.csv": "total,refugees.csv\nCamp1,camp1.csv,camp2.csv\nCamp2,camp2.csv\n",
        },
    ],
)
def test_a_converted_folder_reads_back_equal(tmp_path: Path, changes: Changes) -> None:
    flee = read_scenario(write_flee_folder(tmp_path / "Small Case", changes))
    write_scenario(flee, tmp_path / "own")
    ours = read_scenario(tmp_path / "own")
    assert ours.settings == flee.settings
    for name in TABLES:
        assert ours.tables[name].equals(flee.tables[name]), name
