"""What was observed, day by day: against a plain reading of the rule, by hand, and Flee's own record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flee_factory import (
    CORRECTIONS,
    LAYOUT,
    YAML,
    Changes,
    cases_folder,
    edited,
    with_setting,
    write_flee_folder,
)
from hypothesis import given
from hypothesis import strategies as st

from travesia.flee import read_flee_folder
from travesia.observed import (
    camp_counts,
    daily_series,
    observed_flow,
    observed_rise,
    whole_observations,
)
from travesia.scenario import FleeSettings, GoalSettings, Scenario, Settings
from travesia.schema import frame

START = date(2015, 3, 1)


def scenario_of(entries: list[tuple[str, int, float]], *, days: int, **settings: bool) -> Scenario:
    """A scenario of observations alone: (area, day, value) in table order."""
    observations = frame(
        "observations",
        {
            "quantity": ["present"] * len(entries),
            "area": [label for label, _, _ in entries],
            "date_from": [START + timedelta(days=day) for _, day, _ in entries],
            "value": [value for _, _, value in entries],
        },
    )
    movement = FleeSettings.model_validate(settings)
    head = Settings(name="x", title={"en": "x"}, start=START, days=days, movement=movement)
    return Scenario(head, {"observations": observations, "places": frame("places", {})})


def read(path: Path, changes: Changes | None = None) -> Scenario:
    return read_flee_folder(write_flee_folder(path, changes))


def plainly(entries: list[tuple[int, float]], day: int) -> int:
    """Flee's rule, word by word."""
    if day <= entries[0][0]:
        return int(entries[0][1])
    for (day_before, before), (day_after, after) in pairwise(entries):
        if day < day_after:
            return int(before + (day - day_before) / (day_after - day_before) * (after - before))
    return int(entries[-1][1])


@given(
    st.lists(st.tuples(st.integers(-9, 30), st.integers(-500, 100_000)), min_size=1, max_size=9),
    st.sampled_from([1, 10, 100]),
)
def test_interpolation_is_the_plain_rule_whatever_the_order(
    entries: list[tuple[int, int]], hasten: int
) -> None:
    scenario = scenario_of([("camp", day, value) for day, value in entries], days=25)
    labels, series = daily_series(scenario, hasten=hasten)
    assert labels == ["camp"]
    divided = [(day, value / hasten) for day, value in entries]
    assert series[0].tolist() == [plainly(divided, day) for day in range(25)]


def test_values_are_cut_and_held_at_the_ends() -> None:
    scenario = scenario_of([("a", 2, 10), ("a", 5, 20), ("b", 0, 199)], days=8)
    labels, series = daily_series(scenario, hasten=1)
    assert labels == ["a", "b"]
    assert series.tolist() == [[10, 10, 10, 13, 16, 20, 20, 20], [199] * 8]
    assert daily_series(scenario, hasten=100)[1][1].tolist() == [1] * 8


def test_other_observations_do_not_count() -> None:
    scenario = scenario_of([("a", 0, 10), ("a", 3, 40), ("b", 0, 5), ("c", 0, 7)], days=4)
    table = scenario.observations.copy()
    table.loc[1, "value"] = np.nan
    table.loc[2, "kind"] = "flow"
    table.loc[3, "quantity"] = "arrivals"
    labels, series = daily_series(scenario.with_table("observations", table))
    assert labels == ["a"]
    assert series.tolist() == [[10, 10, 10, 10]]


def test_no_observation_gives_no_series_and_no_rise() -> None:
    scenario = scenario_of([], days=3)
    labels, series = daily_series(scenario)
    assert (labels, series.shape) == ([], (0, 3))
    assert observed_rise(scenario).tolist() == [0, 0, 0]


def test_decreases_are_a_debt_that_later_rises_pay() -> None:
    values = [100, 130, 90, 100, 150, 150]
    scenario = scenario_of([("camp", day, value) for day, value in enumerate(values)], days=6)
    flow = observed_flow(scenario)
    assert flow.change.tolist() == [100, 30, -40, 10, 50, 0]
    assert flow.people.tolist() == [0, 30, 0, 0, 20, 0]
    assert flow.debt.tolist() == [0, 0, 40, 30, 0, 0]


def test_first_day_counts_the_camps_and_in_flee_the_total_as_well() -> None:
    entries = [("total", 0, 100.0), ("total", 2, 140.0), ("a", 0, 60.0), ("a", 2, 80.0), ("b", 0, 40.0)]
    flow = observed_flow(scenario_of(entries, days=3, insert_day0=False, total_counts_on_day0=True))
    assert flow.change.tolist() == [200, 10, 10]
    assert flow.people.tolist() == [200, 10, 10]
    camps_only = observed_flow(scenario_of(entries, days=3, insert_day0=False))
    assert camps_only.change.tolist() == [100, 10, 10]
    from_total = observed_flow(scenario_of(entries, days=3, insert_day0=False, sum_from_camps=False))
    assert from_total.people.tolist() == [100, 20, 20]


def test_truncation_is_per_series_and_day() -> None:
    # two series that rise by half a person a day give 0, 2, 0, 2, not 1 a day
    entries = [("a", 0, 0.0), ("a", 4, 2.0), ("b", 0, 0.0), ("b", 4, 2.0)]
    assert observed_rise(scenario_of(entries, days=5)).tolist() == [0, 0, 2, 0, 2]


