"""Scenarios of one's own with movement `flee`: what its settings need, each told in one problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from travesia.folder import check

YAML = """\
name: small
title: {en: Small}
start: 2021-03-01
days: 20
movement:
  rule: flee
"""
GROUPS = """\
groups:
  travel: {alone: {adults: 1}}
  age: {0-14: {share: 0.4}, 15-18: {share: 0.1}, 19-59: {share: 0.4}, 60+: {share: 0.1}}
  gender: {female: {share: 0.5}, male: {share: 0.5}}
"""
TABLES = {
    "places.csv": """\
place,kind,country,lat,lon,population
a,town,AAA,10,20,1000
b,town,AAA,10.5,20,500
c,camp,BBB,11,20,0
""",
    "legs.csv": "from,to,distance_km,speed_km_per_day,leg\na,b,80,,\nb,c,120,60,\nb,a,90,,\n",
    "drivers.csv": "driver,place,date,value\nconflict,a,2021-03-01,1\n",
    "departures.csv": "departure,kind,place,people\nobserved,observed,,\n",
    "observations.csv": "quantity,place,date_from,value\npresent,c,2021-03-01,5\npresent,c,2021-03-15,80\n",
    "measures.csv": "measure,kind,place,leg,date_from,date_to,target\n",
}
FLOODS = "  flood_movechances: [0, 0.5, 1]\n  flood_loc_weights: [1, 0.5, 0.1]\n"
AMOUNTS = "  displaced_per_flood_day: [0, 100, 300]\n"
LEVELS = "flood,a,2021-03-05,1.5\n"


def told(path: Path, movement: str = "", groups: str = "", **rows: str) -> list[str]:
    """What a scenario is told. movement : lines of that section; rows : added to a table, by its name."""
    path.mkdir()
    (path / "scenario.yaml").write_text(YAML + movement + groups, encoding="utf-8")
    for name, text in TABLES.items():
        (path / name).write_text(text + rows.get(name.removesuffix(".csv"), ""), encoding="utf-8")
    return [f"{problem.level}: {problem}" for problem in check(path)]


FINE: dict[str, dict[str, str]] = {
    "the least": {},
    "hazards": {"movement": "  ElderlyAvoidHazards: true\n  WomenAvoidHazards: true\n", "groups": GROUPS},
    "floods": {"movement": FLOODS, "drivers": LEVELS},
    "floods that set people off": {
        "movement": "  flood_driven_spawning: poisson\n  take_from_population: true\n" + AMOUNTS,
        "drivers": LEVELS,
    },
    "hunger": {"movement": "  flee_when_starving: true\n", "drivers": "food_insecurity,,2021-03-01,30\n"},
    "pull": {
        "movement": "  use_economic_pull: true\n",
        "drivers": "trade_volume,c,2021-03-01,30\nhdi,,2021-03-01,0.5\n",
    },
    "shares at a place": {"groups": GROUPS, "drivers": "age=60+,a,2021-03-01,0.3\n"},
    "boys who have no effect": {"movement": "  BoysTakeRisk: true\n  men_count_as_boys: true\n"},
    "routes known as wholes": {"movement": "  fixed_routes: true\n  major_routes: [[a, b, c], [c, b]]\n"},
    "changes": {"measures": "m,becomes,b,,2021-03-04,,idp_camp\nn,redirect,,a>b#2,2021-03-04,2021-03-07,\n"},
    "present": {"departures": "there,present,b,40\n"},
}


@pytest.mark.parametrize("what", FINE)
def test_nothing_is_said_of_what_is_fine(tmp_path: Path, what: str) -> None:
    assert told(tmp_path / "own", **FINE[what]) == []


BAD: dict[str, tuple[dict[str, str], str]] = {
    "hazards without groups": (
        {"movement": "  ElderlyAvoidHazards: true\n"},
        "error: scenario.yaml, column groups: no attribute 'age', which movement.ElderlyAvoidHazards needs; add "
        "it with its values, or switch ElderlyAvoidHazards off",
    ),
    "a class across a parting": (
        {
            "movement": "  ElderlyAvoidHazards: true\n",
            "groups": GROUPS.replace("19-59", "19-64").replace("60+", "65+"),
        },
        "error: scenario.yaml, row 10, column groups.age.19-64: '19-64' — people on both sides of 60, whom the "
        "rules treat differently; part the ages at 15, 19 and 60",
    ),
    "no class of ages": (
        {"movement": "  ElderlyAvoidHazards: true\n", "groups": GROUPS.replace("60+", "old")},
        "error: scenario.yaml, row 10, column groups.age.old: 'old' — no class of ages; write first-last or "
        "first+, such as 0-14, 15-18, 19-59, 60+",
    ),
    "no women": (
        {"movement": "  WomenAvoidHazards: true\n", "groups": GROUPS.replace("female", "f")},
        "warning: scenario.yaml, row 11, column groups.gender: 'f, male' — no value 'female', on which "
        "movement.WomenAvoidHazards acts; call one value female",
    ),
    "no ethnicity": (
        {"movement": "  MatchTownEthnicity: true\n"},
        "error: scenario.yaml, column groups: no attribute 'ethnicity', which movement.MatchTownEthnicity needs; "
        "add it with its values, or switch MatchTownEthnicity off",
    ),
    "one list of levels": (
        {"movement": "  flood_movechances: [0, 0.5, 1]\n", "drivers": LEVELS},
        "error: scenario.yaml, row 5, column movement.flood_loc_weights: fewer than two levels, which floods need; "
        "write a value for each level from 0 on, [0.0, 0.1, 0.2]",
    ),
    "floods without levels": (
        {"movement": FLOODS},
        "error: drivers.csv, column driver: no driver 'flood', which movement.flood_movechances needs; add its "
        "rows, or switch flood_movechances off",
    ),
    "floods without population": (
        {"movement": "  flood_driven_spawning: constant\n" + AMOUNTS, "drivers": LEVELS},
        "error: scenario.yaml, row 5, column movement.take_from_population: 'False' — off, while people start by "
        "flood: more would start than live there; set it to true",
    ),
    "floods and conflict": (
        {
            "movement": "  flood_driven_spawning: constant\n  take_from_population: true\n"
            "  conflict_driven_spawning: constant\n" + AMOUNTS,
            "drivers": LEVELS,
        },
        "error: scenario.yaml, row 9, column movement.conflict_driven_spawning: 'constant' — people start by "
        "flood already; set one of the two to off",
    ),
    "hunger without driver": (
        {"movement": "  starvation_driven_spawning: true\n"},
        "error: drivers.csv, column driver: no driver 'food_insecurity', which "
        "movement.starvation_driven_spawning needs; add its rows, or switch starvation_driven_spawning off",
    ),
    "no pull abroad": (
        {"movement": "  use_economic_pull: true\n", "drivers": "hdi,c,2021-03-01,0.5\n"},
        "error: places.csv, row 4, column place: 'c' — no driver 'trade_volume' here, which "
        "movement.use_economic_pull needs of places abroad; add it to drivers.csv, or switch use_economic_pull off",
    ),
    "more than everyone hungry": (
        {"movement": "  flee_when_starving: true\n", "drivers": "food_insecurity,,2021-03-01,130\n"},
        "error: drivers.csv, row 3, column value: '130' — above 100; write 100 or less",
    ),
    "below no conflict": (
        {"drivers": "conflict,b,2021-03-01,-1\n"},
        "error: drivers.csv, row 3, column value: '-1' — below 0; write 0 or more",
    ),
    "shares of no group": (
        {"groups": GROUPS, "drivers": "faith=x,a,2021-03-01,0.3\n"},
        "error: drivers.csv, row 3, column driver: 'faith=x' — no group attribute 'faith'; known names: age, "
        "gender, travel",
    ),
    "shares of no value": (
        {"groups": GROUPS, "drivers": "age=0-15,a,2021-03-01,0.3\n"},
        "error: drivers.csv, row 3, column driver: 'age=0-15' — age has no value '0-15'; did you mean '0-14'?",
    ),
    "shares nowhere": (
        {"groups": GROUPS, "drivers": "age=0-14,,2021-03-01,0.3\n"},
        "error: drivers.csv, row 3, column place: a share without a place; name the place; shares everywhere stand "
        "in groups.age",
    ),
    "a month too many": (
        {"movement": "  harvest_months: [13]\n  everyone_harvests: true\n"},
        "error: scenario.yaml, row 7, column movement.harvest_months: '13' — above 12; write 12 or less",
    ),
    "a harvest without farmers": (
        {"movement": "  harvest_months: [3]\n"},
        "warning: scenario.yaml, row 7, column movement.harvest_months: '3' — no effect without the driver "
        "farmer_fraction, the share of people who farm; add it, or set everyone_harvests",
    ),
    "sinks without a chance": (
        {"movement": "  camps_are_sinks: true\n"},
        "warning: scenario.yaml, row 7, column movement.camps_are_sinks: 'True' — no effect without the driver "
        "deactivation_probability; add the chance to stay for good each night, or switch camps_are_sinks off",
    ),
    "a route through nowhere": (
        {"movement": "  fixed_routes: true\n  major_routes: [[a, d]]\n"},
        "error: scenario.yaml, row 8, column movement.major_routes: 'a, d' — no place 'd'; known names: a, b, c",
    ),
    "a route with a gap": (
        {"movement": "  fixed_routes: true\n  major_routes: [[a, c]]\n"},
        "error: scenario.yaml, row 8, column movement.major_routes: 'a, c' — no leg from 'a' to 'c'; add it to "
        "legs.csv, or name the places between",
    ),
    "a route nobody knows": (
        {"movement": "  major_routes: [[a, b]]\n"},
        "warning: scenario.yaml, row 7, column movement.major_routes: 'a, b' — no effect while fixed_routes is "
        "off; set fixed_routes to true",
    ),
    "no kind of place": (
        {"measures": "m,becomes,a,,2021-03-04,,campp\n"},
        "error: measures.csv, row 2, column target: 'campp' — no kind of place; did you mean 'camp'?",
    ),
    "a change that ends": (
        {"measures": "m,becomes,a,,2021-03-04,2021-03-08,camp\n"},
        "error: measures.csv, row 2, column date_to: '2021-03-08' — a place does not turn back by itself; empty the "
        "cell, and add another row that says what it becomes then",
    ),
    "a change on a leg": (
        {"measures": "m,becomes,,a>b,2021-03-04,,camp\n"},
        "error: measures.csv, row 2, column leg: 'a>b' — a measure of kind becomes does not read it; empty the cell "
        "and fill in place",
    ),
    "a redirection that is no leg": (
        {"measures": "m,redirect,,a>c,2021-03-04,,\n"},
        "error: measures.csv, row 2, column leg: 'a>c' — no such leg; did you mean 'b>c'?",
    ),
    "a redirection both ways": (
        {"measures": "m,redirect,,ring,2021-03-04,,\n", "legs": "a,c,80,,ring\n"},
        "error: measures.csv, row 2, column leg: 'ring' — a leg, and not one direction of it; known names: "
        "a>b, a>b#2, a>c, b>a, b>a#2, b>c, c>a, c>b",
    ),
    "departures of another rule": (
        {"departures": "others,known,b,40\n"},
        "error: departures.csv, row 3, column kind: 'known' — movement flee reads only departures of kind observed "
        "and present; write one of these",
    ),
    "present nowhere": (
        {"departures": "there,present,,40\n"},
        "error: departures.csv, row 3, column place: a departure of kind present needs it; fill it in",
    ),
    "a number from elsewhere": (
        {"movement": "parameters: {war: {value: 0.5}}\n", "drivers": "conflict,b,2021-03-01,war\n"},
        "error: drivers.csv, row 3, column value: 'war' — movement flee takes no values from parameters; write the "
        "number itself",
    ),
    "a length from elsewhere": (
        {"movement": "parameters: {far: {value: 50}}\n", "legs": "a,c,far,,ring\n"},
        "error: legs.csv, row 5, column distance_km: 'far' — movement flee takes no values from parameters; write "
        "the number itself",
    ),
    "families": (
        {"groups": "groups:\n  travel: {alone: {adults: 1}, family: {adults: 2, children: 2, share: 0.5}}\n"},
        "error: scenario.yaml, row 8, column groups.travel.family: 'family' — a party of 4, and movement flee counts "
        "people; keep only parties of one person",
    ),
    "measures of another rule": (
        {"measures": "m,treat,c,,2021-03-04,,\n"},
        "error: measures.csv, row 2, column kind: 'treat' — movement flee reads only measures of kind close, "
        "camp_closed, becomes, redirect; delete the row, or write one of these",
    ),
    "500 times the population": (
        {"movement": "  conflict_driven_spawning: pop_ratio\n"},
        "error: scenario.yaml, row 5, column movement.displaced_per_conflict_day: '500' — above 1, though "
        "conflict_driven_spawning: pop_ratio makes it a share of the population; write a share: 0.01",
    ),
    "shares above 1 by flood": (
        {
            "movement": "  flood_driven_spawning: pop_ratio\n  take_from_population: true\n" + AMOUNTS,
            "drivers": LEVELS,
        },
        "warning: scenario.yaml, row 9, column movement.displaced_per_flood_day: '0, 100, 300' — above 1, though "
        "flood_driven_spawning: pop_ratio makes them shares of the population; write shares: [0.0, 0.1, 0.2]",
    ),
    "less than one person by flood": (
        {
            "movement": "  flood_driven_spawning: constant\n  take_from_population: true\n",
            "drivers": LEVELS,
        },
        "warning: scenario.yaml, row 5, column movement.displaced_per_flood_day: '0, 0.1, 0.2, 0.5, 0.9' — less than "
        "one person at each level, so nobody starts: flood_driven_spawning is constant; write numbers of people, or "
        "take pop_ratio",
    ),
    "infinitely near": (
        {"movement": "  softening: 0\n", "legs": "a,c,0,,ring\n"},
        "error: legs.csv, row 5, column distance_km: '0' — a leg of no length draws everyone while "
        "movement.softening is 0; write its km, or set softening above 0",
    ),
    "growth of no capacity": (
        {"drivers": "capacity_per_day,c,2021-03-01,10\n"},
        "warning: drivers.csv, row 3, column place: 'c' — c has no capacity: it has room for those added so far, and "
        "no more; write its capacity in places.csv, or delete the row",
    ),
    "nowhere to start": (
        {"drivers": "conflict,a,2021-03-05,0\n"},
        "warning: drivers.csv: 59 people who are due never start: nobody lives where there is conflict then; the "
        "first are due on 2021-03-05; check where and when there is conflict, and the populations",
    ),
    "nowhere to start for a while": (
        {"drivers": "conflict,a,2021-03-05,0\nconflict,b,2021-03-10,1\n"},
        "warning: drivers.csv: up to 26 people who are due wait until somebody lives where there is conflict; the "
        "first are due on 2021-03-05; check where and when there is conflict, and the populations",
    ),
    "a leg nobody leaves": (
        {"legs": "c,a,80,0,\n"},
        "error: legs.csv, row 5, column speed_km_per_day: '0' — not above 0; write more than 0, or leave it empty "
        "for the usual speed",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_missing_is_told(tmp_path: Path, what: str) -> None:
    changes, message = BAD[what]
    assert told(tmp_path / "own", **changes) == [message]


def test_measures_of_the_rule_are_told_apart(tmp_path: Path) -> None:
    found = told(tmp_path / "own", measures="m,redirect,,a>b,2021-03-04,,\n")
    assert found == []
    goal = YAML.replace("rule: flee", "rule: goal")
    (tmp_path / "own" / "scenario.yaml").write_text(goal, encoding="utf-8")
    assert any(
        str(problem)
        == "measures.csv, row 2, column kind: 'redirect' — only movement flee reads measures of this "
        "kind; delete the row, or write another kind"
        for problem in check(tmp_path / "own")
    )
