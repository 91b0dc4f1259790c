"""What was observed, day by day: stocks interpolated as in Flee, and the rise that departures follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.scenario import CAMPS, FleeSettings, Scenario
from travesia.series import Entry, corrected, curve, summed

TOTAL = "total"
"""The label of the series that sums all others, in Flee's folders."""
PART = "file "
"""A note that starts so names one of several files whose counts add up to those of the place."""
REGISTRATION = "registration"
"""The note of a row without value: people were registered that day, and counts before it are scaled to its count."""
Counts = NDArray[np.int64]
Figure = tuple[str, int, float]
"""Note, day of the run, value (NaN: none)."""


@dataclass(frozen=True, eq=False)
class Rise:
    """The daily rise of what was observed, in units of `hasten` people; arrays [day].

    change : of the sum observed. people : new ones who set out. debt : decreases still to be made up for by
    later rises.
    """

    change: Counts
    people: Counts
    debt: Counts


def by_counts(movement: FleeSettings) -> bool:
    """Whether observed totals say how many people start, not conflict or floods. movement : of rule flee."""
    return movement.conflict_driven_spawning == "off" and movement.flood_driven_spawning == "off"


def daily_series(scenario: Scenario, *, hasten: int = 1) -> tuple[list[str], Counts]:
    """The observed stocks on every day of the run: labels, and counts [series, day].

    scenario : observations of quantity present and kind stock count; a series is a place or, without one,
    an area, in order of first appearance. Before its first entry a series has the first value, after its
    last the last, between two it is linear, always cut to a whole number; entries stand in table order, of
    those later than a day the first counts. Rows whose notes name different files (`file camp1.csv`) are
    series of their own, which add up: as curves, or with merge_loses_entries entry by entry, as in Flee.
    With empty_camps_on_day0 each series is lowered by its value of day 0. hasten : people per unit.
    Source: Flee's data manager.
    """
    rules, by_label = _rules(scenario), _by_label(_stocks(scenario))
    labels = [label for label, figures in by_label.items() if any(value == value for _, _, value in figures)]
    days = np.arange(scenario.settings.days)
    series = np.zeros((len(labels), days.size), dtype=np.int64)
    for index, label in enumerate(labels):
        entries = _entries(by_label[label], as_flee=rules.merge_loses_entries)
        scaled = [(when, value / hasten) for when, value in entries]
        series[index] = np.trunc(curve(scaled, days)).astype(np.int64)
    if rules.empty_camps_on_day0:
        series -= series[:, :1]
    return labels, series


def _by_label(stocks: pd.DataFrame) -> dict[str, list[Figure]]:
    """The figures of each series, by its label."""
    found: dict[str, list[Figure]] = {}
    columns = (stocks[name] for name in ("label", "note", "day", "value"))
    for label, note, day, value in zip(*columns, strict=True):
        found.setdefault(label, []).append((note, int(day), float(value)))
    return found


def _entries(figures: Sequence[Figure], *, as_flee: bool) -> list[Entry]:
    """The entries of one label: the sum of its files, scaled at its registrations."""
    parts: dict[str, list[Entry]] = {}
    for note, day, value in figures:
        if value == value:
            parts.setdefault(note if note.startswith(PART) else "", []).append((day, value))
    entries = summed(list(parts.values()), as_flee=as_flee)
    for note, day, _ in figures:
        if note == REGISTRATION:
            entries = corrected(entries, day)
    return entries


def camp_counts(scenario: Scenario, *, hasten: int = 1) -> tuple[list[str], Counts]:
    """The observed stocks at the camps (kinds CAMPS): places, and counts [place, day].

    scenario, hasten : as for `daily_series`. A camp without observations has 0, as Flee's table of results
    would.
    """
    camps = scenario.places[scenario.places["kind"].isin(CAMPS)]["place"].tolist()
    return camps, counts_at(scenario, camps, hasten=hasten)


