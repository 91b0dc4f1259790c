"""The API of the page: scenarios, central runs, ensembles that are watched, cancelled and found again, comparisons."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from tests.web import client_of, desk_of

from travesia.comparison import compare
from travesia.ensemble import simulate
from travesia.errors import UsageError
from travesia.folder import read_scenario
from travesia.store import write_run
from travesia.web.desk import Desk, Kept
from travesia.web.jobs import Jobs, id_of
from travesia.web.publish import grain_of, is_coarse, two_digits, two_figures
from travesia.web.served import sources_of
from travesia.web.shapes import JobRequest

SECONDS_AT_MOST = 300  # the first run of all compiles the engine


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return client_of(desk_of(tmp_path))


def json_of(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def finished(client: TestClient, job: str) -> dict[str, Any]:
    until = time.monotonic() + SECONDS_AT_MOST
    while time.monotonic() < until:
        found: dict[str, Any] = json_of(client.get(f"/api/jobs/{job}"))
        if found["state"] != "running":
            return found
        time.sleep(0.1)
    raise AssertionError("the ensemble did not end")


# --- scenarios and central runs


def test_packaged_scenarios_are_served_where_none_is_named(tmp_path: Path) -> None:
    client = client_of(Desk(sources_of([], None), Jobs(tmp_path)))
    found = {entry["id"]: entry["title"] for entry in json_of(client.get("/api/folders"))}
    assert {"caravan-2021", "corridor-2021"} <= set(found)
    assert "enero" in found["caravan-2021"]["es"]


def test_a_network_has_places_legs_policies_and_sources(client: TestClient) -> None:
    found = json_of(client.get("/api/scenarios/small"))
    assert [place["place"] for place in found["places"]] == ["home", "border", "shelter", "prison", "city"]
    assert {(leg["one"], leg["other"]) for leg in found["legs"]} == {(0, 1), (1, 2), (2, 4), (1, 4)}
    assert [policy["name"] for policy in found["policies"]] == ["actual", "open", "half", "beds"]
    assert {place["place"] for place in found["places"] if place["beds"]} == {"home", "shelter", "city"}
    assert found["sources"][0]["title"] == "Made up for the tests"
    assert found["coarse"] is False


def test_the_central_run_is_that_of_the_library_in_two_figures(client: TestClient, tmp_path: Path) -> None:
    found = json_of(client.post("/api/scenarios/small/central", json={"policies": ["half"]}))
    result = simulate(read_scenario(tmp_path / "small"), expected=True, policy="half")
    people = result.total("people").isel(replicate=0).transpose("place", "date").values
    assert found["kind"] == "central"
    assert np.array_equal(np.array([band["median"] for band in found["people"]]), two_figures(people))
    assert all(band["low"] is None for band in found["people"])
    watched = {(q["name"], q["place"]): q for q in found["quantities"]}
    assert np.array_equal(
        np.array(watched["stopped", ""]["band"]["median"]), two_figures(result.quantity("stopped").values[0])
    )
    assert watched["present", "shelter"]["reported"][0]["value"] == 60
    capacity = dict(zip(["home", "border", "shelter", "prison", "city"], found["capacity"], strict=True))
    assert capacity["shelter"] == [80.0] * 30
    assert capacity["home"] is None
    totals = {total["name"]: total["median"] for total in found["totals"]}
    departed = float(result.total("departed").sum())
    assert totals["departed"] == float(two_figures(departed))


def test_flows_are_those_over_each_pair_of_neighbours(client: TestClient, tmp_path: Path) -> None:
    network = json_of(client.get("/api/scenarios/small"))
    found = json_of(client.post("/api/scenarios/small/central", json={}))
    result = simulate(read_scenario(tmp_path / "small"), expected=True)
    names = [place["place"] for place in network["places"]]
    for leg, flow in zip(network["legs"], found["flows"], strict=True):
        ends = {names[leg["one"]], names[leg["other"]]}
        own = [
            k
            for k, (a, b) in enumerate(zip(result.data["from"].values, result.data["to"].values, strict=True))
            if {str(a), str(b)} == ends
        ]
        crossed = (
            result.total("crossed").isel(replicate=0).transpose("date", "leg").values[:, own].sum(axis=1)
        )
        assert flow == two_figures(crossed).tolist()


def test_needs_of_a_place(client: TestClient) -> None:
    found = json_of(client.post("/api/scenarios/small/needs", json={"place": "shelter"}))
    water = [need for need in found["needs"] if need["quantity"] == "water"]
    assert water
    assert water[0]["median"] > 0
    assert date.fromisoformat(found["date"]) >= date(2021, 1, 14)


# --- what may be handed out


def test_two_figures() -> None:
    given = [0, 0.4, 0.6, 5, 9.9, 10, 10.4, 99.4, 104, 115, 1449, 123_456, -1449, -3]
    told = [0, 0, 5, 5, 5, 10, 10, 99, 100, 120, 1400, 120_000, -1400, -5]
    assert two_figures(given).tolist() == told


def test_the_smallest_numbers_are_told_as_none() -> None:
    assert two_figures([5e-324, 12]).tolist() == [0, 12]
    assert two_digits([5e-324, 1e-310, 0.0123, 99_999]).tolist() == [0, 0, 0.012, 100_000]


def test_a_few_people_at_a_place_are_not_told(tmp_path: Path) -> None:
    desk = desk_of(tmp_path)
    path = tmp_path / "small" / "observations.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("stock,60,50,70", "stock,6,,"), encoding="utf-8")
    found = json_of(client_of(desk).post("/api/scenarios/small/central", json={}))
    figure = next(q for q in found["quantities"] if q["place"] == "shelter")["reported"][0]
    assert (figure["value"], figure["low"], figure["withheld"]) == (None, None, True)


def test_journeys_of_the_last_12_months_are_told_by_area_and_month(tmp_path: Path) -> None:
    client = client_of(desk_of(tmp_path, today=lambda: date(2022, 2, 11)))
    network = json_of(client.get("/api/scenarios/small"))
    assert network["coarse"] is True
    assert network["legs"] == []
    assert [place["name"] for place in network["places"]] == ["AAA", "BBB"]
    found = json_of(client.post("/api/scenarios/small/central", json={}))
    assert found["dates"] == ["2021-01", "2021-02"]
    assert found["flows"] == []
    assert found["quantities"] == []
    assert len(found["people"]) == 2
    assert {"departed", "detained"} <= {total["name"] for total in found["totals"]}
    assert not {"on_the_road", "waiting"} & {total["name"] for total in found["totals"]}
    assert client.post("/api/scenarios/small/needs", json={"place": "shelter"}).status_code == 400
    csv = client.post("/api/scenarios/small/tables/people?format=csv", json={}).text
    assert "shelter" not in csv
    assert (
        client_of(desk_of(tmp_path, today=lambda: date(2022, 2, 12)))
        .get("/api/scenarios/small")
        .json()["legs"]
    )


def test_only_recent_journeys_are_coarse(tmp_path: Path) -> None:
    desk_of(tmp_path)
    small = read_scenario(tmp_path / "small")
    assert is_coarse(small, date(2020, 1, 1))  # a forecast
    assert is_coarse(small, date(2021, 6, 1))
    assert not is_coarse(small, date(2026, 1, 1))


def test_people_of_areas_add_up(tmp_path: Path) -> None:
    desk_of(tmp_path)
    small = read_scenario(tmp_path / "small")
    people = np.ones((2, 30, 5))
    assert grain_of(small, coarse=True).stock(people) == pytest.approx(np.array([[[2, 3], [2, 3]]] * 2))
    assert grain_of(small, coarse=False).stock(people) is people


# --- tables


RISKY = ['=HYPERLINK("http://evil.example")', "+1", "-1", "@SUM(A1)", "<img src=x onerror=alert(1)>"]


def risky(tmp_path: Path) -> TestClient:
    """A server whose places have names that would run in a spreadsheet or a page."""
    desk = desk_of(tmp_path)
    path = tmp_path / "small" / "places.csv"
    text = path.read_text(encoding="utf-8")
    for old, new in zip(["Home", "Border", "Shelter", "Prison", "City"], RISKY, strict=True):
        quoted = '"' + new.replace('"', '""') + '"'
        text = text.replace(f",{old},", f",{quoted},")
    path.write_text(text, encoding="utf-8")
    return client_of(desk)


def test_cells_that_would_run_are_made_text(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    client = risky(tmp_path)
    csv = client.post("/api/scenarios/small/tables/people?format=csv", json={})
    assert csv.headers["content-type"].startswith("text/csv")
    assert csv.headers["content-disposition"] == 'attachment; filename="small-people.csv"'
    lines = csv.text.splitlines()
    assert lines[0].replace('"', "") == "date,place,name,country,median,q05,q95"
    for name in RISKY[:4]:
        assert f'"\'{name.replace(chr(34), chr(34) * 2)}"' in csv.text
    book = load_workbook(
        BytesIO(client.post("/api/scenarios/small/tables/people?format=xlsx", json={}).content)
    )
    rows = list(book["people"].values)
    assert len(rows) == len(lines)
    named = {row[2] for row in rows[1:]}
    assert named == {f"'{name}" for name in RISKY[:4]} | {RISKY[4]}
    assert all(cell.data_type != "f" for row in book["people"].rows for cell in row)


@pytest.mark.parametrize("table", ["people", "flows", "quantities", "totals"])
def test_every_table_is_there_as_csv_and_xlsx(client: TestClient, table: str) -> None:
    for kind, start in (("csv", b'"'), ("xlsx", b"PK")):
        answer = client.post(f"/api/scenarios/small/tables/{table}?format={kind}", json={})
        assert answer.status_code == 200
        assert answer.content.startswith(start)


def test_unknown_tables_and_formats_are_refused(client: TestClient) -> None:
    assert client.post("/api/scenarios/small/tables/persons", json={}).status_code == 422
    assert client.post("/api/scenarios/small/tables/people?format=exe", json={}).status_code == 422


# --- ensembles


@pytest.fixture(scope="module")
def ensembles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder with three ensembles: as it was, another policy, another seed."""
    folder = tmp_path_factory.mktemp("ensembles")
    client, ids = client_of(desk_of(folder)), []
    for policy, seed in (("actual", 1), ("open", 1), ("open", 2)):
        asked = {"scenario": "small", "changes": {"policies": [policy]}, "replicates": 8, "seed": seed}
        job = json_of(client.post("/api/jobs", json=asked))
        assert job["state"] in ("running", "done")
        done = finished(client, job["id"])
        assert (done["state"], done["done"], done["message"]) == ("done", 8, "")
        assert json_of(client.post("/api/jobs", json=asked))["id"] == job["id"]
        ids.append(job["id"])
    return folder, ids


