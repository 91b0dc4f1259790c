"""The reference page of the documentation: every column and every setting, from where they are defined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from travesia import scenario as types
from travesia.scenario import TABLES
from travesia.schema import Table, setting_meanings, table


def reference_markdown() -> str:
    """The text of docs/reference-tables.md: every column of every table, every setting of scenario.yaml."""
    head = (
        "# Reference: tables and settings\n\n"
        "Made from `src/travesia/schemas/` and `src/travesia/scenario.py` by\n"
        "`python -m travesia.reference > docs/reference-tables.md`; a test fails when it is stale.\n\n"
        "Any number cell of a table, and any setting of type *number or parameter*, may hold the name of a\n"
        "parameter in place of a number. Dates are ISO 8601. An empty cell means the default.\n"
    )
    tables = "\n".join(_table_markdown(table(name)) for name in TABLES)
    models = "\n".join(_model_markdown(model, title) for title, model in SETTINGS_MODELS)
    needs = _table_markdown(table("indicators"))
    tables += f"\n## Indicators (`travesia needs --indicators FILE.csv`)\n\n{needs}"
    return f"{head}\n## Tables\n\n{tables}\n## Settings (`scenario.yaml`)\n\n{models}"


SETTINGS_MODELS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("scenario.yaml", types.Settings),
    ("movement, rule goal", types.GoalSettings),
    ("movement, rule flee", types.FleeSettings),
    ("health", types.HealthSettings),
    ("parameters.NAME", types.Parameter),
    ("parameters.NAME.prior", types.Prior),
    ("policies.NAME", types.Policy),
    ("policies.NAME.response", types.Response),
    ("groups.ATTRIBUTE.VALUE", types.GroupValue),
    ("outputs", types.Outputs),
    ("outputs.quantities.NAME", types.Quantity),
)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"


def _table_markdown(content: Table) -> str:
    needed = "Every folder has it." if content.required else "May be left out."
    if content.name == "indicators":
        needed = "No part of a folder; one with Sphere's figures comes with travesia."
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
    text += _row("setting", "type", "unit", "range", "default", "meaning") + _row(*["---"] * 6)
    meanings = setting_meanings(model.__name__)
    for name, field in model.model_fields.items():
        default = "**required**" if field.is_required() else _default(field.default)
        limits = "".join(_limits(field.metadata))
        unit, meaning = meanings[name]
        text += _row(f"`{name}`", _type_name(field.annotation), unit, limits, default, meaning)
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
