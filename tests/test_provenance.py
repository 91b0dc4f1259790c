"""Hashes of content: every change of meaning shows, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
from fake_result import make_result, make_scenario

from travesia.errors import Problem
from travesia.folder import read_scenario, write_scenario
from travesia.provenance import content_hash, record, scenario_hash
from travesia.summary import summarise

OBSERVATIONS = [
    {
        "quantity": "stopped",
        "date_from": "2021-01-20",
        "kind": "cumulative",
        "value": 400,
        "reported_by": "INM",
    },
    {
        "quantity": "present",
        "place": "mexico",
        "date_from": "2021-01-21",
        "low": 1,
        "high": 5,
        "source": "iom",
    },
]


def test_scenario_hash_is_of_content(tmp_path: Path) -> None:
    scenario = make_scenario(observations=OBSERVATIONS)
    same = scenario_hash(scenario)
    write_scenario(scenario, tmp_path / "a")
    assert scenario_hash(read_scenario(tmp_path / "a")) == same
    places = scenario.places
    assert scenario_hash(scenario.with_table("places", places.set_axis(range(7, 13)))) == same
    assert scenario_hash(scenario.with_table("places", places[places.columns[::-1]])) == same
    assert scenario_hash(scenario.with_table("places", places.drop(columns="area"))) == same
    assert scenario_hash(replace(scenario, origin={"places": "elsewhere.csv"})) == same


def test_scenario_hash_tells_every_change() -> None:
    scenario = make_scenario(observations=OBSERVATIONS)
    settings = scenario.settings
    legs, places = scenario.legs, scenario.places
    changed = [
        scenario,
        scenario.with_settings(settings.model_copy(update={"days": 21})),
        scenario.with_table("legs", legs.assign(distance_km=legs["distance_km"] + 1e-9)),
        scenario.with_table("legs", legs.iloc[::-1]),
        scenario.with_table("legs", legs.assign(both_ways=False)),
        scenario.with_table("places", places.assign(note=["x", *[""] * 5])),
        scenario.with_table("places", places.assign(note=["", "x", *[""] * 4])),
        scenario.with_table("observations", scenario.observations.iloc[:1]),
        scenario.with_table("observations", scenario.observations.assign(date_to=pd.Timestamp("2021-01-30"))),
        scenario.with_table("drivers", scenario.drivers.reindex([0]).assign(driver="x", place="", value=1.0)),
    ]
    assert len({scenario_hash(s) for s in changed}) == len(changed)


def test_content_hash_is_of_numbers_and_scenario_alone() -> None:
    result = make_result()
    same = content_hash(result)
    assert content_hash(make_result()) == same
    assert content_hash(replace(result, seconds={"engine": 99.0}, data=result.data.assign_attrs(x=1))) == same
    assert content_hash(make_result(seed=2)) != same
    assert content_hash(replace(result, scenario=make_scenario(observations=OBSERVATIONS))) != same
    for name in map(str, result.data.data_vars):
        bumped = result.data[name].copy(deep=True)
        bumped.values.flat[-1] += 1
        assert content_hash(replace(result, data=result.data.assign({name: bumped}))) != same, name
    renamed = result.data.assign_coords(outcome=["x", *result.data["outcome"].values[1:]])
    assert content_hash(replace(result, data=renamed)) != same


def test_record_tells_the_warnings() -> None:
    warning = Problem("places.csv", 3, "lat", "99", "odd", "look", "warning")
    result = make_result(replace(make_scenario(), warnings=(warning,)))
    assert record(summarise(result), result, "", digest="")["warnings"] == [str(warning)]
