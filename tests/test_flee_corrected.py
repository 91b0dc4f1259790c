"""Rule `flee` without Flee's quirks, and its rarer rules, on networks small enough to work out by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.flights import flight, leg, place
from verification.networks import on

from travesia.ensemble import simulate
from travesia.errors import UsageError
from travesia.result import Result
from travesia.scenario import QUIRKS, GroupValue, Scenario
from travesia.schema import frame

CORRECT = dict.fromkeys(QUIRKS, False)


def line(km: float, count: int) -> dict[str, Any]:
    """Places in a row, ways forward only."""
    names = [f"p{i}" for i in range(count)]
    return {"places": [place(name) for name in names], "legs": [leg(a, b, km) for a, b in pairwise(names)]}


def at(result: Result, name: str, day: int) -> float:
    """People at a place on a day, mean over the replicates."""
    return float(result.total("people").sel(place=name).values[:, day].mean())


def with_drivers(scenario: Scenario, *rows: tuple[str, str, float]) -> Scenario:
    """With more drivers, each from the first day on: driver, place, value."""
    columns = {
        "driver": [row[0] for row in rows],
        "place": [row[1] for row in rows],
        "date": [on(0)] * len(rows),
        "value": [row[2] for row in rows],
    }
    return scenario.with_table("drivers", pd.concat([scenario.drivers, frame("drivers", columns)]))


def with_groups(scenario: Scenario, **groups: dict[str, float]) -> Scenario:
    """With attributes whose values have these shares."""
    made = {
        name: {v: GroupValue(share=share) for v, share in values.items()} for name, values in groups.items()
    }
    settings = scenario.settings.model_copy(update={"groups": {**scenario.settings.groups, **made}})
    return scenario.with_settings(settings)


# --- a day is one budget


@pytest.mark.parametrize(
    ("km", "hops"), [(50, 7), (100, 3), (120, 3), (200, 1), (359, 1), (360, 1), (361, 0)]
)
def test_a_day_is_one_budget(km: float, hops: int) -> None:
    """360 km in all, whatever the number of hops; what is left is travelled on the next leg."""
    result = simulate(flight(**line(km, 12), totals={0: 1000}, max_move_speed=360.0, **CORRECT), seed=1)
    assert result.total("crossed").values[0, 0].sum() == 1000 * hops
    assert result.total("in_transit").values[0, 0] == (0 if km * hops == 360 else 1000)


@pytest.mark.parametrize("km", [33.0, 130.0, 210.0, 777.0])
def test_the_mean_speed_is_as_set(km: float) -> None:
    """Over many days people cover speed × days, whatever the legs and the bins, to the length of a bin a day."""
    scenario = flight(
        **line(km, 120), totals={0: 500}, days=9, max_move_speed=100.0, distance_bin_km=7.0, **CORRECT
    )
    result = simulate(scenario, seed=3)
    km_done = result.total("crossed").values[0].sum() * km / 500
    assert 900.0 - km - 1.0 <= km_done <= 900.0 + 1.0
    finer = flight(
        **line(km, 120), totals={0: 500}, days=9, max_move_speed=100.0, distance_bin_km=1.0, **CORRECT
    )
    assert simulate(finer, seed=3).total("crossed").values[0].sum() == 500 * (900.0 // km)


def test_each_leg_has_its_speed_and_who_walks_is_slower() -> None:
    made = flight(
        **line(100, 3), totals={0: 1000}, days=4, max_move_speed=200.0, max_walk_speed=50.0, **CORRECT
    )
    legs = made.legs.assign(speed_km_per_day=[100.0, np.nan])
    crossed = simulate(made.with_table("legs", legs), seed=1).total("crossed")
    assert crossed.sel(leg="p0>p1").values[0].tolist() == [1000, 0, 0, 0]
    assert crossed.sel(leg="p1>p2").values[0].tolist() == [0, 1000, 0, 0]
    walking = made.with_table("legs", made.legs.assign(walk_probability=[1.0, 0.0]))
    crossed = simulate(walking, seed=1).total("crossed")
    assert crossed.sel(leg="p0>p1").values[0].tolist() == [0, 1000, 0, 0]
    some = simulate(made.with_table("legs", made.legs.assign(walk_probability=[0.3, 0.0])), seed=1)
    first = some.total("crossed").sel(leg="p0>p1").values[0]
    assert first[0] == pytest.approx(700, abs=75)  # five standard errors
    assert first.sum() == 1000


# --- what else is corrected


def test_people_finish_a_leg_that_closes() -> None:
    closure = {"kind": "close", "place": "far", "date_from": on(1), "date_to": on(2)}
    places, legs = [place("war"), place("far", "camp")], [leg("war", "far", 500)]
    options = {"totals": {0: 10}, "days": 4, "max_move_speed": 200.0, "closures": [closure]} | CORRECT
    result = simulate(flight(places, legs, **options), seed=1)
    assert at(result, "far", 2) == 10
    assert at(result, "war", 2) == 0


def test_the_stock_of_day_0_is_in_the_camp_once() -> None:
    """60 of 100 beds are taken: 40 are left, not none."""
    places = [place("war"), place("camp", "camp", capacity=100)]
    made = flight(places, [leg("war", "camp", 10)], totals={0: 0, 1: 30}, days=2, insert_day0=True, **CORRECT)
    rows = made.observations.iloc[:1].assign(place="camp", area="", value=60.0)
    made = made.with_table("observations", pd.concat([made.observations, rows]))
    assert at(simulate(made, seed=1), "camp", 1) == 90
    movement = made.settings.movement.model_copy(update={"count_day0_twice": True})
    twice = made.with_settings(made.settings.model_copy(update={"movement": movement}))
    assert at(simulate(twice, seed=1), "camp", 1) == 60


def test_conflict_follows_its_file() -> None:
    """Intensity 1, then 3: three times the weight of the other place."""
    places = [place("war"), place("fight")]
    wars = [("war", 0, 1.0), ("fight", 0, 1.0), ("fight", 2, 3.0)]
    scenario = flight(places, [], totals={0: 0, 4: 4000}, days=5, wars=wars, **CORRECT)
    started = np.diff(
        simulate(scenario, expected=True).total("people").sel(place="fight").values[0], prepend=0
    )
    assert started.tolist() == pytest.approx([0, 500, 500, 750, 750])


def test_with_awareness_0_only_distance_counts() -> None:
    places = [place("war"), place("a", "camp"), place("b", "town")]
    legs = [leg("war", "a", 30), leg("war", "b", 90)]
    options = {"totals": {0: 1000}, "awareness_level": 0, "camp_weight": 50.0} | CORRECT
    crossed = simulate(flight(places, legs, **options), expected=True).total("crossed").values[0, 0]
    assert crossed.tolist() == pytest.approx(
        [1000 * (1 / 40) / (1 / 40 + 1 / 100), 1000 * (1 / 100) / (1 / 40 + 1 / 100)]
    )


def test_redirection_sends_everyone_one_way() -> None:
    """And not back, though the identifier of a leg may be the name of its direction, as in a converted folder."""
    places = [place("war"), place("a"), place("b", "hub")]
    legs = [leg("war", "a", 30), leg("war", "b", 90, both_ways=True) | {"leg": "war>b"}, leg("b", "a", 90)]
    bus = {"kind": "redirect", "leg": "war>b", "date_from": on(1)}
    options = {"totals": {0: 100, 1: 300}, "days": 2, "closures": [bus]} | CORRECT
    crossed = simulate(flight(places, legs, **options), seed=1).total("crossed")
    there, back = crossed.sel(leg="war>b").values[0], crossed.sel(leg="b>war").values[0]
    assert 0 < there[0] < 100
    assert there[1] >= 200
    assert crossed.sel(leg="war>a").values[0, 1] == 0
    assert crossed.sel(leg="b>a").values[0].sum() > 0
    assert back.sum() > 0


# --- who decides how


def choice(scenario: Scenario) -> list[float]:
    """Shares of the legs on the first day."""
    crossed = simulate(scenario, expected=True).total("crossed").values[0, 0]
    return [float(share) for share in crossed / crossed.sum()]


FORK = {
    "places": [place("war"), place("safe"), place("fight")],
    "legs": [leg("war", "safe", 50), leg("war", "fight", 50)],
    "totals": {0: 1000},
    "wars": [("war", -1, 1.0), ("fight", -1, 1.0)],
    "conflict_weight": 0.5,
}


def test_hazards_count_twice_for_some() -> None:
    """Half the score at `fight`: 1/3 go there; of those who mind it twice 1/5, of those who do not 1/2."""
    made = flight(**FORK, ChildrenAvoidHazards=True, BoysTakeRisk=True, **CORRECT)
    ages = {"0-14": 0.25, "15-18": 0.25, "19-59": 0.25, "60+": 0.25}
    made = with_groups(made, age=ages, gender={"female": 0.5, "male": 0.5})
    twice, once, never = 0.25 + 0.125, 0.5, 0.125
    assert choice(made)[1] == pytest.approx(twice / 5 + once / 3 + never / 2)
    as_flee = made.settings.movement.model_copy(update={"men_count_as_boys": True})
    made = made.with_settings(made.settings.model_copy(update={"movement": as_flee}))
    assert choice(made)[1] == pytest.approx((0.25 + 0.125) / 5 + 0.25 / 3 + 0.375 / 2)


def test_the_mix_of_those_who_start_is_that_of_their_place() -> None:
    made = flight(**FORK, WomenAvoidHazards=True, **CORRECT)
    made = with_groups(made, gender={"female": 0.5, "male": 0.5})
    made = with_drivers(made, ("gender=female", "war", 0.9), ("gender=male", "war", 0.1))
    assert choice(made)[1] == pytest.approx(0.9 / 5 + 0.1 / 3)


def test_people_look_for_their_own_kind() -> None:
    """Two towns of 1,000: 90 % and 10 % x, beside 100 of the usual mix; half of those who choose are x."""
    places = [place("war"), place("a"), place("b")]
    made = flight(
        places,
        [leg("war", "a", 50), leg("war", "b", 50)],
        totals={0: 1000},
        MatchTownEthnicity=True,
        **CORRECT,
    )
    made = with_groups(made, ethnicity={"x": 0.5, "y": 0.5})
    made = with_drivers(
        made,
        ("ethnicity=x", "a", 0.9),
        ("ethnicity=y", "a", 0.1),
        ("ethnicity=x", "b", 0.1),
        ("ethnicity=y", "b", 0.9),
    )
    assert choice(made) == pytest.approx([0.5, 0.5])
    made = with_drivers(made, ("ethnicity=x", "war", 1.0), ("ethnicity=y", "war", 0.0))
    mine, other = (900 + 50) / 1100, (100 + 50) / 1100
    assert choice(made)[0] == pytest.approx(mine / (mine + other))


def test_who_stays_close_to_home_looks_from_there() -> None:
    """1 and 4 degrees of longitude on the equator: distance^-0.5 makes it twice as likely to stay near."""
    places = [place("war", lat=0.0, lon=0.0), place("near", lat=0.0, lon=1.0), place("far", lat=0.0, lon=4.0)]
    legs = [leg("war", "near", 100), leg("war", "far", 100)]
    made = flight(places, legs, totals={0: 1000}, stay_close_to_home=True, **CORRECT)
    assert choice(made)[0] == pytest.approx(2 / 3)


def test_only_farmers_go_home_for_the_harvest() -> None:
    places = [place("war"), place("camp", "camp")]
    made = flight(
        places,
        [leg("war", "camp", 10)],
        totals={0: 1000},
        days=70,
        camp_movechance=0.0,
        harvest_months=(2,),
        **CORRECT,
    )
    made = with_drivers(made, ("farmer_fraction", "war", 0.3))
    people = simulate(made, expected=True).total("people").sel(place="camp").values[0]
    dates = simulate(made, expected=True).dates
    assert people[dates.month == 1][1:] == pytest.approx(1000)
    assert people[dates.month == 2] == pytest.approx(700)
    assert people[dates.month == 3] == pytest.approx(1000)


# --- who starts


@pytest.mark.parametrize(
    ("mode", "rate", "first"), [("constant", 40.0, 60), ("pop_ratio", 0.01, 15), ("poisson", 40.0, 60)]
)
def test_conflict_drives_people_out(mode: str, rate: float, first: float) -> None:
    """At intensity 1.5: 40 × 1.5 a day, or 1 % × 1.5 of 1,000 inhabitants, of whom fewer are left each day."""
    made = flight(
        [place("war")], [], totals={}, days=3, wars=[("war", 0, 1.5)], conflict_driven_spawning=mode,
        displaced_per_conflict_day=rate, take_from_population=True, **CORRECT,
    )  # fmt: skip
    result = simulate(made, replicates=400, seed=1)
    departed = result.total("departed").values
    assert departed[:, 0].mean() == pytest.approx(
        first, abs=0 if mode != "poisson" else 5 * np.sqrt(first / 400)
    )
    if mode == "pop_ratio":
        left = [1000]
        for _ in range(3):
            left.append(left[-1] - int(0.015 * left[-1]))
        assert (departed == -np.diff(left)).all()


def test_floods_drive_people_out_and_move_them() -> None:
    places = [place("river", "flood_zone"), place("hill")]
    made = flight(
        places, [leg("river", "hill", 10)], totals={}, days=1, wars=[("hill", 0, 0.0)],
        flood_driven_spawning="constant", displaced_per_flood_day=(0.0, 100.0, 300.0), take_from_population=True,
        flood_movechances=(0.0, 0.5, 1.0), flood_loc_weights=(1.0, 0.5, 0.1), **CORRECT,
    )  # fmt: skip
    result = simulate(with_drivers(made, ("flood", "river", 1.5)), expected=True)
    assert result.total("departed").values[0, 0] == 200
    assert at(result, "hill", 0) == pytest.approx(150)


def test_hunger_drives_people_out_and_away() -> None:
    """No conflict anywhere: who starts where goes by population × hunger, from the third day on, as in Flee."""
    places = [place("dry", population=1000), place("wet", population=3000)]
    made = flight(
        places, [leg("dry", "wet", 10)], totals={0: 0, 5: 500}, days=5, wars=[("dry", 0, 0.0)],
        conflict_zone_spawning_only=False, starvation_driven_spawning=True, default_movechance=0.0,
        flee_when_starving=True, **CORRECT,
    )  # fmt: skip
    result = simulate(
        with_drivers(made, ("food_insecurity", "dry", 60.0), ("food_insecurity", "wet", 20.0)), expected=True
    )
    departed = result.total("departed").values[0]
    assert departed.tolist() == [0, 0, 200, 100, 100]  # held back for a day
    assert at(result, "dry", 2) == pytest.approx(100 * 0.4)  # half start there; 60 % of them leave


def test_who_is_in_a_sink_stays() -> None:
    places = [place("war"), place("camp", "camp"), place("town")]
    legs = [leg("war", "camp", 10), leg("camp", "town", 10)]
    made = flight(
        places, legs, totals={0: 1000}, days=3, camp_movechance=1.0, camps_are_sinks=True, **CORRECT
    )
    made = with_drivers(made, ("deactivation_probability", "camp", 0.4))
    movement = made.settings.movement.model_copy(update={"max_move_speed": 10.0})
    made = made.with_settings(made.settings.model_copy(update={"movement": movement}))
    result = simulate(made, replicates=20, seed=1)
    assert at(result, "camp", 0) == 1000
    assert at(result, "camp", 2) == pytest.approx(400, abs=5 * np.sqrt(1000 * 0.24 / 20))
    assert (result.accounts()["missing"] == 0).all()


# --- numbers that are not whole


def test_a_day_ends_on_time_also_for_shares_of_people() -> None:
    """200 km are 20 + 90 + 90 and 55 + 55 + 90 km, also where the km are means."""
    names = ["a", "b", "c", "d", "e", "f"]
    ways = [
        ("a", "b", 20.0),
        ("b", "d", 90.0),
        ("a", "c", 55.0),
        ("c", "d", 55.0),
        ("d", "e", 90.0),
        ("e", "f", 50.0),
    ]
    made = flight(
        places=[place(name) for name in names],
        legs=[leg(*way) for way in ways],
        totals={0: 1001},
        max_move_speed=200.0,
        **CORRECT,
    )
    central = simulate(made, expected=True).total("people").sel(place="e").values[0, 0]
    assert central == pytest.approx(1001.0)


def test_a_share_of_farmers_may_hold_everywhere() -> None:
    made = flight(**line(50, 3), totals={0: 1000}, harvest_months=(1,), **CORRECT)
    one = frame("drivers", {"driver": ["farmer_fraction"], "place": [""], "date": [on(0)], "value": [1.0]})
    everywhere = made.with_table("drivers", pd.concat([made.drivers, one]))
    assert at(simulate(everywhere, seed=1), "p0", 1) == 1000


def test_no_weight_of_conflict_means_nobody_goes_there() -> None:
    made = flight(
        places=[place("a"), place("b", population=0), place("c")],
        legs=[leg("a", "b", 50.0), leg("a", "c", 50.0)],
        totals={0: 1000},
        wars=[("a", 0, 1.0), ("b", 0, 1.0)],
        conflict_weight=0.0,
        **CORRECT,
    )
    assert at(simulate(made, seed=1), "c", 1) == 1000


def test_nobody_starts_by_observed_totals_unless_departures_say_so() -> None:
    made = flight(**line(50, 3), totals={0: 1000}, **CORRECT)
    silent = made.with_table("departures", made.departures.iloc[:0])
    assert simulate(silent, seed=1).total("departed").values.sum() == 0


def test_a_network_with_too_many_routes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("travesia.movement.routes.MOST_ROUTES", 9)
    with pytest.raises(
        UsageError, match="awareness_level 9 gives more than 9 routes on this network; take a lower"
    ):
        simulate(flight(**line(50, 12), totals={0: 10}, awareness_level=9), seed=1)