def counts_at(scenario: Scenario, places: Sequence[str], *, hasten: int = 1) -> Counts:
    """The observed stocks at places, [place, day]; 0 where there are none. hasten : as for `daily_series`."""
    labels, series = daily_series(scenario, hasten=hasten)
    nobody = np.zeros(scenario.settings.days, dtype=np.int64)
    counts = [series[labels.index(place)] if place in labels else nobody for place in places]
    return np.array(counts, dtype=np.int64).reshape(len(places), scenario.settings.days)


def observed_flow(scenario: Scenario, *, hasten: int = 1) -> Rise:
    """The daily rise of what was observed, with the decreases it has to make up for.

    scenario : its settings of rule flee say what is summed (Flee's defaults for another rule): all series
    but the total with sum_from_camps, else the total. On day 0 the change is the whole stock: with
    sum_from_camps and total_counts_on_day0 that includes the total (so it is counted about twice, as in
    Flee), with empty_camps_on_day0 it is 0; nobody sets out on day 0 with insert_day0. hasten : people per
    unit.
    Source: Flee's spawning rules.
    """
    rules = _rules(scenario)
    labels, series = daily_series(scenario, hasten=hasten)
    is_total = np.array([label == TOTAL for label in labels], dtype=bool)
    counted = series[~is_total] if rules.sum_from_camps else series[is_total]
    change = np.diff(counted.sum(axis=0), prepend=0)
    if rules.empty_camps_on_day0:
        change[0] = 0
    elif rules.sum_from_camps and rules.total_counts_on_day0:
        change[0] = series[:, 0].sum()
    people, debt = np.zeros_like(change), np.zeros_like(change)
    owed = 0
    for day in range(change.size):
        new = change[day] - owed
        if day == 0 and rules.insert_day0:
            new = 0
        people[day], owed = max(new, 0), max(-new, 0)
        debt[day] = owed
    return Rise(change, people, debt)


def observed_rise(scenario: Scenario, *, hasten: int = 1) -> Counts:
    """New people who set out each day, [day], in units of `hasten`; see `observed_flow`."""
    return observed_flow(scenario, hasten=hasten).people


def whole_observations(scenario: Scenario) -> pd.DataFrame:
    """The observations as `daily_series` takes them: files of one place summed, scaled at registrations."""
    table = scenario.observations
    if (
        "note" not in table
        or not (table["note"].str.startswith(PART) | (table["note"] == REGISTRATION)).any()
    ):
        return table
    stocks = _stocks(scenario)
    start, blocks = pd.Timestamp(scenario.settings.start), [table.drop(index=stocks.index)]
    for label, figures in _by_label(stocks).items():
        kept = table.loc[stocks.index[stocks["label"] == label]]
        kept = kept[kept["note"] != REGISTRATION]
        entries = _entries(figures, as_flee=_rules(scenario).merge_loses_entries)
        values = [value for _, value in entries]
        if any(note.startswith(PART) for note, _, _ in figures):
            days = [start + pd.Timedelta(days=when) for when, _ in entries]
            kept = kept.iloc[[0] * len(entries)].assign(date_from=days, value=values, note="")
        elif len(kept) < len(figures):
            told = kept["value"].notna().to_numpy()
            kept = kept.assign(value=np.where(told, 0.0, np.nan))
            kept.loc[told, "value"] = values
        blocks.append(kept)
    return pd.concat([block for block in blocks if len(block)], ignore_index=True)


def _rules(scenario: Scenario) -> FleeSettings:
    movement = scenario.settings.movement
    return movement if isinstance(movement, FleeSettings) else FleeSettings()


def _stocks(scenario: Scenario) -> pd.DataFrame:
    """The stock observations of people present: label, day of the run, value, note."""
    table = scenario.observations
    kept: Any = table[(table["quantity"] == "present") & (table["kind"] == "stock")]
    days = (pd.to_datetime(kept["date_from"]) - pd.Timestamp(scenario.settings.start)).dt.days
    label = kept["place"].where(kept["place"] != "", kept["area"])
    return pd.DataFrame(
        {"label": label, "day": days, "value": kept["value"].astype(float), "note": kept["note"]}
    )
