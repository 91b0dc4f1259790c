"""Health: by hand on the short road, people conserved on networks with every measure, theory of closed populations.

Unless said otherwise a thousand people leave the town on day 0, pass the post at noon and arrive that evening.
"""

from __future__ import annotations

from math import exp, expm1
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from journeys import FAMILIES, LEGS, MARCH, PLACES, central, road, series
from scipy.optimize import brentq
from verification.networks import random_goal

from travesia.engine import Engine
from travesia.ensemble import simulate
from travesia.folder import read_scenario
from travesia.model import GoalTables, compile_model
from travesia.parameters import medians
from travesia.result import Result
from travesia.scenario import HealthSettings, Scenario
from travesia.settingsfile import read_settings, settings_text
from travesia.store import read_run, verify_run, write_run
from travesia.summary import summarise
from travesia.tables import tables

SHUT = {"measure": "shut", "kind": "close", "place": "town"}
HELD = {"measure": "held", "kind": "detain", "place": "post", "share": 0.5, "target": "cell"}
TREAT = {"measure": "care", "kind": "treat", "place": "town", "share": 0.5}
LONG = 1e9  # days: nobody recovers


def sick(scenario: Scenario, **settings: Any) -> Scenario:
    """The scenario with a disease: a tenth start infectious, nobody is infected and nobody recovers unless said."""
    given: dict[str, Any] = {
        "disease": "flu",
        "reproduction_number": 0.0,
        "infectious_days": LONG,
        "infectious_share": 0.1,
    }
    health = HealthSettings(**(given | settings))
    return scenario.with_settings(scenario.settings.model_copy(update={"health": health}))


def at(result: Result, variable: str, place: str) -> list[float]:
    """A variable of health by day at a place."""
    return [float(x) for x in series(result, variable, place)]


# --- the night, by hand


def test_infection_is_one_minus_exp_of_the_force() -> None:
    result = central(sick(road(SHUT), reproduction_number=0.5 * 10, infectious_days=10.0))
    new = -900 * expm1(-0.5 * 0.1)
    assert at(result, "ill", "town")[0] == pytest.approx(new)
    infectious = 100 * 0.9 + new
    assert at(result, "infectious", "town")[0] == pytest.approx(infectious)
    again = -(900 - new) * expm1(-0.5 * infectious / 1000)
    assert at(result, "ill", "town")[1] == pytest.approx(again)


def test_the_exposed_infect_nobody_before_their_onset() -> None:
    made = sick(road(SHUT), reproduction_number=0.5 * LONG, incubation_days=4.0)
    result = central(made)
    new = -900 * expm1(-0.05)
    assert at(result, "infectious", "town")[:2] == pytest.approx([100, 100 + new / 4])
    assert at(result, "ill", "town")[1] == pytest.approx(-(900 - new) * expm1(-0.05))


@pytest.mark.parametrize(("power", "factor"), [(0.0, 1.0), (1.0, 2.0), (2.0, 4.0)])
def test_crowding_multiplies_the_force(power: float, factor: float) -> None:
    places = [dict(PLACES[0]) | {"capacity": 500}, *PLACES[1:]]
    made = sick(road(SHUT, places=places), reproduction_number=0.2 * LONG, crowding_power=power)
    assert at(central(made), "ill", "town")[0] == pytest.approx(-900 * expm1(-0.02 * factor))
    more = {"measure": "beds", "kind": "capacity", "place": "town", "capacity": 1000}
    made = sick(road(SHUT, more, places=places), reproduction_number=0.2 * LONG, crowding_power=power)
    assert at(central(made), "ill", "town")[0] == pytest.approx(-900 * expm1(-0.02))


def test_all_travels_infect_each_other_and_the_immune_do_not() -> None:
    made = road(SHUT, groups=FAMILIES, departures=[MARCH | {"people": 900}])
    result = central(sick(made, reproduction_number=0.5 * LONG, immune_share=0.5, infectious_share=0.2))
    assert at(result, "ill", "town")[0] == pytest.approx(-360 * expm1(-0.5 * 0.1))


