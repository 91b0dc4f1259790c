"""Small random scenarios with every rule on, made from a seed, to compare the engine and its twin on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import numpy as np
import pandas as pd

from travesia.scenario import (
    QUIRKS,
    TABLES,
    FleeSettings,
    GoalSettings,
    GroupValue,
    Parameter,
    Policy,
    Scenario,
    Settings,
)
from travesia.schema import frame

START = date(2021, 1, 11)
Row = dict[str, Any]


def table(name: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """A table from its rows, columns that none of them names filled with the defaults of the schema.

    name : one of TABLES. rows : values by column name. Raises KeyError for a column the schema does not have.
    """
    columns = sorted({column for row in rows for column in row})
    return frame(name, {column: [row.get(column) for row in rows] for column in columns})


def scenario(settings: Settings, **rows: Sequence[Mapping[str, Any]]) -> Scenario:
    """A scenario in memory; tables without rows are empty.

    settings : what scenario.yaml would say. rows : the rows of each table by its name.
    """
    return Scenario(settings=settings, tables={name: table(name, rows.get(name, ())) for name in TABLES})


def on(day: int) -> pd.Timestamp:
    """The date of a day of the run."""
    return pd.Timestamp(START + timedelta(days=day))


# --- rule goal

TRAVEL = {
    "alone": GroupValue(adults=1),
    "family": GroupValue(adults=2, children=1, share=0.35),
    "large_family": GroupValue(adults=2, children=2, share="large_share"),
    "child": GroupValue(children=1, share=0.08),
}
DAYS = 16


def random_goal(seed: int) -> Scenario:
    """A journey network of 6 to 10 places with loops, two destinations, a detention centre and every measure.

    seed : equal seeds give equal scenarios. Policies: `actual`, and `strict` (scales, adds and takes away).
    """
    random = Random(seed)
    inner = [f"p{i}" for i in range(random.randint(3, 7))]
    places = [_goal_place(random, name, "town") for name in inner]
    places += [_goal_place(random, name, "destination") for name in ("north", "west")]
    places += [_goal_place(random, "centre", "detention")]
    legs = _goal_legs(random, [*inner, "north", "west"])
    for place in places[:-3]:
        place["kind"] = random.choice(["town", "crossing", "checkpoint", "shelter", "reception"])
        place["stay_mean_days"] = random.choice([0, 0, 0.4, 1.3])
    places[1] |= {"stay_mean_days": 1.7, "capacity": 16}
    movement = GoalSettings(
        cost_per_km=0.004,
        cost_per_day=0.1,
        cost_per_usd=0.01,
        cost_per_risk=random.choice([0.0, 0.2]),
        leg_cost=_safe_leg_cost(legs),
        speed_km_per_day={"walk": 41.0, "bus": 163.0},
        news_delay_days=random.choice([0.0, 1.0, 1.6]),
        news_delay_days_per_100km=random.choice([0.0, 0.35]),
        give_up_per_day=0.15,
        route_concentration=random.choice([None, 15.0]),
        leg_bins_per_day=random.choice([4, 8]),
    )
    settings = Settings(
        name=f"random-goal-{seed}",
        title={"en": "Random journeys", "es": "Viajes al azar"},
        start=START,
        days=DAYS,
        movement=movement,
        parameters={
            "large_share": Parameter(value=0.2),
            "slow": Parameter(value=1.13),
            "hunger_effect": Parameter(value=0.5),
            "held_share": Parameter(value=0.3),
        },
        policies={
            "actual": Policy(),
            "strict": Policy(include=("actual",), scale={"stop": 2.0, "visa": 0.5}, off=("beds",)),
        },
        groups={
            "travel": TRAVEL,
            "caravan": {"main": GroupValue(share=0.6, speed_km_per_day=57.0), "none": GroupValue()},
        },
    )
    return scenario(
        settings,
        places=places,
        legs=legs,
        destinations=_goal_destinations(random),
        departures=_goal_departures(random, inner),
        drivers=[
            {"driver": "hunger", "place": inner[2], "date": on(-3), "value": 0.4},
            {"driver": "hunger", "place": inner[2], "date": on(6), "value": 1.7},
        ],
        measures=_goal_measures(random, inner, [leg["leg"] for leg in legs], legs),
    )


def _goal_place(random: Random, name: str, kind: str) -> Row:
    lat, lon = random.uniform(14.0, 18.0), random.uniform(-94.0, -88.0)
    given = {"north": "USA", "west": "MEX", "p0": "HND", "p1": "GTM"}
    country = given.get(name) or random.choice(["HND", "GTM"])
    return {"place": name, "kind": kind, "country": country, "lat": lat, "lon": lon, "population": 900}


def _goal_legs(random: Random, names: list[str]) -> list[Row]:
    """A ring, some chords, and one leg twice."""
    ends = list(zip(names, [*names[1:], names[0]], strict=True))
    ends += [(a, b) for i, a in enumerate(names) for b in names[i + 2 :] if random.random() < 0.25]
    ends = [pair for pair in dict.fromkeys(ends) if set(pair) != {"north", "west"}]
    ends += [random.choice(ends)]
    legs: list[Row] = [
        {
            "leg": f"L{number}",
            "from": a,
            "to": b,
            "distance_km": round(random.uniform(9.0, 210.0), 3),
            "mode": random.choice(["walk", "bus"]),
            "money_usd": random.choice([0, 0, 12.5]),
            "risk": random.choice([0, 1]),
            "both_ways": number < len(names) or random.random() < 0.6,
        }
        for number, (a, b) in enumerate(ends)
    ]
    legs[0]["distance_factor"] = "slow"
    return legs


def _safe_leg_cost(legs: list[Row]) -> float:
    """The logarithm of the spectral radius of the network, and a margin: enough in every state of it."""
    names = sorted({leg[end] for leg in legs for end in ("from", "to")})
    adjacency = np.zeros((len(names), len(names)))
    for leg in legs:
        adjacency[names.index(leg["from"]), names.index(leg["to"])] += 1
        adjacency[names.index(leg["to"]), names.index(leg["from"])] += 1
    return math.log(max(abs(np.linalg.eigvals(adjacency)))) + 0.3


def _goal_destinations(random: Random) -> list[Row]:
    share = round(random.uniform(0.2, 0.8), 3)
    shares = {"main": (share, 1 - share), "none": (0.5, 0.5)}
    return [
        {"groups": f"caravan={caravan}", "destination": destination, "share": part}
        for caravan, parts in shares.items()
        for destination, part in zip(("north", "west"), parts, strict=True)
    ]


def _goal_departures(random: Random, inner: list[str]) -> list[Row]:
    return [
        {
            "departure": "march",
            "kind": "known",
            "place": inner[0],
            "date_from": on(0),
            "date_to": on(2),
            "people": 150,
            "groups": "caravan=main",
        },
        {
            "departure": "second",
            "kind": "known",
            "place": inner[1],
            "date_from": on(4),
            "people": 60,
            "concentration": 8.0,
        },
        {"departure": "there", "kind": "present", "place": random.choice(inner), "people": 40},
        {
            "departure": "trickle",
            "kind": "rate",
            "place": inner[2],
            "date_from": on(1),
            "rate_per_day": 0.003,
            "drivers": "hunger=hunger_effect",
            "groups": "caravan=none",
        },
    ]


def _goal_measures(random: Random, inner: list[str], legs: list[str], rows: list[Row]) -> list[Row]:
    """Every kind of measure, at random places and dates."""

    def at(kind: str, name: str, **cells: Any) -> Row:
        first = random.randint(0, 5)
        dates = {"date_from": on(first), "date_to": on(first + random.randint(5, 12))}
        return {"measure": name, "kind": kind, "place": random.choice(inner)} | dates | cells

    def on_leg(kind: str, name: str, leg: str, **cells: Any) -> Row:
        return at(kind, name, leg=leg, **cells) | {"place": None}

    one_way = next(f"{row['from']}>{row['to']}" for row in rows[1:] if row["leg"] != legs[-1])
    short = {"date_from": on(4), "date_to": on(7)}
    return [
        on_leg("close", "shut", random.choice(legs), **short),
        at("close", "siege", date_from=on(9), date_to=on(11)),
        at("close", "border", place=None, countries="GTM-HND", date_from=on(6), date_to=on(6)),
        on_leg("corridor", "corridor", one_way, date_from=on(2), date_to=on(14)),
        at("block", "stop", share=0.45, choice_cost=0.7, concentration=random.choice([None, 6.0])),
        at("block", "push_back", share=0.4, target="back", groups="caravan=main"),
        on_leg("block", "road_block", random.choice(legs), share=0.5, target="back", choice_cost=0.3),
        at("detain", "raid", share="held_share", target="centre", per_day=random.choice([None, 6])),
        on_leg("detain", "patrol", random.choice(legs), share=0.3, target="p0", after_days=2),
        at("transfer", "move", share=0.2, place="centre", target=random.choice(inner)),
        at("release", "free", share=0.25, place="centre", target=random.choice(inner), date_to=None),
        at("return", "fly_back", share=0.5, place="centre", target="p0", after_days=1, date_to=None),
        at("return", "drive_back", share=0.2, target="p1", mean_days=1.8, per_day=7),
        at("retry", "again", share=0.5, place="p0", date_to=None),
        at("retry", "again_p1", share=0.3, place="p1", date_to=None),
        at("disperse", "scatter", share=0.5, groups="caravan=main"),
        at(
            "separate",
            "split",
            share=0.3,
            groups="travel=large_family",
            target="party:travel=alone*2+child*2",
        ),
        at(
            "separate",
            "tear",
            share=0.4,
            place="p1",
            groups="travel=family",
            target="party:travel=alone*2+child",
        ),
        at(
            "reunite",
            "join",
            share=0.5,
            place="p1",
            date_to=None,
            target="party:travel=family",
        ),
        at("admit", "visa", share=0.3, per_day=5),
        at("shelter", "beds", place="p1", date_to=None),
        at("shelter", "tents", share=0.6, per_day=6, place="centre"),
        at("capacity", "more_beds", place="p1", capacity=25),
        at("treat", "doctor", share=0.4, per_day=6),
        at("harm", "hurt", share=0.05),
        at("harm", "wound", share=0.1, target="stay"),
        on_leg("harm", "drown", random.choice(legs), share=0.06),
        at("share_information", "network", place=None, multiplies="stop;raid;patrol", multiplier=1.9),
        at("block", "extra", share=0.2, policy="strict"),
        at("reunite", "rejoin", share=0.6, place="p0", target="party:travel=alone*2+child*2>large_family"),
    ]


# --- rule flee

FLEE_DAYS = 24


def random_flee(seed: int) -> Scenario:
    """A network of 6 to 10 places at war and at peace, as a converted Flee folder would look.

    seed : equal seeds give equal scenarios. Every third has no capacity that binds.
    """
    random = Random(seed)
    towns = [f"t{i}" for i in range(random.randint(3, 6))]
    camps = [f"c{i}" for i in range(random.randint(2, 3))]
    awareness = random.choice([1, 1, 2, 2, 3])
    places = [_flee_place(random, name, "town", "Home") for name in towns]
    places += [_flee_place(random, name, "camp", "Away") for name in camps]
    places[-1] |= {"kind": "idp_camp", "country": "Home"}
    places[2]["kind"] = random.choice(["town", "hub"])
    for place in places[len(towns) :]:
        place |= {"population": 0, "capacity": None if seed % 3 == 0 else random.choice([60, 95, None])}
    places[len(towns)]["capacity"] = None if seed % 3 == 0 else 75
    if random.random() < 0.5:
        places.append(_flee_place(random, "fork", "marker", "Home"))
    movement = FleeSettings(
        **dict.fromkeys(QUIRKS, True),
        insert_day0=random.random() < 0.7,
        empty_camps_on_day0=random.random() < 0.3,
        sum_from_camps=random.random() < 0.7,
        conflict_spawn_decay=random.choice([(), (1.0, 0.6, 0.2)]),
        conflict_spawn_decay_interval=5,
        max_move_speed=200.0,
        max_walk_speed=35.0,
        foreign_weight=1.4,
        camp_weight=2.0,
        conflict_weight=0.25,
        camp_movechance=0.02,
        awareness_level=awareness,
        avoid_short_stints=random.random() < 0.5,
        start_on_foot=random.random() < 0.5,
        weight_softening=random.choice([0.0, 0.1]),
        weight_power=random.choice([1.0, 1.3]),
        distance_power=random.choice([1.0, 0.8]),
        pruning_threshold=random.choice([1.0, 40.0]),
        capacity_buffer=0.85,
        distance_bin_km=0.5,
        capacity_slices=64,
        travel_index_bins=1024,
    )
    settings = Settings(
        name=f"random-flee-{seed}",
        title={"en": "Random flight", "es": "Huida al azar"},
        start=START,
        days=FLEE_DAYS,
        movement=movement,
    )
    return scenario(
        settings,
        places=places,
        legs=_flee_legs(random, [place["place"] for place in places]),
        departures=[{"departure": "observed", "kind": "observed"}],
        drivers=_flee_conflicts(random, towns),
        measures=_flee_closures(random, towns, camps),
        observations=_flee_observations(random, camps),
    )


def _flee_place(random: Random, name: str, kind: str, country: str) -> Row:
    lat, lon = random.uniform(10.0, 15.0), random.uniform(0.0, 5.0)
    population = random.randint(200, 2000)
    return {"place": name, "kind": kind, "country": country, "lat": lat, "lon": lon, "population": population}


def _flee_legs(random: Random, names: list[str]) -> list[Row]:
    """A ring and some chords, whole kilometres as Flee's files have them."""
    ends = list(zip(names, [*names[1:], names[0]], strict=True))
    ends += [(a, b) for i, a in enumerate(names) for b in names[i + 2 :] if random.random() < 0.2]
    lengths = (20, 55, 90, 150, 230)
    return [
        {
            "leg": f"L{i}",
            "from": a,
            "to": b,
            "distance_km": random.choice(lengths),
            "mode": "road",
        }
        for i, (a, b) in enumerate(dict.fromkeys(ends))
    ]


