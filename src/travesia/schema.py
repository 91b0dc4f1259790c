"""The only reader of schemas/*.json: columns, types, defaults, and what the text of a cell means."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
"""What the name of a parameter looks like."""
_NOT_NAMES = {"nan", "inf", "infinity", "na", "null", "none"}
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([,' \u00a0\u202f]\d{3})+(\.\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_THOUSANDS_POINT = re.compile(r"\d{1,3}\.\d{3}")
_PER_CENT = re.compile(r"(\d+(?:\.\d+)?) ?%")


@dataclass(frozen=True)
class Column:
    """One column of a table; `default` is what an empty cell means (None: it stays empty)."""

    name: str
    type: str
    description: str
    unit: str = ""
    required: bool = False
    unique: bool = False
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    default: float | str | bool | None = None

    @property
    def blank(self) -> Any:
        """The value of an empty cell without default."""
        return {"string": "", "number": math.nan, "date": pd.NaT, "boolean": False}[self.type]


@dataclass(frozen=True)
class Table:
    """One table of a scenario folder; `required` says whether a folder must have it."""

    name: str
    description: str
    required: bool
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """The column `name`; KeyError where there is none."""
        return {column.name: column for column in self.columns}[name]


@dataclass(frozen=True)
class Fault:
    """Why the text of a cell could not be read, and what to write."""

    message: str
    remedy: str


def descriptor(name: str) -> dict[str, Any]:
    """The Table Schema of table `name` as it stands in the package, a fresh copy; KeyError for none."""
    path = files("travesia") / "schemas" / f"{name}.json"
    if not path.is_file():
        raise KeyError(name)
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


@cache
def table(name: str) -> Table:
    """The columns of table `name` (places, legs …); KeyError for any other."""
    content = descriptor(name)
    columns = tuple(_column(field) for field in content["fields"])
    return Table(name, content["description"], content["tableRequired"], columns)


def setting_meanings(model: str) -> dict[str, tuple[str, str]]:
    """Unit ("" for none) and description of each setting of one of the settings' models, by name."""
    content = json.loads((files("travesia") / "schemas" / "settings.json").read_text("utf-8"))
    return {name: (unit, description) for name, (unit, description) in content[model].items()}


def _column(content: Mapping[str, Any]) -> Column:
    limits = content.get("constraints", {})
    return Column(
        name=content["name"],
        type=content["type"],
        description=content["description"],
        unit=content.get("unit", ""),
        required=limits.get("required", False),
        unique=limits.get("unique", False),
        enum=tuple(limits.get("enum", ())),
        minimum=limits.get("minimum"),
        maximum=limits.get("maximum"),
        default=content.get("default"),
    )


@cache
def _type_reader(kind: str) -> Callable[[str], Any]:
    # frictionless knows the lexical forms of Table Schema; it is slow to import, so only where cells are read
    from frictionless import Field

    reader: Callable[[str], Any] = Field.from_descriptor({"name": kind, "type": kind}).create_value_reader()
    return reader


def read_cell(column: Column, text: str) -> Any | Fault:
    """The value of one trimmed cell of a CSV file, or the fault in it.

    column : what it should be; text : what is written. An empty cell gives the default or the column's blank;
    a number cell may hold the name of a parameter and then gives that name.
    """
    if text == "":
        return column.blank if column.default is None else column.default
    if column.type == "string":
        return text
    if column.type == "number":
        return _read_number(text)
    value = _type_reader(column.type)(text)
    if value is None and column.type == "date":
        return Fault("not a date", "write it as year-month-day, like 2021-01-14")
    if value is None:
        return Fault("neither true nor false", "write true or false")
    return pd.Timestamp(value) if column.type == "date" else value


def _read_number(text: str) -> float | str | Fault:
    if _THOUSANDS.fullmatch(text):
        plain = re.sub(r"[,' \u00a0\u202f]", "", text)
        return Fault("a number with a mark between the thousands", f"write {plain}")
    if _DECIMAL_COMMA.fullmatch(text):
        return Fault("a number with a decimal comma", f"write {text.replace(',', '.')}")
    if per_cent := _PER_CENT.fullmatch(text):
        return Fault("a number with a per cent sign", f"write {float(per_cent[1]) / 100:g}")
    if text.lower().lstrip("+-") in _NOT_NAMES:
        return Fault("not a number", "write a number, or leave the cell empty")
    if NAME.fullmatch(text):
        return text
    value = None if "_" in text else _type_reader("number")(text)
    if value is None:
        return Fault("not a number", "write a number with a decimal point, or the name of a parameter")
    number = float(value)
    if not math.isfinite(number):
        return Fault("too large a number", "write a number below 1e308")
    return number


def doubt(column: Column, text: str) -> Fault | None:
    """What may be meant otherwise in a cell that can be read: 1.000 people, as a thousand is written in Spanish.

    column : what it should be; text : what is written.
    """
    if column.unit != "people" or not _THOUSANDS_POINT.fullmatch(text):
        return None
    meant = text.replace(".", "")
    return Fault(
        f"read as {float(text):g}, for the point marks decimals", f"if {meant} is meant, write {meant}"
    )


def frame(name: str, columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """A table of a scenario from plain values: all columns of the schema, in its order and with its dtypes.

    name : a table.
    columns : values by column name, all of the same length; those left out, None, NaN and "" become the
    default, or stay empty.
    Dtypes: str ("" where empty), bool, datetime64[us] (NaT where empty), float64 (NaN where empty), or object
    where a number cell names a parameter. Legs and places without identifier or name get one.
    Raises KeyError for a column the schema does not have.
    """
    unknown = sorted(set(columns) - {column.name for column in table(name).columns})
    if unknown:
        raise KeyError(f"{name} has no column {', '.join(unknown)}")
    length = max((len(values) for values in columns.values()), default=0)
    filled = {
        column.name: _series(column, columns.get(column.name, [None] * length))
        for column in table(name).columns
    }
    result = pd.DataFrame(filled)
    if name == "places":
        result["name"] = result["name"].where(result["name"] != "", result["place"])
    if name == "legs":
        result["leg"] = pd.Series(_leg_names(result), dtype="str")
    return result


def _series(column: Column, values: Sequence[Any]) -> pd.Series[Any]:
    empty = column.blank if column.default is None else column.default
    cells = [empty if _is_empty(value) else value for value in values]
    if column.type == "number":
        named = any(isinstance(value, str) for value in cells)
        numbers = [value if isinstance(value, str) else float(value) for value in cells]
        return pd.Series(numbers, dtype="object" if named else "float64")
    dtype = {"string": "str", "boolean": "bool", "date": "datetime64[us]"}[column.type]
    return pd.Series(cells, dtype=dtype)


def _is_empty(value: Any) -> bool:
    return value is None or value is pd.NaT or (isinstance(value, str) and value == "") or value != value


def _leg_names(legs: pd.DataFrame) -> list[str]:
    given = set(legs["leg"])
    names = []
    for leg, start, end in zip(legs["leg"], legs["from"], legs["to"], strict=True):
        name, number = leg or f"{start}>{end}", 1
        while not leg and name in given:
            number += 1
            name = f"{start}>{end}#{number}"
        given.add(name)
        names.append(name)
    return names
