"""Rule `goal`: the recursive logit against hand-worked networks, news, speed, accounts, means, pairs, and its twin."""

from __future__ import annotations

from itertools import pairwise
from math import exp, log
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journeys import FAMILIES, LEGS, MARCH, PLACES, central, road, series
from verification.compare import compare
from verification.networks import on, random_goal
from verification.twin_goal import replicates_goal

from travesia.ensemble import simulate
from travesia.errors import ScenarioError
from travesia.movement.goal import believed_states, build_network, check_solution, choose_ways, solve
from travesia.parameters import medians
from travesia.policy import measures_of
from travesia.scenario import GoalSettings, GroupValue, Parameter, Policy, Scenario
from travesia.travel import directed_legs


def ways_of(scenario: Scenario) -> tuple[Any, list[str]]:
    """The choice of way at the medians, and the directed legs."""
    legs = directed_legs(scenario)
    network = build_network(scenario, measures_of(scenario, "actual"), legs)
    assert isinstance(scenario.settings.movement, GoalSettings)
    return choose_ways(network, scenario.settings.movement, medians(scenario.settings)), list(legs["leg"])


def chance(scenario: Scenario, leg: str, day: int = 0, aim: int = 1) -> float:
    """The probability of a leg for those who leave its start on a day."""
    ways, legs = ways_of(scenario)
    places, aims = len(scenario.places), len(scenario.destinations["destination"].unique()) + 1
    start = list(scenario.places["place"]).index(leg.split(">")[0])
    way = ways.way[day * places + start]
    options = range(ways.way_start[way], ways.way_start[way + 1])
    return float(sum(ways.way_chance[j * aims + aim] for j in options if legs[ways.way_leg[j]] == leg))


def values(cost: dict[str, float], destination: str = "D") -> dict[str, float]:
    """V of each place for legs written as `AB`."""
    names = sorted({place for leg in cost for place in leg.rstrip("'")})
    start = np.array([names.index(leg[0]) for leg in cost])
    end = np.array([names.index(leg[1]) for leg in cost])
    found = solve(len(names), start, end, np.array(list(cost.values())), names.index(destination))
    assert found is not None
    return dict(zip(names, found.tolist(), strict=True))


# --- the recursive logit by hand


def test_two_parallel_legs() -> None:
    v = values({"AD": 1.25, "AD'": 0.5})
    assert v["A"] == pytest.approx(-log(exp(-1.25) + exp(-0.5)), rel=1e-12)
    assert v["D"] == 0


def test_a_way_there_and_back() -> None:
    """z_A = a z_B and z_B = b z_A + c, so z_B = c / (1 − ab)."""
    a, b, c = 0.4, 0.7, 1.1
    v = values({"AB": a, "BA": b, "BD": c})
    z = exp(-c) / (1 - exp(-a - b))
    assert v["B"] == pytest.approx(-log(z), rel=1e-12)
    assert v["A"] == pytest.approx(-log(exp(-a) * z), rel=1e-12)


def test_a_diamond_with_a_bridge() -> None:
    """z_B = m z_C + p and z_C = n z_B + q, so z_B = (p + mq) / (1 − mn); z_A follows."""
    ab, ac, bc, cb, bd, cd = 1.0, 0.6, 0.9, 1.3, 0.8, 2.0
    m, n, p, q = exp(-bc), exp(-cb), exp(-bd), exp(-cd)
    z_b = (p + m * q) / (1 - m * n)
    z_c = n * z_b + q
    v = values({"AB": ab, "AC": ac, "BC": bc, "CB": cb, "BD": bd, "CD": cd})
    assert v["B"] == pytest.approx(-log(z_b), rel=1e-12)
    assert v["C"] == pytest.approx(-log(z_c), rel=1e-12)
    assert v["A"] == pytest.approx(-log(exp(-ab) * z_b + exp(-ac) * z_c), rel=1e-12)


