"""Rule `flee`: who people are — groups with their homes, who starts where, and what each chooser minds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from travesia.flee_start import ATTRIBUTES, TYPICAL, Match
from travesia.groups import Groups, parse_pairs
from travesia.movement.conditions import by_day
from travesia.scenario import FleeSettings, GroupValue, Scenario, Settings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HOME, FARMER = "home", "farmer"
MATCHED = ("ethnicity", "religion")
AS_IT_IS, TWICE, NOT_AT_ALL = 0, 1, 2
"""How much a chooser minds the score of a place: classes of choosers."""


def with_homes(scenario: Scenario) -> Settings:
    """The settings with the attributes `home` and `farmer`, where a rule that is on needs them."""
    settings = scenario.settings
    movement = settings.movement
    if not isinstance(movement, FleeSettings):
        return settings
    groups = dict(settings.groups)
    if movement.harvest_months or (movement.stay_close_to_home and not movement.home_is_here):
        groups[HOME] = {name: GroupValue() for name in _homes(scenario)}
    if movement.harvest_months and not movement.everyone_harvests:
        groups[FARMER] = {"yes": GroupValue(), "no": GroupValue()}
    return settings.model_copy(update={"groups": groups})


def _homes(scenario: Scenario) -> list[str]:
    """Where people may start, in the order of the places."""
    drivers = scenario.drivers[scenario.drivers["driver"].isin(["conflict", "flood", "food_insecurity"])]
    named = {*drivers["place"], *scenario.observations["place"], *scenario.departures["place"]}
    everywhere = "" in set(drivers["place"])
    return [name for name in scenario.places["place"] if everywhere or name in named]


def shares_at(groups: Groups, scenario: Scenario, place: str, selector: str = "") -> Floats:
    """Shares of the groups among those who start at a place, [group].

    A driver `attribute=value` of the place counts before the share of the value. selector : `attribute=value` pairs.
    """
    drivers = scenario.drivers[scenario.drivers["place"] == place]
    own = dict(zip(drivers["driver"], drivers["value"].astype(float), strict=True))
    wanted = parse_pairs(selector)
    by_value = []
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
        by_value.append(
            {v: (weights[v] / whole if whole > 0 else 1 / len(chosen)) * (v in chosen) for v in weights}
        )
    return np.array(
        [np.prod([by[v] for by, v in zip(by_value, values, strict=True)]) for values in groups.values]
    )


@dataclass(frozen=True)
class Choosers:
    """Classes of groups who see the same attraction: [group] which; [chooser] class of hazards, and home."""

    chooser: Ints
    hazard: Ints
    home: Ints
    trait: Ints  # [chooser × ATTRIBUTES + attribute]
    home_of_group: Ints  # [group] place, or −1
    harvests: Ints  # [group]


def find_choosers(groups: Groups, scenario: Scenario) -> Choosers:
    """The choosers among the groups of a scenario with rule `flee`."""
    settings = _rules(scenario)
    index = {name: i for i, name in enumerate(scenario.places["place"])}
    trait = _traits(groups)
    keys: dict[tuple[int, ...], int] = {}
    chooser, homes, harvests = [], [], []
    for g, values in enumerate(groups.values):
        value = dict(zip(groups.attributes, values, strict=True))
        home = index[value[HOME]] if HOME in value else -1
        seen_from = max(home, 0) if settings.stay_close_to_home and not settings.home_is_here else 0
        traits = trait[g * ATTRIBUTES : (g + 1) * ATTRIBUTES] if matches(settings) else [-1] * ATTRIBUTES
        key = (hazard_class(settings, value), seen_from, *(int(t) for t in traits))
        chooser.append(keys.setdefault(key, len(keys)))
        homes.append(home)
        harvests.append(int(bool(settings.harvest_months) and value.get(FARMER, "yes") == "yes"))
    table = np.array(list(keys), dtype=np.int64).reshape(len(keys), 2 + ATTRIBUTES)
    return Choosers(
        chooser=np.array(chooser, dtype=np.int64),
        hazard=np.ascontiguousarray(table[:, 0]),
        home=np.ascontiguousarray(table[:, 1]),
        trait=np.ascontiguousarray(table[:, 2:]).reshape(-1),
        home_of_group=np.array(homes, dtype=np.int64),
        harvests=np.array(harvests, dtype=np.int64),
    )


def _rules(scenario: Scenario) -> FleeSettings:
    movement = scenario.settings.movement
    assert isinstance(movement, FleeSettings)
    return movement


def hazard_class(settings: FleeSettings, value: dict[str, str]) -> int:
    """How much people of these attributes mind the score of a place."""
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


def _traits(groups: Groups) -> Ints:
    """The trait of each group, [group × ATTRIBUTES + attribute]: a number over the values of both attributes."""
    names = [(a, v) for a in MATCHED if a in groups.attributes for v in groups.definitions[a]]
    number = {name: i for i, name in enumerate(names)}
    found = [
        number.get((a, dict(zip(groups.attributes, values, strict=True)).get(a, "")), -1)
        for values in groups.values
        for a in MATCHED
    ]
    return np.array(found, dtype=np.int64)


def find_match(
    groups: Groups, scenario: Scenario, choosers: Choosers, in_conflict: NDArray[np.bool_]
) -> Match:
    """How people look for their own kind. in_conflict : [day, place]."""
    settings = _rules(scenario)
    acts = [settings.MatchCampEthnicity, settings.MatchConflictEthnicity, settings.MatchTownEthnicity]
    acts += [settings.MatchCampReligion, False, False]
    usual, resident = [], []
    on = matches(settings)
    for attribute in [a for a in MATCHED if on and a in groups.attributes]:
        shares = groups.value_shares(attribute, {})
        whole = sum(shares.values())
        for value, share in shares.items():
            usual.append(max(share / whole, 1e-6))
            resident.append(by_day(scenario, f"{attribute}={value}", default=share / whole)[0])
    return Match(
        acts=np.array(acts, dtype=np.int64),
        trait=_traits(groups),
        chooser_trait=choosers.trait,
        usual=np.array(usual),
        resident=np.array(resident).reshape(-1),
        in_conflict=in_conflict.astype(np.int64) if on else np.zeros((0, 0), dtype=np.int64),
        typical=TYPICAL / settings.hasten,
    )
