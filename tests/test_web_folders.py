"""Comparison and forecast folders in the page: what their files hold, and nothing else; other folders are refused."""

from __future__ import annotations

import json
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.factory import write_small_scenario
from tests.test_web_api import json_of
from tests.web import client_of

from travesia.comparison import compare
from travesia.errors import UsageError
from travesia.folder import read_scenario
from travesia.forecasting.folder import write_forecast
from travesia.forecasting.forecast import forecast
from travesia.policytables import write_comparison
from travesia.web.desk import Desk
from travesia.web.jobs import Jobs
from travesia.web.publish import two_figures
from travesia.web.served import sources_of

TODAY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario, and a comparison and a forecast of it."""
    folder = tmp_path_factory.mktemp("folders")
    small = write_small_scenario(folder / "small")
    scenario = read_scenario(small)
    write_comparison(
        compare(scenario, ["actual", "open", "half"], replicates=20, seed=1), folder / "compared"
    )
    table = scenario.observations
    first = date.fromisoformat(str(table.loc[table["quantity"] == "present", "date_from"].min())[:10])
    write_forecast(forecast(scenario, origin=first, days=7), folder / "ahead", source=str(small))
    return folder


def served(made: Path, *names: str, today: date = TODAY) -> Any:
    sources = sources_of([str(made / name) for name in names], None)
    return client_of(Desk(sources, Jobs(made / "runs"), today=lambda: today))


def test_everything_that_is_served_is_listed(made: Path) -> None:
    client = served(made, "small", "compared", "ahead")
    found = {one["id"]: one["kind"] for one in json_of(client.get("/api/folders"))}
    assert found == {"small": "scenario", "compared": "comparison", "ahead": "forecast"}
    assert [one["id"] for one in json_of(client.get("/api/scenarios"))] == ["small"]
    for path in ("scenarios/compared", "comparisons/small", "forecasts/compared", "comparisons/none"):
        assert client.get(f"/api/{path}").status_code == 404


def test_a_comparison_is_told_from_its_file_alone(made: Path) -> None:
    found = json_of(served(made, "compared").get("/api/comparisons/compared"))
    written = json.loads((made / "compared" / "comparison.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in found["policies"]] == ["actual", "open", "half"]
    assert {(case["reference"], case["policy"]) for case in found["cases"]} == {
        ("actual", "open"),
        ("actual", "half"),
    }
    rows = {
        (row["policy"], row["response"], row["quantity"]): row
        for row in written["differences"]
        if row["modelled"]
    }
    told = [(case, one) for case in found["cases"] for one in case["differences"]]
    assert len(told) == len(rows)
    for case, one in told:
        row = rows[case["policy"], case["response"], one["name"]]
        assert one["probability"] == row["probability_above_zero"]
        if one["name"] not in written["deaths"]:
            assert one["median"] == float(two_figures(row["median"]))
    assert (found["scenario"], found["paired"], found["replicates"]) == ("", True, 20)
    assert json_of(served(made, "small", "compared").get("/api/comparisons/compared"))["scenario"] == "small"


def test_a_forecast_is_told_with_what_was_counted(made: Path) -> None:
    found = json_of(served(made, "ahead").get("/api/forecasts/ahead"))
    assert len(found["run"]["dates"]) == 7
    assert found["last_day"] - found["origin_day"] == 7
    places = [place["place"] for place in found["network"]["places"]]
    fan = next(fan for fan in found["fans"] if fan["place"] == places.index("shelter"))
    assert len(fan["days"]) == 7
    for low, high in pairwise(fan["quantiles"]):
        assert all(a <= b for a, b in zip(low, high, strict=True))
    assert any(one["day"] <= found["origin_day"] for one in fan["reported"])
    assert found["run"]["people"][fan["place"]]["median"] == fan["quantiles"][3]


def test_a_recent_forecast_of_a_journey_tells_no_places(made: Path) -> None:
    found = json_of(served(made, "ahead", today=date(2021, 6, 1)).get("/api/forecasts/ahead"))
    assert found["network"]["coarse"] is True
    assert found["fans"] == []
    assert found["network"]["legs"] == []


def test_a_forecast_whose_scenario_is_gone_says_so(made: Path, tmp_path: Path) -> None:
    head = json.loads((made / "ahead" / "forecast.json").read_text(encoding="utf-8"))
    (tmp_path / "ahead").mkdir()
    (tmp_path / "ahead" / "forecast.csv").write_bytes((made / "ahead" / "forecast.csv").read_bytes())
    (tmp_path / "ahead" / "forecast.json").write_text(
        json.dumps(head | {"scenario": "gone"}), encoding="utf-8"
    )
    desk = Desk(sources_of([str(tmp_path / "ahead")], None), Jobs(tmp_path / "runs"))
    with pytest.raises(UsageError, match="where the forecast was made"):
        desk.folders()


@pytest.mark.parametrize("name", ["posterior.nc", "sweep.nc", "tornado.json", "benchmark.json"])
def test_folders_of_other_commands_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="The page shows scenarios"):
        sources_of([str(tmp_path)], None)


def test_a_comparison_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "comparison.json").write_text("[1, 2", encoding="utf-8")
    desk = Desk(sources_of([str(tmp_path)], None), Jobs(tmp_path / "runs"))
    with pytest.raises(UsageError, match="make it again: travesia compare"):
        desk.folders()