def test_costs_far_beyond_the_range_of_exp() -> None:
    v = values({"AB": 900.0, "BA": 900.0, "BD": 900.0, "AD": 1900.0})
    assert v["A"] == pytest.approx(1800.0, rel=1e-12)


def test_a_place_without_a_way_has_none() -> None:
    assert values({"AD": 1.0, "DB": 1.0, "BC": 1.0, "CB": 1.0})["B"] == np.inf


def test_every_term_of_the_cost_counts() -> None:
    """The odds of two legs are exp of the difference of their costs: km, days, money, risk, choice cost, factor."""
    legs = (
        {"leg": "plain", "from": "town", "to": "city", "distance_km": 30.0, "mode": "walk"},
        {"leg": "other", "from": "town", "to": "city", "distance_km": 40.0, "mode": "bus", "money_usd": 15.0}
        | {"risk": 2.0, "distance_factor": 1.5},
    )
    costs = {"cost_per_km": 0.01, "cost_per_day": 0.3, "cost_per_usd": 0.02, "cost_per_risk": 0.25}
    speed = {"walk": 40.0, "bus": 100.0}
    toll = {"measure": "toll", "kind": "block", "leg": "other", "share": 0.0, "choice_cost": 0.6}
    made = road(toll, legs=legs, speed_km_per_day=speed, **costs)
    plain = 0.01 * 30 + 0.3 * 30 / 40
    other = 0.01 * 60 + 0.3 * 60 / 100 + 0.02 * 15 + 0.25 * 2 + 0.6
    p = exp(-other) / (exp(-plain) + exp(-other))
    assert chance(made, "town>city#2") == pytest.approx(p, rel=1e-12)
    assert chance(made, "town>city") == pytest.approx(1 - p, rel=1e-12)


def test_nobody_travels_through_detention() -> None:
    legs = (
        *LEGS,
        {"leg": "in", "from": "town", "to": "cell", "distance_km": 1.0, "mode": "walk"},
        {"leg": "out", "from": "cell", "to": "city", "distance_km": 1.0, "mode": "walk"},
    )
    assert chance(road(legs=legs), "town>cell") == 0
    assert chance(road(legs=legs), "town>post") == pytest.approx(1.0, rel=1e-12)


def test_without_a_solution_the_smallest_leg_cost_is_named() -> None:
    def lattice(leg_cost: float) -> Scenario:
        names = ["town", "post", "cell2", "hub"]
        places = [{"place": n, "kind": "town", "lat": 15.0, "lon": -88.0 - i} for i, n in enumerate(names)]
        places.append({"place": "city", "kind": "destination", "lat": 14.0, "lon": -88.0})
        ends = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]] + [("hub", "city")]
        legs = [{"leg": f"{a}-{b}", "from": a, "to": b, "distance_km": 10.0, "mode": "walk"} for a, b in ends]
        return road(places=places, legs=legs, leg_cost=leg_cost)

    (problem,) = check_solution(lattice(0.5))
    assert problem.column == "movement.leg_cost"
    enough = float(problem.remedy.split("set leg_cost to ")[1].split(" ")[0])
    assert enough == pytest.approx(
        log(3), abs=1.1e-3
    )  # four towns all joined: each row of the matrix has three ones
    assert check_solution(lattice(enough)) == []
    assert check_solution(lattice(enough - 1.1e-3)) != []
    with pytest.raises(ScenarioError, match="leg_cost"):
        simulate(lattice(0.5))


# --- news


