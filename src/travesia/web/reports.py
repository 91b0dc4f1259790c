"""What was reported about the world, as it is shown beside every run of a scenario: the same under all changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from travesia.disclosure import told_observations
from travesia.scenario import Scenario
from travesia.web.shapes import Reported


@dataclass(frozen=True)
class Reports:
    """Figures within the run. of_quantity : by name. at_place : people present, by place, in the scenario's order."""

    of_quantity: Mapping[str, list[Reported]] = field(default_factory=dict)
    at_place: Mapping[str, list[Reported]] = field(default_factory=dict)


def reports_of(scenario: Scenario) -> Reports:
    """The figures that were reported, without what is withheld.

    scenario : whose observations. A place without a figure within the run has an empty list.
    """
    first = pd.Timestamp(scenario.settings.start)
    last = first + pd.Timedelta(days=scenario.settings.days - 1)
    of_quantity: dict[str, list[Reported]] = {}
    at: dict[str, list[Reported]] = {}
    for row in told_observations(scenario).to_dict("records"):
        name, place, end = str(row["quantity"]), str(row["place"]), row["end"]
        present = name == "present"
        if present and not place:
            continue
        told = at.setdefault(place, []) if present else of_quantity.setdefault(name, [])
        if first <= end <= last:
            kind = "stock" if present else _kind(scenario, name)
            told.append(_reported(row, first, kind))
    return Reports(of_quantity, {p: at[p] for p in map(str, scenario.places["place"].tolist()) if p in at})


def _reported(row: Mapping[Any, Any], first: pd.Timestamp, kind: str) -> Reported:
    """A figure as it is published. first : day of the run. kind : of its series."""
    value, low, high = (
        None if pd.isna(row[name]) else float(row[name]) for name in ("reported", "low", "high")
    )
    return Reported(
        day=int((row["end"] - first).days),
        since=f"{row['date_from']:%Y-%m-%d}",
        days=divisor(row, first, kind),
        value=value,
        low=low,
        high=high,
        by=row["reported_by"],
        source=row["source"],
        withheld=row["withheld"],
    )


def divisor(row: Mapping[Any, Any], first: pd.Timestamp, kind: str) -> int:
    """What to divide a figure by for it to stand beside a series; 0 where it cannot.

    row : with its kind, date_from and end. first : day of the run. kind : of the series.
    """
    own = kind if row["kind"] == "stock" else row["kind"]
    if own != kind:
        return int(own == "flow" and kind == "cumulative" and row["date_from"] <= first)
    return int((row["end"] - row["date_from"]).days) + 1 if kind == "flow" else 1


def _kind(scenario: Scenario, name: str) -> str:
    known = scenario.settings.outputs.quantities
    return known[name].kind if name in known else "stock"
