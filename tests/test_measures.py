"""Measures, one kind and one column at a time, on a road short enough to work out by hand; departures too.

Unless said otherwise a thousand people leave the town on day 0, pass the post at noon and arrive that evening; numbers
are those of the central run, which are exact.
"""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from journeys import FAMILIES, LEGS, MARCH, PLACES, central, road, series
from verification.networks import on

from travesia import schema
from travesia.ensemble import simulate
from travesia.errors import UsageError
from travesia.measure_table import multiplied
from travesia.scenario import Parameter, Policy, Scenario

SAID_ONLY = ("source", "note", "data_until", "cause")  # columns that say where a row comes from, or name it
THERE = {"departure": "there", "kind": "present", "place": "post", "people": 100}
WIDE = ("travel", "caravan")


def at(kind: str, **cells: object) -> dict[str, object]:
    """A measure `it` at the post."""
    return {"measure": "it", "kind": kind, "place": "post"} | cells


def on_leg(kind: str, leg: str, **cells: object) -> dict[str, object]:
    """A measure `it` on a leg."""
    return {"measure": "it", "kind": kind, "leg": leg} | cells


def families(made: Scenario, name: str) -> float:
    """People counted in parties of a kind anywhere on the last day."""
    last = central(made).data["people"].isel(replicate=0, date=-1)
    return float(last.sel(travel=name).sum())


# --- kinds


def test_block_holds_those_who_pass_each_day() -> None:
    result = central(road(at("block", share=0.3)))
    assert series(result, "events", "it").tolist() == pytest.approx([300, 90, 27, 8.1])
    assert series(result, "people", "post").tolist() == pytest.approx([300, 90, 27, 8.1])
    assert series(result, "outcomes", "arrived").tolist() == pytest.approx([700, 210, 63, 18.9])


def test_block_back_sends_to_the_start_of_the_leg() -> None:
    result = central(road(at("block", share=0.3, target="back")))
    assert series(result, "people", "town").tolist() == pytest.approx([300, 90, 27, 8.1])
    stay = central(road(at("block", share=0.3, target="back"), departures=[THERE]))
    assert series(stay, "people", "post").tolist() == pytest.approx([30, 9, 2.7, 0.81])


def test_detain_keeps_people_until_a_release() -> None:
    held = at("detain", share=0.5, target="cell")
    result = central(road(held))
    assert series(result, "people", "cell").tolist() == [500] * 4
    free = {"measure": "free", "kind": "release", "place": "cell", "share": 0.4, "target": "post"}
    result = central(road(held, free))
    assert series(result, "people", "cell").tolist() == pytest.approx([500, 300, 180, 108])
    assert series(result, "events", "free").tolist() == pytest.approx([0, 200, 120, 72])
    # the released leave the post the same morning, not arriving there: no second detention
    assert series(result, "outcomes", "arrived").tolist() == pytest.approx([500, 200, 120, 72])


def test_transfer_moves_everyone_at_the_place_in_the_morning() -> None:
    moved = {"measure": "it", "kind": "transfer", "place": "town", "share": 0.25, "target": "cell"}
    result = central(road(moved))
    assert series(result, "people", "cell").tolist() == pytest.approx([250] * 4)
    assert series(result, "outcomes", "arrived")[0] == pytest.approx(750)


def test_return_takes_the_destination_and_retry_gives_one() -> None:
    home = {"measure": "it", "kind": "return", "place": "cell", "target": "town"}
    held = at("detain", share=1.0, target="cell") | {"measure": "held", "date_to": on(0)}
    result = central(road(held, home))
    assert series(result, "people", "town").tolist() == [1000] * 4
    again = {"measure": "again", "kind": "retry", "place": "town", "share": 0.5}
    result = central(road(held, home, again, by=("attempt",)))
    assert series(result, "outcomes", "arrived").tolist() == pytest.approx([0, 500, 250, 125])
    arrived = result.data["outcomes"].sel(outcome="arrived").sum("date").isel(replicate=0)
    assert arrived.values.tolist() == pytest.approx([0, 875, 0])


def test_attempts_are_counted_up_to_three_and_more() -> None:
    home = at("return", when="arrival", share=1.0, target="town")
    again = {"measure": "again", "kind": "retry", "place": "town"}
    result = central(road(home, again, by=("attempt",), days=6))
    events = result.data["events"].sel(measure="it").isel(replicate=0)
    assert events.values.tolist() == [[1000, 0, 0], [0, 1000, 0]] + [[0, 0, 1000]] * 4