def test_nobody_is_infected_on_a_leg_but_people_recover_there() -> None:
    far = [dict(LEGS[0]) | {"distance_km": 140.0}, LEGS[1]]
    made = sick(road(HELD | {"share": 1.0}, legs=far, days=5), reproduction_number=3.0, infectious_days=4.0)
    result = central(made)
    assert float(result.data["ill"].isel(date=slice(0, 3)).sum()) == 0
    beta = 0.75
    left = 100 * 0.75**3  # three nights on the leg, then the cell
    assert at(result, "ill", "cell")[3] == pytest.approx(-(1000 - 100) * expm1(-beta * left / 1000))


# --- who goes takes the states along


def test_those_detained_take_their_share_of_the_infectious() -> None:
    result = central(sick(road(HELD)))
    assert at(result, "infectious", "cell") == pytest.approx([50] * 4)
    assert at(result, "infectious", "post") == [0] * 4


def test_those_returned_and_waiting_keep_theirs() -> None:
    back = {
        "measure": "fly",
        "kind": "return",
        "place": "cell",
        "share": 0.5,
        "target": "town",
        "after_days": 1,
    }
    result = central(sick(road(HELD, back)))
    assert at(result, "infectious", "cell") == pytest.approx([50, 25, 12.5, 6.25])
    assert at(result, "infectious", "town") == pytest.approx([0, 25, 37.5, 43.75])


def test_departures_have_their_own_share() -> None:
    two = [MARCH, MARCH | {"departure": "ill", "people": 500}]
    result = central(sick(road(SHUT, departures=two), infectious_share_by_departure={"ill": 0.4}))
    assert at(result, "infectious", "town")[0] == pytest.approx(100 + 200)


def test_separation_moves_states_between_travels() -> None:
    split = {
        "measure": "it",
        "kind": "separate",
        "place": "post",
        "groups": "travel=family",
        "share": 0.3,
        "target": "party:travel=alone*2+child",
    }
    shut = {"measure": "shut", "kind": "close", "leg": "second"}
    there = {"departure": "there", "kind": "present", "place": "post", "people": 3000}
    result = central(sick(road(split, shut, groups=FAMILIES, departures=[there], days=1)))
    here = result.data["infectious"].sel(place="post").isel(replicate=0, date=0)
    assert [float(here.sel(travel=t)) for t in ("family", "alone", "child")] == pytest.approx([210, 60, 30])


# --- treatment and death


def test_treatment_shortens_the_illness_of_those_it_reaches() -> None:
    half = central(sick(road(SHUT, TREAT), treated_infectious_days=1.0))
    assert at(half, "infectious", "town") == pytest.approx([50, 25, 12.5, 6.25])
    few = central(sick(road(SHUT, TREAT | {"per_day": 20}), treated_infectious_days=2.0))
    assert at(few, "infectious", "town") == pytest.approx([90, 80, 70, 60])
    both = central(sick(road(SHUT, TREAT, TREAT | {"measure": "more"}), treated_infectious_days=1.0))
    assert at(both, "infectious", "town")[0] == pytest.approx(25)


def test_no_more_are_treated_than_the_quota_has_room_for() -> None:
    """All who are treated die that night, nobody else does: 3 of about 10 infectious, and another measure's 2."""
    more = {"measure": "more", "kind": "treat", "place": "town", "share": 0.9, "per_day": 2}
    deadly = {"treated_infectious_days": 1.0, "treated_case_fatality": 1.0, "case_fatality": 0.0}
    small = [MARCH | {"people": 100}]
    for rows, most in ((TREAT | {"per_day": 3},), 3.0), ((TREAT | {"per_day": 3}, more), 5.0):
        dead = simulate(sick(road(SHUT, *rows, departures=small, days=1), **deadly), replicates=200).total(
            "died_ill"
        )
        assert float(dead.max()) == most
        assert 0.75 * most < float(dead.sum(["date", "place"]).mean()) < most


def test_treatment_may_be_for_children() -> None:
    care = TREAT | {"groups": "travel=child", "share": 1.0}
    mixed = {"travel": {v: replace_share(v, s) for v, s in (("alone", 0.5), ("family", 0.0), ("child", 0.5))}}
    made = sick(road(SHUT, care, groups=mixed), treated_infectious_days=1.0)
    assert at(central(made), "infectious", "town")[0] == pytest.approx(50)


def replace_share(value: str, share: float) -> Any:
    return FAMILIES["travel"][value].model_copy(update={"share": share})


