"""Measures, one column at a time, on a road short enough to work out by hand; the kinds are in test_limiting_cases.py.

Unless said otherwise a thousand people leave the town on day 0, pass the post at noon and arrive that evening; numbers
are those of the central run, which are exact.
"""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from journeys import FAMILIES, LEGS, MARCH, THERE, at, central, on_leg, road, series
from verification.networks import on

from travesia import schema
from travesia.ensemble import simulate
from travesia.errors import UsageError
from travesia.measure_table import multiplied
from travesia.measures import quota_word
from travesia.scenario import Parameter, Policy

SAID_ONLY = ("source", "note", "data_until", "cause")  # columns that say where a row comes from, or name it


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


def test_no_two_draws_of_quotas_share_a_word() -> None:
    """However many measures there are: 256 apart, in ticks that follow each other, was once the same word."""
    asked = [(m, tick, moment) for m in (0, 1, 255, 256, 257, 512) for tick in range(4) for moment in (1, 32)]
    words = {quota_word.py_func(*word, again) for word in asked for again in (0, 1, 63)}
    assert len(words) == 3 * len(asked)


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