def test_empty_camps_start_from_nobody() -> None:
    entries = [("total", 0, 50.0), ("a", 0, 50.0), ("a", 2, 90.0)]
    scenario = scenario_of(entries, days=3, empty_camps_on_day0=True, insert_day0=False)
    assert daily_series(scenario)[1].tolist() == [[0, 0, 0], [0, 20, 40]]
    assert observed_flow(scenario).change.tolist() == [0, 20, 20]


def test_goal_journeys_follow_the_defaults() -> None:
    scenario = scenario_of([("a", 0, 50.0), ("a", 2, 90.0)], days=3)
    settings = scenario.settings.model_copy(update={"movement": GoalSettings()})
    assert observed_rise(replace(scenario, settings=settings)).tolist() == [0, 20, 20]


def test_people_are_conserved_over_the_whole_run(tmp_path: Path) -> None:
    # what set out less what is owed is what the sum of the camps grew by since day 0
    scenario = read(tmp_path)
    flow = observed_flow(scenario)
    labels, series = daily_series(scenario)
    camps = series[[labels.index("Camp1"), labels.index("Camp2")]].sum(axis=0)
    assert (np.cumsum(flow.people) - flow.debt == camps - camps[0]).all()


def test_camps_without_data_have_nobody_observed(tmp_path: Path) -> None:
    camps, counts = camp_counts(read(tmp_path, edited(LAYOUT, "Camp2,camp2.csv\n", "")))
    assert camps == ["Camp1", "Camp2"]
    assert counts[1].tolist() == [0] * 10
    assert counts[0].tolist() == [160, 320, 480, 640, 800, 800, 800, 1000, 1200, 1400]


def test_data_of_a_place_that_is_not_modelled_set_people_off_too(tmp_path: Path) -> None:
    once = observed_rise(read(tmp_path / "once"))
    changes = edited(LAYOUT, "Camp2,camp2.csv\n", "Camp2,camp2.csv\nElsewhere,camp2.csv\n")
    twice = observed_rise(read(tmp_path / "twice", changes))
    assert (twice - once).tolist() == [0, *[100] * 9]


def test_settings_of_the_folder_reach_the_sum(tmp_path: Path) -> None:
    changes = with_setting("spawn_rules", "sum_from_camps: False")
    assert observed_rise(read(tmp_path / "total", changes)).tolist()[:4] == [0, 233, 233, 234]
    empty = edited(YAML, "insert_day0: True", "empty_camps_on_day0: True")
    assert daily_series(read(tmp_path / "empty", empty))[1][:, 0].tolist() == [0, 0, 0]


def test_several_files_of_a_place_are_shown_as_their_sum(tmp_path: Path) -> None:
    second = "2015-03-01,100\n2015-03-07,400\n2015-03-12,500\n"
    changes = edited(LAYOUT, "Camp1,camp1.csv", "Camp1,camp1.csv,more.csv") | {"source_data/more.csv": second}
    scenario = read(tmp_path, changes)
    table = whole_observations(scenario)
    camp1 = table[table["place"] == "Camp1"]
    days = camp1["date_from"].dt.day.tolist()
    # in Flee's way, and scaled by the registration of the 7th: 1100 before it, 1200 on it
    assert list(zip(days, camp1["value"].round(6), strict=True)) == [
        (1, 327.272727),
        (5, 1200),
        (7, 1200),
        (10, 1800),
    ]
    assert table[table["place"] != "Camp1"]["value"].tolist() == [300, 2400, 100, 1000]
    whole = read(tmp_path / "whole", {CORRECTIONS: None})
    assert whole_observations(whole) is whole.observations


def test_counts_before_a_registration_are_shown_scaled_and_kept_as_counted(tmp_path: Path) -> None:
    scenario = read(tmp_path)
    kept = scenario.observations[scenario.observations["place"] == "Camp1"]
    assert kept["value"].dropna().tolist() == [200, 1000, 800, 1400]
    assert kept.loc[kept["value"].isna(), "note"].tolist() == ["registration"]
    shown = whole_observations(scenario)
    assert shown[shown["place"] == "Camp1"]["value"].tolist() == [160, 800, 800, 1400]
    assert shown[shown["place"] == "Camp2"]["value"].tolist() == [100, 1000]


# --- Flee's own record ---------------------------------------------------------------------


@pytest.mark.cases
@pytest.mark.parametrize("settings", ["simsetting", "modern125", "plain"])
@pytest.mark.parametrize("name", ["burundi2015", "car2013", "mali2012", "ssudan2013", "tigray2020"])
def test_observed_counts_are_those_flee_used(name: str, settings: str) -> None:
    cases = cases_folder()
    record = cases.parent / "reference" / "flee-runs" / f"{name}-{settings}.csv"
    if not record.is_file():
        pytest.skip("no record of Flee: reference/flee-runs is not beside the folder of the real conflicts")
    scenario = read_flee_folder(cases / name, cases / "settings" / f"{settings}.yml")
    theirs = pd.read_csv(record).pivot_table(index="camp", columns="day", values="people_data")
    camps, ours = camp_counts(scenario, hasten=100)
    assert sorted(camps) == sorted(theirs.index)
    assert theirs.shape[1] == scenario.settings.days
    np.testing.assert_array_equal(100 * ours, theirs.loc[camps].to_numpy())