def test_ensembles_are_found_again_by_another_server(ensembles: tuple[Path, list[str]]) -> None:
    folder, ids = ensembles
    again = client_of(desk_of(folder))
    assert {one["id"] for one in json_of(again.get("/api/jobs"))} == {*ids}
    found = json_of(again.get(f"/api/runs/{ids[2]}"))
    assert (found["kind"], found["replicates"], found["seed"], found["policy"]) == ("ensemble", 8, 2, "open")
    for band in found["people"]:
        assert all(a <= m <= b for a, m, b in zip(band["low"], band["median"], band["high"], strict=True))
    assert again.get(f"/api/runs/{ids[2]}/tables/people?format=csv").status_code == 200
    assert (folder / "runs" / ids[2] / "run" / "provenance.json").is_file()


def test_what_fails_says_so_without_paths(tmp_path: Path) -> None:
    desk = desk_of(tmp_path)
    request = JobRequest(scenario="small", replicates=4)
    taken = tmp_path / "runs" / id_of(request, desk.scenario("small"), "actual") / "run"
    taken.mkdir(parents=True)
    (taken / "something else").write_text("x", encoding="utf-8")
    client = client_of(desk)
    failed = finished(client, json_of(client.post("/api/jobs", json=request.model_dump()))["id"])
    assert failed["state"] == "failed"
    assert "exists" in failed["message"]
    assert str(tmp_path) not in failed["message"]


