"""A scenario as it was known on one day: nothing after the origin is left in it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd

from travesia.errors import UsageError
from travesia.scenario import CAMPS, FleeSettings, Scenario


def refuse_no_days(days: int) -> None:
    """Raise UsageError where no day is to be forecast."""
    if days < 1:
        raise UsageError(f"{days} days cannot be forecast; ask for 1 or more")


def known_on(
    scenario: Scenario, origin: date, *, days: int, blank: bool = False, conflicts_known: bool = False
) -> Scenario:
    """The scenario with nothing that came after the origin, running on for some days.

    origin : the last day of which anything is known. days : how long the run goes on after it. blank :
    capacities are taken away. conflicts_known : later values of drivers are kept. Raw
    observations are cut before anything is interpolated or corrected, measures
    that began go on, drivers keep their last value, and a camp where nobody was counted yet is not there. A value of a
    driver is known from its day on, or from `data_until` on: a calendar of earlier years is known ahead, a figure that
    came later than its day is not there yet.
    Raises UsageError where the origin is outside the scenario, or cuts a departure in two whose size is a
    parameter.
    """
    settings = scenario.settings
    length = (origin - settings.start).days + 1
    if not 1 <= length <= settings.days:
        raise UsageError(
            f"the origin {origin} is not among the {settings.days} days of the scenario; give one from "
            f"{settings.start} to {settings.start + timedelta(days=settings.days - 1)}"
        )
    tables = {name: scenario.tables[name] for name in scenario.tables}
    tables["observations"] = _until(tables["observations"], origin)
    if not conflicts_known:
        tables["drivers"] = _known_drivers(tables["drivers"], origin)
    tables["measures"] = _open_ended(_begun(tables["measures"], "date_from", origin), origin)
    tables["departures"] = _cut_departures(tables["departures"], origin)
    unseen = set(tables["places"]["place"][tables["places"]["kind"].isin(CAMPS)]) - _seen(
        tables["observations"]
    )
    tables = _without(tables, unseen)
    movement = settings.movement
    if isinstance(movement, FleeSettings):
        routes = tuple(route for route in movement.major_routes if not unseen & set(route))
        movement = movement.model_copy(update={"major_routes": routes})
    if blank:
        tables["places"] = tables["places"].assign(capacity=float("nan"))
    for name, table in tables.items():
        scenario = scenario.with_table(name, table.reset_index(drop=True))
    return scenario.with_settings(settings.model_copy(update={"days": length + days, "movement": movement}))


def _until(observations: pd.DataFrame, origin: date) -> pd.DataFrame:
    """Reports of days up to the origin; of a period, once it has ended."""
    ended = observations["date_to"].fillna(observations["date_from"])
    return observations[(ended <= pd.Timestamp(origin)) & (observations["date_from"] <= pd.Timestamp(origin))]


def _known_drivers(drivers: pd.DataFrame, origin: date) -> pd.DataFrame:
    known_from = drivers["data_until"].fillna(drivers["date"])
    return drivers[known_from <= pd.Timestamp(origin)]


def _begun(table: pd.DataFrame, column: str, origin: date) -> pd.DataFrame:
    return table[table[column].isna() | (table[column] <= pd.Timestamp(origin))]


def _open_ended(measures: pd.DataFrame, origin: date) -> pd.DataFrame:
    """Measures in force on the origin stay in force: nobody knew their end."""
    open_end = measures["date_to"].where(measures["date_to"] <= pd.Timestamp(origin))
    return measures.assign(date_to=open_end)


def _cut_departures(departures: pd.DataFrame, origin: date) -> pd.DataFrame:
    """Known departures up to the origin: of one that goes on after it, the share of its days before."""
    at = pd.Timestamp(origin)
    kept = _begun(departures, "date_from", origin).copy()
    for row in kept.index[(kept["kind"] == "known") & (kept["date_to"] > at)]:
        people: Any = kept.at[row, "people"]
        began, ends = (pd.Timestamp(str(kept.at[row, name])) for name in ("date_from", "date_to"))
        try:
            whole = float(people)
        except (TypeError, ValueError):
            raise UsageError(
                f"departures.csv: {kept.at[row, 'departure']!r} goes on after the origin {origin} and its size is the "
                f"parameter {people!r}; choose an origin before {began.date()} or from {ends.date()} on"
            ) from None
        kept.at[row, "people"] = whole * ((at - began).days + 1) / ((ends - began).days + 1)
        kept.at[row, "date_to"] = at
    return kept


def _seen(observations: pd.DataFrame) -> set[str]:
    """Places where somebody was counted."""
    stocks = observations[observations["quantity"] == "present"]
    return set(stocks["place"][stocks["value"].fillna(stocks["high"]).fillna(0) > 0])


def _without(tables: dict[str, pd.DataFrame], unseen: set[str]) -> dict[str, pd.DataFrame]:
    """The tables without some places, and without what leads to them or stands there."""
    if not unseen:
        return tables
    kept = dict(tables)
    gone = set(tables["legs"]["leg"][tables["legs"][["from", "to"]].isin(unseen).any(axis=1)])
    kept["legs"] = tables["legs"][~tables["legs"]["leg"].isin(gone)]
    for name in ("places", "destinations", "departures", "drivers", "measures", "observations"):
        table = tables[name]
        columns = [column for column in ("place", "target") if column in table]
        out = table[columns].isin(unseen).any(axis=1)
        if "leg" in table:
            out |= table["leg"].isin(gone)
        kept[name] = table[~out]
    return kept
