"""What is doubtful but not wrong: rows without a source, rows outside the run, legs shorter than a straight line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pandas as pd

from travesia.errors import Problem
from travesia.rules.base import (
    ASSUMPTION,
    RESTRICTED,
    Rule,
    cell,
    filled,
    number,
    rows,
    setting,
    shown,
    warning,
)
from travesia.scenario import Scenario
from travesia.travel import haversine_km

_SOURCED = ("places", "legs", "destinations", "departures", "drivers", "measures", "observations")
SHORTEST, SLACK_KM = 0.9, 1.0
"""Share of the great circle, less some km, below which a leg is doubtful: places are not points."""


def rows_have_sources(scenario: Scenario) -> Iterator[Problem]:
    """Where there is a table of sources, every row and every parameter names one."""
    if not len(scenario.tables["sources"]):
        return
    remedy = f"name a key of sources.csv, or write {ASSUMPTION}"
    for name in _SOURCED:
        blank = [row for row, values in rows(scenario, name) if values["source"] == ""]
        if blank:
            listed = ", ".join(map(str, blank[:5])) + (" …" if len(blank) > 5 else "")
            message = "no source" if len(blank) == 1 else f"no source in {len(blank)} rows ({listed})"
            yield warning(cell(scenario, name, blank[0], "source", "", message, remedy))
    for name, parameter in scenario.settings.parameters.items():
        if parameter.source == "":
            yield warning(setting(scenario, f"parameters.{name}", "", "no source", remedy))


def dates_within_the_run(scenario: Scenario) -> Iterator[Problem]:
    """Departures lie within the run, and measures touch it."""
    first = pd.Timestamp(scenario.settings.start)
    last = first + timedelta(days=scenario.settings.days - 1)
    run = f"the run ({shown(first)} to {shown(last)})"
    for row, values in rows(scenario, "departures"):
        dates = [column for column in ("date_from", "date_to") if filled(values[column])]
        outside = [column for column in dates if not first <= values[column] <= last]
        if values["kind"] == "known" and outside:
            problem = cell(
                scenario, "departures", row, outside[0], values[outside[0]], f"outside {run}",
                "those people never set off; change the date, or the run",
            )  # fmt: skip
            yield warning(problem)
    for row, values in rows(scenario, "measures"):
        for column, missed in (
            ("date_from", values["date_from"] > last),
            ("date_to", values["date_to"] < first),
        ):
            if missed:
                remedy = "the measure never acts; change the date, or the run"
                yield warning(
                    cell(scenario, "measures", row, column, values[column], f"outside {run}", remedy)
                )


def legs_are_no_shortcuts(scenario: Scenario) -> Iterator[Problem]:
    """A leg is not much shorter than the great circle between its ends."""
    spots = {row["place"]: (row["lat"], row["lon"]) for _, row in rows(scenario, "places")}
    for row, leg in rows(scenario, "legs"):
        km = number(scenario, leg["distance_km"])
        straight = float(haversine_km(*spots[leg["from"]], *spots[leg["to"]]))
        if km is not None and km < SHORTEST * straight - SLACK_KM:
            message = f"shorter than the straight line between its ends, {straight:,.0f} km"
            remedy = "correct the distance, or where the places stand"
            yield warning(cell(scenario, "legs", row, "distance_km", leg["distance_km"], message, remedy))


def somebody_departs(scenario: Scenario) -> Iterator[Problem]:
    """There is at least one departure."""
    if not len(scenario.tables["departures"]):
        yield warning(cell(scenario, "departures", 0, "", "", "nobody departs", "add a row"))


def sources_may_be_passed_on(scenario: Scenario) -> Iterator[Problem]:
    """Rows that a service gives to its user alone are told whenever the scenario is read."""
    for row, line in rows(scenario, "sources"):
        if line["licence"].strip().lower().startswith(RESTRICTED):
            message = "its rows may not be handed on, nor what is made from them"
            remedy = "keep this scenario and its runs to yourself, or ask the owner first"
            yield warning(cell(scenario, "sources", row, "licence", line["licence"], message, remedy))


RULES = (
    Rule(sources_may_be_passed_on, ("sources",)),
    Rule(rows_have_sources, ("settings", "sources")),
    Rule(dates_within_the_run, ("settings",), "goal"),
    Rule(somebody_departs, ("departures", "settings"), "goal"),
    Rule(legs_are_no_shortcuts, ("settings", "places", "legs"), "goal", faultless=True),
)
