"""Rules about the section `health` of scenario.yaml, and what it needs of the tables."""

from __future__ import annotations

from collections.abc import Iterator

from travesia.errors import Problem
from travesia.rules.base import (
    Rule,
    behind,
    cell,
    hint,
    names,
    names_are_parameters,
    number,
    rows,
    selection,
    setting,
)
from travesia.scenario import Scenario

_DAYS = ("infectious_days", "treated_infectious_days")
_SHARES = ("case_fatality", "treated_case_fatality", "immune_share", "infectious_share")
_AT_LEAST_0 = ("reproduction_number", "crowding_power", "incubation_days")


def health_names_parameters(scenario: Scenario) -> Iterator[Problem]:
    """A setting of health that holds a name holds that of a parameter."""
    return names_are_parameters(scenario, _numbers(scenario))


def health_in_range(scenario: Scenario) -> Iterator[Problem]:
    """Days are 1 or more (an incubation may be 0), shares from 0 to 1, nothing is negative."""
    for key, value in _numbers(scenario):
        found = number(scenario, value)
        if found is None:
            continue
        name = key.split(".")[1]
        told = behind(value, found)
        if found < 0:
            yield setting(scenario, key, value, f"below 0{told}", "write 0 or more")
        elif name in _DAYS and found < 1:
            yield setting(scenario, key, value, f"below 1 day{told}", "write 1 or more")
        elif name == "incubation_days" and 0 < found < 1:
            remedy = "write 0 (infectious from the same night), or 1 or more"
            yield setting(scenario, key, value, f"between 0 and 1 day{told}", remedy)
        elif name not in (*_DAYS, *_AT_LEAST_0) and found > 1:
            yield setting(scenario, key, value, f"above 1{told}", "write a share from 0 to 1")


def _numbers(scenario: Scenario) -> Iterator[tuple[str, float | str]]:
    """Every number of the section that is there, by its dotted key."""
    health = scenario.settings.health
    if health is None:
        return
    for name in (*_AT_LEAST_0, *_DAYS, *_SHARES):
        value = getattr(health, name)
        if value is not None:
            yield f"health.{name}", value
    for departure, share in health.infectious_share_by_departure.items():
        yield f"health.infectious_share_by_departure.{departure}", share


def health_is_of_journeys(scenario: Scenario) -> Iterator[Problem]:
    """Rule flee does not know health."""
    if scenario.settings.health is not None:
        message = "health is modelled with the rule goal alone"
        yield setting(scenario, "health", scenario.settings.health.disease, message, "remove the section")


def health_names_departures(scenario: Scenario) -> Iterator[Problem]:
    """The departures with a share of their own exist."""
    if scenario.settings.health is None:
        return
    known = names(scenario, "departures", "departure")
    for name in scenario.settings.health.infectious_share_by_departure:
        if name not in known:
            key, remedy = "health.infectious_share_by_departure", hint(name, known, "departures.csv")
            yield setting(scenario, f"{key}.{name}", name, "no such departure", remedy)


def treatment_is_by_travel(scenario: Scenario) -> Iterator[Problem]:
    """With health, a measure of kind treat tells people apart by travel alone, as health is kept."""
    if scenario.settings.disease is None:
        return
    for row, measure in rows(scenario, "measures"):
        chosen = selection(measure["groups"]) if measure["kind"] == "treat" and measure["groups"] else None
        if chosen and set(chosen) != {"travel"}:
            message = "health is kept by place and travel, so nobody else can be told apart for treatment"
            remedy = "name values of travel alone, or leave the cell empty"
            yield cell(scenario, "measures", row, "groups", measure["groups"], message, remedy)


RULES = (
    Rule(health_names_parameters, ("settings",)),
    Rule(health_in_range, ("settings",)),
    Rule(health_is_of_journeys, ("settings",), movement="flee"),
    Rule(health_names_departures, ("settings", "departures")),
    Rule(treatment_is_by_travel, ("settings", "measures")),
)
