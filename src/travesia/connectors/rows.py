"""What a service gave as rows of tables, their source, and a scenario that has them."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from travesia.errors import ServiceError, UsageError
from travesia.rules.base import RESTRICTED
from travesia.scenario import Scenario
from travesia.schema import frame


@dataclass(frozen=True)
class Source:
    """Where rows come from, as sources.csv has it.

    key : used by the rows. licence : of the data; where it begins with `restricted` every row says so in its note, and
    so does all that is published from the scenario.
    """

    key: str
    title: str
    url: str
    licence: str

    @property
    def restricted(self) -> bool:
        """Whether the rows may not be passed on."""
        return self.licence.startswith(RESTRICTED)


@dataclass(frozen=True)
class Found:
    """Rows by table, and lines that tell what was left out and what to bear in mind.

    rows : columns by name; `source` is added. seen : the day of the oldest answer they are from.
    """

    source: Source
    seen: date
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    told: Sequence[str] = field(default=())


def present(area: str, day: date, people: float, *, reported_by: str, note: str) -> dict[str, Any]:
    """A row of observations: people who were in an area on a day."""
    return {
        "quantity": "present",
        "area": area,
        "date_from": day,
        "kind": "stock",
        "value": people,
        "unit": "people",
        "reported_by": reported_by,
        "note": note,
    }


def preferred(kinds: Collection[str]) -> str:
    """Which of several assessments of an area counts: baseline assessments (BA) come before site assessments."""
    return "BA" if "BA" in kinds else min(kinds)


def key_of(variable: str, *, access: str) -> str:
    """A key from the environment, where keys are kept out of commands and files.

    variable : its name. access : how to get one. Raises UsageError where it is not set.
    """
    found = os.environ.get(variable, "").strip()
    if not found:
        raise UsageError(f"the environment variable {variable} is not set. {access}")
    return found


def add_rows(scenario: Scenario, found: Found) -> Scenario:
    """The scenario with these rows in place of those of the same source that it had.

    found : rows of observations, drivers or departures; of places, new values of cells. Raises ServiceError where
    there are none.
    """
    if not any(found.rows.values()):
        raise ServiceError(
            f"{found.source.title} has nothing for this question; ask for other dates, areas or places"
        )
    for name, rows in found.rows.items():
        table = (
            _changed_places(scenario, rows)
            if name == "places"
            else _joined(scenario, name, found.source, rows)
        )
        scenario = scenario.with_table(name, table)
    known: Any = scenario.sources[scenario.sources["source"] != found.source.key]
    return scenario.with_table("sources", pd.concat([known, _source_row(found)], ignore_index=True))


def _joined(scenario: Scenario, name: str, source: Source, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    mark = f"{source.key}: not to be passed on" if source.restricted else ""
    marked = [
        {**row, "source": source.key, "note": "; ".join(filter(None, (row.get("note"), mark)))}
        for row in rows
    ]
    columns = list(dict.fromkeys(column for row in marked for column in row))
    new = frame(name, {column: [row.get(column) for row in marked] for column in columns})
    table = scenario.tables[name]
    kept: Any = table[table["source"] != source.key]
    joined: pd.DataFrame = pd.concat([part for part in (kept, new) if len(part)], ignore_index=True)
    return joined


def _changed_places(scenario: Scenario, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    places: pd.DataFrame = scenario.places.copy()
    for row in rows:
        at = places["place"] == row["place"]
        for column, value in row.items():
            places.loc[at, column] = value
    return places


def _source_row(found: Found) -> pd.DataFrame:
    source = found.source
    values = (source.key, source.title, source.url, found.seen.isoformat(), source.licence)
    columns = ("source", "title", "url", "date", "licence")
    return frame("sources", {column: [value] for column, value in zip(columns, values, strict=True)})


def refuse_repository(folder: Path, source: Source) -> None:
    """Raise UsageError where rows that may not be passed on would be written into the source code of travesia."""
    if not source.restricted:
        return
    inside = Path(__file__).resolve().parents[1]
    for parent in (folder.resolve(), *folder.resolve().parents):
        if parent == inside or _is_travesia(parent / "pyproject.toml"):
            raise UsageError(
                f"{folder} is inside the source code of travesia, which is passed on; {source.key} may not be. "
                "Choose a folder elsewhere"
            )


def _is_travesia(project: Path) -> bool:
    try:
        return bool(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["name"] == "travesia")
    except (OSError, ValueError, KeyError, TypeError):
        return False