@pytest.mark.parametrize("text", ["[]", "[" * 100_000, '{"request": null}'])
def test_a_spoilt_ensemble_hides_no_other(tmp_path: Path, text: str) -> None:
    spoilt = tmp_path / "runs" / ("a" * 16)
    spoilt.mkdir(parents=True)
    (spoilt / "request.json").write_text(text, encoding="utf-8")
    assert json_of(client_of(desk_of(tmp_path)).get("/api/jobs")) == []


def test_what_cannot_be_read_is_told_in_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = desk_of(tmp_path)
    request = JobRequest(scenario="small", replicates=2)
    folder = tmp_path / "runs" / id_of(request, desk.scenario("small"), "actual")
    write_run(simulate(desk.scenario("small"), replicates=2), folder / "run")
    told = {"request": request.model_dump()}
    (folder / "request.json").write_text(json.dumps(told), encoding="utf-8")
    (folder / "run" / "arrays.nc").write_bytes(b"")
    answer = client_of(desk).get(f"/api/runs/{folder.name}")
    assert answer.status_code == 500
    assert str(tmp_path) not in answer.text
    assert str(folder / "run") in capsys.readouterr().err


def test_only_so_many_ensembles_are_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("travesia.web.jobs.MOST_AT_WORK", 0)
    answer = client_of(desk_of(tmp_path)).post("/api/jobs", json={"scenario": "small", "replicates": 4})
    assert answer.status_code == 400
    assert "at work" in answer.json()["error"]["message"]


