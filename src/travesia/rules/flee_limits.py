"""Rules of movement `flee`: what other movement reads and it does not, and numbers that mean nothing to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from travesia.errors import Problem
from travesia.movement.conditions import becomes_by_day, conflict_by_day
from travesia.movement.starts import waiting
from travesia.policy import measures_of
from travesia.rules.base import Rule, cell, number, rows, setting, warning
from travesia.scenario import Scenario

NUMBERS = {
    "places": ("lat", "lon", "population", "capacity"),
    "legs": ("distance_km", "distance_factor", "speed_km_per_day", "walk_probability"),
    "drivers": ("value",),
    "departures": ("people",),
    "observations": ("value",),
}
LARGEST, STEEPEST = 1e9, 20.0
MEASURES = ("close", "camp_closed", "becomes", "redirect")


def numbers_are_written(scenario: Scenario) -> Iterator[Problem]:
    """No cell names a parameter: only movement goal takes values from parameters."""
    message, remedy = "movement flee takes no values from parameters", "write the number itself"
    for table, columns in NUMBERS.items():
        for column in columns:
            if scenario.tables[table][column].dtype != object:
                continue
            for row, line in rows(scenario, table):
                if isinstance(line[column], str) and line[column] in scenario.settings.parameters:
                    yield cell(scenario, table, row, column, line[column], message, remedy)
    for attribute, values in scenario.settings.groups.items():
        for name, value in values.items():
            if isinstance(value.share, str):
                yield setting(scenario, f"groups.{attribute}.{name}.share", value.share, message, remedy)


def everyone_travels_alone(scenario: Scenario) -> Iterator[Problem]:
    """Parties are of one person: the rule counts people, as Flee does."""
    for name, value in scenario.settings.groups.get("travel", {}).items():
        if value.people > 1:
            message = f"a party of {value.people}, and movement flee counts people"
            yield setting(scenario, f"groups.travel.{name}", name, message, "keep only parties of one person")


def measures_are_read(scenario: Scenario) -> Iterator[Problem]:
    """Measures are of kinds that act in this rule."""
    for row, line in rows(scenario, "measures"):
        if line["kind"] and line["kind"] not in MEASURES:
            message = f"movement flee reads only measures of kind {', '.join(MEASURES)}"
            yield cell(
                scenario,
                "measures",
                row,
                "kind",
                line["kind"],
                message,
                "delete the row, or write one of these",
            )


def amounts_fit_their_mode(scenario: Scenario) -> Iterator[Problem]:
    """A share of the population is not above 1, and a number of people not always below 1."""
    movement = scenario.settings.flee
    by_conflict, amount = movement.conflict_driven_spawning, movement.displaced_per_conflict_day
    if by_conflict == "pop_ratio" and amount > 1:
        message = "above 1, though conflict_driven_spawning: pop_ratio makes it a share of the population"
        yield setting(scenario, "movement.displaced_per_conflict_day", amount, message, "write a share: 0.01")
    by_flood, amounts = movement.flood_driven_spawning, movement.displaced_per_flood_day
    key, written = "movement.displaced_per_flood_day", ", ".join(f"{value:g}" for value in amounts)
    if by_flood == "pop_ratio" and max(amounts, default=0.0) > 1:
        message = "above 1, though flood_driven_spawning: pop_ratio makes them shares of the population"
        yield warning(setting(scenario, key, written, message, "write shares: [0.0, 0.1, 0.2]"))
    if by_flood in ("constant", "poisson") and 0 < max(amounts, default=0.0) < 1:
        message = f"less than one person at each level, so nobody starts: flood_driven_spawning is {by_flood}"
        yield warning(setting(scenario, key, written, message, "write numbers of people, or take pop_ratio"))


def settings_are_of_a_size(scenario: Scenario) -> Iterator[Problem]:
    """Weights and lengths stay within what can be multiplied, and powers within what can be told apart."""
    for name, value in scenario.settings.flee:
        most = STEEPEST if "power" in name or name == "movechance_pop_scale_factor" else LARGEST
        for number_of in value if isinstance(value, tuple) else (value,):
            if isinstance(number_of, float) and abs(number_of) > most:
                message, remedy = f"beyond {most:g}", f"write {most:g} or less"
                yield setting(scenario, f"movement.{name}", number_of, message, remedy)


def no_place_is_infinitely_near(scenario: Scenario) -> Iterator[Problem]:
    """Without softening every leg has a length, by which weights are divided."""
    movement = scenario.settings.flee
    if movement.softening > 0 or movement.distance_power <= 0:
        return
    for row, leg in rows(scenario, "legs"):
        if number(scenario, leg["distance_km"]) == 0:
            message = "a leg of no length draws everyone while movement.softening is 0"
            yield cell(
                scenario, "legs", row, "distance_km", 0.0, message, "write its km, or set softening above 0"
            )


def what_grows_has_a_capacity(scenario: Scenario) -> Iterator[Problem]:
    """A capacity that grows by the day starts from one that is given."""
    capacity = {line["place"]: number(scenario, line["capacity"]) for _, line in rows(scenario, "places")}
    for row, line in rows(scenario, "drivers"):
        if line["driver"] != "capacity_per_day" or not number(scenario, line["value"]):
            continue
        without = [
            name for name in ([line["place"]] if line["place"] else capacity) if not capacity.get(name)
        ]
        if without:
            message = f"{without[0]} has no capacity: it has room for those added so far, and no more"
            remedy = "write its capacity in places.csv, or delete the row"
            yield warning(cell(scenario, "drivers", row, "place", line["place"], message, remedy))


def those_due_can_start(scenario: Scenario) -> Iterator[Problem]:
    """Whoever sets out by observed totals finds a place in conflict where people live."""
    keep = scenario.settings.flee.keep_first_intensity
    becomes = becomes_by_day(scenario, measures_of(scenario, "actual"))
    held = waiting(scenario, conflict_by_day(scenario, becomes, keep_first_intensity=keep))
    if not held.any():
        return
    first = scenario.settings.start + timedelta(days=int(np.flatnonzero(held)[0]))
    if held[-1] > 0:
        message = f"{held[-1]:,.0f} people who are due never start: nobody lives where there is conflict then"
    else:
        message = (
            f"up to {held.max():,.0f} people who are due wait until somebody lives where there is conflict"
        )
    message += f"; the first are due on {first}"
    remedy = "check where and when there is conflict, and the populations"
    yield warning(cell(scenario, "drivers", 0, "", "", message, remedy))


RULES = (
    Rule(numbers_are_written, ("settings", *NUMBERS), "flee"),
    Rule(everyone_travels_alone, ("settings",), "flee"),
    Rule(measures_are_read, ("settings", "measures"), "flee"),
    Rule(amounts_fit_their_mode, ("settings",), "flee"),
    Rule(settings_are_of_a_size, ("settings",), "flee"),
    Rule(no_place_is_infinitely_near, ("settings", "legs"), "flee"),
    Rule(what_grows_has_a_capacity, ("settings", "places", "drivers"), "flee"),
    Rule(
        those_due_can_start,
        ("settings", "places", "drivers", "departures", "measures", "observations"),
        "flee",
        faultless=True,
    ),
)
