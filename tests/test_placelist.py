"""Scenarios from a list of places: which legs are drawn, how long they are, and what is told of a bad list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.sparse.csgraph import connected_components, dijkstra

from travesia.errors import UsageError
from travesia.folder import check, write_scenario
from travesia.placelist import Built, from_places
from travesia.roadnet import MOST_DETOUR, Floats, join
from travesia.travel import great_circle_km

TODAY = date(2026, 3, 1)
LIST = """\
name,kind,country,lat,lon,capacity
Alpha Town,town,AAA,10,20,
Béta,town,AAA,10,21,
Alpha town,crossing,AAA,10.01,22,
Camp,camp,BBB,10.5,23,5000
"""


def listed(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def built(tmp_path: Path, text: str = LIST, **options: object) -> Built:
    return from_places(listed(tmp_path, text), name="made", today=TODAY, **options)  # type: ignore[arg-type]


def random_km(seed: int, count: int = 60) -> Floats:
    """Distances of two clusters of places far from each other."""
    rng = np.random.default_rng(seed)
    lat, lon = rng.uniform(0, 5, count), rng.uniform(0, 5, count) + 40.0 * (np.arange(count) % 2)
    return great_circle_km(lat, lon)


def test_a_leg_through_another_place_is_left_out() -> None:
    along = np.array([0.0, 10.0, 20.0, 31.0])
    km = np.abs(along[:, None] - along)
    assert join(km, nearest=3).tolist() == [[0, 1], [1, 2], [2, 3]]


def test_a_leg_that_saves_a_good_part_stays() -> None:
    km = np.array(
        [[0.0, 10.0, 14.0], [10.0, 0.0, 10.0], [14.0, 10.0, 0.0]]
    )  # the way through 1 is 1.43 times as long
    assert join(km, nearest=2).tolist() == [[0, 1], [0, 2], [1, 2]]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("nearest", [1, 4])
def test_every_place_is_reached_and_near_ones_without_a_detour(seed: int, nearest: int) -> None:
    km = random_km(seed)
    kept = np.zeros_like(km)
    for a, b in join(km, nearest=nearest):
        kept[a, b] = kept[b, a] = km[a, b]
    assert connected_components(kept)[0] == 1
    shortest = dijkstra(kept)
    near = np.argsort(km, axis=1)[:, 1 : nearest + 1]
    rows = np.arange(len(km))[:, None]
    assert (shortest[rows, near] <= MOST_DETOUR * km[rows, near] + 1e-9).all()


def test_legs_are_great_circles_times_the_factor(tmp_path: Path) -> None:
    scenario = built(tmp_path, factor=1.5).scenario
    assert scenario.places["place"].tolist() == ["alpha_town", "beta", "alpha_town_2", "camp"]
    legs = scenario.legs.set_index("leg")
    one_degree = (
        np.radians(1) * 6371.0 * np.cos(np.radians(10))
    )  # along the parallel; the great circle is a little less
    assert legs.at["alpha_town>beta", "distance_km"] == pytest.approx(1.5 * one_degree, abs=0.3)
    assert "alpha_town>alpha_town_2" not in legs.index
    assert "× 1.5" in scenario.sources.set_index("source").at["great_circles", "title"]
    assert set(scenario.legs["source"]) == {"great_circles"}


def test_roads_stand_in_for_the_factor_where_they_lead(tmp_path: Path) -> None:
    roads = np.full((4, 4), np.inf)
    roads[0, 1] = roads[1, 0] = 200.0
    legs = built(tmp_path, roads_km=roads).scenario.legs.set_index("leg")
    assert legs.at["alpha_town>beta", "distance_km"] == 200.0
    assert legs.at["alpha_town>beta", "source"] == "roads"
    assert legs.at["alpha_town_2>camp", "source"] == "great_circles"


@pytest.mark.parametrize(("kind", "rule"), [("camp", "flee"), ("destination", "goal")])
def test_what_is_built_passes_the_check(tmp_path: Path, kind: str, rule: str) -> None:
    made = built(tmp_path, LIST.replace("camp", kind))
    assert made.scenario.settings.movement.rule == rule
    write_scenario(made.scenario, tmp_path / "made")
    assert [problem for problem in check(tmp_path / "made") if problem.level == "error"] == []
    assert any("border" in line for line in made.remaining)


def test_a_busy_junction_gets_a_leg_cost_with_a_solution(tmp_path: Path) -> None:
    around = [f"P{i},town,AAA,{np.sin(i / 2):.3f},{np.cos(i / 2):.3f}" for i in range(12)]
    made = built(
        tmp_path, "name,kind,country,lat,lon\nHub,destination,AAA,0,0\n" + "\n".join(around), nearest=12
    )
    write_scenario(made.scenario, tmp_path / "made")
    assert [problem.level for problem in check(tmp_path / "made")] == ["warning"]  # nobody departs


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LIST.replace("10,21", ",21"), "list.csv, row 3, column lat: no number"),
        (
            LIST.replace("10.01,22", "10,20"),
            "list.csv, row 4, column lat: '10.0, 20.0' — the same spot as row 2",
        ),
        (LIST.replace("lat", "latitude"), "column latitude: unknown column; known names: area, lat,"),
        (LIST.replace("Béta", ""), "row 3, column name: no name"),
        (LIST.replace("camp,", "tent,"), "tent"),
        (LIST.replace("camp", "destination").replace("AAA,10,20", "Honduras,10,20"), "Honduras"),
        ("name,lat,lon\nA,1,1\n", "1 places; list 2 to"),
        ("lat,lon\n1,1\n2,2\n", "place"),
        ("place,lat,lon\nA,1,1\nA,2,2\n", "the same place as row 2"),
    ],
)
def test_a_bad_list_is_told_by_row(
    travesia: Callable[..., tuple[int, str, str]], tmp_path: Path, text: str, told: str
) -> None:
    code, out, err = travesia("new", tmp_path / "made", "--from", listed(tmp_path, text))
    assert (code, out) == (3, "")
    assert told in " ".join(err.split())
    assert [path.name for path in tmp_path.iterdir()] == ["list.csv"]


def test_numbers_out_of_range_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="1 or more"):
        built(tmp_path, nearest=0)
    with pytest.raises(UsageError, match="1 to 10 times"):
        built(tmp_path, factor=0.5)
    with pytest.raises(UsageError, match="no file"):
        from_places(tmp_path / "nothing.csv", name="made", today=TODAY)


def test_the_command_writes_a_scenario_with_its_picture(
    travesia: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, out, err = travesia("new", tmp_path / "made", "--from", listed(tmp_path, LIST), "--nearest", "2")
    assert (code, out) == (0, f"{tmp_path / 'made'}\n")
    assert "Still to be filled in:" in err
    with Image.open(tmp_path / "made" / "network.png") as picture:
        assert picture.text["Description"].startswith("internal: ")  # type: ignore[attr-defined]
    assert travesia("check", tmp_path / "made")[1].endswith("ready\n")


def test_options_of_a_list_want_a_list(travesia: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    code, _, err = travesia("new", tmp_path / "made", "--nearest", "2")
    assert code == 2
    assert "--from" in err
