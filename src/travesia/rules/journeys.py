"""Rules about legs, destinations, departures and drivers: who sets off, where to, and by which way."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import product

from travesia.errors import Problem, nearest
from travesia.rules.base import Rule, cell, filled, hint, names, number, rows, selection, shown, warning, ways
from travesia.rules.settings import SUM_ERROR
from travesia.scenario import Scenario

_GROUPED = ("destinations", "departures", "measures")
_NEEDED = {
    "known": ("place", "date_from", "people"),
    "present": ("place", "people"),
    "rate": ("place", "rate_per_day"),
    "observed": (),
}
_UNREAD = {
    "known": ("rate_per_day", "drivers"),
    "present": ("date_from", "date_to", "rate_per_day", "drivers"),
    "rate": ("people",),
    "observed": ("place", "people", "rate_per_day"),
}


def legs_are_stretches(scenario: Scenario) -> Iterator[Problem]:
    """A leg joins two different places, and no two legs have one name."""
    seen: dict[str, int] = {}
    for row, leg in rows(scenario, "legs"):
        if leg["from"] and leg["from"] == leg["to"]:
            remedy = "name another place"
            yield cell(scenario, "legs", row, "to", leg["to"], "the leg ends where it starts", remedy)
        if leg["leg"] in seen:
            remedy = f"give this row or row {seen[leg['leg']]} another name"
            yield cell(scenario, "legs", row, "leg", leg["leg"], "the name stands twice", remedy)
        seen.setdefault(leg["leg"], row)


def legs_have_length(scenario: Scenario) -> Iterator[Problem]:
    """Journeys take time: no leg of length 0."""
    for row, leg in rows(scenario, "legs"):
        for column in ("distance_km", "distance_factor"):
            if number(scenario, leg[column]) == 0:
                yield cell(
                    scenario, "legs", row, column, leg[column], "a leg without length", "write more than 0"
                )


def modes_have_speeds(scenario: Scenario) -> Iterator[Problem]:
    """The movement settings give a speed for each mode of travel."""
    movement = scenario.settings.goal
    known = list(movement.speed_km_per_day)
    for row, leg in rows(scenario, "legs"):
        if leg["mode"] not in known:
            message = "no speed for this mode in movement.speed_km_per_day"
            yield cell(scenario, "legs", row, "mode", leg["mode"], message, nearest(leg["mode"], known))


def coordinates_are_whole(scenario: Scenario) -> Iterator[Problem]:
    """A place has both coordinates or none, and both where news travels by distance."""
    movement = scenario.settings.movement
    delay = number(scenario, getattr(movement, "news_delay_days_per_100km", 0.0))
    for row, place in rows(scenario, "places"):
        there = [column for column in ("lat", "lon") if filled(place[column])]
        if len(there) == 1:
            missing = "lon" if there == ["lat"] else "lat"
            message = f"no {missing} beside the {there[0]}"
            yield cell(scenario, "places", row, missing, "", message, "add it, or remove the other")
        elif not there and delay:
            message = "no coordinates, which news_delay_days_per_100km needs"
            yield cell(scenario, "places", row, "lat", "", message, "add lat and lon")


def countries_are_codes(scenario: Scenario) -> Iterator[Problem]:
    """Countries are ISO 3166-1 alpha-3 codes."""
    for row, value in enumerate(scenario.tables["places"]["country"], start=2):
        if value and not (len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()):
            remedy = "write three capital letters, like HND (ISO 3166-1 alpha-3)"
            yield cell(scenario, "places", row, "country", value, "not a country code", remedy)


def groups_exist(scenario: Scenario) -> Iterator[Problem]:
    """A `groups` cell is `attribute=value` pairs that scenario.yaml defines."""
    attributes = scenario.settings.groups
    for name in _GROUPED:
        for row, text in enumerate(scenario.tables[name]["groups"], start=2):
            wanted = selection(text)
            if wanted is None:
                remedy = "write attribute=value, joined by `;`"
                yield cell(scenario, name, row, "groups", text, "not pairs", remedy)
                continue
            for attribute, value in ((name, value) for name, values in wanted.items() for value in values):
                if attribute not in attributes:
                    message = f"no group attribute {attribute!r}"
                    yield cell(scenario, name, row, "groups", text, message, hint_of(attribute, attributes))
                elif value not in attributes[attribute]:
                    message = f"{attribute} has no value {value!r}"
                    yield cell(
                        scenario, name, row, "groups", text, message, hint_of(value, attributes[attribute])
                    )


def hint_of(name: str, known: Mapping[str, object]) -> str:
    """The nearest known name, or scenario.yaml for more."""
    return hint(name, list(known), "groups in scenario.yaml")


def departures_have_their_columns(scenario: Scenario) -> Iterator[Problem]:
    """Each kind of departure has the cells it needs and none that it does not read."""
    for row, departure in rows(scenario, "departures"):
        kind = departure["kind"]
        for column in _NEEDED.get(kind, ()):
            if not filled(departure[column]):
                message = f"a departure of kind {kind} needs it"
                yield cell(scenario, "departures", row, column, "", message, "fill it in")
        for column in _UNREAD.get(kind, ()):
            if filled(departure[column]):
                message, remedy = (
                    f"a departure of kind {kind} does not read it",
                    "empty the cell, or change the kind",
                )
                yield cell(scenario, "departures", row, column, departure[column], message, remedy)


def departures_follow_drivers(scenario: Scenario) -> Iterator[Problem]:
    """The `drivers` cell of a departure is `driver=coefficient` pairs of drivers that exist."""
    known = names(scenario, "drivers", "driver")
    parameters = list(scenario.settings.parameters)
    for row, text in enumerate(scenario.tables["departures"]["drivers"], start=2):
        wanted = selection(text)
        if wanted is None or any(len(coefficients) > 1 for coefficients in wanted.values()):
            remedy = "write driver=coefficient, joined by `;`, each driver once"
            yield cell(scenario, "departures", row, "drivers", text, "not pairs", remedy)
            continue
        for driver, (coefficient,) in wanted.items():
            if driver not in known:
                message, remedy = f"no driver {driver!r}", hint(driver, known, "drivers.csv")
                yield cell(scenario, "departures", row, "drivers", text, message, remedy)
            if not _is_number(coefficient) and coefficient not in parameters:
                message = f"the coefficient {coefficient!r} is neither a number nor a parameter"
                remedy = nearest(coefficient, parameters) if parameters else "write a number"
                yield cell(scenario, "departures", row, "drivers", text, message, remedy)


def drivers_move_someone(scenario: Scenario) -> Iterator[Problem]:
    """A driver that no departure follows is told, once."""
    cells = [selection(text) for text in scenario.tables["departures"]["drivers"]]
    followed = {driver for wanted in cells for driver in wanted or ()}
    if not cells or followed - set(names(scenario, "drivers", "driver")):  # said by another rule
        return
    for row, line in rows(scenario, "drivers"):
        driver = line["driver"]
        if driver and driver not in followed:
            followed.add(driver)
            message, remedy = (
                "no effect: no departure follows it",
                "name it in departures.csv, column drivers",
            )
            yield warning(cell(scenario, "drivers", row, "driver", driver, message, remedy))


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def observed_departures_have_totals(scenario: Scenario) -> Iterator[Problem]:
    """Departures of kind observed have observations to follow."""
    if "present" in list(scenario.tables["observations"]["quantity"]):
        return
    for row, departure in rows(scenario, "departures"):
        if departure["kind"] == "observed":
            message = "no observed totals to follow"
            remedy = "add rows with quantity present to observations.csv"
            yield cell(scenario, "departures", row, "kind", "observed", message, remedy)


def drivers_are_single_valued(scenario: Scenario) -> Iterator[Problem]:
    """A driver has one value at a place on a day."""
    seen: dict[tuple[object, ...], int] = {}
    for row, driver in rows(scenario, "drivers"):
        key = (driver["driver"], driver["place"], driver["date"])
        if key in seen and filled(driver["date"]):
            message = f"a second value for {driver['driver']} there on that day"
            remedy = f"keep this row or row {seen[key]}"
            yield cell(scenario, "drivers", row, "date", driver["date"], message, remedy)
        seen.setdefault(key, row)


def destination_shares_add_up(scenario: Scenario) -> Iterator[Problem]:
    """The shares of the destinations of one `groups` value add to 1, each destination once."""
    totals: dict[object, list[float | None]] = {}
    first: dict[object, tuple[int, str]] = {}
    seen: dict[object, int] = {}
    for row, line in rows(scenario, "destinations"):
        wanted = selection(line["groups"])
        key = (
            line["groups"]
            if wanted is None
            else tuple(sorted((k, tuple(sorted(v))) for k, v in wanted.items()))
        )
        if (key, line["destination"]) in seen:
            remedy = f"join it with row {seen[key, line['destination']]}"
            message = "the destination stands twice for these groups"
            yield cell(scenario, "destinations", row, "destination", line["destination"], message, remedy)
        seen.setdefault((key, line["destination"]), row)
        totals.setdefault(key, []).append(number(scenario, line["share"]))
        first.setdefault(key, (row, line["groups"]))
    for key, shares in totals.items():
        known = [share for share in shares if share is not None]
        total = math.fsum(known)
        if len(known) == len(shares) and abs(total - 1) > SUM_ERROR:
            row, groups = first[key]
            message = f"the shares of {groups or 'all groups'} add to {shown(total)}"
            yield cell(scenario, "destinations", row, "share", "", message, "make them add to 1")


def everyone_has_a_destination(scenario: Scenario) -> Iterator[Problem]:
    """Whoever departs has a destination, and a way to it when everything is open."""
    lines = [
        (selection(line["groups"]) or {}, line["destination"]) for _, line in rows(scenario, "destinations")
    ]
    known = set(names(scenario, "places", "place"))
    reached = {
        goal: _places_with_a_way(scenario, goal) for goal in sorted({goal for _, goal in lines} & known)
    }
    for row, departure in rows(scenario, "departures"):
        place, own = departure["place"], selection(departure["groups"]) or {}
        goals, homeless = _goals(scenario, own, lines)
        if homeless is not None:
            who = ";".join(f"{name}={value}" for name, value in homeless.items()) or "these people"
            message = f"no destination for {who}"
            yield cell(
                scenario, "departures", row, "groups", departure["groups"], message, "add destinations"
            )
        lost = [goal for goal in goals if goal in reached and place in known and place not in reached[goal]]
        if lost:
            message = f"no way leads from here to {', '.join(lost)}, even with everything open"
            yield cell(scenario, "departures", row, "place", place, message, "add the legs that are missing")


def _goals(
    scenario: Scenario,
    own: Mapping[str, tuple[str, ...]],
    lines: list[tuple[dict[str, tuple[str, ...]], str]],
) -> tuple[list[str], dict[str, str] | None]:
    """The destinations of those who depart with the attributes `own`, and the first who have none."""
    named = sorted({name for wanted, _ in lines for name in wanted} & set(scenario.settings.groups))
    values = [own.get(name) or tuple(scenario.settings.groups[name]) for name in named]
    goals: dict[str, None] = {}
    homeless = None
    for combination in product(*values):
        who = dict(zip(named, combination, strict=True))
        fitting = [goal for wanted, goal in lines if all(who.get(key) in wanted[key] for key in wanted)]
        if not fitting and homeless is None:
            homeless = who
        goals.update(dict.fromkeys(fitting))
    return list(goals), homeless


def _places_with_a_way(scenario: Scenario, goal: str) -> set[str]:
    """Every place from which `goal` can be reached; nobody leaves a place of kind detention on their own."""
    shut = {place["place"] for _, place in rows(scenario, "places") if place["kind"] == "detention"}
    before: dict[str, set[str]] = {}
    for _, start, end in ways(scenario):
        if start not in shut:
            before.setdefault(end, set()).add(start)
    found, ahead = {goal}, [goal]
    while ahead:
        fresh = before.get(ahead.pop(), set()) - found
        found |= fresh
        ahead.extend(sorted(fresh))
    return found


def concentrations_are_positive(scenario: Scenario) -> Iterator[Problem]:
    """A concentration of 0 is no distribution."""
    for name in ("departures", "measures"):
        for row, value in enumerate(scenario.tables[name]["concentration"], start=2):
            if number(scenario, value) == 0:
                remedy = "write more than 0, or leave the cell empty for none"
                yield cell(scenario, name, row, "concentration", value, "not above 0", remedy)


def observations_say_something(scenario: Scenario) -> Iterator[Problem]:
    """An observation is of `present` at one place or area, or of a quantity, and has figures that fit."""
    quantities = ["present", *scenario.settings.outputs.quantities]
    for row, line in rows(scenario, "observations"):
        quantity, where = line["quantity"], [name for name in ("place", "area") if line[name]]
        if quantity and quantity not in quantities:
            yield cell(
                scenario,
                "observations",
                row,
                "quantity",
                quantity,
                "no such quantity",
                nearest(quantity, quantities),
            )
        if quantity == "present" and len(where) != 1:
            message = "present needs a place or an area" if not where else "a place and an area"
            remedy = "fill in one of the two" if not where else "empty one of the two"
            yield cell(scenario, "observations", row, "place", line["place"], message, remedy)
        yield from _figure_problems(scenario, row, line)


def _figure_problems(scenario: Scenario, row: int, line: Mapping[str, object]) -> Iterator[Problem]:
    figures = {name: number(scenario, line[name]) for name in ("value", "low", "high")}
    if not any(filled(line[name]) for name in figures):
        yield cell(scenario, "observations", row, "value", "", "no figure", "write value, or low and high")
    for name, figure in figures.items():
        if figure is not None and figure < 0:
            message = "fewer than no people or events"
            yield cell(scenario, "observations", row, name, line[name], message, "write 0 or more")
    for small, large in (("low", "high"), ("low", "value"), ("value", "high")):
        below, above = figures[small], figures[large]
        if below is not None and above is not None and below > above:
            message = f"below {small} ({shown(below)})"
            yield cell(
                scenario, "observations", row, large, line[large], message, "exchange the two, or mend one"
            )
            return


RULES = (
    Rule(legs_are_stretches),
    Rule(legs_have_length, ("settings",), "goal"),
    Rule(modes_have_speeds, ("settings",), "goal"),
    Rule(coordinates_are_whole, ("settings",), "goal"),
    Rule(countries_are_codes, ("settings",), "goal"),
    Rule(groups_exist, ("settings",)),
    Rule(departures_have_their_columns, ("settings",), "goal"),
    Rule(departures_follow_drivers, ("settings", "drivers")),
    Rule(drivers_move_someone, ("settings", "drivers"), "goal"),
    Rule(observed_departures_have_totals, ("settings", "observations"), "goal"),
    Rule(drivers_are_single_valued, ("settings",), "goal"),
    Rule(destination_shares_add_up, ("settings",)),
    Rule(concentrations_are_positive, ("settings",)),
    Rule(observations_say_something, ("settings",), "goal"),
    Rule(everyone_has_a_destination, ("settings", "places", "legs", "destinations"), "goal", faultless=True),
)