def test_disperse_and_separate_change_the_party() -> None:
    gone = {"measure": "it", "kind": "disperse", "place": "town", "groups": "caravan=main", "share": 0.4}
    shut = {"measure": "shut", "kind": "close", "leg": "second"}
    result = central(road(gone, shut, groups=FAMILIES, by=WIDE, days=1))
    last = result.data["people"].isel(replicate=0, date=-1).sum(["place", "travel"])
    assert last.sel(caravan="none").item() == pytest.approx(400)
    split = at("separate", share=0.3, groups="travel=family", target="party:travel=alone*2+child")
    made = road(split, shut, groups=FAMILIES, departures=[THERE | {"people": 1000}], days=1)
    assert families(made, "family") == pytest.approx(700)
    assert families(made, "alone") == pytest.approx(200)
    assert families(made, "child") == pytest.approx(100)


def test_reunite_makes_families_as_far_as_all_members_are_there() -> None:
    shut = {"measure": "shut", "kind": "close", "leg": "second"}
    join = at("reunite", share=0.5, target="party:travel=family")
    start = [
        {
            "departure": f"d{kind}",
            "kind": "present",
            "place": "post",
            "people": people,
            "groups": f"travel={kind}",
        }
        for kind, people in (("alone", 50), ("child", 20))
    ]
    groups = {name: dict(values) for name, values in FAMILIES.items()}
    made = road(join, shut, groups=groups, departures=start, days=2)
    result = central(made)  # 20 families are possible, 10 are made; then 10, and 5
    assert series(result, "events", "it").tolist() == pytest.approx([30, 15])
    last = result.data["people"].isel(replicate=0, date=-1).sum("place")
    assert last.sel(travel="family").item() == pytest.approx(45)
    assert last.sel(travel="alone").item() == pytest.approx(20)
    assert last.sel(travel="child").item() == pytest.approx(5)
    few = series(
        central(road(join | {"per_day": 12}, shut, groups=groups, departures=start, days=2)), "events", "it"
    )
    assert few.tolist() == pytest.approx([12, 12])


def test_admit_and_harm_end_the_story() -> None:
    result = central(road(at("admit", share=0.2), {**on_leg("harm", "first", share=0.1), "measure": "drown"}))
    assert series(result, "outcomes", "died")[0] + series(result, "outcomes", "admitted")[0] == pytest.approx(
        1000 * (1 - 0.9 * 0.8)
    )
    hurt = central(road(at("harm", share=0.1, target="stay"), at("block", share=1.0) | {"measure": "stop"}))
    assert series(hurt, "events", "it").tolist() == pytest.approx([100] * 4)
    assert series(hurt, "outcomes", "died").sum() == 0


def test_shelter_has_the_beds_of_the_place_and_treat_its_quota() -> None:
    stop = at("block", share=1.0) | {"measure": "stop"}
    places = [place | ({"capacity": 300} if place["place"] == "post" else {}) for place in PLACES]
    more = {"measure": "more", "kind": "capacity", "place": "post", "capacity": "beds", "date_from": on(2)}
    made = road(stop, at("shelter"), more, places=places, parameters={"beds": Parameter(value=450)})
    result = central(made)
    assert series(result, "events", "it").tolist() == pytest.approx([300, 300, 450, 450])
    assert series(result, "refused", "it").tolist() == pytest.approx([700, 700, 550, 550])
    treated = central(road(stop, at("treat", share=0.6, per_day=250)))
    assert series(treated, "events", "it").tolist() == pytest.approx([250] * 4)
    assert series(treated, "refused", "it").tolist() == pytest.approx([350] * 4)


def test_close_corridor_and_countries() -> None:
    for cells in ({"leg": "second"}, {"leg": "post>city"}, {"place": "city"}):
        result = central(road({"measure": "it", "kind": "close", "date_to": on(1)} | cells))
        assert series(result, "outcomes", "arrived").tolist()[:2] == [0, 0]
        assert series(result, "people", "town").tolist()[:2] == [1000, 1000]  # no way on: they wait at home
        assert series(result, "outcomes", "arrived")[2] == pytest.approx(1000)
    border = central(road({"measure": "it", "kind": "close", "countries": "HND-GTM", "date_to": on(0)}))
    assert series(border, "outcomes", "arrived").tolist() == pytest.approx([0, 1000, 0, 0])
    open_late = {"measure": "it", "kind": "corridor", "leg": "second", "date_from": on(2), "date_to": on(2)}
    assert series(central(road(open_late)), "outcomes", "arrived").tolist() == pytest.approx([0, 0, 1000, 0])


