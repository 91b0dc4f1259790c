"""Rules about single cells, rows and references, the same for every table."""

from __future__ import annotations

from collections.abc import Iterator

from travesia.errors import Problem, nearest
from travesia.rules.base import (
    ASSUMPTION,
    MOST,
    Rule,
    behind,
    cell,
    filled,
    hint,
    names,
    number,
    rows,
    setting,
    shown,
    warning,
)
from travesia.scenario import TABLES, Scenario
from travesia.schema import Column, table

_PLACES = (
    ("legs", "from"),
    ("legs", "to"),
    ("destinations", "destination"),
    ("departures", "place"),
    ("drivers", "place"),
    ("measures", "place"),
    ("observations", "place"),
)
_IDENTIFIERS = (
    ("places", "place"),
    ("legs", "leg"),
    ("departures", "departure"),
    ("drivers", "driver"),
    ("measures", "measure"),
)
_DATED = ("departures", "measures", "observations")


def cells_fit_columns(scenario: Scenario) -> Iterator[Problem]:
    """Required cells are filled, words are among those allowed, numbers within range, identifiers unique."""
    for name in TABLES:
        for column in table(name).columns:
            yield from _column_problems(scenario, name, column)


def _column_problems(scenario: Scenario, name: str, column: Column) -> Iterator[Problem]:
    seen: dict[object, int] = {}
    for row, value in enumerate(scenario.tables[name][column.name], start=2):
        if not filled(value):
            if column.required:
                yield cell(scenario, name, row, column.name, "", "the cell is empty", "fill it in")
            continue
        if column.unique and value in seen:
            remedy = f"give this row or row {seen[value]} another name"
            yield cell(scenario, name, row, column.name, value, "the name stands twice", remedy)
        seen.setdefault(value, row)
        if column.enum and value not in column.enum:
            yield cell(scenario, name, row, column.name, value, "unknown word", nearest(value, column.enum))
        fault = _range_fault(scenario, column, value)
        if fault:
            yield cell(scenario, name, row, column.name, value, *fault)


def _range_fault(scenario: Scenario, column: Column, value: object) -> tuple[str, str] | None:
    found = number(scenario, value) if column.type == "number" else None
    if found is None:
        return None
    told = behind(value, found)
    if abs(found) > MOST or 0 < abs(found) < 1 / MOST:
        size, remedy = ("large", f"write {MOST:g} or less") if abs(found) > MOST else ("small", "write 0")
        return f"too {size} a number{told}", remedy
    if column.minimum is not None and found < column.minimum:
        return f"below {column.minimum:g}{told}", f"write {column.minimum:g} or more"
    if column.maximum is not None and found > column.maximum:
        is_share = (column.minimum, column.maximum) == (0, 1)
        remedy = "write a share from 0 to 1; 30 % is 0.3" if is_share else f"write {column.maximum:g} or less"
        return f"above {column.maximum:g}{told}", remedy
    return None


def parameters_exist(scenario: Scenario) -> Iterator[Problem]:
    """A number cell holds a number or the name of a parameter."""
    known = list(scenario.settings.parameters)
    remedy = "write a number, or define the parameter in scenario.yaml"
    for name in TABLES:
        for column in table(name).columns:
            values = scenario.tables[name][column.name]
            if column.type != "number" or values.dtype != object:
                continue
            for row, value in enumerate(values, start=2):
                if isinstance(value, str) and value not in known:
                    what = nearest(value, known) if known else remedy
                    message = "neither a number nor a parameter"
                    yield cell(scenario, name, row, column.name, value, message, what)


def tables_have_rows(scenario: Scenario) -> Iterator[Problem]:
    """Places and legs are there."""
    for name in TABLES:
        if table(name).required and not len(scenario.tables[name]):
            yield cell(scenario, name, 0, "", "", "the table has no rows", "add at least one")


def places_exist(scenario: Scenario) -> Iterator[Problem]:
    """Every place named in a table is a row of places."""
    known = names(scenario, "places", "place")
    there = {"", *known}
    for name, column in _PLACES:
        for row, value in enumerate(scenario.tables[name][column], start=2):
            if value not in there:
                remedy = hint(value, known, "places.csv")
                yield cell(scenario, name, row, column, value, "no such place", remedy)


def identifiers_are_plain(scenario: Scenario) -> Iterator[Problem]:
    """Identifiers have none of the signs that lists, pairs and targets are made of."""
    for name, column in _IDENTIFIERS:
        forbidden = ";=" if column == "leg" else ";=>+*"
        for row, value in enumerate(scenario.tables[name][column], start=2):
            signs = [sign for sign in forbidden if sign in value]
            if signs:
                remedy = f"leave out {' '.join(signs)}"
                yield cell(scenario, name, row, column, value, "a sign that has a meaning of its own", remedy)


def dates_in_order(scenario: Scenario) -> Iterator[Problem]:
    """date_to is not before date_from."""
    for name in _DATED:
        for row, values in rows(scenario, name):
            start, end = values["date_from"], values["date_to"]
            if filled(start) and filled(end) and end < start:
                message = f"before date_from ({shown(start)})"
                yield cell(
                    scenario, name, row, "date_to", end, message, "exchange the two dates, or mend one"
                )


def rows_differ(scenario: Scenario) -> Iterator[Problem]:
    """No row says what another has said already."""
    for name in ("legs", "observations"):  # in the others something must differ anyway
        first: dict[tuple[object, ...], int] = {}
        for row, values in rows(scenario, name):
            if name == "legs" and values["leg"].startswith(f"{values['from']}>{values['to']}"):
                values = {**values, "leg": ""}  # nameless legs have been given names of their own
            key = tuple(shown(value) for value in values.values())
            if key in first:
                message = f"the same as row {first[key]}, and counted again"
                yield warning(cell(scenario, name, row, "", "", message, "delete one of the two"))
            first.setdefault(key, row)


def sources_exist(scenario: Scenario) -> Iterator[Problem]:
    """Every source is a key of sources.csv, or `assumption`."""
    known = [*names(scenario, "sources", "source"), ASSUMPTION]
    for name in TABLES:
        if name == "sources":
            continue
        for row, value in enumerate(scenario.tables[name]["source"], start=2):
            if value != "" and value not in known:
                remedy = hint(value, known, "sources.csv")
                yield cell(scenario, name, row, "source", value, "no such source", remedy)
    for key, value in _settings_sources(scenario):
        if value != "" and value not in known:
            yield setting(scenario, key, value, "no such source", hint(value, known, "sources.csv"))


def _settings_sources(scenario: Scenario) -> Iterator[tuple[str, str]]:
    for name, parameter in scenario.settings.parameters.items():
        yield f"parameters.{name}.source", parameter.source
    for attribute, values in scenario.settings.groups.items():
        for name, value in values.items():
            yield f"groups.{attribute}.{name}.source", value.source


RULES = (
    Rule(cells_fit_columns),
    Rule(parameters_exist, ("settings",)),
    Rule(tables_have_rows),
    Rule(places_exist, ("places",)),
    Rule(identifiers_are_plain, ("settings",), "goal"),
    Rule(dates_in_order),
    Rule(sources_exist, ("sources", "settings")),
    Rule(rows_differ, ("settings",), "goal"),
)