def test_a_run_folder_is_served_as_it_is(tmp_path: Path) -> None:
    desk_of(tmp_path)
    result = simulate(read_scenario(tmp_path / "small"), replicates=5, seed=2)
    write_run(result, tmp_path / "kept")
    client = client_of(Desk(sources_of([str(tmp_path / "kept")], None), Jobs(tmp_path / "runs")))
    assert [(one["id"], one["kind"]) for one in json_of(client.get("/api/folders"))] == [("kept", "run")]
    assert json_of(client.get("/api/runs/kept"))["replicates"] == 5
    assert json_of(client.get("/api/scenarios/kept"))["title"]["es"] == "Pequeño"


# --- comparisons


def test_two_ensembles_are_compared_by_pairs(ensembles: tuple[Path, list[str]]) -> None:
    folder, (before, after, _) = ensembles
    client = client_of(desk_of(folder))
    found = json_of(client.post("/api/compare", json={"before": before, "after": after}))
    whole = compare(read_scenario(folder / "small"), ["actual", "open"], replicates=8, seed=1)
    expected = whole.differences.set_index("quantity")
    for row in found["differences"]:
        own = expected.loc[row["name"]]
        assert row["median"] == float(two_figures(own["median"])), row["name"]
        assert row["probability"] == own["probability_above_zero"]
        assert row["by_definition"] == own["by_definition"]
    assert next(row for row in found["differences"] if row["name"] == "returned")["by_definition"]


def test_only_pairs_can_be_compared(ensembles: tuple[Path, list[str]]) -> None:
    folder, (_, one, other) = ensembles
    answer = client_of(desk_of(folder)).post("/api/compare", json={"before": one, "after": other})
    assert answer.status_code == 400
    assert "seed" in answer.json()["error"]["message"]


# --- what is kept at hand


def test_what_is_made_once_is_kept_and_the_oldest_goes() -> None:
    made: list[int] = []
    kept = Kept(2)

    def make(key: int) -> int:
        made.append(key)
        return key

    for key in (1, 2, 1, 3, 1, 2):
        assert kept.get(key, lambda key=key: make(key)) == key
    assert made == [1, 2, 3, 2]


def test_who_makes_one_thing_keeps_nobody_from_another() -> None:
    kept, begun, go, made = Kept(), Event(), Event(), list[str]()

    def slow() -> str:
        made.append("slow")
        begun.set()
        assert go.wait(SECONDS_AT_MOST)
        return "slow"

    with ThreadPoolExecutor(4) as pool:
        same = [pool.submit(kept.get, "a", slow) for _ in range(3)]
        assert begun.wait(SECONDS_AT_MOST)
        assert kept.get("b", lambda: "quick") == "quick"  # while the other is under way
        assert not any(one.done() for one in same)
        go.set()
        assert [one.result() for one in same] == ["slow"] * 3
    assert made == ["slow"]


def test_what_cannot_be_made_is_tried_again() -> None:
    kept = Kept()

    def fails() -> str:
        raise UsageError("not today")

    with pytest.raises(UsageError, match="not today"):
        kept.get("a", fails)
    assert kept.get("a", lambda: "made") == "made"


def test_two_folders_of_one_name_are_both_served(tmp_path: Path) -> None:
    for parent in ("a", "b"):
        (tmp_path / parent / "case").mkdir(parents=True)
    found = sources_of([str(tmp_path / "a" / "case"), str(tmp_path / "b" / "case")], None)
    assert list(found) == ["case", "case-2"]


def test_a_run_without_its_replicates_is_refused(tmp_path: Path) -> None:
    desk_of(tmp_path)
    write_run(simulate(read_scenario(tmp_path / "small"), replicates=2), tmp_path / "kept")
    (tmp_path / "kept" / "arrays.nc").unlink()
    with pytest.raises(UsageError, match="keep-replicates"):
        sources_of([str(tmp_path / "kept")], None)
