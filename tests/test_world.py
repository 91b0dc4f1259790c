"""The synthetic planet: real totals, made-up places, and a cost that does not grow with people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from travesia.cli import main
from travesia.engine import Engine
from travesia.ensemble import simulate
from travesia.errors import UsageError
from travesia.folder import check, read_scenario
from travesia.model import compile_model
from travesia.parameters import medians
from travesia.scenario import Scenario
from travesia.world import DISPLACED, EARTH_RADIUS_KM, LOUD, countries, dealt, neighbours, world

SMALL = 240


@pytest.fixture(scope="module")
def small() -> Scenario:
    return world(places=SMALL, days=20)


def test_it_is_a_scenario_without_problems(small: Scenario) -> None:
    assert check(small) == []
    assert len(small.places) == SMALL


def test_everyone_who_was_displaced_sets_out_from_their_country(small: Scenario) -> None:
    assert small.departures["people"].sum() == DISPLACED
    by_country = small.departures.groupby(small.departures["place"].str[:3])["people"].sum()
    wanted = {country.code: country.displaced for country in countries() if country.displaced > 0}
    assert sorted(by_country.index) == sorted(wanted)
    for code, people in wanted.items():
        assert by_country[code] == pytest.approx(people, abs=len(small.departures)), code


def test_totals_are_those_that_were_published() -> None:
    by_code = {country.code: country for country in countries()}
    assert sum(country.displaced for country in by_code.values()) == pytest.approx(DISPLACED)
    published = {"SDN": 14.3, "SYR": 13.5, "AFG": 10.3, "UKR": 8.8}  # million, UNHCR Global Trends 2024
    for code, millions in published.items():
        assert by_code[code].displaced / 1e6 == pytest.approx(millions, rel=0.03), code
    hosts = sorted(by_code.values(), key=lambda country: -country.hosted)[:6]
    assert {"IRN", "TUR", "COL", "DEU"} < {country.code for country in hosts}
    assert sum(country.inside for country in by_code.values()) / DISPLACED == pytest.approx(0.6, abs=0.02)


def test_camps_have_room_in_proportion_and_everyone_has_one(small: Scenario) -> None:
    camps = small.places[small.places["kind"] == "camp"]
    assert (camps["capacity"] >= 1).all()
    assert camps["capacity"].sum() > 1.2 * DISPLACED
    assert small.places["kind"].value_counts()["camp"] == pytest.approx(SMALL / 3, abs=76)


def test_places_lie_in_their_countries_and_the_network_is_whole(small: Scenario) -> None:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    by_code = {country.code: country for country in countries()}
    for place in small.places.to_dict("records"):
        country = by_code[place["country"]]
        assert km(place["lat"], place["lon"], country.lat, country.lon) <= country.radius_km + 1
    index = {name: i for i, name in enumerate(small.places["place"])}
    ends = small.legs[["from", "to"]].map(index.get).to_numpy().T
    graph = coo_array((np.ones(len(small.legs)), ends), shape=(SMALL, SMALL))
    assert connected_components(graph, directed=False)[0] == 1


def test_neighbours_are_those_with_nobody_between() -> None:
    random = np.random.default_rng(3)
    lat, lon = np.degrees(np.arcsin(random.uniform(-1, 1, 60))), random.uniform(-180, 180, 60)
    pairs, length = neighbours(lat, lon)
    x = np.column_stack(
        [
            np.cos(np.radians(lat)) * np.cos(np.radians(lon)),
            np.cos(np.radians(lat)) * np.sin(np.radians(lon)),
            np.sin(np.radians(lat)),
        ]
    )
    wanted = set()
    for a in range(60):
        for b in range(a + 1, 60):
            middle = (x[a] + x[b]) / np.linalg.norm(x[a] + x[b])
            others = np.delete(x, [a, b], axis=0) @ middle
            if not (others > x[a] @ middle).any():
                wanted.add((a, b))
    assert {(int(a), int(b)) for a, b in pairs} == wanted
    for (a, b), found in zip(pairs, length, strict=True):
        assert found == pytest.approx(km(lat[a], lon[a], lat[b], lon[b]), abs=0.06)


def km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance (haversine)."""
    p, q, turn = np.radians(lat), np.radians(other_lat), np.radians(lon - other_lon)
    half = np.sin((p - q) / 2) ** 2 + np.cos(p) * np.cos(q) * np.sin(turn / 2) ** 2
    return float(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half)))


def test_dealt_adds_up_and_is_in_proportion() -> None:
    assert dealt(np.array([1.0, 2.0, 7.0]), 10).tolist() == [1, 2, 7]
    shares = dealt(np.array([1.0, 1.0, 1.0]), 100, least=3)
    assert shares.sum() == 100
    assert max(shares) - min(shares) <= 1
    assert dealt(np.array([1e-9, 1.0]), 10, least=3).tolist() == [3, 7]


def test_the_same_seed_gives_the_same_planet_another_another(small: Scenario) -> None:
    again, other = world(places=SMALL, days=20), world(places=SMALL, days=20, seed=2)
    for name, table in small.tables.items():
        assert table.equals(again.tables[name]), name
    assert not small.places["lat"].equals(other.places["lat"])
    assert small.departures["people"].sum() == other.departures["people"].sum()


def test_people_are_kept_and_move(small: Scenario) -> None:
    result = simulate(small, replicates=2, seed=1)
    assert result.people_json()["people"]["departed"] == DISPLACED
    assert float(np.abs(result.accounts()["missing"]).max()) == 0
    people = result.data["people"].isel(replicate=0, date=-1)
    camps = people.sel(place=small.places.loc[small.places["kind"] == "camp", "place"].tolist())
    assert 0.02 * DISPLACED < float(camps.sum()) < DISPLACED


def test_a_thousand_times_the_people_are_no_thousand_times_the_work() -> None:
    """Counted in cohorts the engine made room for, which is what time grows with."""
    rooms = []
    for factor in (1, 1000):
        scenario = world(places=SMALL, days=20, people_factor=factor)
        assert scenario.departures["people"].sum() == factor * DISPLACED
        engine = Engine(compile_model(scenario))
        records, _ = engine.replicate(medians(scenario.settings), seed=1, replicate=0, expected=False)
        assert records["departed"].sum() == factor * DISPLACED
        rooms.append(engine.room)
    assert rooms[1] <= 4 * rooms[0]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [({"places": 100}, "places"), ({"places": 10**6}, "places"), ({"people_factor": 0.0}, "factor")],
)
def test_what_cannot_be_is_refused(arguments: dict[str, float], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        world(**arguments)  # type: ignore[arg-type]


def test_the_command_writes_a_folder_and_says_loudly_what_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "planet"
    arguments = ["world", "-o", str(folder), "--places", f"{SMALL}", "--people-factor", "0.5", "--days", "9"]
    assert main(arguments) == 0
    out, told = capsys.readouterr()
    assert out.strip() == str(folder)
    assert "SYNTHETIC" in told
    assert "no history, no forecast" in " ".join(told.split())
    found = read_scenario(folder)
    assert found.settings.note == LOUD
    assert "SYNTHETIC" in found.settings.title["en"]
    assert found.departures["people"].sum() == DISPLACED / 2
    assert set(found.places["source"]) == {"assumption"}
    assert set(found.departures["source"]) < set(found.sources["source"])
    assert main(arguments) == 2  # it holds something now
