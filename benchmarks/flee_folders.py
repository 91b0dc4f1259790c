"""Flee folders for the comparison: one without its capacities, and one written from a scenario."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pandas as pd

from travesia.scenario import Scenario

PLAIN = """\
log_levels: {agent: 0, link: 0, camp: 0, conflict: 0, init: 0, granularity: location}
spawn_rules:
  take_from_population: False
  insert_day0: True
move_rules:
  max_move_speed: 200.0
  max_walk_speed: 35.0
  foreign_weight: 1.0
  camp_weight: 1.0
  conflict_weight: 0.25
  conflict_movechance: 1.0
  camp_movechance: 0.001
  default_movechance: 0.3
  awareness_level: 1
  capacity_scaling: 1.0
  avoid_short_stints: False
  start_on_foot: False
  weight_power: 1.0
optimisations:
  hasten: 1
"""
KIND, CAPACITY = 5, 7  # columns of locations.csv


def write_settings(path: Path) -> None:
    """Flee's plain rule, as its settings file."""
    path.write_text(PLAIN, encoding="utf-8")


def without_capacities(folder: Path, copy: Path) -> None:
    """A copy of a Flee folder in which every camp has room for all (capacity 0 is no limit)."""
    shutil.copytree(folder, copy)
    path = copy / "input_csv" / "locations.csv"
    path.chmod(0o644)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    for row in rows:
        if row and "camp" in row[KIND]:
            row[CAPACITY] = "0"
    _write_csv(path, rows)


def write(scenario: Scenario, folder: Path) -> None:
    """A Flee folder of a scenario of rule flee with conflicts, camps and observed totals alone.

    The totals stand at the first camp; the other camps are observed empty throughout.
    """
    inputs, data = folder / "input_csv", folder / "source_data"
    inputs.mkdir(parents=True)
    data.mkdir()
    start, days = scenario.settings.start, scenario.settings.days
    conflict = scenario.drivers[scenario.drivers["driver"] == "conflict"]
    begins = {
        place: (pd.Timestamp(day) - pd.Timestamp(start)).days
        for place, day in zip(conflict["place"], conflict["date"], strict=True)
    }
    header = "#name,region,country,latitude,longitude,location_type,conflict_date,population"
    locations = [header.split(",")]
    for place in scenario.places.to_dict("records"):
        name, camp = place["place"], place["kind"] == "camp"
        kind = "camp" if camp else "conflict_zone" if name in begins else "town"
        size = "0" if camp else f"{place['population']:.0f}"
        locations.append([name, "unknown", place["country"], "0", "0", kind, f"{begins.get(name, '')}", size])
    _write_csv(inputs / "locations.csv", locations)
    legs = [
        [leg["from"], leg["to"], f"{leg['distance_km']:.6f}", "0"] for leg in scenario.legs.to_dict("records")
    ]
    _write_csv(inputs / "routes.csv", [["#name1", "name2", "distance", "forced_redirection"], *legs])
    names = list(begins)
    matrix = [[f"{day}", *("1" if begins[name] <= day else "0" for name in names)] for day in range(days + 1)]
    _write_csv(inputs / "conflicts.csv", [["#Day", *names], *matrix])
    _write_csv(inputs / "closures.csv", [["#closure_type", "name1", "name2", "closure_start", "closure_end"]])
    _write_csv(inputs / "registration_corrections.csv", [])
    _write_csv(inputs / "sim_period.csv", [["StartDate", f"{start}"], ["Length", f"{days}"]])
    observed = scenario.observations
    camps = scenario.places.loc[scenario.places["kind"] == "camp", "place"].tolist()
    layout = [["total", "refugees.csv"], *([camp, f"{camp}.csv"] for camp in camps)]
    _write_csv(data / "data_layout.csv", layout)
    for camp in camps:
        rows = observed[observed["place"] == camp].to_dict("records")
        series = [[f"{pd.Timestamp(row['date_from']).date()}", f"{row['value']:.0f}"] for row in rows]
        _write_csv(data / f"{camp}.csv", series or [[f"{start}", "0"]])
    first = observed.to_dict("records")
    totals = [[f"{pd.Timestamp(row['date_from']).date()}", f"{row['value']:.0f}"] for row in first]
    _write_csv(data / "refugees.csv", totals)


def _write_csv(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
