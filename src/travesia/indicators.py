"""Indicators of need: how much each person, family or arrival needs, with edition and source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pandas as pd

from travesia.errors import Problem, ScenarioError, UsageError, nearest, shortlist
from travesia.schema import frame, table
from travesia.tablefile import read_table

WOMEN = "women"
"""The row that is no need: the share of women among adults."""
RESERVED = ("present", "arrivals", "arrivals_3_days", "arrivals_7_days", "arrivals_14_days")
"""Quantities of the needs that an indicator may not be called by."""

_NUMBER = "write a number with a decimal point"


def read_indicators(given: str | Path | pd.DataFrame | None = None) -> pd.DataFrame:
    """The table of indicators, checked.

    given : a CSV file, a table with its columns, or None for the one that comes with travesia (Sphere Handbook
    2018). Raises ScenarioError with every problem in it, UsageError where there is no such file or column.
    """
    if isinstance(given, pd.DataFrame):
        return _checked(_framed(given), "indicators", ())
    if given is None:
        with as_file(files("travesia") / "data" / "indicators.csv") as packaged:
            return _read(packaged)
    path = Path(given)
    if not path.exists():
        raise UsageError(f"no file {str(path)!r}; name a CSV file of indicators, or leave --indicators out")
    return _read(path)


def indicators_text() -> str:
    """The CSV text of the indicators that come with travesia, to be edited."""
    return (files("travesia") / "data" / "indicators.csv").read_text("utf-8")


def _read(path: Path) -> pd.DataFrame:
    content = read_table(path, name="indicators")
    problems = tuple(
        replace(problem, remedy=_NUMBER) if "parameter" in problem.remedy else problem
        for problem in content.problems
    )
    return _checked(content.frame, path.name, problems, whole=content.whole)


def _framed(given: pd.DataFrame) -> pd.DataFrame:
    known = [column.name for column in table("indicators").columns]
    for name in given.columns:
        if name not in known:
            raise UsageError(f"indicators have no column {str(name)!r}; {nearest(str(name), known)}")
    return frame("indicators", {str(name): list(given[name]) for name in given.columns})


def _checked(
    content: pd.DataFrame, file: str, problems: tuple[Problem, ...], *, whole: bool = True
) -> pd.DataFrame:
    """The table with plain numbers; `whole` says whether its rows could be read."""
    faulty = {(problem.row, problem.column) for problem in problems}
    found = list(problems)
    if whole:
        new = [p for p in (*_cells(content, file), *_rows(content, file)) if (p.row, p.column) not in faulty]
        found += new
    if found:
        raise ScenarioError(shortlist(found))
    return content.astype(dict.fromkeys(("amount", "low", "high"), "float64"))


def _cells(content: pd.DataFrame, file: str) -> Iterator[Problem]:
    """Required cells are filled, words are among those allowed, amounts are numbers of 0 or more."""
    if content.empty:
        yield Problem(file, 0, "", "", "the table has no rows", "add at least one")
    for column in table("indicators").columns:
        for row, value in enumerate(content[column.name], start=2):
            if column.required and _blank(value):
                yield Problem(file, row, column.name, "", "the cell is empty", "fill it in")
            elif column.enum and value not in column.enum:
                hint = nearest(value, column.enum)
                yield Problem(file, row, column.name, value, "unknown word", hint)
            elif column.type == "number" and isinstance(value, str):
                yield Problem(file, row, column.name, value, "not a number", _NUMBER)
            elif column.minimum is not None and value < column.minimum:
                yield Problem(file, row, column.name, f"{value:g}", "below 0", "write 0 or more")


def _rows(content: pd.DataFrame, file: str) -> Iterator[Problem]:
    """Each indicator once for the same people, in one unit, and under a name of its own."""
    seen: dict[tuple[str, str], int] = {}
    units: dict[str, tuple[str, int]] = {}
    for row, line in enumerate(content.to_dict("records"), start=2):
        name, per, unit = line["indicator"], line["per"], line["unit"]
        if name in RESERVED:
            message = "the name of a quantity that is there anyway"
            yield Problem(file, row, "indicator", name, message, "choose another name")
        if name == WOMEN:
            yield from _women_problems(file, row, line)
        yield from _range_problems(file, row, line)
        if name and per and (name, per) in seen:
            message = f"{name} per {per} stands in row {seen[name, per]} already"
            yield Problem(file, row, "per", per, message, "delete one of the two rows")
        if name and unit and units.setdefault(name, (unit, row))[0] != unit:
            first, where = units[name]
            message = f"another unit than in row {where} ({first})"
            yield Problem(file, row, "unit", unit, message, "give all rows of an indicator one unit")
        seen.setdefault((name, per), row)


def _range_problems(file: str, row: int, line: dict[Any, Any]) -> Iterator[Problem]:
    """A range has both ends, and the amount lies in it."""
    low, amount, high = line["low"], line["amount"], line["high"]
    given = {name: end for name, end in (("low", low), ("high", high)) if not _blank(end)}
    if len(given) == 1:
        other = "high" if "low" in given else "low"
        yield Problem(file, row, other, "", "half a range", "fill in both low and high, or neither")
    if any(isinstance(value, str) for value in (low, amount, high)):
        return
    if low > amount:
        yield Problem(file, row, "low", f"{low:g}", f"above the amount, {amount:g}", "write that or less")
    if high < amount:
        yield Problem(file, row, "high", f"{high:g}", f"below the amount, {amount:g}", "write that or more")


def _women_problems(file: str, row: int, line: dict[Any, Any]) -> Iterator[Problem]:
    if line["per"] not in ("adult", ""):
        message = "the share of women is one among adults"
        yield Problem(file, row, "per", line["per"], message, "write adult")
    amount = line["amount"]
    if isinstance(amount, float) and amount > 1:
        yield Problem(file, row, "amount", f"{amount:g}", "a share above 1", "write a number from 0 to 1")


def _blank(value: Any) -> bool:
    return bool(value == "" or value != value)
