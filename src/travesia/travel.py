"""Directed legs and dates: what both movement rules need of the tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.scenario import Scenario

Floats = NDArray[np.float64]
Row = Mapping[Any, Any] | pd.Series
"""A row of a table, by the names of its columns."""
EARTH_RADIUS_KM = 6371.0


def great_circle_km(lat: Floats, lon: Floats) -> Floats:
    """Great-circle km between all places (haversine) [place, place]; 0 where one stands on no map.

    lat, lon : degrees [place], NaN where missing.
    """
    km: Floats = np.nan_to_num(haversine_km(lat[:, None], lon[:, None], lat, lon))
    return km


def haversine_km(lat: Floats, lon: Floats, to_lat: Floats | float, to_lon: Floats | float) -> Floats:
    """Great-circle km from some points to others, as their shapes broadcast.

    lat, lon, to_lat, to_lon : degrees.
    """
    phi, to_phi = np.radians(lat), np.radians(to_lat)
    half = np.sin((phi - to_phi) / 2) ** 2
    half += np.cos(phi) * np.cos(to_phi) * np.sin((np.radians(lon) - np.radians(to_lon)) / 2) ** 2
    km: Floats = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return km


def on_sphere(lat: Floats, lon: Floats) -> Floats:
    """Positions on a sphere of radius 1, [point, 3]. lat, lon : degrees [point]."""
    phi, lam = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


def chord_km(chord: Floats) -> Floats:
    """Great-circle km between points of `on_sphere` that are so far apart in a straight line."""
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2, 1.0)))


def shortest_km(legs: pd.DataFrame, *, places: int) -> Floats:
    """The shortest way over legs between all places [place, place]; infinite where there is none.

    legs : of `directed_legs`; one of unknown length or below 1 km counts 1 km. places : how many there are.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import dijkstra

    length = np.maximum(pd.to_numeric(legs["km"], errors="coerce").fillna(1.0), 1.0)
    shortest = legs.assign(length=length).groupby(["start", "end"], sort=True)["length"].min()
    start, end = (shortest.index.get_level_values(level).to_numpy(np.int64) for level in (0, 1))
    graph = csr_matrix((shortest.to_numpy(float), (start, end)), shape=(places, places))
    return np.asarray(dijkstra(graph, indices=np.arange(places)), dtype=float)


def directed_legs(scenario: Scenario) -> pd.DataFrame:
    """One row for each direction of a leg, in the order of the table, forth before back.

    Columns: leg (`A>B`, made unique by `#2`), name (the id in legs.csv), from, to, start, end (place indices),
    km, and the numeric columns of legs.csv.
    """
    index = {name: i for i, name in enumerate(scenario.places["place"])}
    rows = [
        leg | {"name": leg["leg"], "from": a, "to": b, "start": index[a], "end": index[b]}
        for leg in scenario.legs.to_dict("records")
        for a, b in [(leg["from"], leg["to"])] + [(leg["to"], leg["from"])] * bool(leg["both_ways"])
    ]
    for row, name in zip(rows, direction_names((row["from"], row["to"]) for row in rows), strict=True):
        row["leg"] = name
    columns = [
        "leg",
        "name",
        "from",
        "to",
        "start",
        "end",
        *[c for c in scenario.legs.columns if c not in ("leg", "from", "to")],
    ]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(km=table["distance_km"])


def direction_names(ends: Iterable[tuple[str, str]]) -> list[str]:
    """The names of directed legs, from their ends: `A>B`, and `A>B#2` for a second one between the same places."""
    names, seen = [], dict[tuple[str, str], int]()
    for a, b in ends:
        seen[a, b] = seen.get((a, b), 0) + 1
        names.append(f"{a}>{b}" + (f"#{seen[a, b]}" if seen[a, b] > 1 else ""))
    return names


def active_on(scenario: Scenario, row: Row) -> slice:
    """The days of the run on which a dated row acts, as a slice."""
    start, days = pd.Timestamp(scenario.settings.start), scenario.settings.days
    first: int = 0 if pd.isna(row["date_from"]) else (pd.Timestamp(row["date_from"]) - start).days
    last: int = days - 1 if pd.isna(row["date_to"]) else (pd.Timestamp(row["date_to"]) - start).days
    return slice(max(first, 0), max(last + 1, 0))


def measure_legs(scenario: Scenario, legs: pd.DataFrame, row: Row) -> NDArray[np.bool_]:
    """The directed legs a measure names: both ways by id, else one by `A>B`; all of a place or between countries."""
    if row["leg"] and not row["place"]:
        both = np.asarray(legs["name"].to_numpy(dtype=str) == row["leg"])
        return both if both.any() else np.asarray(legs["leg"].to_numpy(dtype=str) == row["leg"])
    starts, ends = legs["from"].to_numpy(dtype=str), legs["to"].to_numpy(dtype=str)
    if row["place"]:
        return np.asarray((starts == row["place"]) | (ends == row["place"]))
    country = dict(zip(scenario.places["place"].tolist(), scenario.places["country"].tolist(), strict=True))
    pairs = [(country[a], country[b]) for a, b in zip(starts, ends, strict=True)]
    a, _, b = row["countries"].partition("-")
    wanted = {(a.strip(), b.strip()), (b.strip(), a.strip())}
    return np.array([pair in wanted for pair in pairs], dtype=bool)


def closed_legs(scenario: Scenario, measures: pd.DataFrame, legs: pd.DataFrame) -> NDArray[np.bool_]:
    """Which directed legs may not be entered, [day, leg]: those closed, and corridors outside their dates."""
    closed = np.zeros((scenario.settings.days, len(legs)), dtype=bool)
    for row in measures[measures["kind"].isin(["close", "corridor"])].to_dict("records"):
        shut = np.zeros(scenario.settings.days, dtype=bool)
        shut[active_on(scenario, row)] = True
        if row["kind"] == "corridor":
            shut = ~shut
        closed |= shut[:, None] & measure_legs(scenario, legs, row)
    return closed