def test_deaths_are_final_and_named() -> None:
    made = sick(road(SHUT, TREAT), infectious_days=2.0, case_fatality=0.2, treated_case_fatality=0.1)
    result = central(made)
    assert at(result, "died_ill", "town")[:2] == pytest.approx([50 * 0.15, 25 * 0.15])
    assert series(result, "outcomes", "died")[:2].tolist() == pytest.approx([7.5, 3.75])
    assert series(result, "people", "town")[1] == pytest.approx(1000 - 11.25)


def test_whole_families_die_and_the_mean_is_right() -> None:
    made = road(SHUT, groups=FAMILIES, departures=[MARCH | {"people": 300}], days=1)
    result = simulate(sick(made, infectious_days=1.0, case_fatality=0.5), replicates=400, seed=4)
    died = result.total("outcomes").sel(outcome="died").values[:, 0]
    assert set(died % 3) == {0}
    # binomial(300, 0.05), and a family too many or too few at random
    assert died.mean() == pytest.approx(15, abs=4 * np.sqrt((15 * 0.95 + 2) / 400))
    assert (died == result.total("died_ill").sum("place").values[:, 0]).all()
    assert int(np.abs(result.accounts()["missing"]).max()) == 0


def test_who_dies_on_a_leg_counts_where_it_ends() -> None:
    far = [dict(LEGS[0]) | {"distance_km": 140.0}, LEGS[1]]
    result = central(sick(road(legs=far, days=2), infectious_days=1.0, case_fatality=1.0))
    assert at(result, "died_ill", "post") == pytest.approx([100, 0])
    assert series(result, "in_transit")[0] == pytest.approx(900)


# --- people are conserved, node by node


def states_and_people(made: Scenario, *, expected: bool, replicate: int = 0) -> tuple[Any, Any]:
    """At the end of a run: people by state summed, and people counted, at places and on legs: [place + 1, travel]."""
    made = made.with_settings(
        made.settings.model_copy(
            update={"outputs": made.settings.outputs.model_copy(update={"by": ("travel",)})}
        )
    )
    model = compile_model(made)
    given = model.tables(medians(made.settings), seed=5, replicate=replicate, expected=expected)
    assert isinstance(given, GoalTables)
    assert given.health is not None
    health = given.health
    found, _ = Engine(model)._run(given, np.uint64(11 + replicate), expected, made.settings.days)
    kinds, places = health.size.size, len(made.places)
    by_node = health.state[:, :4].sum(axis=1).reshape(-1, kinds)
    assert float(health.state[:, :4].min()) >= 0
    own = np.vstack([by_node[:places], by_node[places:].sum(axis=0)])
    return own, np.vstack([found["people"][-1], found["in_transit"][-1]])


@pytest.mark.parametrize("seed", range(1, 9))
def test_states_add_to_the_people_of_every_place(seed: int) -> None:
    made = sick(
        random_goal(seed),
        reproduction_number=4.0,
        infectious_days=3.0,
        incubation_days=1.5,
        case_fatality=0.3,
        immune_share=0.1,
        treated_infectious_days=1.5,
    )
    for replicate in range(5):
        own, people = states_and_people(made, expected=False, replicate=replicate)
        assert (own == people).all()
    own, people = states_and_people(made, expected=True)
    assert own == pytest.approx(people, abs=1e-6)
    result = simulate(made, replicates=10, seed=2)
    assert int(np.abs(result.accounts()["missing"]).max()) == 0
    assert int(result.data["ill"].sum()) > 0
    died = result.total("outcomes").sel(outcome="died").sum()
    assert 0 < int(result.data["died_ill"].sum()) <= int(died)


def test_a_run_repeated_for_want_of_room_is_the_same() -> None:
    made = sick(random_goal(3), reproduction_number=4.0, infectious_days=3.0, case_fatality=0.2)
    model = compile_model(made)
    found = []
    for room in (2, 4096):
        given: dict[str, Any] = {"seed": 1, "replicate": 0, "expected": False}
        found.append(Engine(model, room=room).replicate(medians(made.settings), **given)[0])
    for name, array in found[0].items():
        assert (array == found[1][name]).all(), name


# --- theory