def _flee_conflicts(random: Random, towns: list[str]) -> list[Row]:
    """One place at war throughout, one from before the run, one on and off; one change Flee ignores."""
    values = [(0, 0, 1.0), (1, -1, 1.0), (1, 9, 0.0), (2, 3, 0.7), (2, 6, 1.8), (2, 12, 0.0), (2, 17, 1.2)]
    return [
        {"driver": "conflict", "place": towns[place], "date": on(day), "value": value}
        for place, day, value in values
    ]


def _flee_closures(random: Random, towns: list[str], camps: list[str]) -> list[Row]:
    def dates(first: int, days: int) -> Row:
        return {"date_from": on(first), "date_to": on(first + days - 1)}

    place, other = random.choice(towns), random.choice(towns)
    return [
        {"measure": "border", "kind": "close", "countries": "Away-Home"} | dates(random.randint(2, 8), 4),
        {"measure": "siege", "kind": "close", "place": place} | dates(random.randint(5, 12), 5),
        {"measure": "shut", "kind": "close", "place": other, "date_from": on(20)},
        {"measure": "camp_town", "kind": "camp_closed", "place": camps[0]} | dates(random.randint(6, 14), 4),
        {"measure": "idp_town", "kind": "camp_closed", "place": camps[-1]} | dates(random.randint(2, 14), 3),
    ]


def _flee_observations(random: Random, camps: list[str]) -> list[Row]:
    """Stocks that rise, fall and rise again; their total; and a camp that is not modelled."""
    rows: list[Row] = []
    days = [0, 4, 9, 13, 18, 30]
    totals = [0] * len(days)
    for name in [*camps, "elsewhere"]:
        value = random.randint(5, 25)
        for i, day in enumerate(days):
            where = {"area": name} if name == "elsewhere" else {"place": name}
            rows.append({"quantity": "present", "date_from": on(day), "value": value} | where)
            totals[i] += value
            value = max(0, value + (random.randint(-15, -3) if i == 2 else random.randint(10, 45)))
    total = [
        {"quantity": "present", "area": "total", "date_from": on(day), "value": value}
        for day, value in zip(days, totals, strict=True)
    ]
    return total + rows