def test_sharing_information_turns_p_into_one_minus_a_power() -> None:
    wire = {
        "measure": "wire",
        "kind": "share_information",
        "multiplies": "it;x",
        "multiplier": 2.5,
        "date_from": on(1),
    }
    result = central(road(at("block", share=0.3), wire))
    p = 1 - 0.7**2.5
    assert series(result, "events", "it").tolist() == pytest.approx([300, 300 * p, 300 * p**2, 300 * p**3])


def test_what_is_certain_stays_so_under_any_multiplier_but_0() -> None:
    share, power = np.array([1.0, 1.0, 1.0, 0.5]), np.array([0.1, 1e-9, 0.0, 0.5])
    assert multiplied(share, power).tolist() == pytest.approx([1, 1, 0, 1 - 0.5**0.5], abs=1e-15)


# --- columns

COLUMNS: dict[str, tuple[dict[str, object], dict[str, object]]] = {  # two rows that differ in one cell
    "measure": (at("block"), at("block", measure="other")),
    "policy": (at("block"), at("block", policy="apart")),
    "kind": (at("block"), at("return", target="town", when="passing")),
    "place": (at("block"), at("block", place="town")),
    "leg": (on_leg("block", "first"), on_leg("block", "second")),
    "countries": (
        {"measure": "it", "kind": "close", "countries": "HND-GTM"},
        {"measure": "it", "kind": "close", "countries": "GTM-SLV"},
    ),
    "date_from": (at("block"), at("block", date_from=on(1))),
    "date_to": (at("block"), at("block", date_to=on(1))),
    "groups": (at("block"), at("block", groups="travel=child")),
    "when": (at("block"), at("block", when="daily")),
    "share": (at("block"), at("block", share=0.999)),
    "per_day": (at("block"), at("block", per_day=9)),
    "target": (at("block"), at("block", target="back")),
    "after_days": (at("block", target="back"), at("block", target="back", after_days=2)),
    "mean_days": (at("block", target="back"), at("block", target="back", mean_days=2)),
    "concentration": (at("block", share=0.5), at("block", share=0.5, concentration=9)),
    "multiplies": (
        {"measure": "wire", "kind": "share_information", "multiplies": "held", "multiplier": 2},
        {"measure": "wire", "kind": "share_information", "multiplies": "none", "multiplier": 2},
    ),
    "multiplier": (
        {"measure": "wire", "kind": "share_information", "multiplies": "held", "multiplier": 2},
        {"measure": "wire", "kind": "share_information", "multiplies": "held", "multiplier": 3},
    ),
    "capacity": (at("capacity", capacity=10), at("capacity", capacity=11)),
    "choice_cost": (at("block", share=0.0), at("block", share=0.0, choice_cost=1.0)),
}


@pytest.mark.parametrize(
    "column", [c.name for c in schema.table("measures").columns if c.name not in SAID_ONLY]
)
def test_every_column_changes_something(column: str) -> None:
    def numbers(row: dict[str, object]) -> list[object]:
        others = [
            {"measure": "held", "kind": "block", "place": "post", "groups": "travel=alone", "share": 0.2},
            {"measure": "beds", "kind": "shelter", "place": "post"},
        ]
        legs = (*LEGS, {"leg": "bypass", "from": "town", "to": "city", "distance_km": 90.0, "mode": "walk"})
        policies = {"actual": Policy(), "apart": Policy()}
        made = road(row, *others, legs=legs, policies=policies, departures=[MARCH, THERE], leg_cost=1.0)
        data = simulate(made, seed=1).data
        return [
            data["measure"].values.tolist(),
            *(data[n].values.tolist() for n in ("people", "events", "refused")),
        ]

    one, other = COLUMNS[column]
    assert numbers(one) != numbers(other)


