"""A case for each kind of measure, and for what measures do together, whose numbers are worked out by hand.

A thousand people leave the town on day 0, pass the post at noon and arrive in the city that evening, unless said
otherwise. Numbers are those of the central run, which are exact, and of stochastic runs where parties are whole.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flights import flight, leg, place
from journeys import FAMILIES, MARCH, PLACES, THERE, at, central, on_leg, road, series
from verification.networks import on

from travesia import schema
from travesia.composition import composition
from travesia.ensemble import simulate
from travesia.headlines import headlines, totals
from travesia.result import Result
from travesia.scenario import QUIRKS, GroupValue, Parameter, Policy, Scenario

CALM: dict[str, Any] = dict.fromkeys(QUIRKS, False) | {"camp_movechance": 0.0}
CLOSED = {"measure": "shut", "kind": "close", "leg": "second"}
STOPPED = at("block") | {"measure": "stop"}
HELD = at("detain", share=0.5, target="cell") | {"measure": "held"}
TOGETHER = {  # what the cases besides those of a kind are about
    "competition", "quotas", "multipliers", "capacity_of_detention", "length_of_stay", "from_centre_to_centre",
    "splitting_and_joining", "attempts",
}  # fmt: skip


def numbers(made: Scenario, policy: str = "actual") -> dict[str, float]:
    """The numbers at the end of the central run."""
    return {str(name): float(x) for name, x in totals(central(made, policy), headlines(made)).iloc[0].items()}


def of_kind(result: Result, travel: str) -> float:
    """People in parties of a kind, at any place on the last day."""
    return float(result.data["people"].isel(replicate=0, date=-1).sel(travel=travel).sum())


def present(**people: int) -> list[dict[str, object]]:
    """Parties of some kinds at the post before the first day, in a caravan."""
    row = {"kind": "present", "place": "post"}
    return [
        row | {"departure": f"d_{name}", "people": count, "groups": f"travel={name};caravan=main"}
        for name, count in people.items()
    ]


def test_every_kind_and_every_mechanism_has_a_case() -> None:
    """And each case says in its docstring how its numbers come about."""
    text = Path(__file__).read_text(encoding="utf-8")
    cases = dict(re.findall(r'def test_((?:kind|together)_\w+)\(\) -> None:\n    """(.+?)"""', text, re.S))
    kind = next(column for column in schema.table("measures").columns if column.name == "kind")
    wanted = {f"kind_{name}" for name in kind.enum} | {f"together_{name}" for name in TOGETHER}
    assert set(cases) == wanted
    assert all(re.search(r"\d", words) for words in cases.values())


# --- kinds that act on people


def test_kind_block() -> None:
    """1,000 × 0.3 are held; who is held is met again each morning: 300, 90, 27, 8.1. The other 0.7 arrive."""
    result = central(road(at("block", share=0.3)))
    assert series(result, "events", "it").tolist() == pytest.approx([300, 90, 27, 8.1])
    assert series(result, "people", "post").tolist() == pytest.approx([300, 90, 27, 8.1])
    assert series(result, "outcomes", "arrived").tolist() == pytest.approx([700, 210, 63, 18.9])
    back = central(road(at("block", share=0.3, target="back")))  # held in the town instead
    assert series(back, "people", "town").tolist() == pytest.approx([300, 90, 27, 8.1])
    stay = central(
        road(at("block", share=0.3, target="back"), departures=[THERE])
    )  # who came by no leg stays
    assert series(stay, "people", "post").tolist() == pytest.approx([30, 9, 2.7, 0.81])


def test_kind_detain() -> None:
    """1,000 × 0.5 = 500 go to the cell, and nobody leaves a cell by himself; 500 arrive."""
    result = central(road(HELD))
    assert series(result, "people", "cell").tolist() == [500] * 4
    assert series(result, "outcomes", "arrived").tolist() == [500, 0, 0, 0]


def test_kind_release() -> None:
    """0.4 of those held go to the post each morning: 500 × 0.6, 0.36, 0.216 are left. They do not arrive there, but
    leave at once: no second detention, and 200, 120, 72 are in the city that evening.
    """
    free = {"measure": "free", "kind": "release", "place": "cell", "share": 0.4, "target": "post"}
    result = central(road(HELD, free))
    assert series(result, "people", "cell").tolist() == pytest.approx([500, 300, 180, 108])
    assert series(result, "events", "free").tolist() == pytest.approx([0, 200, 120, 72])
    assert series(result, "outcomes", "arrived").tolist() == pytest.approx([500, 200, 120, 72])


def test_kind_transfer() -> None:
    """A quarter of the 1,000 in the town is taken away before the others set out: 250, and 750 arrive."""
    moved = {"measure": "it", "kind": "transfer", "place": "town", "share": 0.25, "target": "cell"}
    result = central(road(moved))
    assert series(result, "people", "cell").tolist() == pytest.approx([250] * 4)
    assert series(result, "outcomes", "arrived")[0] == pytest.approx(750)


def test_kind_return() -> None:
    """All 1,000 are detained; 0.8 of those held go home each night: 800, 160, 32, 6.4. Without a destination
    they stay: 800, 960, 992, 998.4 in the town.
    """
    home = {"measure": "it", "kind": "return", "place": "cell", "target": "town", "share": 0.8}
    result = central(road(HELD | {"share": 1.0}, home))
    assert series(result, "events", "it").tolist() == pytest.approx([800, 160, 32, 6.4])
    assert series(result, "people", "town").tolist() == pytest.approx([800, 960, 992, 998.4])


def test_kind_retry() -> None:
    """All 1,000 are back in the town on day 0; half of those there set off each morning, and arrive: 500, 250, 125."""
    home = at("return", when="arrival", share=1.0, target="town", date_to=on(0))
    again = {"measure": "again", "kind": "retry", "place": "town", "share": 0.5}
    result = central(road(home, again))
    assert series(result, "events", "again").tolist() == pytest.approx([0, 500, 250, 125])
    assert series(result, "outcomes", "arrived").tolist() == pytest.approx([0, 500, 250, 125])


def test_kind_disperse() -> None:
    """Held in the town, 0.4 of what is left of the caravan leaves it each morning: 400, then 240, so 640 of 1,000."""
    gone = {"measure": "it", "kind": "disperse", "place": "town", "groups": "caravan=main", "share": 0.4}
    result = central(road(gone, CLOSED, groups=FAMILIES, by=("travel", "caravan"), days=2))
    assert series(result, "events", "it").tolist() == pytest.approx([400, 240])
    last = result.data["people"].isel(replicate=0, date=-1).sum(["place", "travel"])
    assert last.sel(caravan="none").item() == pytest.approx(640)


def test_kind_separate() -> None:
    """900 people are 300 families of 2 adults and a child; 0.3 of them split: 90 families, 270 people,
    which are 180 adults alone and 90 children; 630 people are left in families.
    """
    split = at("separate", share=0.3, groups="travel=family", target="party:travel=alone*2+child")
    made = road(split, CLOSED, groups=FAMILIES, departures=present(family=900), days=1)
    result = central(made)
    assert [of_kind(result, name) for name in ("family", "alone", "child")] == pytest.approx([630, 180, 90])
    assert numbers(made)["separated"] == pytest.approx(270)


def test_kind_reunite() -> None:
    """50 adults and 20 children make 20 families of 2 and 1 (the children are fewer: 25 pairs of adults). Half are
    made: 10 of 3 people; then 10 are possible, 5 are made. With room for 12 people: 4 families, and again 4.
    """
    join = at("reunite", share=0.5, target="party:travel=family")
    cells: dict[str, Any] = {"groups": FAMILIES, "departures": present(alone=50, child=20), "days": 2}
    result = central(road(join, CLOSED, **cells))
    assert series(result, "events", "it").tolist() == pytest.approx([30, 15])
    assert [of_kind(result, name) for name in ("family", "alone", "child")] == pytest.approx([45, 20, 5])
    few = central(road(join | {"per_day": 12}, CLOSED, **cells))
    assert series(few, "events", "it").tolist() == pytest.approx([12, 12])


def test_kind_admit() -> None:
    """0.2 of the 1,000 who come by are admitted, and their story ends; 800 arrive."""
    result = central(road(at("admit", share=0.2)))
    assert series(result, "outcomes", "admitted").tolist() == pytest.approx([200, 0, 0, 0])
    assert series(result, "outcomes", "arrived").tolist() == pytest.approx([800, 0, 0, 0])


def test_kind_shelter() -> None:
    """1,000 are held at a post of 300 beds: 700 find none. From day 2 on there are 450: 550 find none."""
    places = [row | ({"capacity": 300} if row["place"] == "post" else {}) for row in PLACES]
    more = {"measure": "more", "kind": "capacity", "place": "post", "capacity": 450, "date_from": on(2)}
    result = central(road(STOPPED, at("shelter"), more, places=places))
    assert series(result, "events", "it").tolist() == pytest.approx([300, 300, 450, 450])
    assert series(result, "refused", "it").tolist() == pytest.approx([700, 700, 550, 550])


def test_kind_treat() -> None:
    """0.6 of 1,000 ask each night, 250 can be seen: 350 are refused. Nobody is moved."""
    result = central(road(STOPPED, at("treat", share=0.6, per_day=250)))
    assert series(result, "events", "it").tolist() == pytest.approx([250] * 4)
    assert series(result, "refused", "it").tolist() == pytest.approx([350] * 4)
    assert series(result, "people", "post").tolist() == [1000] * 4


def test_kind_harm() -> None:
    """A tenth of 1,000 dies on the first leg. Of 1,000 held at the post a tenth dies each night: 100, 90, 81, 72.9.

    Those hurt without dying stay: a tenth of 1,000 each night.
    """
    died = series(central(road(on_leg("harm", "first", share=0.1))), "outcomes", "died")
    assert died.tolist() == pytest.approx([100, 0, 0, 0])
    died = series(central(road(STOPPED, at("harm", share=0.1))), "outcomes", "died")
    assert died.tolist() == pytest.approx([100, 90, 81, 72.9])
    hurt = central(road(at("harm", share=0.1, target="stay"), STOPPED))
    assert series(hurt, "events", "it").tolist() == pytest.approx([100] * 4)
    assert series(hurt, "outcomes", "died").sum() == 0


# --- kinds that change places, legs and other measures


def test_kind_close() -> None:
    """The second leg is closed on days 0 and 1: with no way on, 1,000 wait at home; on day 2 they arrive."""
    for cells in ({"leg": "second"}, {"leg": "post>city"}, {"place": "city"}):
        result = central(road({"measure": "it", "kind": "close", "date_to": on(1)} | cells))
        assert series(result, "people", "town").tolist() == [1000, 1000, 0, 0]
        assert series(result, "outcomes", "arrived").tolist() == pytest.approx([0, 0, 1000, 0])
    border = central(road({"measure": "it", "kind": "close", "countries": "HND-GTM", "date_to": on(0)}))
    assert series(border, "outcomes", "arrived").tolist() == pytest.approx([0, 1000, 0, 0])


def test_kind_corridor() -> None:
    """The opposite: the second leg is open on day 2 alone, and all 1,000 arrive on day 2."""
    made = road({"measure": "it", "kind": "corridor", "leg": "second", "date_from": on(2), "date_to": on(2)})
    assert series(central(made), "outcomes", "arrived").tolist() == pytest.approx([0, 0, 1000, 0])


def test_kind_capacity() -> None:
    """500 are held where there is room for 100 until day 1, for 600 on day 2, for 100 on day 3: full on 3 days."""
    places = [row | ({"capacity": 100} if row["place"] == "cell" else {}) for row in PLACES]
    room = {"measure": "it", "kind": "capacity", "place": "cell", "capacity": 600}
    assert (
        numbers(road(HELD, room | {"date_from": on(2), "date_to": on(2)}, places=places))["overcrowded_days"]
        == 3
    )


def test_kind_share_information() -> None:
    """From day 1 on the share 0.3 becomes p = 1 − 0.7^2.5 = 0.590: 300, then 300 p, 300 p², 300 p³ are held."""
    wire = {"measure": "wire", "kind": "share_information", "multiplies": "it", "multiplier": 2.5}
    result = central(road(at("block", share=0.3), wire | {"date_from": on(1)}))
    p = 1 - 0.7**2.5
    assert series(result, "events", "it").tolist() == pytest.approx([300, 300 * p, 300 * p**2, 300 * p**3])


def camps(**closure: object) -> list[float]:
    """People in the first of two camps on a line by day; 100 flee to it on day 0; camps are left by nobody."""
    places = [place("war"), place("camp", "camp"), place("next", "camp")]
    legs = [leg("war", "camp", 50), leg("camp", "next", 50)]
    row = {"place": "camp"} | closure
    made = flight(places, legs, totals={0: 100}, days=4, max_move_speed=60.0, closures=[row], **CALM)
    return [float(x) for x in series(central(made), "people", "camp")]


def test_kind_camp_closed() -> None:
    """On days 2 and 3 the camp is a town, which everyone leaves (chance 1): 100, 100, then 0."""
    assert camps(kind="camp_closed", date_from=on(2), date_to=on(3)) == [100, 100, 0, 0]


def test_kind_becomes() -> None:
    """From day 1 on the camp is a town, for good: 100, then 0."""
    assert camps(kind="becomes", target="town", date_from=on(1)) == [100, 0, 0, 0]


def test_kind_redirect() -> None:
    """Towns 30 and 90 km away weigh 1/(10 + 30) and 1/(10 + 90), so 5 to 2 of 700: 500 and 200. On day 1 another 700
    are all sent the long way.
    """
    places = [place("war"), place("near", "camp"), place("far", "camp")]
    legs = [leg("war", "near", 30), leg("war", "far", 90)]
    bus = {"kind": "redirect", "leg": "war>far", "date_from": on(1)}
    result = central(flight(places, legs, totals={0: 700, 1: 1400}, camp_weight=1.0, closures=[bus], **CALM))
    assert series(result, "crossed", "war>near").tolist() == pytest.approx([500, 0])
    assert series(result, "crossed", "war>far").tolist() == pytest.approx([200, 700])


# --- together


def test_together_competition() -> None:
    """Shares 0.3 and 0.5: something happens to 1 − 0.7 × 0.5 = 0.65, in the proportion 3 to 5: 243.75 and 406.25.

    Three of 0.5 each: to 1 − 0.5³ = 0.875, a third each. What is certain leaves the others p/(1 + p) of all.
    """
    other = at("detain", share=0.5, when="passing", target="cell") | {"measure": "other"}
    result = central(road(at("block", share=0.3), other, days=1))
    assert series(result, "events", "it")[0] == pytest.approx(243.75)
    assert series(result, "events", "other")[0] == pytest.approx(406.25)
    three = [at("block", share=0.5) | {"measure": name} for name in ("a", "b", "c")]
    result = central(road(*three, days=1))
    assert [series(result, "events", name)[0] for name in "abc"] == pytest.approx([875 / 3] * 3)
    result = central(road(at("block", share=1.0), other, days=1))
    assert series(result, "events", "other")[0] == pytest.approx(1000 / 3)


def test_together_quotas() -> None:
    """100 at the post in the morning and 1,000 at noon, a quota of 250: the 100 first, then 150 of the 1,000.

    30 people are 10 families of 3 against a quota of 10 people: 3 families fit, 21 people are refused, always. Who is
    beyond a quota is not drawn for another measure: two certain ones get 500 each, one takes 100 of them, 400 arrive.
    """
    first = central(road(at("block", per_day=250, date_to=on(0)), departures=[MARCH, THERE], days=1))
    assert series(first, "people", "post")[0] == pytest.approx(250)
    assert series(first, "refused", "it")[0] == pytest.approx(850)
    whole = road(at("block", per_day=10), groups=FAMILIES, departures=[MARCH | {"people": 30}], days=1)
    result = simulate(whole, replicates=20, seed=1)
    assert set(series(result, "events", "it")[:, 0]) == {9}
    assert set(series(result, "refused", "it")[:, 0]) == {21}
    other = at("detain", when="passing", target="cell") | {"measure": "other"}
    both = central(road(at("block", per_day=100), other, days=1))
    assert [series(both, "events", name)[0] for name in ("it", "other")] == pytest.approx([100, 500])
    assert series(both, "outcomes", "arrived")[0] == pytest.approx(400)


def test_together_multipliers() -> None:
    """Two multipliers 2 and 1.5 and a scale of 2 make m = 6: 1 − 0.9^6 = 0.468559 of 1,000; a scale also doubles
    a quota, 150 to 300. m = 0 switches off. A multiplier of another measure's name does nothing.
    """
    wires = [
        {"measure": f"w{m}", "kind": "share_information", "multiplies": names, "multiplier": m}
        for m, names in ((2.0, "it"), (1.5, "it;other"), (9.0, "other"))
    ]
    policies = {"actual": Policy(), "more": Policy(include=("actual",), scale={"it": 2.0})}
    policies["none"] = Policy(include=("actual",), scale={"it": "no"})
    parameters = {"no": Parameter(value=0.0)}
    other = at("block", share=0.0) | {"measure": "other"}
    made = road(at("block", share=0.1), other, *wires, policies=policies, parameters=parameters, days=1)
    assert series(central(made, "actual"), "events", "it")[0] == pytest.approx(1000 * (1 - 0.9**3))
    assert series(central(made, "more"), "events", "it")[0] == pytest.approx(468.559)
    assert series(central(made, "none"), "events", "it")[0] == 0
    quota = road(at("block", per_day=150), policies=policies, parameters=parameters, days=1)
    assert series(central(quota, "more"), "events", "it")[0] == pytest.approx(300)


def test_together_capacity_of_detention() -> None:
    """500 held, 0.4 of them released each morning, room for 200: 500, 300, 180, 108, so 2 days over capacity and
    1,088 days in detention. A place of detention never refuses anybody: all 500 are taken.
    """
    places = [row | ({"capacity": 200} if row["place"] == "cell" else {}) for row in PLACES]
    free = {"measure": "free", "kind": "release", "place": "cell", "share": 0.4, "target": "post"}
    found = numbers(road(HELD, free, places=places))
    told = [found[name] for name in ("overcrowded_days", "detained", "days_detained")]
    assert told == pytest.approx([2, 500, 1088])


def test_together_length_of_stay() -> None:
    """A release of 0.25 a day is a geometric stay of 1/0.25 = 4 nights: 500 people, 2,000 nights in all; the rest
    after 60 days is 2,000 × 0.75^60 = 6e-5. A fixed stay of 3 days on the list of the measure: 500 × 3 nights.
    """
    free = {"measure": "free", "kind": "release", "place": "cell", "share": 0.25, "target": "post"}
    assert numbers(road(HELD, free, days=60))["days_detained"] == pytest.approx(2000, abs=1e-3)
    wait = {"measure": "free", "kind": "return", "place": "cell", "target": "town", "after_days": 3}
    result = central(road(HELD, wait, days=6))
    assert series(result, "people", "cell").tolist() == [500, 500, 500, 0, 0, 0]


def test_together_from_centre_to_centre() -> None:
    """500 detained in the cell; 0.2 a morning to the far cell, 0.5 of those there returned each night, 0.1 a
    morning of the cell released, which compete: p = 1 − 0.8 × 0.9 = 0.28, 2 to 1. Day 1: 140 leave, 93⅓ to the far
    cell, 46⅔ freed; half of 93⅓ returned that night. Day 2: 0.28 × 360 = 100.8, 67.2 on: (46⅔ + 67.2)/2 stay.
    """
    far = {"place": "far", "kind": "detention", "country": "GTM", "lat": 15.0, "lon": -88.3}
    rows = [
        HELD,
        {"measure": "move", "kind": "transfer", "place": "cell", "share": 0.2, "target": "far"},
        {"measure": "free", "kind": "release", "place": "cell", "share": 0.1, "target": "post"},
        {"measure": "home", "kind": "return", "place": "far", "share": 0.5, "target": "town"},
    ]
    result = central(road(*rows, places=[*PLACES, far], days=3))
    assert series(result, "people", "cell").tolist() == pytest.approx([500, 360, 259.2])
    assert series(result, "events", "move").tolist() == pytest.approx([0, 280 / 3, 67.2])
    assert series(result, "events", "free").tolist() == pytest.approx([0, 140 / 3, 33.6])
    assert series(result, "people", "far").tolist() == pytest.approx([0, 140 / 3, (140 / 3 + 67.2) / 2])
    assert series(result, "people", "town").tolist() == pytest.approx(
        [0, 140 / 3, 140 / 3 + (140 / 3 + 67.2) / 2]
    )


PARENTS = {
    "travel": {
        "family": GroupValue(adults=2, children=2),
        "parents": GroupValue(adults=2, share=0.0),
        "father": GroupValue(adults=1, share=0.0),
        "mother": GroupValue(adults=1, share=0.0),
        "child": GroupValue(children=1, share=0.0),
    },
    "caravan": {"main": GroupValue(share=1.0), "none": GroupValue(share=0.0)},
}


def test_together_splitting_and_joining() -> None:
    """400 people are 100 families of 2 adults and 2 children. On night 0 half lose their children: 50 couples and
    100 children. On night 1 couples and children are joined with the share 0.8: 40 families, 160 people. Adults
    and children are 200 each throughout. A mother, a father and 2 children make a family too, if so named.
    """
    split = at(
        "separate", share=0.5, groups="travel=family", target="party:travel=parents+child*2", date_to=on(0)
    )
    join = at("reunite", share=0.8, target="party:travel=parents+child*2>family", date_from=on(1))
    join |= {"measure": "join"}
    made = road(split, join, CLOSED, groups=PARENTS, departures=present(family=400), days=2)
    result = central(made)
    people = result.data["people"].sum("place")
    for name, found in {"family": (200, 360), "parents": (100, 20), "child": (100, 20)}.items():
        assert people.sel(travel=name).values[0].tolist() == pytest.approx(found)
    told = composition(made, people, women_share=None)
    counted = dict(zip(told.who, told.count(people)[0].T.tolist(), strict=True))
    assert counted["adult"] == pytest.approx([200, 200])
    assert counted["child"] == pytest.approx([200, 200])
    assert counted["family"] == pytest.approx([50 + 50, 90 + 10])  # a couple is a party of two too
    assert series(result, "events", "join").tolist() == pytest.approx([0, 160])
    named = at("reunite", target="party:travel=father+mother+child*2>family")
    start = present(father=10, mother=7, child=9)  # 4 families for want of children, 16 people
    few = central(road(named, CLOSED, groups=PARENTS, departures=start, days=1))
    assert [of_kind(few, name) for name in ("family", "father", "mother")] == pytest.approx([18, 5.5, 2.5])
    whole = simulate(road(named, CLOSED, groups=PARENTS, departures=start, days=1), seed=1)
    assert [of_kind(whole, name) for name in ("family", "father", "mother", "child")] == [16, 6, 3, 1]


def test_together_attempts() -> None:
    """All 1,000 are returned on arrival and set off again each morning: day 0 the first attempt, day 1 the second,
    from day 2 on the third or a later one. With a return of a half, 1,000/2, /4, /8 arrive at each attempt.
    """
    home = at("return", when="arrival", share=1.0, target="town")
    again = {"measure": "again", "kind": "retry", "place": "town"}
    result = central(road(home, again, by=("attempt",), days=6))
    events = result.data["events"].sel(measure="it").isel(replicate=0)
    assert events.values.tolist() == [[1000, 0, 0], [0, 1000, 0]] + [[0, 0, 1000]] * 4
    result = central(road(home | {"share": 0.5}, again, by=("attempt",), days=3))
    arrived = result.data["outcomes"].sel(outcome="arrived").sum("date").values[0]
    assert arrived.tolist() == pytest.approx([500, 250, 125])
