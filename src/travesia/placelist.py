"""A scenario from a list of places: legs between them, and what is still to be filled in."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.errors import Problem, ScenarioError, UsageError
from travesia.roadnet import MOST_PLACES, NEAREST, ROADS_PER_STRAIGHT_KM, Floats, Ints, join
from travesia.scenario import CAMPS, TABLES, FleeSettings, GoalSettings, Scenario, Settings
from travesia.schema import frame
from travesia.tablefile import read_table
from travesia.travel import great_circle_km

Bools = NDArray[np.bool_]
HOLDING = (*CAMPS, "shelter", "detention", "reception", "clinic")
"""Kinds of place that people fill up."""
DAYS = 90
_LIST, _WAYS = "place_list", "great_circles"


@dataclass(frozen=True)
class Built:
    """A scenario from a list of places, and what a person has still to do to it, a line each."""

    scenario: Scenario
    remaining: tuple[str, ...]


def from_places(
    path: str | Path,
    *,
    name: str,
    today: date,
    nearest: int = NEAREST,
    factor: float = ROADS_PER_STRAIGHT_KM,
    roads_km: Floats | None = None,
) -> Built:
    """A scenario with legs between the places of a list.

    path : CSV with the columns of places.csv; `lat` and `lon` are needed, and `place` or `name`; `kind` is `town` where
    the column is left out. name : of the scenario. today : its first day, and when the list was seen. nearest : each
    place may be joined with so many others. factor : length of a way by its great circle. roads_km : lengths by road
    [place, place] in the order of the list, infinite where no road leads: such places are joined only where nothing
    else connects them, by the great circle × factor.
    Raises ScenarioError with all problems of the list, UsageError for a number out of range.
    """
    if nearest < 1 or not 1 <= factor <= 10:
        raise UsageError(
            "places are joined with 1 or more others, and ways are 1 to 10 times the great circle"
        )
    places = read_places(path)
    straight = great_circle_km(places["lat"].to_numpy(dtype=float), places["lon"].to_numpy(dtype=float))
    guessed = straight * factor
    km = guessed if roads_km is None else np.where(np.isfinite(roads_km), roads_km, guessed)
    pairs = join(km, nearest=nearest, likely=None if roads_km is None else np.isfinite(roads_km))
    by_road = np.zeros(len(pairs), dtype=bool) if roads_km is None else np.isfinite(roads_km[tuple(pairs.T)])
    legs = _legs(list(places["place"]), pairs, km, straight, by_road, factor)
    goals = places.loc[places["kind"] == "destination", "place"].tolist()
    degree = int(np.bincount(pairs.ravel(), minlength=1).max(initial=1))
    tables = {
        **{table: frame(table, {}) for table in TABLES},
        "places": places.assign(source=places["source"].where(places["source"] != "", _LIST)),
        "legs": legs,
        "destinations": _destinations(goals),
        "sources": _sources(Path(path).name, places, today, factor, guessed=not by_road.all()),
    }
    scenario = Scenario(
        _settings(name, today, degree, toward_goals=bool(goals)), tables, {"places": Path(path).name}
    )
    return Built(scenario, tuple(_remaining(scenario, pairs)))


def read_places(path: str | Path) -> pd.DataFrame:
    """The places of a list as table `places`, each with an identifier, coordinates and a kind.

    path : as for `from_places`. Raises ScenarioError with all that is wrong, UsageError where there is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(
            f"no file {str(path)!r}; give the path of a CSV file with the columns name, lat, lon, kind"
        )
    found = read_table(path, name="places")
    places, unnamed = found.frame, "place" in found.absent
    waived = {"kind"} | ({"place"} if (places["name"] != "").any() else set())
    problems = [
        p for p in found.problems if not (p.row == 1 and p.column in waived and p.column in found.absent)
    ]
    if unnamed:
        places["place"] = _identifiers(places["name"].tolist())
    if "kind" in found.absent:
        places["kind"] = "town"
    problems += _doubtful(places, path.name) if not problems else []
    if any(problem.level == "error" for problem in problems):
        raise ScenarioError(problems)
    return places


