"""Lengths by road from a small made-up extract of OpenStreetMap."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from travesia import read_scenario
from travesia.errors import TravesiaError, UsageError
from travesia.roads import road_km
from travesia.travel import EARTH_RADIUS_KM

DEGREE_KM = np.pi * EARTH_RADIUS_KM / 180
# A square of roads around a lake: 1–2–3–4 on three sides, a footpath 1–4; 5–6 stands alone.
NODES = {
    1: (0.0, 0.0),
    2: (1.0, 0.0),
    3: (1.0, 1.0),
    4: (0.0, 1.0),
    5: (0.0, 3.0),
    6: (0.0, 4.0),
    7: (0.5, 0.0),
}
WAYS = {
    10: ("primary", [1, 7, 2]),
    11: ("track", [2, 3]),
    12: ("trunk_link", [3, 4]),
    13: ("footway", [1, 4]),
    14: ("secondary", [5, 6]),
}


def extract(tmp_path: Path, ways: dict[int, tuple[str, list[int]]] = WAYS) -> Path:
    nodes = "".join(
        f'<node id="{i}" version="1" lat="{lat}" lon="{lon}"/>' for i, (lat, lon) in NODES.items()
    )
    lines = ""
    for number, (kind, refs) in ways.items():
        inside = "".join(f'<nd ref="{ref}"/>' for ref in refs) + f'<tag k="highway" v="{kind}"/>'
        lines += f'<way id="{number}" version="1">{inside}</way>'
    path = tmp_path / "made-up.osm"
    path.write_text(f'<osm version="0.6">{nodes}{lines}</osm>')
    return path


def test_lengths_follow_the_roads(tmp_path: Path) -> None:
    lat, lon = np.array([0.0, 0.5, 0.0, 0.0]), np.array([0.0, 0.001, 1.0, 3.0])
    km = road_km(extract(tmp_path), lat, lon)
    side = DEGREE_KM
    assert km[0, 2] == pytest.approx(side * (2 + np.cos(np.radians(1.0))), rel=1e-3)  # around the lake
    assert km[0, 1] == pytest.approx(side * 0.501, rel=1e-3)  # half a side, and from there to the place
    assert np.isinf(km[0, 3])
    assert (km == km.T).all()
    assert (np.diag(km) == 0).all()


def test_the_shorter_of_two_roads_counts_whichever_way_it_is_drawn(tmp_path: Path) -> None:
    ways = {10: ("primary", [1, 7, 2]), 15: ("road", [2, 1])}
    km = road_km(extract(tmp_path, ways), np.array([0.0, 1.0]), np.array([0.0, 0.0]))
    assert km[0, 1] == pytest.approx(DEGREE_KM, rel=1e-6)


def test_a_place_far_from_every_road_has_no_length(tmp_path: Path) -> None:
    km = road_km(extract(tmp_path), np.array([0.0, 0.2]), np.array([0.0, -0.2]))
    assert np.isinf(km[0, 1])


@pytest.mark.parametrize("case", ["missing", "text", "no roads"])
def test_an_extract_that_is_none_is_told(tmp_path: Path, case: str) -> None:
    path = tmp_path / "none.osm"
    if case == "text":
        path.write_text("no XML")
    if case == "no roads":
        path = extract(tmp_path, {13: ("footway", [1, 4])})
    told = {"missing": "no file", "text": "cannot be read", "no roads": "has no roads"}[case]
    with pytest.raises(UsageError, match=told):
        road_km(path, np.array([0.0]), np.array([0.0]))


def test_osmium_that_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "osmium", None)
    with pytest.raises(TravesiaError, match=r"travesia\[roads\]"):
        road_km(extract(tmp_path), np.array([0.0]), np.array([0.0]))


def test_the_command_takes_lengths_by_road(
    travesia: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    places = tmp_path / "list.csv"
    places.write_text("name,kind,lat,lon\nA,town,0,0\nB,camp,0,1\nC,town,0,3\n")
    code, _, err = travesia("new", tmp_path / "made", "--from", places, "--roads", extract(tmp_path))
    assert code == 0
    assert "1 of 2 legs have no road" in err
    found = read_scenario(tmp_path / "made")
    legs = found.legs.set_index("leg")
    assert legs.at["a>b", "distance_km"] == pytest.approx(3 * DEGREE_KM, rel=0.01)
    assert legs["source"].tolist() == ["roads", "great_circles"]
    assert found.sources.set_index("source").at["roads", "licence"] == "ODbL-1.0"
    assert travesia("check", tmp_path / "made")[1].endswith("ready\n")
