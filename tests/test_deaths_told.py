"""Deaths of a whole run are told exactly by what a quantity counts, not by its name: page, report, every export."""

from __future__ import annotations

import json
import re
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from openpyxl import load_workbook
from tests.factory import write_small_scenario

from travesia.comparison import compare, paired_differences
from travesia.ensemble import simulate
from travesia.folder import read_scenario
from travesia.headlines import headlines, totals
from travesia.policytables import write_comparison
from travesia.publishing.contents import published
from travesia.publishing.folder import FORMATS, write_published
from travesia.result import Result
from travesia.store import read_run, write_run
from travesia.web.compared import compared_view
from travesia.web.exports import table_bytes
from travesia.web.onepage import report_html
from travesia.web.publish import two_figures
from travesia.web.shapes import RunView
from travesia.web.view import difference, network_of, run_view

TODAY = date(2026, 1, 1)
DEATHS, CROSSED = "lost", "died_road"
"""A quantity of deaths, and one of crossings, whose names say otherwise."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, a comparison, and an export of both."""
    folder = tmp_path_factory.mktemp("deaths")
    small = write_small_scenario(folder / "small")
    with (small / "measures.csv").open("a", encoding="utf-8") as file:
        file.write("heat,actual,harm,border,,,,,,,0.6,,,,,,,,assumption\n")
    settings = (small / "scenario.yaml").read_text(encoding="utf-8")
    own = f"    {DEATHS}: {{events: [heat]}}\n    {CROSSED}: {{crossed: [road]}}\nlicence:"
    (small / "scenario.yaml").write_text(settings.replace("licence:", own), encoding="utf-8")
    scenario = read_scenario(small)
    write_run(simulate(scenario, replicates=5, seed=2), folder / "run")
    write_comparison(compare(scenario, ["actual", "open"], replicates=5, seed=2), folder / "compared")
    found = published(folder / "run", comparison=folder / "compared", today=TODAY)
    write_published(found, folder / "out", formats=FORMATS)
    return folder


@pytest.fixture(scope="module")
def run(made: Path) -> Result:
    return read_run(made / "run")


@pytest.fixture(scope="module")
def exact(run: Result) -> pd.Series[float]:
    """The medians of the run, as simulated."""
    found = totals(run, headlines(run.scenario)).median()
    assert found[DEATHS] > 100
    assert (two_figures(found[[DEATHS, CROSSED]]) != found[[DEATHS, CROSSED]]).all()
    return found


@pytest.fixture(scope="module")
def view(run: Result) -> RunView:
    return run_view(run, today=TODAY, seconds=0.0)


def agree(told: dict[str, Any], exact: pd.Series[float]) -> None:
    assert told[DEATHS] == exact[DEATHS]
    assert told[CROSSED] == two_figures(exact[CROSSED])


def test_the_page_goes_by_what_is_counted(view: RunView, exact: pd.Series[float]) -> None:
    agree({total.name: total.median for total in view.totals}, exact)
    assert {total.name for total in view.totals if total.deaths} == {"died", DEATHS}


def test_the_report_is_told_the_same(made: Path, view: RunView) -> None:
    page = report_html(made / "run", comparison=made / "compared", today=TODAY).decode()
    told = re.search(r'id="inlined-report">(.*?)</script>', page, flags=re.S)
    assert told is not None
    data = json.loads(told[1])
    assert data["run"]["totals"] == [total.model_dump() for total in view.totals]
    assert {one["name"] for one in data["cases"][0]["differences"] if one["deaths"]} == {"died", DEATHS}


def test_the_table_of_the_page_says_how_it_is_rounded(
    run: Result, view: RunView, exact: pd.Series[float]
) -> None:
    network = network_of(run.scenario, "small", today=TODAY)
    found = pd.read_csv(BytesIO(table_bytes(network, view, "totals", "csv"))).set_index("quantity")
    agree(found.loc[[DEATHS, CROSSED], "median"].astype(float).to_dict(), exact)
    assert found.loc[[DEATHS, CROSSED], "rounded"].tolist() == ["exact", "two figures"]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet", "gpkg", "nc"])
def test_every_export_goes_by_it(made: Path, exact: pd.Series[float], kind: str) -> None:
    out = made / "out"
    if kind == "csv":
        table = pd.read_csv(out / "totals.csv")
    elif kind == "parquet":
        table = pd.read_parquet(out / "totals.parquet")
    elif kind == "gpkg":
        table = geopandas.read_file(next(out.glob("*.gpkg")), layer="totals")
    elif kind == "xlsx":
        head, *rows = load_workbook(next(out.glob("*.xlsx")))["totals"].values
        table = pd.DataFrame(rows, columns=[str(name) for name in head])
    else:
        with xr.open_dataset(next(out.glob("*.nc")), engine="h5netcdf") as found:
            table = found["total"].sel(quantile=0.5).to_dataframe("median").reset_index()
        table = table.rename(columns={"number": "quantity"})
    own = table.set_index("quantity")
    agree(own.loc[[DEATHS, CROSSED], "median"].astype(float).to_dict(), exact)
    assert own.loc[[DEATHS, CROSSED], "rounded"].tolist() == ["exact", "two figures"]


def test_differences_go_by_it(made: Path) -> None:
    written = json.loads((made / "compared" / "comparison.json").read_text(encoding="utf-8"))
    raw = {row["quantity"]: row for row in written["differences"]}
    (case,) = compared_view(made / "compared", "compared", "").cases
    agree({one.name: one.after for one in case.differences}, pd.Series(raw_of(raw, "policy_median")))
    table = pd.read_csv(made / "out" / "differences.csv").set_index("quantity")
    agree(
        table.loc[[DEATHS, CROSSED], "after"].astype(float).to_dict(), pd.Series(raw_of(raw, "policy_median"))
    )
    assert table.loc[[DEATHS, CROSSED], "rounded"].tolist() == ["exact", "two figures"]
    assert not raw[CROSSED]["sign_open"]


def test_differences_of_two_ensembles_go_by_it(run: Result) -> None:
    other = simulate(run.scenario, replicates=5, seed=2, policy="open")
    rows, titles = paired_differences(run, other)
    told = {row["quantity"]: difference(row, titles) for row in rows}
    agree({name: one.after for name, one in told.items()}, totals(other, headlines(run.scenario)).median())
    assert np.array_equal([told[name].deaths for name in (DEATHS, CROSSED)], [True, False])


def raw_of(rows: dict[str, Any], column: str) -> dict[str, float]:
    return {name: row[column] for name, row in rows.items()}