def test_news_travels() -> None:
    """A toll at the post from day 3 on: known there after one day, in the town (about 21.5 km off) a day later."""
    toll = {"measure": "toll", "kind": "block", "place": "post", "share": 0.0, "choice_cost": 2.0}
    legs = (*LEGS, {"leg": "bypass", "from": "town", "to": "city", "distance_km": 40.0, "mode": "walk"})
    toll |= {"date_from": on(3)}
    made = road(toll, legs=legs, days=8, news_delay_days=1.0, news_delay_days_per_100km=5.0)
    table = directed_legs(made)
    network = build_network(made, measures_of(made, "actual"), table)
    assert isinstance(made.settings.movement, GoalSettings)
    known = believed_states(network, made.settings.movement, {})
    changed = (known != known[0]).argmax(axis=0)
    assert changed.tolist() == [5, 4, 5, 4]
    before, after = (chance(made, "town>post", day) for day in (4, 5))
    assert after < before
    assert chance(made, "town>post", 0) == before


def test_a_closed_leg_is_barred_at_once_though_the_news_is_late() -> None:
    shut = {"measure": "shut", "kind": "close", "leg": "first", "date_from": on(1)}
    legs = (*LEGS, {"leg": "bypass", "from": "town", "to": "city", "distance_km": 40.0, "mode": "walk"})
    made = road(shut, legs=legs, days=8, news_delay_days=4.0)
    assert chance(made, "town>post", 0) > 0
    assert chance(made, "town>post", 1) == 0
    assert chance(made, "town>city", 1) == pytest.approx(1.0, rel=1e-12)
    assert chance(made, "town>city", 6) == pytest.approx(1.0, rel=1e-12)


# --- the day


def test_a_leg_that_ends_with_the_day_is_done_today() -> None:
    result = central(road())
    assert series(result, "outcomes", "arrived").tolist() == [1000, 0, 0, 0]
    assert series(result, "crossed", "post>city").tolist() == [1000, 0, 0, 0]


def test_own_speed_goes_before_that_of_the_mode() -> None:
    groups = FAMILIES | {"caravan": {"main": GroupValue(share=1.0, speed_km_per_day=10.0)}}
    assert series(central(road(groups=groups)), "outcomes", "arrived")[:3].sum() == 0
    assert series(central(road(groups=groups)), "outcomes", "arrived")[3] == pytest.approx(1000)


@pytest.mark.parametrize(("km", "speed"), [(37.0, 40.0), (13.0, 57.0), (230.0, 61.0), (5.0, 101.0)])
@pytest.mark.parametrize("bins", [1, 8])
def test_the_mean_speed_is_right_within_a_percent(km: float, speed: float, bins: int) -> None:
    """What is left of a leg is rounded, but the kilometres walked in 100 days are those of the speed."""
    days, count = 100, int(100 * speed / km) + 5
    names = [f"p{i}" for i in range(count)]
    places = [{"place": n, "kind": "town", "lat": 15.0, "lon": -88.0} for n in names]
    legs = [
        {"leg": f"l{i}", "from": a, "to": b, "distance_km": km, "mode": "walk", "both_ways": False}
        for i, (a, b) in enumerate(pairwise(names))
    ]
    made = road(
        places=places,
        legs=legs,
        days=days,
        departures=[{**MARCH, "place": "p0", "people": 2000}],
        destinations=[{"destination": names[-1], "share": 1.0}],
        leg_bins_per_day=bins,
        speed_km_per_day={"walk": speed},
        leg_cost=0.1,
    )
    result = simulate(made, seed=3)
    walked = float(result.total("crossed").sum()) * km / 2000
    walked += km / 2 if km > 2 else 0.0  # on the way they are half a leg further, on average
    assert walked / days == pytest.approx(speed, rel=0.01)


def test_without_a_way_people_wait_and_give_up() -> None:
    shut = {"measure": "shut", "kind": "close", "leg": "second"}
    result = central(road(shut, give_up_per_day=0.2))
    assert series(result, "outcomes", "gave_up").tolist() == pytest.approx([200, 160, 128, 102.4])
    assert series(result, "people", "town").tolist() == pytest.approx([800, 640, 512, 409.6])


