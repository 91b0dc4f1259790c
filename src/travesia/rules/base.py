"""What the rules share: rows of a table, the making of problems, numbers behind names, lists in cells."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd

from travesia.errors import Problem, nearest
from travesia.groups import parse_pairs
from travesia.scenario import Scenario
from travesia.travel import direction_names

ASSUMPTION = "assumption"
RESTRICTED = "restricted"
"""How the licence of a source begins whose figures, and what was made from them, may not be handed on."""
MOST = 1e12
"""No amount of anything in a scenario is as large, and none but 0 as small as its inverse."""


class Rule(NamedTuple):
    """One rule and where it applies.

    reads : tables (or `settings`) it cannot do without.
    movement : the movement rule it belongs to, "" for any.
    faultless : whether it says something only where the tables it reads are free of errors.
    """

    check: Callable[[Scenario], Iterator[Problem]]
    reads: tuple[str, ...] = ()
    movement: str = ""
    faultless: bool = False


def warning(problem: Problem) -> Problem:
    """The same, but doubtful and not wrong."""
    return replace(problem, level="warning")


def rows(scenario: Scenario, table: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row of a table with its number in the file (the header is row 1)."""
    content = scenario.tables[table]
    columns = {
        str(name): content[name].tolist() for name in content.columns
    }  # to_dict takes five times as long
    cells = zip(*columns.values(), strict=True)
    return ((row, dict(zip(columns, values, strict=True))) for row, values in enumerate(cells, start=2))


def cell(
    scenario: Scenario, table: str, row: int, column: str, value: object, message: str, remedy: str
) -> Problem:
    """An error in a cell of a table."""
    file = scenario.origin.get(table, f"{table}.csv")
    return Problem(file, row, column, shown(value), message, remedy)


def setting(scenario: Scenario, key: str, value: object, message: str, remedy: str) -> Problem:
    """An error in a key of the settings."""
    file = scenario.origin.get("settings", "scenario.yaml")
    return Problem(file, 0, key, shown(value), message, remedy)


def shown(value: object) -> str:
    """A value as it stands in a file."""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def hint(name: str, known: Sequence[str], where: str) -> str:
    """The nearest known name, or where the known names stand when there are too many to list."""
    text = nearest(name, known)
    return text if len(text) <= 120 else f"use a name from {where}"


def number(scenario: Scenario, value: object) -> float | None:
    """The number in a cell, or behind the parameter it names; None where there is none."""
    if isinstance(value, str):
        parameter = scenario.settings.parameters.get(value)
        return parameter.value if parameter else None
    found = float(value)  # type: ignore[arg-type]
    return None if math.isnan(found) else found


def behind(value: object, found: float) -> str:
    """The number behind a cell or setting that names a parameter, to end a message with; "" where it is written."""
    return f" (the parameter is {shown(found)})" if isinstance(value, str) else ""


def names_are_parameters(scenario: Scenario, numbers: Iterable[tuple[str, float | str]]) -> Iterator[Problem]:
    """A setting that holds a name holds that of a parameter. numbers : settings by dotted key."""
    known = list(scenario.settings.parameters)
    for key, value in numbers:
        if isinstance(value, str) and value not in known:
            remedy = nearest(value, known) if known else "write a number, or define the parameter"
            yield setting(scenario, key, value, "neither a number nor a parameter", remedy)


def filled(value: object) -> bool:
    """Whether a cell says anything."""
    return not (value is pd.NaT or value == "" or value != value)


def names(scenario: Scenario, table: str, column: str) -> list[str]:
    """The different texts in a column, empty cells left out."""
    return [name for name in dict.fromkeys(scenario.tables[table][column]) if name != ""]


def selection(text: str) -> dict[str, tuple[str, ...]] | None:
    """The values by attribute of `attribute=value;attribute=value`; None where the text is no such list."""
    found = parse_pairs(text)
    if "" in found or any("" in values for values in found.values()):
        return None
    return {name: tuple(values) for name, values in found.items()}


def ways(scenario: Scenario) -> list[tuple[str, str, str]]:
    """Each direction in which a leg can be travelled: leg, start, end."""
    found = []
    for _, leg in rows(scenario, "legs"):
        found.append((leg["leg"], leg["from"], leg["to"]))
        if leg["both_ways"]:
            found.append((leg["leg"], leg["to"], leg["from"]))
    return found


def directed_names(scenario: Scenario) -> list[str]:
    """The name of each direction of a leg, as the directed legs of a run have it."""
    return direction_names((start, end) for _, start, end in ways(scenario))


def leg_names(scenario: Scenario) -> list[str]:
    """Every name of a leg: identifiers, and those of its directions."""
    return list(dict.fromkeys([*(leg for leg, _, _ in ways(scenario)), *directed_names(scenario)]))