def test_dates_and_groups_limit_a_measure() -> None:
    stop = at("block", date_from=on(1), date_to=on(2))
    result = central(road(stop, departures=[MARCH | {"date_to": on(3)}]))
    assert series(result, "events", "it").tolist() == pytest.approx([0, 250, 500, 0])
    some = road(at("block", groups="caravan=none;travel=family"), groups=FAMILIES)
    assert series(central(some), "events", "it").sum() == 0
    both = road(at("block", groups="caravan=none;caravan=main"), groups=FAMILIES, days=1)
    assert series(central(both), "events", "it").sum() == 1000


def test_when_says_who_is_met() -> None:
    """A hundred people are at the post in the morning, a thousand come by."""
    met = {
        when: series(
            central(road(at("block", when=when), departures=[MARCH, THERE], days=1)), "events", "it"
        )[0]
        for when in ("arrival", "passing", "daily", "morning")
    }
    assert met == {"arrival": 1000, "passing": 1100, "daily": 0, "morning": 100}


def test_a_measure_of_a_leg_names_one_direction_or_both() -> None:
    legs = [leg | {"both_ways": True} for leg in LEGS]
    start = [MARCH, MARCH | {"departure": "home", "place": "city", "groups": "caravan=none"}]
    heading = [
        {"groups": "caravan=main", "destination": "city", "share": 1.0},
        {"groups": "caravan=none", "destination": "town", "share": 1.0},
    ]
    groups = FAMILIES
    start = [
        row | {"groups": f"travel=alone;caravan={c}"} for row, c in zip(start, ("main", "none"), strict=True)
    ]
    for leg, where in (("first", {"post", "town"}), ("town>post", {"post"}), ("post>town", {"town"})):
        stop = on_leg("block", leg, target="stay", after_days=9)
        made = road(stop, legs=legs, departures=start, destinations=heading, groups=groups, days=8)
        last = central(made).total("people").isel(replicate=0, date=-1)
        assert {str(p) for p in last["place"].values if float(last.sel(place=p)) > 1.0} == where, leg


def test_waiting_for_a_fixed_time_and_for_a_mean_time() -> None:
    fixed = central(road(at("detain", share=1.0, target="cell", after_days=2)))
    assert series(fixed, "people", "post").tolist() == [1000, 1000, 0, 0]
    assert series(fixed, "people", "cell").tolist() == [0, 0, 1000, 1000]
    assert series(fixed, "events", "it").tolist() == [1000, 0, 0, 0]
    mean = central(
        road(
            at("detain", share=1.0, target="cell", mean_days="wait"),
            parameters={"wait": Parameter(value=4.0)},
        )
    )
    assert series(mean, "people", "post").tolist() == pytest.approx([1000, 750, 562.5, 421.875])


def test_the_mean_of_a_geometric_wait_is_mean_days() -> None:
    """10,000 people, standard deviation of the wait √12 = 3.5 days: within 0.21 days but for a chance of 2e-9."""
    made = road(
        at("detain", share=1.0, target="cell", mean_days=4.0),
        departures=[MARCH | {"people": 10_000}],
        days=90,
    )
    held = series(simulate(made, seed=1), "people", "post")
    assert held.sum() / 10_000 == pytest.approx(4.0, abs=0.21)


@pytest.mark.parametrize(
    ("target", "place", "outcome"),
    [("stay", "", "arrived"), ("back", "", "arrived"), ("admitted", "", "admitted"), ("cell", "cell", "")],
)
def test_every_target_can_wait(target: str, place: str, outcome: str) -> None:
    result = central(road(at("block", when="arrival", target=target, after_days=2)))
    assert series(result, "people", "post")[:2].tolist() == [1000, 1000]
    if place:
        assert series(result, "people", place)[2:].tolist() == [1000, 1000]
    if target == "back":  # from the town they come to the post again, and are held again
        assert series(result, "crossed", "town>post").tolist() == [1000, 0, 1000, 0]
    elif outcome:
        assert series(result, "outcomes", outcome).tolist() == [0, 0, 1000, 0]


def test_a_changed_party_can_wait() -> None:
    split = at("separate", when="arrival", target="party:travel=alone*2+child", after_days=2, date_to=on(0))
    split |= {"groups": "travel=family"}
    shut = {"measure": "shut", "kind": "close", "leg": "second"}
    made = road(split, shut | {"date_from": on(1)}, groups=FAMILIES, days=3)
    people = central(made).data["people"].isel(replicate=0).sum("place")
    assert people.sel(travel="family").values.tolist() == pytest.approx([1000, 1000, 0])
    assert people.sel(travel="child").values[2] == pytest.approx(1000 / 3)