def test_a_stay_is_a_geometric_number_of_nights() -> None:
    places = [place | ({"stay_mean_days": "nights"} if place["place"] == "post" else {}) for place in PLACES]
    made = road(places=places, parameters={"nights": Parameter(value=1.5)})
    nights = series(central(made), "people", "post")
    assert nights.tolist() == pytest.approx([600, 360, 216, 129.6])


def test_legs_of_no_length_end() -> None:
    legs = [{**leg, "distance_km": 0.0} for leg in LEGS]
    assert series(central(road(legs=legs)), "outcomes", "arrived")[0] == pytest.approx(1000)


# --- accounts, means, pairs


@settings(max_examples=12)
@given(st.integers(0, 10_000), st.sampled_from(["actual", "strict"]), st.booleans())
def test_nobody_is_created_or_lost(seed: int, policy: str, expected: bool) -> None:
    result = simulate(
        random_goal(seed), replicates=1 if expected else 3, seed=seed, policy=policy, expected=expected
    )
    missing = result.accounts()["missing"]
    assert float(abs(missing).max()) < 1e-6 if expected else bool((missing == 0).all())
    assert all(float(result.data[name].min()) >= 0 for name in result.data.data_vars)


def test_the_central_run_is_the_mean_where_rules_are_linear() -> None:
    """No quotas, no beds. Each of about 500 cells within 6 standard errors: a false alarm below 1e-6."""
    measures = [
        {"measure": "stop", "kind": "block", "place": "post", "share": 0.4},
        {"measure": "catch", "kind": "detain", "leg": "second", "share": 0.2, "target": "cell"},
        {
            "measure": "deport",
            "kind": "return",
            "place": "cell",
            "share": 0.3,
            "target": "town",
            "mean_days": 2.0,
        },
        {"measure": "again", "kind": "retry", "place": "town", "share": 0.5},
        {"measure": "drown", "kind": "harm", "leg": "first", "share": 0.03},
    ]
    made = road(*measures, days=12, leg_bins_per_day=3, speed_km_per_day={"walk": 23.0}, give_up_per_day=0.1)
    mean, runs = central(made), simulate(made, replicates=300, seed=2)
    tested = 0
    for name in ("people", "in_transit", "crossed", "events", "outcomes"):
        draws = runs.total(name).values
        wanted = mean.total(name).values[0]
        error = draws.std(axis=0, ddof=1) / np.sqrt(300)
        tall = wanted >= 2.0
        tested += int(tall.sum())
        assert np.all(abs(draws.mean(axis=0) - wanted)[tall] <= 6 * error[tall] + 1e-6), name
    assert 100 < tested < 500


def two_roads(share: float) -> Scenario:
    """Two roads that never meet, a measure on one of them."""
    places = [{**place, "place": f"{place['place']}{k}"} for k in (1, 2) for place in PLACES]
    legs = [
        {**leg, "leg": f"{leg['leg']}{k}", "from": f"{leg['from']}{k}", "to": f"{leg['to']}{k}"}
        for k in (1, 2)
        for leg in LEGS
    ]
    return road(
        {"measure": "stop", "kind": "block", "place": "post1", "share": share, "concentration": 20.0},
        {"measure": "other", "kind": "block", "place": "post2", "share": 0.5},
        places=places,
        legs=legs,
        departures=[
            {**MARCH, "departure": f"d{k}", "place": f"town{k}", "date_to": on(2), "people": 300}
            for k in (1, 2)
        ],
        destinations=[{"destination": f"city{k}", "share": 0.5} for k in (1, 2)],
        days=6,
        policies={"actual": Policy(), "twice": Policy(include=("actual",), scale={"stop": 2.0})},
        give_up_per_day=0.1,
        speed_km_per_day={"walk": 31.0},
    )


