"""What may be changed in the page: policies switched and scaled, never placed; beds, clinics, departures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.factory import small_scenario
from tests.web import client_of, desk_of

from travesia.ensemble import simulate
from travesia.errors import UsageError
from travesia.folder import check, read_scenario
from travesia.model import Model
from travesia.policy import measures_of
from travesia.scenario import Scenario
from travesia.web.central import Runner
from travesia.web.changes import OWN, can_have_beds, changed
from travesia.web.shapes import Changes

CHANGES = [
    Changes(departures=1.5),
    Changes(enforcement=0.5),
    Changes(enforcement=0),
]


@pytest.fixture(scope="module")
def small() -> Scenario:
    return small_scenario()


def total(scenario: Scenario, policy: str, variable: str, **where: str) -> float:
    found = simulate(scenario, expected=True, policy=policy).total(variable)
    return float(found.sel(**where).sum() if where else found.sum())


def test_no_change_is_the_packaged_policy(small: Scenario) -> None:
    found, policy = changed(small, Changes(policies=["half"]))
    assert found is small
    assert policy == "half"


@pytest.mark.parametrize(
    ("kind", "beds"), [("camp", True), ("idp_camp", True), ("town", False), ("detention", False)]
)
def test_with_rule_flee_camps_of_both_kinds_take_beds(kind: str, beds: bool) -> None:
    assert can_have_beds({"kind": kind, "capacity": 100.0}, "flee") is beds


def test_strength_one_half_is_what_a_policy_that_halves_gives(small: Scenario) -> None:
    found, policy = changed(small, Changes(enforcement=0.5))
    assert policy == OWN
    assert check(found) == check(small)
    half = total(found, policy, "events", measure="checkpoint")
    whole = total(small, "actual", "events", measure="checkpoint")
    assert 0.3 * whole < half < 0.9 * whole


def test_strength_acts_on_all_forces_alike_and_on_nothing_else(small: Scenario) -> None:
    found, policy = changed(small, Changes(enforcement=2))
    scales = measures_of(found, policy).set_index("measure")["scales"]
    assert {name for name, scale in scales.items() if scale == (2.0,)} == {"checkpoint", "held"}
    assert {name for name, scale in scales.items() if scale == ()} == set(scales.index) - {
        "checkpoint",
        "held",
    }


def test_strength_zero_switches_forces_off(small: Scenario) -> None:
    found, policy = changed(small, Changes(enforcement=0))
    assert not set(measures_of(found, policy)["measure"]) & {"checkpoint", "held"}
    assert total(found, policy, "people", place="prison") == 0


@pytest.mark.parametrize(("name", "other"), [("", "open"), ("caravan-2021", "free-passage")])
def test_what_a_change_leaves_is_not_set_up_anew_and_gives_the_same(
    small: Scenario, name: str, other: str
) -> None:
    scenario, runner, kept = read_scenario(name) if name else small, Runner(), 0
    last: Model | None = None
    for change in (*CHANGES, Changes(policies=[other]), Changes(policies=[other], departures=2)):
        given = changed(scenario, change)
        found, anew = runner.run("one", *given), simulate(given[0], expected=True, policy=given[1])
        assert found.data.equals(anew.data), change
        model = runner.models["one"]
        kept += last is not None and model.legs is last.legs
        last = model
    assert kept == 2  # the second and the last change: factors alone


def test_nothing_a_person_changes_moves_a_measure(small: Scenario) -> None:
    found, _ = changed(small, Changes(policies=["open", "half"], enforcement=1.5, departures=2))
    kept = found.measures.reset_index(drop=True)
    assert kept.equals(small.measures.reset_index(drop=True))


def test_departures_are_scaled(small: Scenario) -> None:
    found, policy = changed(small, Changes(departures=2))
    before, after = total(small, "actual", "departed"), total(found, policy, "departed")
    assert after == pytest.approx(2 * (before - 20) + 20)  # those who are there on the first day stay


def test_more_beds_turn_fewer_people_away(small: Scenario) -> None:
    tight = small.with_table(
        "places", small.places.assign(capacity=[float("nan"), float("nan"), 5, 50, float("nan")])
    )
    found, policy = changed(tight, Changes(beds={"shelter": 500}))
    assert check(found) == check(tight)
    assert total(tight, "actual", "refused", measure="night") > 0
    assert total(found, policy, "refused", measure="night") == 0
    assert found.places.set_index("place")["capacity"]["shelter"] == 505


def test_beds_where_there_were_none_shelter_people(small: Scenario) -> None:
    found, policy = changed(small, Changes(beds={"home": 40}))
    assert total(found, policy, "events", measure=f"{OWN}_beds_home") >= 0
    assert f"{OWN}_beds_home" in set(measures_of(found, policy)["measure"])


def test_dated_beds_of_a_policy_grow_too(small: Scenario) -> None:
    found, _ = changed(small, Changes(policies=["beds"], beds={"shelter": 100}))
    assert found.measures.set_index("measure")["capacity"]["more"] == 300
    assert small.measures.set_index("measure")["capacity"]["more"] == 200


def test_a_clinic_treats_so_many_a_day_at_most(small: Scenario) -> None:
    found, policy = changed(small, Changes(clinics={"shelter": 7}))
    run = simulate(found, expected=True, policy=policy)
    treated = run.total("events").sel(measure=f"{OWN}_clinic_shelter").values
    assert treated.sum() > 0
    assert np.max(treated) <= 7 + 1e-9


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (Changes(policies=["opne"]), "did you mean 'open'"),
        (Changes(beds={"prison": 10}), "no beds can be added"),
        (Changes(beds={"border": 10}), "no beds can be added"),
        (Changes(beds={"nowhere": 10}), "no place 'nowhere'"),
        (Changes(clinics={"prison": 10}), "no clinic can be added"),
        (Changes(health=True), "no disease"),
    ],
)
def test_what_cannot_be_is_refused(small: Scenario, changes: Changes, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        changed(small, changes)


@pytest.mark.parametrize(
    "asked",
    [
        {"measures": [{"kind": "block", "place": "home"}]},
        {"enforcement": {"home": 2}},
        {"enforcement": {"checkpoint": 2}},
        {"enforcement": [1, 2]},
        {"enforcement": -1},
        {"enforcement": 5},
        {"enforcement": "NaN"},
        {"place": "home"},
        {"scale": {"checkpoint": 0.1}},
        {"off": ["checkpoint"]},
        {"checkpoints": {"home": 3}},
        {"policies": [{"name": "x", "scale": {"checkpoint": 2}}]},
        {"policies": []},
        {"policies": ["actual"] * 9},
        {"objective": "returned"},
        {"beds": {"prison": 5}},
        {"beds": {"shelter": -5}},
        {"beds": {"shelter": 1.5}},
        {"clinics": {"prison": 1}},
        {"departures": -1},
        {"seed": 3},
    ],
)
def test_the_api_refuses_everything_that_would_place_or_search(tmp_path: Path, asked: dict[str, Any]) -> None:
    client = client_of(desk_of(tmp_path))
    answer = client.post("/api/scenarios/small/central", json=asked)
    assert answer.status_code in (400, 422), answer.text
    more = {"scenario": "small", "changes": asked}
    assert client.post("/api/jobs", json=more).status_code in (400, 422)