def test_quotas_deal_people_without_replacement() -> None:
    """Exactly the quota is taken, of the two kinds of party in proportion: hypergeometric mean and variance.

    600 replicates: the mean is within 5 standard errors, the variance ratio within 0.72 and 1.38 (chance below 1e-6).
    """
    groups = FAMILIES
    start = [MARCH | {"departure": "a", "people": 400, "groups": "travel=alone;caravan=main"}]
    start.append(MARCH | {"departure": "b", "people": 600, "groups": "travel=child;caravan=main"})
    made = road(at("block", per_day=250), groups=groups, departures=start, days=1)
    events = simulate(made, replicates=600, seed=1).data["events"].sel(measure="it").isel(date=0)
    assert (events.sum("travel") == 250).all()
    alone = events.sel(travel="alone").values
    variance = 250 * 0.4 * 0.6 * 750 / 999
    assert abs(alone.mean() - 100) < 5 * np.sqrt(variance / 600)
    assert 0.72 < alone.var(ddof=1) / variance < 1.38


def test_a_quota_takes_whole_parties_that_fit() -> None:
    made = road(at("block", per_day=10), groups=FAMILIES, departures=[MARCH | {"people": 30}], days=1)
    result = simulate(made, replicates=20, seed=1)
    assert set(series(result, "events", "it")[:, 0]) == {9}
    assert set(series(result, "refused", "it")[:, 0]) == {21}


def test_two_measures_compete() -> None:
    other = at("detain", share=0.5, when="passing", target="cell") | {"measure": "other"}
    result = central(road(at("block", share=0.3), other, days=1))
    p = 1 - 0.7 * 0.5
    assert series(result, "events", "it")[0] == pytest.approx(1000 * p * 0.3 / 0.8)
    assert series(result, "events", "other")[0] == pytest.approx(1000 * p * 0.5 / 0.8)


def test_shocks_have_the_variance_of_their_concentration() -> None:
    """A million people, share 0.3: Var = p(1−p)/(c+1) with a shock, p(1−p)/n without.

    400 replicates: the variance ratio is within 0.6 and 1.5 but for a chance below 1e-5.
    """
    march = [MARCH | {"people": 1_000_000}]
    for cells, variance in (({"concentration": 12.0}, 0.21 / 13), ({}, 0.21 / 1e6)):
        result = simulate(
            road(at("block", share=0.3, **cells), departures=march, days=1), replicates=400, seed=1
        )
        share = series(result, "events", "it")[:, 0] / 1e6
        assert 0.6 < share.var(ddof=1) / variance < 1.5
        assert abs(share.mean() - 0.3) < 5 * np.sqrt(variance / 400)


def test_choice_cost_turns_people_away() -> None:
    legs = (*LEGS, {"leg": "bypass", "from": "town", "to": "city", "distance_km": 40.0, "mode": "walk"})
    made = road(at("block", share=0.0, choice_cost=1.2), legs=legs, days=1)
    ratio = exp(-2.0 - 2.0 - 1.2) / exp(-2.0)
    assert series(central(made), "crossed", "town>post")[0] == pytest.approx(
        1000 * ratio / (1 + ratio), rel=1e-9
    )


def test_policies_scale_switch_off_and_join() -> None:
    policies = {
        "actual": Policy(),
        "half": Policy(include=("actual",), scale={"it": "by"}),
        "none": Policy(include=("actual",), off=("it",)),
        "more": Policy(include=("actual",)),
    }
    extra = at("detain", share=1.0, when="passing", target="cell") | {"measure": "extra", "policy": "more"}
    made = road(
        at("block", share=0.3, per_day=400),
        extra,
        policies=policies,
        parameters={"by": Parameter(value=0.5)},
        days=1,
    )
    stopped = {
        name: float(central(made, name).total("events").sum("date").sel(measure="it").item())
        for name in ("actual", "half", "half+actual", "half+more")
    }
    assert stopped["actual"] == pytest.approx(300)
    assert stopped["half"] == pytest.approx(min(1000 * (1 - 0.7**0.5), 200))
    assert stopped["half+actual"] == stopped["half"]
    assert stopped["half+more"] < stopped["half"]
    assert "it" not in central(made, "none+more").data["measure"]
    with pytest.raises(UsageError, match="did you mean"):
        simulate(made, policy="hal")
