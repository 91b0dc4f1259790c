"""The sensitivity label is in every output of a scenario with figures that may not be handed on, and of any other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from PIL import Image
from tests.factory import write_small_scenario

from travesia.comparison import compare
from travesia.ensemble import simulate
from travesia.folder import read_scenario
from travesia.forecasting.folder import write_forecast
from travesia.forecasting.forecast import forecast
from travesia.labels import mark
from travesia.planning import needs
from travesia.planning_view import needs_json
from travesia.policytables import write_comparison, write_tornado
from travesia.publishing.contents import published
from travesia.publishing.folder import write_published
from travesia.scenario import Scenario
from travesia.sensitivity import tornado
from travesia.store import write_run
from travesia.web.compared import compared_view
from travesia.web.forecasts import forecast_view
from travesia.web.view import network_of

LATER = date(2026, 1, 1)


@pytest.fixture(scope="module", params=["restricted", "internal"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What commands write of a scenario, one of whose sources may be restricted; and how its labels begin."""
    folder = tmp_path_factory.mktemp(request.param)
    small = write_small_scenario(folder / "small")
    licence = "Restricted: own account" if request.param == "restricted" else "CC0-1.0"
    head, *rows = (small / "sources.csv").read_text(encoding="utf-8").splitlines()
    lines = [f"{head},licence", *(f"{row},{licence}" for row in rows)]
    (small / "sources.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    scenario = read_scenario(small)
    write_run(simulate(scenario, replicates=2, seed=1), folder / "run", pictures=True)
    write_comparison(compare(scenario, ["actual", "open"], replicates=2, seed=1), folder / "compared")
    write_tornado(tornado(scenario), folder / "tornado")
    origin = date.fromisoformat(str(scenario.observations["date_from"].min())[:10])
    write_forecast(forecast(scenario, origin=origin, days=7), folder / "ahead", source=str(small))
    return request.param, folder


def labels_in(folder: Path) -> Iterator[tuple[str, str]]:
    """The labels of files of JSON that have one, and of every picture."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".json" and path.parent.name != "scenario":
            yield path.name, json.loads(path.read_text(encoding="utf-8")).get("sensitivity", "")
        if path.suffix == ".png":
            with Image.open(path) as picture:
                yield path.name, picture.text["Description"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("run", {"datapackage.json", "provenance.json", "map.png", "series.png"}),
        ("compared", {"comparison.json", "provenance.json", "differences.png"}),
        ("tornado", {"tornado.json", "provenance.json", "tornado.png"}),
        ("ahead", {"forecast.json", "provenance.json", "forecast.png"}),
    ],
)
def test_working_folders_have_it(made: tuple[str, Path], name: str, files: set[str]) -> None:
    word, folder = made
    found = dict(labels_in(folder / name))
    assert set(found) == files
    assert {label.split(":")[0] for label in found.values()} == {word}


def test_what_is_handed_out_or_shown_has_it(made: tuple[str, Path], tmp_path: Path) -> None:
    word, folder = made
    kind = "restricted" if word == "restricted" else "public"
    shown = [
        network_of(read_scenario(folder / "small"), "small", today=LATER).sensitivity,
        forecast_view(folder / "ahead", "ahead", None, today=LATER).network.sensitivity,
        compared_view(folder / "compared", "compared", "small").sensitivity,
    ]
    for name in ("run", "compared", "ahead"):
        out = write_published(published(folder / name, today=LATER), tmp_path / name, formats=["csv"])
        shown.append(json.loads((out / "datapackage.json").read_text(encoding="utf-8"))["sensitivity"])
    assert all(label.startswith(kind) for label in shown), shown


def test_needs_have_it(made: tuple[str, Path]) -> None:
    word, folder = made
    result = simulate(read_scenario(folder / "small"), expected=True)
    assert needs_json(needs(result, dates="fullest"), result)["sensitivity"].startswith(word)


def test_a_picture_says_so_where_anybody_sees_it(made: tuple[str, Path]) -> None:
    word, folder = made
    scenario: Scenario = read_scenario(folder / "small")
    figure = Figure()
    told: dict[str, Any] = mark(figure, scenario)
    assert told["Description"].startswith(word)
    assert [text.get_text().split(":")[0] for text in figure.texts] == (
        ["restricted"] if word == "restricted" else []
    )
    picture = simulate(scenario, expected=True).plot.map()
    seen = " ".join(text.get_text() for text in picture.figure.texts)
    assert ("ask their owner" in seen) == (word == "restricted")
