"""The only reader of schemas/*.json: columns, types, defaults, and the reference page made from them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, get_args, get_origin

import pandas as pd
from pydantic import BaseModel

from travesia import scenario as types
from travesia.scenario import TABLES

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
"""What the name of a parameter looks like."""
_NOT_NAMES = {"nan", "inf", "infinity", "na", "null", "none"}
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([,' \u00a0\u202f]\d{3})+(\.\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


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
    """The Table Schema of table `name` as it stands in the package, a fresh copy."""
    content: dict[str, Any] = json.loads((files("travesia") / "schemas" / f"{name}.json").read_text("utf-8"))
    return content


@cache
def table(name: str) -> Table:
    """The columns of table `name` (one of TABLES); KeyError for any other."""
    if name not in TABLES:
        raise KeyError(name)
    content = descriptor(name)
    columns = tuple(_column(field) for field in content["fields"])
    return Table(name, content["description"], content["tableRequired"], columns)


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


def frame(name: str, columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """A table of a scenario from plain values: all columns of the schema, in its order and with its dtypes.

    name : one of TABLES. columns : values by column name, all of the same length; columns left out, None, NaN
    and "" become the default, or stay empty. Dtypes: str ("" where empty), bool, datetime64[us] (NaT where empty),
    float64 (NaN where empty), or object where a number cell names a parameter. Legs and places without identifier
    or name get one. Raises KeyError for a column the schema does not have.
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


# --- the reference page ------------------------------------------------------------


def reference_markdown() -> str:
    """The text of docs/reference-tables.md: every column of every table, every setting of scenario.yaml."""
    head = (
        "# Reference: tables and settings\n\n"
        "Made from `src/travesia/schemas/` and `src/travesia/scenario.py` by\n"
        "`python -m travesia.schema > docs/reference-tables.md`; a test fails when it is stale.\n\n"
        "Any number cell of a table, and any setting of type *number or parameter*, may hold the name of a\n"
        "parameter in place of a number. Dates are ISO 8601. An empty cell means the default.\n"
    )
    tables = "\n".join(_table_markdown(table(name)) for name in TABLES)
    models = "\n".join(_model_markdown(model, title) for title, model in _MODELS)
    return f"{head}\n## Tables\n\n{tables}\n## Settings (`scenario.yaml`)\n\n{models}"


_MODELS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("scenario.yaml", types.Settings),
    ("movement, rule goal", types.GoalSettings),
    ("movement, rule flee", types.FleeSettings),
    ("parameters.NAME", types.Parameter),
    ("parameters.NAME.prior", types.Prior),
    ("policies.NAME", types.Policy),
    ("groups.ATTRIBUTE.VALUE", types.GroupValue),
    ("outputs", types.Outputs),
    ("outputs.quantities.NAME", types.Quantity),
)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"


def _table_markdown(content: Table) -> str:
    needed = "Every folder has it." if content.required else "May be left out."
    text = f"### {content.name}.csv\n\n{content.description} {needed}\n\n"
    text += _row("column", "type", "unit", "range", "default", "meaning") + _row(*["---"] * 6)
    for column in content.columns:
        default = (
            "**required**" if column.required else "" if column.default is None else _plain(column.default)
        )
        allowed = ", ".join(column.enum) or _range(column.minimum, column.maximum)
        text += _row(f"`{column.name}`", column.type, column.unit, allowed, default, column.description)
    return text


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f"≥ {low:g}" if low is not None else f"≤ {high:g}" if high is not None else ""


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _model_markdown(model: type[BaseModel], title: str) -> str:
    doc = " ".join((model.__doc__ or "").split())
    text = f"### {title}\n\n{doc}\n\n"
    text += _row("setting", "type", "range", "default", "meaning") + _row(*["---"] * 5)
    for name, field in model.model_fields.items():
        default = "**required**" if field.is_required() else _default(field.default)
        limits = "".join(_limits(field.metadata))
        text += _row(f"`{name}`", _type_name(field.annotation), limits, default, field.description or "")
    return text


def _default(value: Any) -> str:
    if value is None or (not isinstance(value, bool | int | float) and not value):
        return ""
    if isinstance(value, BaseModel):
        return _default(value.model_dump(exclude_defaults=True))
    if isinstance(value, Mapping):
        pairs = (f"{key}: {_default(inner) or '{}'}" for key, inner in value.items())
        return "{" + ", ".join(pairs) + "}"
    return ", ".join(_plain(item) for item in value) if isinstance(value, tuple) else _plain(value)


def _limits(metadata: Sequence[Any]) -> list[str]:
    signs = (("ge", "≥ "), ("gt", "> "), ("le", "≤ "), ("lt", "< "), ("pattern", ""))
    found = [
        f"{sign}{getattr(item, attribute)}"
        for attribute, sign in signs
        for item in metadata
        if getattr(item, attribute, None) is not None
    ]
    return [", ".join(found)]


def _type_name(annotation: Any) -> str:
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return _type_name(arguments[0])
    plain = {float: "number", int: "whole number", str: "text", bool: "true or false", date: "date"}
    if annotation in plain:
        return plain[annotation]
    if not arguments:
        return (
            "section"
            if isinstance(annotation, type) and issubclass(annotation, BaseModel)
            else str(annotation)
        )
    kinds = [argument for argument in arguments if argument is not type(None)]
    if all(isinstance(kind, str) for kind in kinds):
        return "one of " + ", ".join(kinds)
    if str in kinds and float in kinds:
        return "number or parameter"
    origin = getattr(annotation, "__origin__", None)
    if origin is tuple:
        return f"list of {_type_name(kinds[0])}"
    if origin is dict:
        return f"{_type_name(kinds[1])}, by name"
    return " or ".join(dict.fromkeys(_type_name(kind) for kind in kinds))


if __name__ == "__main__":
    print(reference_markdown(), end="")