def test_pairs_share_every_draw_that_a_change_does_not_touch() -> None:
    made = two_roads(0.3)
    one, other = (simulate(made, replicates=20, seed=4, policy=name) for name in ("actual", "twice"))
    for name in ("town2", "post2"):
        np.testing.assert_array_equal(
            one.total("people").sel(place=name), other.total("people").sel(place=name)
        )
    for leg in ("town2>post2", "post2>city2"):
        np.testing.assert_array_equal(one.total("crossed").sel(leg=leg), other.total("crossed").sel(leg=leg))
    few, many = (series(result, "events", "stop") for result in (one, other))
    assert (many[:, 0] >= few[:, 0]).all()  # the first day all is equal but the share
    assert (many[:, 0] > few[:, 0]).any()


def test_replicates_depend_on_seed_and_number_alone() -> None:
    made = two_roads(0.3)
    many, few = simulate(made, replicates=30, seed=4), simulate(made, replicates=3, seed=4)
    for name in ("people", "crossed", "events"):
        np.testing.assert_array_equal(many.data[name].values[:3], few.data[name].values)
    other = simulate(made, replicates=3, seed=5)
    assert (other.data["crossed"].values != few.data["crossed"].values).any()


def test_routes_share_the_shock_of_the_day() -> None:
    """With concentration c the share of one of two equal legs is Beta(c/2, c/2): variance 1/(4(c + 1)).

    400 replicates: the variance ratio is within 0.6 and 1.5 but for a chance below 1e-5.
    """
    legs = [
        {"leg": n, "from": "town", "to": "city", "distance_km": 20.0, "mode": "walk"} for n in ("one", "two")
    ]
    march = {**MARCH, "people": 100_000}
    shared = simulate(
        road(legs=legs, departures=[march], days=1, route_concentration=9.0), replicates=400, seed=6
    )
    part = shared.total("crossed").sel(leg="town>city").values[:, 0] / 100_000
    assert 0.6 < part.var(ddof=1) * 4 * 10 < 1.5
    alone = simulate(road(legs=legs, departures=[march], days=1), replicates=400, seed=6)
    part = alone.total("crossed").sel(leg="town>city").values[:, 0] / 100_000
    assert 0.6 < part.var(ddof=1) * 4 * 100_000 < 1.5


@pytest.mark.parametrize(("seed", "policy"), [(0, "strict"), (6, "actual")])
def test_the_engine_agrees_with_its_twin(seed: int, policy: str) -> None:
    """A sample of verification/test_twin_goal.py; a false alarm below 1e-6."""
    made = random_goal(seed)
    movement = made.settings.movement.model_copy(update={"time_bins_per_day": 4096})
    result = simulate(
        made.with_settings(made.settings.model_copy(update={"movement": movement})),
        replicates=60,
        policy=policy,
    )
    twin = replicates_goal(made, policy, range(60))
    names = ("people", "crossed", "in_transit")
    assert compare({n: result.total(n).values for n in names}, {n: twin[n] for n in names}).agree


def test_shares_too_small_to_add_up_compete() -> None:
    """0.5 and two of 10⁻³⁰: what is left of their sum is lost in rounding, and nobody is."""
    tiny = [{"measure": f"tiny{i}", "kind": "block", "place": "post", "share": 1e-30} for i in range(2)]
    made = road({"measure": "stop", "kind": "block", "place": "post", "share": 0.5}, *tiny)
    result = simulate(made, replicates=3, seed=1)
    assert (result.accounts()["missing"] == 0).all()
    assert result.total("events").sel(measure="stop").values.sum() > 0
    assert result.total("events").sel(measure=["tiny0", "tiny1"]).values.sum() == 0


def test_fewer_people_than_a_number_can_divide_are_not_lost() -> None:
    """The mean time of 10⁻³²³ people rounds to 0, which is earlier than the part of the day they are in."""
    some = {"departure": "march", "kind": "known", "place": "town", "people": 5e-324}
    legs = [dict(leg, distance_km=km) for leg, km in zip(LEGS, (16.0, 4.0), strict=True)]
    result = simulate(road(departures=[some], legs=legs), expected=True)
    assert series(result, "outcomes", "arrived").sum() == 5e-324