def _identifiers(names: list[str]) -> list[str]:
    """Short plain identifiers, each once: `san_pedro_sula`, `san_pedro_sula_2`."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        letters = "".join(s for s in unicodedata.normalize("NFKD", name) if not unicodedata.combining(s))
        plain = re.sub(r"\W+", "_", letters.casefold()).strip("_")
        seen[plain] += 1
        found.append(plain if seen[plain] == 1 else f"{plain}_{seen[plain]}")
    return found


def _doubtful(places: pd.DataFrame, file: str) -> list[Problem]:
    """Rows without a name or coordinates, and two rows with the same place or spot."""
    problems: list[Problem] = []
    if not 2 <= len(places) <= MOST_PLACES:
        remedy = f"list 2 to {MOST_PLACES:,} places"
        problems.append(Problem(file, 0, "", "", f"{len(places):,} places", remedy))
    names: dict[str, int] = {}
    spots: dict[tuple[float, float], int] = {}
    columns = (places[column].tolist() for column in ("place", "lat", "lon"))
    for row, (place, lat, lon) in enumerate(zip(*columns, strict=True), start=2):
        missing = [column for column, value in (("lat", lat), ("lon", lon)) if _unknown(value)]
        if not place:
            problems.append(Problem(file, row, "name", "", "no name", "write the name of the place"))
        for column in missing:
            problems.append(
                Problem(file, row, column, "", "no number", "write degrees, like 15.5 (south and west: -)")
            )
        if missing:
            continue
        if (lat, lon) in spots:
            message, remedy = f"the same spot as row {spots[lat, lon]}", "move one of the two, or delete it"
            problems.append(Problem(file, row, "lat", f"{lat}, {lon}", message, remedy))
        if place in names:
            message, remedy = f"the same place as row {names[place]}", "give it another name, or delete it"
            problems.append(Problem(file, row, "place", place, message, remedy))
        spots.setdefault((lat, lon), row)
        names.setdefault(place, row)
    return problems


def _unknown(value: object) -> bool:
    """Whether a cell is empty or the name of a parameter: a place must stand somewhere."""
    return not isinstance(value, int | float) or math.isnan(value)


def _legs(
    places: list[str], pairs: Ints, km: Floats, straight: Floats, by_road: Bools, factor: float
) -> pd.DataFrame:
    rows = zip(pairs.tolist(), by_road.tolist(), strict=True)
    notes = ["by road" if road else f"{straight[a, b]:.1f} km × {factor:g}" for (a, b), road in rows]
    return frame(
        "legs",
        {
            "from": [places[a] for a in pairs[:, 0]],
            "to": [places[b] for b in pairs[:, 1]],
            "distance_km": [max(round(float(km[a, b]), 1), 0.1) for a, b in pairs],
            "source": ["roads" if road else _WAYS for road in by_road],
            "note": notes,
        },
    )


def _destinations(goals: list[str]) -> pd.DataFrame:
    count = len(goals)
    return frame(
        "destinations",
        {
            "destination": goals,
            "share": [1 / count for _ in goals],
            "source": ["assumption"] * count,
            "note": ["equal shares: write what is known"] * count,
        },
    )


def _sources(file: str, places: pd.DataFrame, today: date, factor: float, *, guessed: bool) -> pd.DataFrame:
    title = f"Great circles × {factor:g}: length of roads by that of the straight line, 1.3 ± 0.1 in Wang et al. 2024"
    rows = [(_LIST, f"{file}: say where the coordinates are from", "", today.isoformat(), "")]
    rows += [(_WAYS, title, "https://arxiv.org/abs/2406.06490", "2024", "")] if guessed else []
    known = {key for key, *_ in rows} | {"assumption", ""}
    rows += [(key, key, "", "", "") for key in dict.fromkeys(places["source"]) if key not in known]
    columns = ("source", "title", "url", "date", "note")
    return frame(
        "sources",
        {column: list(values) for column, values in zip(columns, zip(*rows, strict=True), strict=True)},
    )


def _settings(name: str, today: date, degree: int, *, toward_goals: bool) -> Settings:
    """Towards destinations where there are any, else in search of safety nearby.

    degree : legs at a place, at most: `leg_cost` above its logarithm always has a solution (docs/model.md).
    """
    leg_cost = max(1.5, math.ceil(10 * math.log(degree) + 1) / 10)
    movement = GoalSettings(leg_cost=leg_cost) if toward_goals else FleeSettings()
    return Settings(
        name=name,
        title={"en": name},
        start=today,
        days=DAYS,
        movement=movement,
        note="Made from a list of places by `travesia new --from`; see what is to be filled in there.",
    )


def _remaining(scenario: Scenario, pairs: Ints) -> list[str]:
    places, legs = scenario.places, scenario.legs
    index = {place: number for number, place in enumerate(places["place"])}
    country = dict(zip(places["place"], places["country"], strict=True))
    abroad = sum(country[a] != country[b] for a, b in zip(legs["from"], legs["to"], strict=True))
    alone = [place for place in places["place"] if (pairs == index[place]).sum() == 1]
    open_ended = int((places["kind"].isin(HOLDING) & places["capacity"].isna()).sum())
    longest, name = max(zip(legs["distance_km"].astype(float), legs["leg"], strict=True))
    lines = [
        f"scenario.yaml: first day ({scenario.settings.start}) and days ({scenario.settings.days}), title, licence",
        "legs.csv: look at network.png; strike legs over water or mountains, add what is missing",
        f"legs.csv: the longest leg is {name}, {longest:g} km",
    ]
    lines += (
        [f"legs.csv: {abroad} legs cross a border; is there a way across, and is it open?"] if abroad else []
    )
    lines += [f"legs.csv: {len(alone)} places hang on one leg: {', '.join(alone[:5])}"] if alone else []
    lines += [f"places.csv: capacity of {open_ended} places that people fill up"] if open_ended else []
    if isinstance(scenario.settings.movement, GoalSettings):
        lines.append("departures.csv: who sets off, where and when; destinations.csv: the shares are equal")
    else:
        lines.append(
            "drivers.csv: `conflict` where and when; departures.csv: `present`, or `observed` with observations"
        )
        lines += (
            ["places.csv: no place is of kind camp, where people would stay"]
            if not places["kind"].isin(CAMPS).any()
            else []
        )
    return [*lines, "sources.csv: where the coordinates are from, and under which licence"]


def with_roads_source(scenario: Scenario, *, file: str, today: date) -> Scenario:
    """The same with the source of lengths by road, an extract of OpenStreetMap.

    file : its name. today : when it was read.
    """
    title = f"OpenStreetMap contributors, {file}: shortest ways over roads"
    row = frame(
        "sources",
        {
            "source": ["roads"],
            "title": [title],
            "url": ["https://www.openstreetmap.org/copyright"],
            "date": [today.isoformat()],
            "licence": ["ODbL-1.0"],
        },
    )
    return replace(
        scenario, tables={**scenario.tables, "sources": pd.concat([scenario.sources, row], ignore_index=True)}
    )
