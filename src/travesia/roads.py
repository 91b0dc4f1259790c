"""Lengths by road between places, from an extract of OpenStreetMap on this machine."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from travesia.errors import TravesiaError, UsageError
from travesia.travel import chord_km, great_circle_km, on_sphere

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_CLASSES = [
    "motorway",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
    "road",
    "track",
]
KINDS = frozenset(name + link for name in _CLASSES for link in ("", "_link"))
"""What counts as a road (the tag `highway`); one-way streets and bars are ways on foot too."""
REACH_KM = 10.0
"""A place farther from every road has no length by road."""
_LEAST_KM = 1e-6  # an edge of 0 is none to the sparse graph


@dataclass(frozen=True, eq=False)
class _Ways:
    """The nodes of all roads, one after the other: way, node, degrees; arrays [position]."""

    way: Ints
    node: Ints
    lat: Floats
    lon: Floats


def road_km(extract: str | Path, lat: Floats, lon: Floats) -> Floats:
    """Km by road between all places [place, place], infinite where none leads, never less than the great circle.

    extract : a file of OpenStreetMap (.osm.pbf, .osm) that covers the places. lat, lon : degrees [place]. From a place
    to the nearest point of a road, up to REACH_KM, the straight line counts. Raises UsageError for a file that cannot
    be read, TravesiaError where osmium is not installed. Source: shortest paths (Dijkstra 1959).
    """
    ways = _read(Path(extract))
    at, away = _nearest(ways, lat, lon)
    graph, number = _graph(ways, at)
    found: Floats = np.full((len(lat), len(lat)), np.inf)
    ends = number[at]
    for place in np.flatnonzero(away <= REACH_KM):
        found[place] = _from(graph, int(ends[place]))[ends] + away[place] + away
    found[:, away > REACH_KM] = np.inf
    straight = great_circle_km(lat, lon)
    found = np.maximum(np.minimum(found, found.T), straight)
    np.fill_diagonal(found, 0.0)
    return found


def _read(path: Path) -> _Ways:
    osmium = _osmium()
    if not path.is_file():
        raise UsageError(
            f"no file {str(path)!r}; give an extract of OpenStreetMap, like sudan-latest.osm.pbf"
        )
    way, node, lat, lon = array("q"), array("q"), array("d"), array("d")
    try:
        reader = (
            osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
        )
        for thing in reader:
            if not thing.is_way() or thing.tags.get("highway") not in KINDS:
                continue
            for point in thing.nodes:
                if point.location.valid():  # an extract may cut ways at its edge
                    way.append(thing.id)
                    node.append(point.ref)
                    lat.append(point.lat)
                    lon.append(point.lon)
    except (RuntimeError, ValueError) as error:
        raise UsageError(f"{path} cannot be read ({error}); give a file like sudan-latest.osm.pbf") from error
    if not way:
        raise UsageError(f"{path} has no roads; give an extract that has")
    return _Ways(*(np.array(part) for part in (way, node, lat, lon)))


def _nearest(ways: _Ways, lat: Floats, lon: Floats) -> tuple[Ints, Floats]:
    """The position nearest to each place, and how many km it is away."""
    from scipy.spatial import KDTree

    chord, at = KDTree(on_sphere(ways.lat, ways.lon)).query(on_sphere(lat, lon))
    return np.asarray(at, dtype=np.int64), chord_km(np.asarray(chord))


def _graph(ways: _Ways, at: Ints) -> tuple[Any, Ints]:
    """Lengths between ends and crossings of roads and the positions `at`; and the number of each position's node."""
    import pandas as pd
    from scipy.sparse import csr_matrix

    same = ways.way[1:] == ways.way[:-1]
    points = on_sphere(ways.lat, ways.lon)
    chord = np.linalg.norm(np.diff(points, axis=0), axis=1)
    step = np.where(same, chord_km(chord), 0.0)
    along = np.concatenate([[0.0], np.cumsum(step)])
    unique, number, count = np.unique(ways.node, return_inverse=True, return_counts=True)
    kept = count[number] > 1
    kept[0] = kept[-1] = True
    kept[1:] |= ~same
    kept[:-1] |= ~same
    kept[at] = True
    positions = np.flatnonzero(kept)
    one, other = positions[:-1], positions[1:]
    joined = ways.way[one] == ways.way[other]
    one, other = one[joined], other[joined]
    edges = pd.DataFrame(
        {"a": number[one], "b": number[other], "km": np.maximum(along[other] - along[one], _LEAST_KM)}
    )
    shortest = edges.groupby(["a", "b"], sort=True)["km"].min().reset_index()
    size = len(unique)
    return csr_matrix((shortest["km"], (shortest["a"], shortest["b"])), shape=(size, size)), number


def _from(graph: Any, start: int) -> Floats:
    from scipy.sparse.csgraph import dijkstra

    return np.asarray(dijkstra(graph, directed=False, indices=start), dtype=np.float64)


def _osmium() -> Any:
    try:
        import osmium
        import osmium.filter
    except ImportError as error:
        raise TravesiaError(
            'osmium is not installed; install it with: pip install "travesia[roads]"'
        ) from error
    return osmium
