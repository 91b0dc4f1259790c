"""What a scenario may need at most, so that each of its situations has a number of its own (see `cohorts.pack`)."""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from travesia.cohorts import MOST_DAYS, MOST_GROUPS, MOST_INDICES
from travesia.errors import Problem, ScenarioError
from travesia.movement.people import rules_of_homes
from travesia.scenario import FleeSettings, Scenario

Floats = NDArray[np.float64]


def check_groups(scenario: Scenario) -> None:
    """Raise ScenarioError where the attributes make more groups than a situation can tell apart."""
    attributes = scenario.settings.groups
    count = prod(len(values) for values in attributes.values())
    if count > MOST_GROUPS:
        sizes = " × ".join(f"{name} ({len(values):,})" for name, values in attributes.items())
        message = f"{sizes} make {count:,} groups; at most {MOST_GROUPS:,} can be told apart"
        file = scenario.origin.get("settings", "scenario.yaml")
        remedy = "leave out an attribute, or join some of its values"
        movement = scenario.settings.movement
        rules = " and ".join(rules_of_homes(movement)) if isinstance(movement, FleeSettings) else ""
        if rules:
            message += f"; each place where people may start is a home of its own, which {rules} needs"
            remedy = f"leave out {rules}, an attribute, or places where people may start"
        raise ScenarioError([Problem(file, 0, "groups", "", message, remedy)])


def check_sizes(scenario: Scenario, *, places: int, legs: int, lists: int) -> None:
    """Raise ScenarioError where there are more places, legs or waiting lists than a situation can tell apart.

    places, legs, lists : their number times the destinations people can have (and none).
    """
    counts = {
        "places": (places, "places × destinations", "leave out places or destinations"),
        "legs": (legs, "directed legs × destinations", "leave out legs or destinations"),
        "measures": (lists, "waiting lists × destinations", "leave out measures that stand on many legs"),
    }
    problems = [
        Problem(
            scenario.origin.get(table, f"{table}.csv"),
            0,
            "",
            "",
            f"{count:,} {what}; at most {MOST_INDICES:,} can be told apart",
            remedy,
        )
        for table, (count, what, remedy) in counts.items()
        if count > MOST_INDICES
    ]
    if problems:
        raise ScenarioError(problems)


def check_waits(scenario: Scenario, names: tuple[str, ...], after_days: Floats) -> None:
    """Raise ScenarioError where a parameter makes people wait longer than can be counted. after_days : [measure]."""
    file = scenario.origin.get("measures", "measures.csv")
    problems = [
        Problem(
            file,
            0,
            "after_days",
            f"{days:.10g}",
            f"measure {name} holds people for more than {MOST_DAYS:,} days",
            "give its parameter a lower value or a narrower prior, or use mean_days",
        )
        for name, days in zip(names, after_days, strict=True)
        if days > MOST_DAYS
    ]
    if problems:
        raise ScenarioError(problems)


def check_days_on_legs(scenario: Scenario, most: float) -> None:
    """Raise ScenarioError where a leg takes longer than can be counted. most : in multiples of what can be."""
    if most > 1.0:
        file = scenario.origin.get("legs", "legs.csv")
        message = f"a leg takes {most:.2g} times as long as can be counted"
        remedy = "split the leg, take a higher speed, or a larger distance_bin_km"
        raise ScenarioError([Problem(file, 0, "distance_km", "", message, remedy)])
