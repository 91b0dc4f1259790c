"""Rules of movement `flee`: what its settings need of groups, drivers, legs and places."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from travesia.errors import Problem, nearest
from travesia.flee_attributes import FOOD_RULES
from travesia.flee_modes import FLOOD_LISTS
from travesia.flee_people import needed_attributes
from travesia.rules.base import (
    Rule,
    cell,
    directed_names,
    filled,
    hint,
    leg_names,
    names,
    number,
    rows,
    setting,
    shown,
    warning,
)
from travesia.scenario import Scenario

KINDS = ("town", "camp", "idp_camp", "hub", "marker", "flood_zone", "other")
"""What a place can become; the rule knows no others."""
DEPARTURES = ("observed", "present")
AGES = re.compile(r"(\d+)-(\d+)|(\d+)(\+?)")
PARTINGS = (15, 19, 60)
WORDS_OF_GENDER = {"WomenAvoidHazards": "female", "BoysTakeRisk": "male"}
RANGES = {
    "conflict": math.inf,
    "flood": math.inf,
    "food_insecurity": 100.0,
    "deactivation_probability": 1.0,
    "farmer_fraction": 1.0,
    "trade_volume": math.inf,
    "hdi": math.inf,
    "capacity_per_day": math.inf,
}
"""The largest value of each driver the rule reads; the smallest is 0."""


def rules_have_their_attributes(scenario: Scenario) -> Iterator[Problem]:
    """Rules about age, gender, religion and ethnicity find them among the groups, with values they understand."""
    movement = scenario.settings.flee
    groups = scenario.settings.groups
    needed = needed_attributes(movement)
    for name, rule in needed.items():
        if not groups.get(name):
            message = f"no attribute {name!r}, which movement.{rule} needs"
            remedy = f"add it with its values, or switch {rule} off"
            yield setting(scenario, "groups", "", message, remedy)
    if "age" in needed:
        yield from _age_problems(scenario, groups.get("age", {}))
    for rule, word in WORDS_OF_GENDER.items() if "gender" in needed else ():
        given = groups.get("gender", {})
        if getattr(movement, rule) and given and word not in given:
            message = f"no value {word!r}, on which movement.{rule} acts"
            remedy = f"call one value {word}"
            yield warning(setting(scenario, "groups.gender", ", ".join(given), message, remedy))


def _age_problems(scenario: Scenario, values: Iterable[str]) -> Iterator[Problem]:
    for value in values:
        found = AGES.fullmatch(value)
        if not found:
            message = "no class of ages"
            remedy = "write first-last or first+, such as 0-14, 15-18, 19-59, 60+"
            yield setting(scenario, f"groups.age.{value}", value, message, remedy)
            continue
        first = int(found[1] or found[3])
        last = int(found[2] or first) if not found[4] else math.inf
        across = [age for age in PARTINGS if first < age <= last]
        if across:
            message = f"people on both sides of {across[0]}, whom the rules treat differently"
            remedy = "part the ages at 15, 19 and 60"
            yield setting(scenario, f"groups.age.{value}", value, message, remedy)


def floods_have_their_levels(scenario: Scenario) -> Iterator[Problem]:
    """Floods have lists of at least two levels, levels by place, and a population to take people from."""
    movement = scenario.settings.flee
    by_flood = movement.flood_driven_spawning != "off"
    lists = {name: getattr(movement, name) for name in FLOOD_LISTS}
    ruled = any(lists.values())
    if by_flood:
        lists["displaced_per_flood_day"] = movement.displaced_per_flood_day
    for name, values in lists.items():
        wanted = ruled or name == "displaced_per_flood_day"
        if wanted and len(values) < 2:
            message = "fewer than two levels, which floods need"
            shown_as = ", ".join(f"{value:g}" for value in values)
            remedy = "write a value for each level from 0 on, [0.0, 0.1, 0.2]"
            yield setting(scenario, f"movement.{name}", shown_as, message, remedy)
    if any(value < 0 for value in movement.displaced_per_flood_day):
        worst = min(movement.displaced_per_flood_day)
        yield setting(scenario, "movement.displaced_per_flood_day", worst, "below 0", "write 0 or more")
    if by_flood and not movement.take_from_population:
        message = "off, while people start by flood: more would start than live there"
        yield setting(scenario, "movement.take_from_population", False, message, "set it to true")
    if by_flood and movement.conflict_driven_spawning != "off":
        message = "people start by flood already"
        value = movement.conflict_driven_spawning
        yield setting(
            scenario, "movement.conflict_driven_spawning", value, message, "set one of the two to off"
        )
    if by_flood or ruled:
        rule = "flood_driven_spawning" if by_flood else "flood_movechances"
        yield from _need_driver(scenario, "flood", rule)


def hunger_has_its_driver(scenario: Scenario) -> Iterator[Problem]:
    """Rules about food have the driver food_insecurity."""
    on = [name for name in FOOD_RULES if getattr(scenario.settings.flee, name)]
    if on:
        yield from _need_driver(scenario, "food_insecurity", on[0])


def _need_driver(scenario: Scenario, driver: str, rule: str) -> Iterator[Problem]:
    known = names(scenario, "drivers", "driver")
    if driver not in known:
        message = f"no driver {driver!r}, which movement.{rule} needs"
        yield cell(scenario, "drivers", 0, "driver", "", message, f"add its rows, or switch {rule} off")


def pull_is_given_abroad(scenario: Scenario) -> Iterator[Problem]:
    """With use_economic_pull every place abroad has trade_volume and hdi; home is the country of the first place."""
    if not scenario.settings.flee.use_economic_pull:
        return
    home = scenario.tables["places"]["country"].iloc[0]
    for driver in ("trade_volume", "hdi"):
        given = {line["place"] for _, line in rows(scenario, "drivers") if line["driver"] == driver}
        for row, place in rows(scenario, "places"):
            if place["country"] != home and not given & {place["place"], ""}:
                message = (
                    f"no driver {driver!r} here, which movement.use_economic_pull needs of places abroad"
                )
                remedy = "add it to drivers.csv, or switch use_economic_pull off"
                yield cell(scenario, "places", row, "place", place["place"], message, remedy)


def drivers_in_range(scenario: Scenario) -> Iterator[Problem]:
    """Drivers the rule reads are not below 0, shares not above 1, per cent not above 100."""
    for row, line in rows(scenario, "drivers"):
        share = "=" in line["driver"]
        if line["driver"] not in RANGES and not share:
            continue
        value = number(scenario, line["value"])
        most = 1.0 if share else RANGES[line["driver"]]
        if value is not None and value < 0:
            yield cell(scenario, "drivers", row, "value", line["value"], "below 0", "write 0 or more")
        elif value is not None and value > most:
            message = f"above {most:g}"
            yield cell(scenario, "drivers", row, "value", line["value"], message, f"write {most:g} or less")


def drivers_are_known(scenario: Scenario) -> Iterator[Problem]:
    """A driver that the rule does not read is told, once."""
    unread: set[str] = set()
    for row, line in rows(scenario, "drivers"):
        driver = line["driver"]
        if driver and driver not in RANGES and "=" not in driver and driver not in unread:
            unread.add(driver)
            message, remedy = (
                "no effect: movement flee reads no driver of this name",
                nearest(driver, list(RANGES)),
            )
            yield warning(cell(scenario, "drivers", row, "driver", driver, message, remedy))


def shares_name_groups(scenario: Scenario) -> Iterator[Problem]:
    """A driver `attribute=value`, a share at a place, names an attribute and one of its values."""
    groups, first = scenario.settings.groups, dict[tuple[str, str], int]()
    for row, line in rows(scenario, "drivers"):
        attribute, sign, value = line["driver"].partition("=")
        if not sign:
            continue
        if attribute not in groups:
            message, remedy = f"no group attribute {attribute!r}", hint(attribute, list(groups), "groups")
            yield cell(scenario, "drivers", row, "driver", line["driver"], message, remedy)
        elif value not in groups[attribute]:
            message, remedy = f"{attribute} has no value {value!r}", nearest(value, list(groups[attribute]))
            yield cell(scenario, "drivers", row, "driver", line["driver"], message, remedy)
        elif line["place"] == "":
            message = "a share without a place"
            remedy = f"name the place; shares everywhere stand in groups.{attribute}"
            yield cell(scenario, "drivers", row, "place", "", message, remedy)
        elif (line["driver"], line["place"]) in first:
            message, kept = (
                "a second share there: it holds for all days",
                first[line["driver"], line["place"]],
            )
            remedy = f"keep this row or row {kept}"
            yield cell(scenario, "drivers", row, "date", line["date"], message, remedy)
        first.setdefault((line["driver"], line["place"]), row)


def major_routes_follow_legs(scenario: Scenario) -> Iterator[Problem]:
    """Each chain of major_routes has two places or more, and a leg between each two that follow each other."""
    movement = scenario.settings.flee
    known = names(scenario, "places", "place")
    joined = {(leg["from"], leg["to"]) for _, leg in rows(scenario, "legs")}
    joined |= {(leg["to"], leg["from"]) for _, leg in rows(scenario, "legs") if leg["both_ways"]}
    for chain in movement.major_routes:
        key, written = "movement.major_routes", ", ".join(chain)
        missing = [name for name in chain if name not in known]
        gaps = [pair for pair in pairwise(chain) if pair not in joined]
        if missing:
            message = f"no place {missing[0]!r}"
            yield setting(scenario, key, written, message, hint(missing[0], known, "places.csv"))
        elif len(chain) < 2:
            yield setting(scenario, key, written, "a single place is no way", "name two places or more")
        elif gaps:
            message = f"no leg from {gaps[0][0]!r} to {gaps[0][1]!r}"
            yield setting(scenario, key, written, message, "add it to legs.csv, or name the places between")
    if movement.major_routes and not movement.fixed_routes:
        message = "no effect while fixed_routes is off"
        first = ", ".join(movement.major_routes[0])
        yield warning(setting(scenario, "movement.major_routes", first, message, "set fixed_routes to true"))


def changes_of_places_name_kinds(scenario: Scenario) -> Iterator[Problem]:
    """`becomes` names a kind of place; `redirect` one direction of a leg."""
    directions, known = directed_names(scenario), leg_names(scenario)
    for row, measure in rows(scenario, "measures"):
        kind = measure["kind"]
        if kind == "becomes" and measure["target"] not in KINDS:
            message = "no kind of place" if measure["target"] else "a measure of kind becomes needs it"
            remedy = nearest(measure["target"], KINDS)
            yield cell(scenario, "measures", row, "target", measure["target"], message, remedy)
        if kind == "becomes" and filled(measure["date_to"]):
            message = "a place does not turn back by itself"
            remedy = "empty the cell, and add another row that says what it becomes then"
            yield cell(scenario, "measures", row, "date_to", measure["date_to"], message, remedy)
        if kind == "redirect" and measure["leg"] in known and measure["leg"] not in directions:
            message = "a leg, and not one direction of it"
            remedy = hint(measure["leg"], directions, "legs.csv, as from>to")
            yield cell(scenario, "measures", row, "leg", measure["leg"], message, remedy)


def departures_are_read(scenario: Scenario) -> Iterator[Problem]:
    """Departures are of a kind the rule reads, and those present have a place and a number."""
    for row, line in rows(scenario, "departures"):
        kind = line["kind"]
        if kind and kind not in DEPARTURES:
            message = "movement flee reads only departures of kind observed and present"
            yield cell(scenario, "departures", row, "kind", kind, message, "write one of these")
        for column in ("place", "people") if kind == "present" else ():
            if not filled(line[column]):
                message = "a departure of kind present needs it"
                yield cell(scenario, "departures", row, column, "", message, "fill it in")


def speeds_of_legs_are_positive(scenario: Scenario) -> Iterator[Problem]:
    """Whoever is on a leg gets on."""
    for row, leg in rows(scenario, "legs"):
        if number(scenario, leg["speed_km_per_day"]) == 0:
            value = leg["speed_km_per_day"]
            remedy = "write more than 0, or leave it empty for the usual speed"
            yield cell(scenario, "legs", row, "speed_km_per_day", value, "not above 0", remedy)


def switches_have_something_to_act_on(scenario: Scenario) -> Iterator[Problem]:
    """Sinks have a probability somewhere, and the harvest has farmers."""
    movement, known = scenario.settings.flee, names(scenario, "drivers", "driver")
    if movement.camps_are_sinks and "deactivation_probability" not in known:
        message = "no effect without the driver deactivation_probability"
        remedy = "add the chance to stay for good each night, or switch camps_are_sinks off"
        yield warning(setting(scenario, "movement.camps_are_sinks", shown(True), message, remedy))
    if movement.harvest_months and not movement.everyone_harvests and "farmer_fraction" not in known:
        months = ", ".join(str(month) for month in movement.harvest_months)
        message = "no effect without the driver farmer_fraction, the share of people who farm"
        remedy = "add it, or set everyone_harvests"
        yield warning(setting(scenario, "movement.harvest_months", months, message, remedy))


RULES = (
    Rule(rules_have_their_attributes, ("settings",), "flee"),
    Rule(floods_have_their_levels, ("settings", "drivers"), "flee"),
    Rule(hunger_has_its_driver, ("settings", "drivers"), "flee"),
    Rule(pull_is_given_abroad, ("settings", "places", "drivers"), "flee"),
    Rule(drivers_in_range, ("settings", "drivers"), "flee"),
    Rule(drivers_are_known, ("settings", "drivers"), "flee"),
    Rule(shares_name_groups, ("settings", "drivers"), "flee"),
    Rule(major_routes_follow_legs, ("settings", "places", "legs"), "flee"),
    Rule(changes_of_places_name_kinds, ("settings", "legs"), "flee"),
    Rule(departures_are_read, ("settings",), "flee"),
    Rule(speeds_of_legs_are_positive, ("settings",), "flee"),
    Rule(switches_have_something_to_act_on, ("settings", "drivers"), "flee"),
)
