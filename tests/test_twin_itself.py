"""The twins against cases worked out by hand, and the comparison against samples known to differ."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from verification.compare import compare
from verification.networks import START, on, random_flee, random_goal, scenario
from verification.twin_flee import simulate_flee
from verification.twin_goal import Arrays, replicates_goal, simulate_goal
from verification.twin_network import Network

from travesia.scenario import FleeSettings, GoalSettings, GroupValue, Policy, Scenario, Settings

ALONE = {"travel": {"alone": GroupValue(adults=1)}}
FAMILY = {"travel": {"alone": GroupValue(adults=1, share=0.0), "family": GroupValue(adults=2, children=1)}}


def journey(
    places: str,
    *,
    people: int = 4000,
    km: float = 10.0,
    legs: list[dict[str, Any]] | None = None,
    measures: list[dict[str, Any]] | None = None,
    stays: dict[str, float] | None = None,
    days: int = 6,
    groups: dict[str, dict[str, GroupValue]] = ALONE,
    policies: dict[str, Policy] | None = None,
    **movement: Any,
) -> Scenario:
    """A chain of places, one letter each: people start at the first and head for the last at 40 km a day."""
    chain = [
        {"leg": f"L{i}", "from": a, "to": b, "distance_km": km, "both_ways": False}
        for i, (a, b) in enumerate(pairwise(places))
    ]
    rows = [
        {"place": name, "kind": "town", "country": "HND", "lat": 14.0 + i, "lon": -90.0}
        | {"stay_mean_days": (stays or {}).get(name)}
        for i, name in enumerate(places)
    ]
    rows[-1]["kind"] = "destination"
    settings = Settings(
        name="hand",
        title={"en": "By hand", "es": "A mano"},
        start=START,
        days=days,
        movement=GoalSettings(**movement),
        groups=groups,
        policies=policies or {"actual": Policy()},
    )
    return scenario(
        settings,
        places=rows,
        legs=chain if legs is None else legs,
        destinations=[{"destination": places[-1], "share": 1.0}],
        departures=[{"departure": "all", "kind": "known", "place": places[0], "people": people}],
        measures=measures or [],
    )


def outcome(run: Arrays, name: str) -> list[int]:
    """Total of a final outcome after each day."""
    return list(run["outcomes"][:, list(run["names_outcomes"]).index(name)])


def within(number: float, trials: int, chance: float) -> bool:
    """Whether a binomial number is within 5 standard deviations."""
    return abs(number - trials * chance) < 5 * math.sqrt(trials * chance * (1 - chance)) + 1e-9


def test_a_chain_of_blocks_is_passed_with_p_to_the_n() -> None:
    harms = [{"measure": f"m{p}", "kind": "harm", "place": p, "when": "passing", "share": 0.3} for p in "BCD"]
    run = simulate_goal(journey("ABCDE", measures=harms, km=2.0), "actual", 1)
    assert within(outcome(run, "arrived")[0], 4000, 0.7**3)
    assert outcome(run, "arrived")[-1] + outcome(run, "died")[-1] == 4000


def test_a_blocked_party_tries_again_every_morning() -> None:
    run = simulate_goal(
        journey("ABC", measures=[{"measure": "b", "kind": "block", "place": "B", "share": 0.4}]), "actual", 2
    )
    assert within(outcome(run, "arrived")[0], 4000, 0.6)
    assert within(outcome(run, "arrived")[1], 4000, 1 - 0.4**2)
    assert within(outcome(run, "arrived")[2], 4000, 1 - 0.4**3)
    assert list(run["events"][:, 0]) == list(run["people"][:, 1])


def test_competing_measures_share_what_happens() -> None:
    measures = [
        {"measure": "a", "kind": "admit", "place": "B", "share": 0.5},
        {"measure": "d", "kind": "harm", "place": "B", "share": 0.25, "when": "arrival"},
    ]
    run = simulate_goal(journey("ABC", measures=measures), "actual", 3)
    p = 1 - 0.5 * 0.75
    assert within(outcome(run, "admitted")[0], 4000, p * 2 / 3)
    assert within(outcome(run, "died")[0], 4000, p / 3)


def test_a_multiplier_and_a_scale_are_powers_of_what_is_not_stopped() -> None:
    measures = [
        {"measure": "a", "kind": "admit", "place": "B", "share": 0.2},
        {"measure": "n", "kind": "share_information", "multiplies": "a", "multiplier": 1.5},
    ]
    policies = {"actual": Policy(), "more": Policy(include=("actual",), scale={"a": 2.0})}
    case = journey("ABC", measures=measures, policies=policies)
    assert within(outcome(simulate_goal(case, "actual", 4), "admitted")[0], 4000, 1 - 0.8**1.5)
    assert within(outcome(simulate_goal(case, "more", 4), "admitted")[0], 4000, 1 - 0.8**3)
    less = {"actual": Policy(), "less": Policy(include=("actual",), off=("a",))}
    run = simulate_goal(journey("ABC", measures=measures, policies=less), "less", 4)
    assert list(run["names_events"]) == ["n"]
    assert outcome(run, "arrived")[0] == 4000


def test_a_quota_is_met_and_the_rest_counted_as_refused() -> None:
    measures = [{"measure": "a", "kind": "admit", "place": "B", "share": 1.0, "per_day": 10}]
    run = simulate_goal(journey("ABC", people=300, measures=measures, groups=FAMILY), "actual", 5)
    assert (run["events"][0, 0], run["refused"][0, 0]) == (9, 291)  # three whole families of three
    assert outcome(run, "arrived")[0] == 291


def test_stays_are_geometric() -> None:
    run = simulate_goal(journey("ABC", stays={"B": 1.5}, days=12), "actual", 6)
    for day in range(5):
        assert within(run["people"][day, 1], 4000, 0.6 ** (day + 1))


def test_a_closed_leg_bars_entry_but_not_those_on_it() -> None:
    close = {"measure": "c", "kind": "close", "leg": "L1", "date_from": on(1), "date_to": on(3)}
    run = simulate_goal(journey("ABC", km=50.0, people=100, measures=[close], days=8), "actual", 7)
    # day 0: on the first leg; day 1: at B, barred; day 4 opens; 1.25 days on the second leg
    assert [int(n) for n in run["people"][:, 1]] == [0, 100, 100, 100, 0, 0, 0, 0]
    assert outcome(run, "arrived") == [0, 0, 0, 0, 0, 100, 100, 100]
    entered = simulate_goal(
        journey("ABC", km=50.0, people=100, measures=[close | {"leg": "L0"}], days=4), "actual", 7
    )
    assert [int(n) for n in entered["in_transit"]] == [100, 100, 0, 0]


def test_people_without_a_way_give_up() -> None:
    close = {"measure": "c", "kind": "close", "leg": "L0"}
    run = simulate_goal(journey("AB", measures=[close], give_up_per_day=0.25), "actual", 8)
    assert within(outcome(run, "gave_up")[2], 4000, 1 - 0.75**3)


def test_news_of_a_closure_takes_its_time() -> None:
    legs = [
        {"leg": "short", "from": "A", "to": "B", "distance_km": 30},
        {"leg": "short2", "from": "B", "to": "D", "distance_km": 30},
        {"leg": "long", "from": "A", "to": "D", "distance_km": 90},
    ]
    close = {"measure": "c", "kind": "close", "leg": "short2", "date_from": on(1)}
    case = journey("ABD", legs=legs, measures=[close], days=8, cost_per_km=1.0, news_delay_days=2.0)
    network = Network(case, "actual")
    ways = [max(network.chances("A", "D", day).items(), key=lambda pair: pair[1])[0].name for day in range(5)]
    assert ways == ["short:A>B", "short:A>B", "short:A>B", "long:A>D", "long:A>D"]
    assert [len(network.chances("B", "D", day)) for day in range(5)] == [2, 1, 1, 1, 1]


def test_the_logit_of_three_places() -> None:
    # A>C costs a; A<>B costs b each way; B>C costs c: e^-V(A) = (e^-a + e^-(b+c)) / (1 − e^-2b)
    legs = [
        {"leg": "ac", "from": "A", "to": "C", "distance_km": 21},
        {"leg": "ab", "from": "A", "to": "B", "distance_km": 5},
        {"leg": "bc", "from": "B", "to": "C", "distance_km": 9},
    ]
    case = journey("ABC", legs=legs, leg_cost=0.4, cost_per_km=0.05)
    a, b, c = (0.4 + 0.05 * km for km in (21, 5, 9))
    z_a = (math.exp(-a) + math.exp(-b - c)) / (1 - math.exp(-2 * b))
    network = Network(case, "actual")
    assert network.values(0, "C")["A"] == pytest.approx(z_a, rel=1e-12)
    chance = {way.name: p for way, p in network.chances("A", "C", 0).items()}
    assert chance["ac:A>C"] == pytest.approx(math.exp(-a) / z_a, rel=1e-12)
    run = simulate_goal(case, "actual", 9)
    crossed = dict(zip(run["names_crossed"], run["crossed"].sum(0), strict=True))
    choices = crossed["ac:A>C"] + crossed["ab:A>B"]  # each departure from A is one draw
    assert within(crossed["ac:A>C"], int(choices), chance["ac:A>C"])


def test_detained_wait_and_are_released() -> None:
    measures = [
        {"measure": "d", "kind": "detain", "place": "B", "target": "A", "share": 1.0, "after_days": 2}
        | {"date_to": on(0)},
        {"measure": "r", "kind": "return", "place": "A", "share": 1.0, "target": "A"} | {"date_from": on(9)},
    ]
    run = simulate_goal(journey("ABC", people=50, measures=measures), "actual", 10)
    assert [int(n) for n in run["people"][:, 1]] == [50, 50, 0, 0, 0, 0]
    assert outcome(run, "arrived") == [0, 0, 50, 50, 50, 50]


def test_geometric_waits_have_their_mean() -> None:
    d = {"measure": "d", "kind": "detain", "place": "B", "target": "A", "share": 1.0, "mean_days": 4}
    run = simulate_goal(journey("ABC", measures=[d | {"date_to": on(0)}]), "actual", 11)
    assert within(outcome(run, "arrived")[2], 4000, 1 - 0.75**2)


def test_returned_people_stay_until_a_retry() -> None:
    measures = [
        {"measure": "back", "kind": "return", "place": "B", "share": 1.0, "target": "A"},
        {"measure": "again", "kind": "retry", "place": "A", "share": 1.0, "date_from": on(3)},
    ]
    run = simulate_goal(journey("ABC", people=80, measures=measures, km=35.0), "actual", 12)
    # 70 km at 40 a day: the night falls on the second leg, so the measure is met only by those who sleep at B
    assert outcome(run, "arrived")[1] == 80
    slow = simulate_goal(journey("ABC", people=80, measures=measures, stays={"B": 1e9}, days=6), "actual", 12)
    assert [int(n) for n in slow["people"][:, 0]] == [80] * 6
    assert list(slow["events"][:, 0]) == [80, 0, 0, 80, 80, 80]
    assert list(slow["events"][:, 1]) == [0, 0, 0, 80, 80, 80]


def test_separation_conserves_people() -> None:
    split = {"measure": "s", "kind": "separate", "place": "B", "share": 1.0, "groups": "travel=family"}
    child = {"travel": FAMILY["travel"] | {"child": GroupValue(children=1, share=0.0)}}
    harm = {"measure": "h", "kind": "harm", "place": "B", "share": 1.0, "groups": "travel=child"}
    measures = [split | {"target": "party:travel=alone*2+child"}, harm | {"date_from": on(1)}]
    case = journey("ABC", people=30, measures=measures, groups=child, stays={"B": 1e9})
    assert outcome(simulate_goal(case, "actual", 13), "died") == [0, 10, 10, 10, 10, 10]


def test_shelters_turn_away_who_does_not_fit() -> None:
    case = journey(
        "ABC", people=50, measures=[{"measure": "s", "kind": "shelter", "place": "B"}], stays={"B": 1e9}
    )
    full = case.with_table("places", case.places.assign(capacity=[math.nan, 20.0, math.nan]))
    run = simulate_goal(full, "actual", 14)
    assert set(run["events"][:, 0]) == {20}
    assert set(run["refused"][:, 0]) == {30}


@pytest.mark.parametrize("seed", range(3))
def test_random_journeys_keep_their_accounts_and_their_seed(seed: int) -> None:
    case = random_goal(seed)
    for policy in ("actual", "strict"):
        run, again = simulate_goal(case, policy, 5), replicates_goal(case, policy, [5])
        total = run["people"].sum(1) + run["in_transit"] + run["outcomes"].sum(1)
        assert (total == run["departed"]).all()
        assert all((again[name][0] == run[name]).all() for name in run if not name.startswith("names_"))


def test_random_journeys_use_every_measure() -> None:
    """Over a few networks each measure that can act does."""
    acted: dict[str, int] = {}
    for seed in range(8):
        run = replicates_goal(random_goal(seed), "actual", range(4))
        for name, events in zip(run["names_events"], run["events"].sum((0, 1)), strict=True):
            acted[str(name)] = acted.get(str(name), 0) + int(events)
    dated = {"shut", "siege", "border", "corridor", "more_beds", "network"}
    assert {name for name, events in acted.items() if not events} == dated


def flight(
    km: list[float], *, observed: list[int], capacity: float | None = None, days: int = 5, **movement: Any
) -> Scenario:
    """A town at war, a camp at the end of each leg; `observed` is the stock of the first camp by day."""
    camps = [f"c{i}" for i in range(len(km))]
    places = [{"place": "war", "kind": "town", "country": "Home", "population": 100}]
    places += [{"place": name, "kind": "camp", "country": "Away", "capacity": capacity} for name in camps]
    settings = Settings(
        name="hand",
        title={"en": "By hand", "es": "A mano"},
        start=START,
        days=days,
        movement=FleeSettings(**movement),
    )
    return scenario(
        settings,
        places=places,
        legs=[
            {"leg": name, "from": "war", "to": name, "distance_km": d}
            for name, d in zip(camps, km, strict=True)
        ],
        departures=[{"departure": "observed", "kind": "observed"}],
        drivers=[{"driver": "conflict", "place": "war", "date": on(0), "value": 1.0}],
        observations=[
            {"quantity": "present", "place": "c0", "date_from": on(day), "value": value}
            for day, value in enumerate(observed)
        ],
    )


def test_flight_weights_distance() -> None:
    run = simulate_flee(flight([50, 200], observed=[0, 3000], days=2, camp_movechance=0.0), 1)
    near, far = 1 / (10 + 50), 1 / (10 + 200)
    assert within(run["people"][-1, 1], 3000, near / (near + far))
    assert run["people"][-1, 0] == 0


def test_a_leg_of_exactly_a_days_length_takes_two() -> None:
    run = simulate_flee(flight([360], observed=[0, 40], days=4, camp_movechance=0.0), 2)
    assert [int(n) for n in run["people"][:, 1]] == [0, 0, 40, 40]
    run = simulate_flee(flight([359], observed=[0, 40], days=4, camp_movechance=0.0), 2)
    assert [int(n) for n in run["people"][:, 1]] == [0, 40, 40, 40]


def test_falls_are_a_debt() -> None:
    run = simulate_flee(flight([50], observed=[10, 30, 15, 20, 40], camp_movechance=0.0), 3)
    assert [int(n) for n in run["departed"]] == [10, 30, 30, 30, 40]


def test_capacity_loses_those_present_and_then_repels() -> None:
    case = flight([50, 50], observed=[60, 260], capacity=100, days=2, camp_movechance=0.0)
    run = simulate_flee(case, 4)
    # c0 holds 60 with 100 − 60 = 40 beds: full; everybody goes to c1, whatever its capacity
    assert [int(n) for n in run["people"][-1]] == [0, 60, 200]


def test_a_border_that_closes_sends_travellers_back() -> None:
    case = flight([500], observed=[0, 40], days=6, camp_movechance=0.0)
    close = [
        {"measure": "b", "kind": "close", "countries": "Away-Home", "date_from": on(2), "date_to": on(3)}
    ]
    run = simulate_flee(scenario(case.settings, **_rows(case), measures=close), 5)
    assert [int(n) for n in run["in_transit"]] == [0, 40, 0, 0, 40, 0]
    assert [int(n) for n in run["people"][:, 0]] == [0, 0, 40, 40, 0, 0]
    assert run["crossed"].sum() == 40


def _rows(case: Scenario) -> dict[str, Any]:
    names = ("places", "legs", "departures", "drivers", "observations")
    return {name: case.tables[name].to_dict("records") for name in names}


@pytest.mark.parametrize("seed", range(4))
def test_random_flights_keep_their_accounts_and_their_seed(seed: int) -> None:
    run, again = simulate_flee(random_flee(seed), 5), simulate_flee(random_flee(seed), 5)
    assert (run["people"].sum(1) + run["in_transit"] == run["departed"]).all()
    assert run["departed"][-1] > 100
    assert all((again[name] == run[name]).all() for name in run)


def sample(seed: int, mean: float, replicates: int = 300) -> dict[str, np.ndarray[Any, Any]]:
    """Skewed counts, some of them rare, and some that hardly vary."""
    draws = np.random.default_rng(seed)
    means = np.array([0.01, 0.5, 5.0, 40.0]) * mean
    return {"n": draws.poisson(means, (replicates, 30, 4)), "same": np.full((replicates, 2), 7)}


def test_equal_samples_agree() -> None:
    verdict = compare(sample(1, 1.0), sample(2, 1.0, 900))
    assert verdict.agree
    assert verdict.tests == 2 * 122 + 1
    assert verdict.rms_z == pytest.approx(1.0, abs=0.25)


def test_one_cell_that_differs_is_named() -> None:
    a, b = sample(1, 1.0, 900), sample(2, 1.0, 900)
    b["n"][:, 3, 2] += b["n"][:, 4, 2] % 3
    verdict = compare(a, b, labels={"n": ["w", "x", "y", "z"]})
    assert not verdict.agree
    assert verdict.worst[0].name == "n[3, y]"
    assert "n[3, y]" in str(verdict)


def test_many_small_differences_are_found_together() -> None:
    verdict = compare(sample(1, 1.0, 700), sample(2, 1.03, 700))
    assert not verdict.agree
    assert verdict.worst[0].name == "all cells together"


def test_a_spread_that_differs_is_found() -> None:
    draws = np.random.default_rng(3)
    a, b = {"n": draws.normal(0, 1, (400, 3))}, {"n": draws.normal(0, [1, 1, 2], (400, 3))}
    verdict = compare(a, b)
    assert not verdict.agree
    assert verdict.worst[0].name == "spread of n[2]"


def test_the_bound_holds() -> None:
    """At a false alarm of 0.2 far fewer than a fifth of equal, badly skewed samples are found to differ."""
    draws = np.random.default_rng(4)
    found = 0
    for _ in range(300):
        a, b = ({"n": draws.pareto(1.1, (8, 5))} for _ in range(2))
        found += not compare(a, b, false_alarm=0.2).agree
    assert found <= 60


def test_samples_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes"):
        compare({"n": np.zeros((5, 2))}, {"n": np.zeros((5, 3))})
    with pytest.raises(ValueError, match="arrays"):
        compare({"n": np.zeros((5, 2))}, {"m": np.zeros((5, 2))})
