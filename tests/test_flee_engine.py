"""Rule `flee`: what it does on networks small enough to work out by hand, and samples of the longer comparisons."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.flights import flight, leg, place
from verification.flee_parity import ard_parity, camp_parity, rms
from verification.networks import on, random_flee
from verification.test_twin_flee import differences, with_changes

from travesia.ensemble import simulate
from travesia.result import Result
from travesia.scenario import Outputs, Scenario


def line(km: float, count: int) -> dict[str, Any]:
    """Places in a row, ways forward only."""
    names = [f"p{i}" for i in range(count)]
    legs = [leg(a, b, km) for a, b in pairwise(names)]
    return {"places": [place(name) for name in names], "legs": legs}


def means(scenario: Scenario) -> Result:
    """The central run."""
    return simulate(scenario, expected=True)


def at(result: Result, name: str, day: int) -> float:
    """People at a place on a day, first replicate."""
    return float(result.total("people").sel(place=name).values[0, day])


@pytest.mark.parametrize(
    ("km", "hops"), [(50, 8), (100, 4), (120, 3), (200, 2), (300, 2), (359, 2), (360, 0), (720, 0)]
)
def test_how_far_people_get_in_a_day(km: float, hops: int) -> None:
    """Every hop has a whole day's speed (360 km), and people stop once 360 km are behind them (Flee's arithmetic)."""
    result = simulate(flight(**line(km, 12), totals={0: 100}, max_move_speed=360.0), seed=1)
    if hops:
        assert at(result, f"p{hops}", 0) == 100
    assert result.total("in_transit").values[0, 0] == (0 if hops else 100)


def test_a_leg_that_ends_with_a_day_takes_one_more() -> None:
    """Arrival needs more km than the leg has; then the day is hardly used and people go on."""
    result = simulate(flight(**line(200, 6), totals={0: 100}, days=3, max_move_speed=200.0), seed=1)
    assert result.total("in_transit").values[0, 0] == 100
    assert result.total("crossed").sel(leg="p0>p1").values[0, 1] == 100


def test_the_first_leg_is_walked() -> None:
    scenario = flight(**line(100, 4), totals={0: 100}, days=4, start_on_foot=True, max_walk_speed=35.0)
    crossed = simulate(scenario, seed=1).total("crossed").sel(leg="p0>p1").values[0]
    assert crossed.tolist() == [0, 0, 100, 0]


def test_people_choose_by_score_distance_and_what_was_set() -> None:
    """((weight_softening + score) / (softening + km)^distance_power)^weight_power, by hand, to rounding."""
    places = [place("war"), place("town"), place("camp", "camp", "Away"), place("fight")]
    legs = [leg("war", "town", 40), leg("war", "camp", 150), leg("war", "fight", 90)]
    result = means(
        flight(
            places,
            legs,
            totals={0: 1000},
            days=1,
            wars=[("war", -1, 1.0), ("fight", -1, 0.5)],
            foreign_weight=1.5,
            camp_weight=2.0,
            conflict_weight=0.25,
            weight_softening=0.2,
            softening=10.0,
            distance_power=0.8,
            weight_power=1.4,
        )
    )
    score = {"town": 1.0, "camp": 3.0, "fight": 0.25**0.5}
    km = {"town": 40, "camp": 150, "fight": 90}
    weight = {name: ((0.2 + score[name]) / (10.0 + km[name]) ** 0.8) ** 1.4 for name in score}
    spawned = 1000 * 1.0 / 1.5  # the rest starts at `fight`, which has no way out
    crossed = result.total("crossed").values[0, 0]
    expected = [spawned * weight[name] / sum(weight.values()) for name in ("town", "camp", "fight")]
    assert crossed == pytest.approx(expected, rel=1e-9)


def test_far_places_are_chosen_along_the_way_and_markers_are_no_step() -> None:
    """Awareness 2: both ends of war → a → b, with the fork between counting as km only."""
    places = [place("war"), place("a"), place("fork", "marker"), place("b")]
    legs = [leg("war", "a", 30), leg("a", "fork", 20), leg("fork", "b", 40)]
    result = means(flight(places, legs, totals={0: 900}, days=1, awareness_level=2, default_movechance=0.0))
    near, far = 1 / (10 + 30), 1 / (10 + 90)
    assert at(result, "b", 0) == pytest.approx(900 * far / (near + far))
    assert at(result, "a", 0) == pytest.approx(900 * near / (near + far))


def test_where_people_start() -> None:
    """Population × intensity × what is left of the conflict, of the day before."""
    places = [place("war", population=1000), place("fight", population=3000)]
    wars = [("war", -1, 1.0), ("fight", 1, 0.5)]
    decay = {"conflict_spawn_decay": (1.0, 0.4), "conflict_spawn_decay_interval": 2}
    scenario = flight(places, [], totals={0: 0, 4: 400}, days=5, wars=wars, **decay)
    people = means(scenario).total("people").sel(place="war").values[0]
    started = np.diff(people, prepend=0)
    while_new = 0.4 * 1000 / (0.4 * 1000 + 0.5 * 3000)  # the war is two days old or more from day 1 on
    when_old = (
        0.4 * 1000 / (0.4 * 1000 + 0.4 * 0.5 * 3000)
    )  # so is the fight on day 3, for those who start on day 4
    assert started == pytest.approx([0.0, *(100 * s for s in [while_new] * 3 + [when_old])], rel=1e-9)


def test_people_on_a_leg_that_closes_come_back_and_others_stay() -> None:
    places = [place("war"), place("far", "camp")]
    closure = {"kind": "close", "place": "far", "date_from": on(1), "date_to": on(2)}
    scenario = flight(
        places, [leg("war", "far", 500)], totals={0: 10}, days=9, max_move_speed=200.0, closures=[closure]
    )
    result = simulate(scenario, seed=1)
    there = [at(result, "war", day) for day in range(9)]
    assert there == [0, 0, 10, 0, 0, 0, 0, 0, 0]
    assert at(result, "far", 5) == 10


def test_who_is_sent_back_tries_the_rest_of_the_route_first() -> None:
    """The way to `far` lies over `near`: sent back from the leg to it, people look for a leg war > far for a day."""
    places = [place("war"), place("near", "hub"), place("far", "camp")]
    legs = [leg("war", "near", 500), leg("near", "far", 500)]
    closure = {"kind": "close", "leg": "war-near", "date_from": on(1), "date_to": on(1)}
    routes = {"awareness_level": 2, "camp_weight": 1e12, "max_move_speed": 200.0}
    result = simulate(flight(places, legs, totals={0: 10}, days=5, closures=[closure], **routes), seed=1)
    assert [at(result, "war", day) for day in range(5)] == [0, 0, 10, 10, 0]


def test_a_full_camp_turns_people_away_and_a_blank_one_does_not() -> None:
    places = [place("war"), place("camp", "camp", capacity=50)]
    legs = [leg("war", "camp", 10)]
    full = simulate(flight(places, legs, totals={0: 0, 10: 200}, days=11), seed=1)
    assert 45 <= at(full, "camp", 10) <= 75  # filled by the day's 20 at once, then closed to all
    assert at(full, "camp", 10) + at(full, "war", 10) == 200
    blank = simulate(flight(places, legs, totals={0: 0, 10: 200}, days=11, capacities="blank"), seed=1)
    assert at(blank, "camp", 10) == 200
    scaled = simulate(flight(places, legs, totals={0: 0, 10: 200}, days=11, capacity_scaling=2.0), seed=1)
    assert at(scaled, "camp", 10) > at(full, "camp", 10) + 30


def test_a_camp_without_a_buffer_draws_people_until_it_is_full() -> None:
    places = [place("war"), place("camp", "camp", capacity=50)]
    totals = {0: 0, 1: 30, 2: 60, 3: 200}
    result = simulate(
        flight(places, [leg("war", "camp", 10)], totals=totals, days=5, capacity_buffer=1.0), seed=1
    )
    assert [at(result, "camp", day) for day in range(1, 5)] == [30, 60, 60, 60]
    assert at(result, "war", 4) == 140


def test_the_mildest_pruning_leaves_the_best() -> None:
    places = [place("war"), place("near"), place("far")]
    legs = [leg("war", "near", 10), leg("war", "far", 20)]
    result = simulate(flight(places, legs, totals={0: 200}, days=1, pruning_threshold=1.001), seed=1)
    assert at(result, "near", 0) == 200


def test_only_whole_agents_move_with_hasten() -> None:
    people = simulate(flight(**line(90, 6), totals={0: 1050}, hasten=100), seed=1).total("people").values
    assert people[0].sum(axis=1).tolist() == [1000, 1000]
    assert (people % 100 == 0).all()


def test_nobody_sets_out_twice() -> None:
    made = flight(**line(90, 6), totals={0: 1000}, days=4, start_on_foot=True, avoid_short_stints=True)
    settings = made.settings.model_copy(update={"outputs": Outputs(by=("attempt",))})
    data = simulate(made.with_settings(settings), seed=1).data
    for name in ("people", "in_transit", "departed", "crossed"):
        assert data[name].sel(attempt="1").sum() == data[name].sum() > 0, name


def test_nobody_knows_of_a_place_and_nobody_moves() -> None:
    result = simulate(flight(**line(50, 4), totals={0: 70}, days=5, awareness_level=0), seed=1)
    assert (result.total("people").sel(place="p0").values == 70).all()


@pytest.mark.parametrize("seed", [1, 14])
def test_a_sample_of_engine_and_twin(seed: int) -> None:
    scenario = random_flee(seed)
    found = differences(with_changes(scenario), scenario, replicates=60)
    assert found.agree, str(found)


@pytest.mark.parametrize(("case", "settings"), [("mali2012", "modern125"), ("burundi2015", "simsetting")])
def test_a_sample_of_flees_ard(cases: Path, flee_runs: Path, case: str, settings: str) -> None:
    found = ard_parity(cases, flee_runs, case, settings, replicates=100)
    assert all(parity.agree for parity in found.values()), found


def test_a_sample_of_flees_camps(cases: Path, flee_runs: Path) -> None:
    rows = camp_parity(cases, flee_runs, "burundi2015", replicates=100)
    assert rms(rows) < 1.3
    assert max(abs(row.z) for row in rows) <= 5