@pytest.mark.parametrize(("number", "incubation"), [(1.3, 0.0), (2.5, 4.0), (7.0, 1.0)])
def test_the_final_size_is_that_of_kermack_and_mckendrick(number: float, incubation: float) -> None:
    made = road(SHUT, days=800, departures=[MARCH | {"people": 100_000}])
    start = {"infectious_share": 1e-4, "infectious_days": 5.0}
    result = central(sick(made, reproduction_number=number, incubation_days=incubation, **start))
    size = float(result.data["ill"].sum()) / 1e5
    theory = brentq(lambda z: z - 1 + exp(-number * z), 1e-3, 1)
    assert size == pytest.approx(theory, rel=0.01)
    exact = brentq(lambda z: z - 1 + (1 - 1e-4) * exp(-number * z), 1e-3, 1)
    assert size + 1e-4 == pytest.approx(exact, rel=1e-4)


def test_major_outbreaks_have_the_final_size_in_the_mean() -> None:
    made = road(SHUT, days=250, departures=[MARCH | {"people": 10_000}])
    made = sick(made, reproduction_number=2.0, infectious_days=4.0, infectious_share=0.001)
    result = simulate(made, replicates=100, seed=7)
    size = result.data["ill"].sum(["date", "place", "travel"]).values / 1e4
    major = size[size > 0.2]
    assert len(major) > 90
    start = float(result.data["infectious"].isel(date=0).sum()) / 100 / 1e4
    theory = brentq(lambda z: z - 1 + (1 - 0.001) * exp(-2.0 * z), 1e-3, 1) - 0.001
    assert start > 0
    assert major.mean() == pytest.approx(theory, abs=4 * major.std() / np.sqrt(len(major)) + 1e-3)


def test_the_two_modes_agree_where_nothing_is_rare() -> None:
    made = sick(road(HELD), reproduction_number=0.5 * 10, infectious_days=10.0, infectious_share=0.3)
    made = made.with_table("departures", made.departures.assign(people=100_000))
    means, draws = central(made), simulate(made, replicates=40, seed=1)
    for name in ("ill", "infectious"):
        expected = means.total(name).values[0]
        assert draws.total(name).mean("replicate").values == pytest.approx(expected, rel=0.01, abs=20)


# --- off, and written down


def test_without_health_nothing_is_said_of_it() -> None:
    made = road()
    assert "health" not in made.settings.model_dump(mode="json")
    result = central(made)
    assert not {"ill", "infectious", "died_ill"} & set(result.data)
    assert not {"ill", "infectious", "died_ill"} & set(tables(summarise(result)))


def test_health_moves_nobody_where_nobody_dies() -> None:
    made = random_goal(2)
    plain, ill = simulate(made, replicates=5), simulate(sick(made, reproduction_number=9.0), replicates=5)
    for name in plain.data.data_vars:
        assert (plain.data[name].values == ill.data[name].values).all()


def test_a_run_with_health_is_written_and_read_back(tmp_path: Path) -> None:
    made = sick(road(HELD), reproduction_number=3.0)
    result = simulate(made, replicates=3)
    folder = write_run(result, tmp_path / "run")
    assert verify_run(folder) == []
    again = read_run(folder)
    assert (again.data["ill"].values == result.data["ill"].values).all()
    assert again.scenario.settings.health == made.settings.health
    table = tables(summarise(result))["infectious"]
    assert list(table.columns) == ["date", "place", "name", "q05", "q50", "q95", "mean"]
    assert len(table) == 4 * len(made.places)


def test_other_outputs_keep_health_by_place_alone() -> None:
    result = central(sick(road(HELD, by=("attempt",))))
    assert result.data["ill"].dims == ("replicate", "date", "place")
    assert at(result, "infectious", "cell")[0] == pytest.approx(50)


def test_settings_of_health_are_read_back() -> None:
    settings = sick(road(), infectious_share_by_departure={"march": "seed"}).settings
    assert settings.health is not None
    read = read_settings(settings_text(settings).encode(), file="scenario.yaml").settings
    assert read is not None
    assert read.health == settings.health


def test_packaged_caravan_runs_with_a_disease() -> None:
    made = sick(
        read_scenario("caravan-2021"), reproduction_number=5.0, infectious_days=7.0, case_fatality=0.05
    )
    result = simulate(made, replicates=2)
    assert int(np.abs(result.accounts()["missing"]).max()) == 0
    assert int(result.data["died_ill"].sum()) > 0
