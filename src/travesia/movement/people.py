"""Rule `flee`: who people are — groups with their homes, who starts where, and what each chooser minds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from travesia.groups import Groups, parse_pairs
from travesia.movement.conditions import by_day
from travesia.scenario import FleeSettings, GroupValue, Scenario, Settings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HOME, FARMER = "home", "farmer"
MATCHED = ("ethnicity", "religion")
AS_IT_IS, TWICE, NOT_AT_ALL = 0, 1, 2
"""How much a chooser minds the score of a place."""
RAREST = 1e-6  # share of a trait


def with_homes(scenario: Scenario) -> Settings:
    """The settings with the attributes `home` and `farmer`, where a rule that is on needs them."""
    settings = scenario.settings
    movement = settings.movement
    if not isinstance(movement, FleeSettings):
        return settings
    groups = dict(settings.groups)
    if rules_of_homes(movement):
        groups[HOME] = {name: GroupValue() for name in _homes(scenario)}
    if movement.harvest_months and not movement.everyone_harvests:
        groups[FARMER] = {"yes": GroupValue(), "no": GroupValue()}
    return settings.model_copy(update={"groups": groups})


def rules_of_homes(movement: FleeSettings) -> list[str]:
    """The settings that are on and need to know where people are from."""
    close = movement.stay_close_to_home and not movement.home_is_here
    rules = {"harvest_months": bool(movement.harvest_months), "stay_close_to_home": close}
    return [name for name, on in rules.items() if on]


def _homes(scenario: Scenario) -> list[str]:
    """Where people may start, in the order of the places."""
    drivers = scenario.drivers[scenario.drivers["driver"].isin(["conflict", "flood", "food_insecurity"])]
    named = {*drivers["place"], *scenario.observations["place"], *scenario.departures["place"]}
    everywhere = "" in set(drivers["place"])
    return [name for name in scenario.places["place"] if everywhere or name in named]


def shares_at(groups: Groups, scenario: Scenario, place: str, selector: str = "") -> Floats:
    """Shares of the groups among those who start at a place, [group].

    A driver `attribute=value` of the place counts before the share of the value; farmer_fraction may hold
    everywhere. selector : `attribute=value` pairs.
    """
    drivers = scenario.drivers[scenario.drivers["place"].isin(["", place])]
    own = dict(zip(drivers["driver"], drivers["value"].astype(float), strict=True))
    wanted = parse_pairs(selector)
    by_value: dict[str, dict[str, float]] = {}
    for attribute, values in groups.definitions.items():
        if attribute == HOME:
            weights = {value: float(value == place) for value in values}
        elif attribute == FARMER:
            weights = {"yes": own.get("farmer_fraction", 0.0), "no": 1 - own.get("farmer_fraction", 0.0)}
        elif any(f"{attribute}={value}" in own for value in values):
            weights = {value: own.get(f"{attribute}={value}", 0.0) for value in values}
        else:
            weights = groups.value_shares(attribute, {})
        chosen = wanted.get(attribute, list(weights))
        whole = sum(weights[value] for value in chosen)
        by_value[attribute] = dict.fromkeys(weights, 0.0) | {
            v: weights[v] / whole if whole > 0 else 1 / len(chosen) for v in chosen
        }
    return groups.joint(by_value)


@dataclass(frozen=True)
class Choosers:
    """Classes of groups who see the same attraction, as `flee_columns` and `Conditions.chooser` have them."""

    of_group: Ints  # [group, chooser | home | goes home for the harvest]
    table: Ints  # [chooser, how much they mind the score | home they look from | traits]


def find_choosers(groups: Groups, scenario: Scenario) -> Choosers:
    """The choosers among the groups of a scenario with rule `flee`."""
    settings = scenario.settings.flee
    index = {name: i for i, name in enumerate(scenario.places["place"])}
    traits = find_traits(groups, settings)
    known: dict[tuple[int, ...], int] = {}
    rows = []
    for g, values in enumerate(groups.values):
        value = dict(zip(groups.attributes, values, strict=True))
        home = index[value[HOME]] if HOME in value else -1
        seen_from = max(home, 0) if settings.stay_close_to_home and not settings.home_is_here else 0
        key = (minds(settings, value), seen_from, *traits[g].tolist())
        harvests = bool(settings.harvest_months) and value.get(FARMER, "yes") == "yes"
        rows.append((known.setdefault(key, len(known)), home, int(harvests)))
    return Choosers(np.array(rows, dtype=np.int64), np.array(list(known), dtype=np.int64))


def minds(settings: FleeSettings, value: dict[str, str]) -> int:
    """How much people of these attributes mind the score of a place: AS_IT_IS, TWICE or NOT_AT_ALL."""
    age = _youngest(value["age"]) if "age" in value else -1
    male, female = value.get("gender") == "male", value.get("gender") == "female"
    child, old = 0 <= age < 19, age > 59
    twice = (child and settings.ChildrenAvoidHazards) or (old and settings.ElderlyAvoidHazards)
    if settings.WomenAvoidHazards and female:
        twice = True
    if settings.BoysTakeRisk and male and age > 14:
        if settings.men_count_as_boys and settings.ChildrenAvoidHazards:
            return NOT_AT_ALL
        if not settings.men_count_as_boys and child:
            return NOT_AT_ALL
    return TWICE if twice else AS_IT_IS


def _youngest(ages: str) -> int:
    """The lower end of `15-18` or `60+`."""
    return int(ages.partition("-")[0].rstrip("+"))


def matches(settings: FleeSettings) -> bool:
    """Whether people look for their own kind."""
    return (
        settings.MatchCampEthnicity
        or settings.MatchCampReligion
        or settings.MatchTownEthnicity
        or settings.MatchConflictEthnicity
    )


def find_traits(groups: Groups, settings: FleeSettings) -> Ints:
    """The number of each group's ethnicity and religion, [group, attribute]; −1 where nobody looks for their kind."""
    on = matches(settings)
    names = [(a, v) for a in MATCHED if on and a in groups.attributes for v in groups.definitions[a]]
    number = {name: i for i, name in enumerate(names)}
    found = [
        [number.get((a, dict(zip(groups.attributes, values, strict=True)).get(a, "")), -1) for a in MATCHED]
        for values in groups.values
    ]
    return np.array(found, dtype=np.int64)


def usual_shares(groups: Groups, scenario: Scenario) -> tuple[Floats, Floats]:
    """The usual share of each trait, [trait], and that among the inhabitants, [trait, place]; empty without rules."""
    usual, resident = [], []
    for attribute in [a for a in MATCHED if matches(scenario.settings.flee) and a in groups.attributes]:
        shares = groups.value_shares(attribute, {})
        whole = sum(shares.values())
        for value, share in shares.items():
            usual.append(max(share / whole, RAREST))
            resident.append(by_day(scenario, f"{attribute}={value}", default=share / whole)[0])
    return np.array(usual), np.array(resident).reshape(len(usual), len(scenario.places))
