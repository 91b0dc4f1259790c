"""Exports: every format read again by another program, the label and the way back in each, nothing half written."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import pytest
import xarray as xr
from counted_folders import START, write_counted
from frictionless import Package
from openpyxl import load_workbook
from pyarrow import parquet
from tests.attack import implied, known_from, recovered, sums_of
from tests.factory import write_small_scenario
from tests.test_disclosure import random_scenario

from travesia.cli import main
from travesia.comparison import compare
from travesia.disclosure import FEW
from travesia.ensemble import simulate
from travesia.errors import StoreError, UsageError
from travesia.figure_atoms import is_national
from travesia.figures import observations
from travesia.folder import read_scenario, write_scenario
from travesia.forecasting.quantilefile import csv_text, quantile_rows
from travesia.policytables import write_comparison
from travesia.publishing import folder as publishing
from travesia.publishing.contents import published
from travesia.publishing.folder import FORMATS, PACKAGE, write_published
from travesia.store import read_provenance, read_run, write_run
from travesia.sums import SUMS
from travesia.web.forecasts import forecast_view
from travesia.web.onepage import report_html
from travesia.web.publish import two_figures
from travesia.web.served import sources_of

LATER, SOON = date(2026, 1, 1), date(2022, 2, 11)
TABLES = {
    "people",
    "places",
    "legs",
    "flows",
    "quantities",
    "totals",
    "reported",
    "parameters",
    "needs",
    "differences",
}
MISSING = ["", "<10", ">-10"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, a comparison, and an export of both in every format."""
    folder = tmp_path_factory.mktemp("export")
    small = write_small_scenario(folder / "small")
    reported = "present,prison,,2021-01-22,,stock,4,,,people,=a source,report\n"
    with (small / "observations.csv").open("a", encoding="utf-8") as file:
        file.write(reported)
    scenario = read_scenario(small)
    write_run(simulate(scenario, replicates=4, seed=7), folder / "run", command="travesia run small --seed 7")
    write_comparison(compare(scenario, ["actual", "open"], replicates=4, seed=7), folder / "compared")
    found = published(folder / "run", comparison=folder / "compared", today=LATER)
    write_published(found, folder / "out", formats=FORMATS)
    return folder


def told(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, na_values=MISSING, keep_default_na=False)


def test_csv_has_what_was_simulated_in_two_figures(made: Path) -> None:
    assert {path.stem for path in (made / "out").glob("*.csv")} == TABLES
    run = read_run(made / "run")
    people = run.total("people").sel(place="city").transpose("replicate", "date").values
    text = pd.read_csv(made / "out" / "people.csv", dtype=str, keep_default_na=False).query("place == 'city'")
    for name, level in (("q05", 0.05), ("median", 0.5), ("q95", 0.95)):
        expected = two_figures(np.quantile(people, level, axis=0))
        shown = ["<10" if x == 5 else f"{x:.0f}" for x in expected]
        assert text[name].tolist() == shown
    assert text["date"].tolist() == [f"{day:%Y-%m-%d}" for day in run.dates]


def test_few_reported_people_are_withheld_and_signs_are_made_safe(made: Path) -> None:
    found = told(made / "out" / "reported.csv").set_index("place")
    assert found.loc["shelter", "value"] == 60
    assert found.loc["prison", ["status", "reported_by"]].tolist() == ["withheld", "'=a source"]
    assert np.isnan(found.loc["prison", "value"])
    quantities = told(made / "out" / "quantities.csv")
    assert quantities.loc[quantities["place"] == "prison", "reported"].isna().all()
    assert (quantities["status"] == "withheld").sum() == 1


def test_a_workbook_says_on_its_cover_what_it_is(made: Path) -> None:
    book = load_workbook(made / "out" / "small-7.xlsx")
    assert set(book.sheetnames) == TABLES | {"about"}
    cover = {row[0]: row[1] for row in book["about"].values if row[0]}
    assert cover["Policy"] == "actual"
    assert (cover["Replicates"], cover["Seed"], cover["Scenario"]) == ("4", "7", "small")
    assert cover["Sensitivity"].startswith("public")
    assert "two figures" in cover["Rules"]
    assert cover["Replay"].startswith("travesia run small --seed 7")
    assert "Made up for the tests" in cover
    assert cover["median"] == "Median over the replicates."
    rows = list(book["totals"].values)
    csv = pd.read_csv(made / "out" / "totals.csv", dtype=str, keep_default_na=False)
    assert [[str(cell or 0) for cell in row[3:]] for row in rows[1:]] == csv.iloc[:, 3:].to_numpy().tolist()


def test_parquet_has_the_numbers_of_the_csv(made: Path) -> None:
    for path in (made / "out").glob("*.parquet"):
        found, csv = parquet.read_table(path), told(path.with_suffix(".csv"))
        assert found.num_rows == len(csv)
        assert found.column_names == list(csv.columns)
        for name in csv.columns:
            if csv[name].dtype.kind == "f":
                rows = csv[name].notna().to_numpy()  # few people are a number here
                assert found[name].to_numpy()[rows] == pytest.approx(csv[name].to_numpy()[rows])


def test_maps_have_places_and_legs_in_wgs84(made: Path) -> None:
    csv = told(made / "out" / "places.csv")
    for source, layer in ((made / "out" / "places.geojson", None), (made / "out" / "small-7.gpkg", "places")):
        found = geopandas.read_file(source, layer=layer)
        assert found.crs.to_epsg() == 4326
        assert found["place"].tolist() == csv["place"].tolist()
        assert found.geometry.x.tolist() == csv["lon"].tolist()
        assert found.geometry.y.tolist() == csv["lat"].tolist()
        few = csv["median"].isna()
        assert found["median"][~few].tolist() == csv["median"][~few].tolist()
        assert set(found["median"][few]) <= {5}
    legs = geopandas.read_file(made / "out" / "small-7.gpkg", layer="legs")
    assert set(legs.geom_type) == {"LineString"}
    assert len(legs) == len(geopandas.read_file(made / "out" / "legs.geojson")) == 4
    road = legs[(legs["one"] == "home") & (legs["other"] == "border")].geometry.iloc[0]
    assert list(road.coords) == [(-88, 15), (-90, 15.5)]
    layers = {name for name, _ in pyogrio.list_layers(made / "out" / "small-7.gpkg")}
    assert layers == TABLES | {"about"}


def test_netcdf_follows_the_conventions(made: Path) -> None:
    with xr.open_dataset(made / "out" / "small-7.nc", engine="h5netcdf") as found:
        assert found.attrs["Conventions"] == "CF-1.11"
        assert found["time"].attrs["standard_name"] == "time"
        assert pd.Timestamp(found["time"].values[0]) == pd.Timestamp("2021-01-14")
        assert found["lat"].attrs["standard_name"] == "latitude"
        assert found["lon"].attrs["units"] == "degrees_east"
        assert all(
            "units" in found[name].attrs and "long_name" in found[name].attrs for name in found.data_vars
        )
        people = parquet.read_table(made / "out" / "people.parquet").to_pandas()
        own = people[people["place"] == "shelter"]
        for level, name in ((0.05, "q05"), (0.5, "median"), (0.95, "q95")):
            series = (
                found["people"]
                .sel(quantile=level)
                .isel(place=found["place"].values.tolist().index("shelter"))
            )
            assert series.values.tolist() == own[name].tolist()
        assert set(found["people"].coords) >= {"lat", "lon", "place_name"}
        flows = parquet.read_table(made / "out" / "flows.parquet").to_pandas()
        assert found["moved"].values.T.ravel().tolist() == flows["people"].tolist()


@pytest.mark.parametrize("hxl", [False, True])
def test_the_folder_is_a_data_package(made: Path, tmp_path: Path, hxl: bool) -> None:
    out = made / "out"
    if hxl:
        found = published(made / "run", today=LATER)
        out = write_published(found, tmp_path / "tagged", formats=["csv", "xlsx"], hxl=True)
        assert (
            (out / "people.csv").read_text(encoding="utf-8").splitlines()[1].startswith('"#date","#loc+code"')
        )
        assert (
            next(load_workbook(out / "small-7.xlsx")["people"].iter_rows(2, 2, values_only=True))[0]
            == "#date"
        )
    package = Package(str(out / PACKAGE))
    report = package.validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "note"])
    people = package.get_resource("people")
    assert people.read_rows()[0]["date"] == date(2021, 1, 14)
    assert people.schema.get_field("median").to_descriptor()["unit"] == "people"
    described = json.loads((out / PACKAGE).read_text(encoding="utf-8"))
    files = {path.name for path in out.iterdir() if path.suffix != ".xml"}  # what some readers leave beside
    assert {one["path"] for one in described["resources"]} == files - {PACKAGE, SUMS}
    lines = (out / SUMS).read_text(encoding="utf-8").splitlines()
    sums = dict(line.split("  ")[::-1] for line in lines if "  " in line and not line.startswith("#"))
    assert set(sums) == files - {SUMS}
    assert {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in sums} == sums


def test_the_label_and_the_way_back_are_in_every_format(made: Path) -> None:
    out, run = made / "out", read_provenance(made / "run")
    wanted = {
        "scenario_hash": run["scenario_hash"],
        "seed": "7",
        "version": f"travesia {run['versions']['travesia']}",
    }
    with xr.open_dataset(out / "small-7.nc", engine="h5netcdf") as arrays:
        told_by: dict[str, Any] = {"netcdf": dict(arrays.attrs)}
    told_by["package"] = json.loads((out / PACKAGE).read_text(encoding="utf-8"))["about"]
    told_by["geojson"] = json.loads((out / "places.geojson").read_text(encoding="utf-8"))["about"]
    told_by["gpkg"] = pyogrio.read_info(out / "small-7.gpkg", layer="people")["layer_metadata"]
    about = geopandas.read_file(out / "small-7.gpkg", layer="about")
    told_by["gpkg table"] = dict(zip(about["fact"], about["value"], strict=True))
    told_by["parquet"] = json.loads(parquet.read_schema(out / "people.parquet").metadata[b"travesia"])
    cover = load_workbook(out / "small-7.xlsx")["about"].values
    told_by["xlsx"] = {str(row[0]).lower().replace(" ", "_"): row[1] for row in cover}
    for kind, facts in told_by.items():
        assert {name: facts[name] for name in wanted} == wanted, kind
        assert facts["sensitivity"].startswith("public"), kind


def test_recent_journeys_are_exported_by_area_and_month(made: Path, tmp_path: Path) -> None:
    out = write_published(published(made / "run", today=SOON), tmp_path / "out", formats=FORMATS)
    assert not {"flows.csv", "reported.csv", "needs.csv", "quantities.csv"} & {
        path.name for path in out.iterdir()
    }
    assert set(told(out / "people.csv")["date"]) == {"2021-01", "2021-02"}
    assert "month" in json.loads((out / PACKAGE).read_text(encoding="utf-8"))["sensitivity"]
    for path in sorted(out.iterdir()):
        if path.suffix in (".csv", ".geojson", ".nc", ".gpkg") and path.stem != "parameters":
            assert b"Shelter" not in path.read_bytes(), path.name
    assert Package(str(out / PACKAGE)).validate().valid
    with xr.open_dataset(out / "small-7.nc", engine="h5netcdf") as found:
        ends = pd.DatetimeIndex(found["time_bounds"].values[0])
        assert ends.strftime("%Y-%m-%d").tolist() == ["2021-01-01", "2021-02-01"]


def test_comparisons_have_signs(made: Path) -> None:
    found = pd.read_csv(made / "out" / "differences.csv", dtype=str, keep_default_na=False).set_index(
        "quantity"
    )
    assert found.loc["returned", "policy"] == "open"
    assert found.loc["returned", "median"].startswith((">-", "-"))


def test_forecasts_are_exported_too(tmp_path: Path) -> None:
    flee = write_counted(tmp_path / "flee")
    days, level = np.array([101, 102]), np.linspace(0.01, 0.99, 99)
    members = np.stack([base + 20 * level for base in (4.0, 120.0, 7000.0, 7010.0)])
    names = {"model": "travesia", "case": "flee", "start": START, "origin": 100}
    table = quantile_rows(
        members, locations=np.array(["Camp1"] * 2 + ["Camp2"] * 2), days=np.tile(days, 2), **names
    )
    head = {
        "scenario": str(flee),
        "origin_date": (START + timedelta(100)).isoformat(),
        "days": 2,
        "known_hash": "h",
    }
    (tmp_path / "fc").mkdir()
    (tmp_path / "fc" / "forecast.csv").write_text(csv_text(table), encoding="utf-8")
    (tmp_path / "fc" / "forecast.json").write_text(json.dumps(head), encoding="utf-8")
    out = write_published(published(tmp_path / "fc"), tmp_path / "out", formats=FORMATS)
    found = told(out / "forecast.csv")
    assert found["value"].max() == 7000
    assert found["output_type_id"].nunique() == 23
    raw = pd.read_csv(out / "forecast.csv", dtype=str).query("location == 'Camp1'")
    assert raw["value"].iloc[0] == "<10"
    assert Package(str(out / PACKAGE)).validate().valid
    assert geopandas.read_file(out / "places.geojson")["place"].tolist() == ["Camp1", "Camp2"]
    with xr.open_dataset(next(out.glob("*.nc")), engine="h5netcdf") as arrays:
        assert arrays["people"].sel(quantile=0.5).values.tolist() == [[14, 7000], [130, 7000]]
    with pytest.raises(UsageError, match="beside a run"):
        published(tmp_path / "fc", comparison=tmp_path)


def test_nothing_half_written_is_left(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = published(made / "run", today=LATER)

    def full(*_: Any) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publishing, "netcdf_bytes", full)
    with pytest.raises(StoreError, match="No space"):
        write_published(found, tmp_path / "out", formats=FORMATS)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_exported_is_said(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, out = str(made / "run"), str(tmp_path / "out")
    assert main(["export", run, "-o", out, "--format", "csv,shp"]) == 2
    assert "the formats are csv, xlsx" in capsys.readouterr().err
    assert main(["export", str(tmp_path), "-o", out]) == 2
    assert "no run folder" in capsys.readouterr().err
    assert main(["export", run, "-o", str(made / "out")]) == 2
    assert "exists" in capsys.readouterr().err
    assert main(["export", run, "-o", out, "--format", "parquet"]) == 0
    shown = capsys.readouterr()
    assert f"{Path(out) / PACKAGE}" in shown.out.splitlines()
    assert "public" in shown.err
    assert main(["verify", out]) == 0
    assert main(["report", out, "-o", str(tmp_path / "report.html")]) == 2
    assert "is an export already" in capsys.readouterr().err
    (Path(out) / "totals.parquet").write_bytes(b"")
    assert main(["verify", out]) == 4


def test_a_comparison_is_exported_by_itself(made: Path, tmp_path: Path) -> None:
    found = published(made / "compared")
    out = write_published(found, tmp_path / "out", formats=["csv", "xlsx", "parquet"])
    assert (out / "differences.csv").read_bytes() == (made / "out" / "differences.csv").read_bytes()
    cover = {row[0]: row[1] for row in load_workbook(next(out.glob("*.xlsx")))["about"].values if row[0]}
    assert (cover["Policies"], cover["Seed"]) == ("actual, open", "7")
    assert cover["Sensitivity"].startswith("public")
    assert Package(str(out / PACKAGE)).validate().valid
    with pytest.raises(UsageError, match=r"no places: geojson, netcdf cannot"):
        write_published(found, tmp_path / "maps", formats=["csv", "netcdf", "geojson"])
    for again in (published, report_html, lambda folder: sources_of([str(folder)], None)):
        with pytest.raises(UsageError, match="is an export already; name the run"):
            again(out)
    older = json.loads((made / "compared" / "comparison.json").read_text(encoding="utf-8"))
    (tmp_path / "older").mkdir()
    del older["sensitivity"]
    (tmp_path / "older" / "comparison.json").write_text(json.dumps(older), encoding="utf-8")
    with pytest.raises(UsageError, match="older version; make it again: travesia compare"):
        published(tmp_path / "older")


def forecast_folder(folder: Path, scenario: Path, locations: list[str], *, origin: int = 6) -> Path:
    """A forecast of two weeks, by the week, with the same quantiles everywhere."""
    start, days = read_scenario(scenario).settings.start, np.array([origin + 7, origin + 14])
    members = np.linspace(100.0, 900.0, 99) * np.ones((2 * len(locations), 1))
    table = quantile_rows(
        members,
        model="travesia",
        case="small",
        start=start,
        origin=origin,
        locations=np.repeat(locations, 2),
        days=np.tile(days, len(locations)),
    )
    first = (start + timedelta(origin)).isoformat()
    head = {"scenario": str(scenario), "origin_date": first, "days": 14, "known_hash": "h"}
    folder.mkdir()
    (folder / "forecast.csv").write_text(csv_text(table), encoding="utf-8")
    (folder / "forecast.json").write_text(json.dumps(head), encoding="utf-8")
    return folder


def test_forecasts_of_recent_journeys_are_not_told_by_place(made: Path, tmp_path: Path) -> None:
    ahead = forecast_folder(tmp_path / "ahead", made / "small", ["shelter", "prison"])
    assert set(published(ahead, today=LATER).sheets) == {"forecast", "places", "legs", "people", "reported"}
    with pytest.raises(UsageError, match="nothing of it may be handed out"):
        published(ahead, today=date(2021, 6, 1))


def test_no_output_gives_a_withheld_count_away(tmp_path: Path) -> None:
    """The attack on what people really get: tables, reports and forecasts of two policies and two days, together."""
    scenario, sums, values = random_scenario(3)
    result = simulate(scenario, expected=True)
    whole = observations(scenario)
    tables = []
    for policy, last in (("actual", whole["end"].max()), ("open", whole["end"].min())):
        ends = scenario.observations["date_to"].fillna(scenario.observations["date_from"])
        kept = scenario.with_table("observations", scenario.observations[ends <= last].reset_index(drop=True))
        folder = tmp_path / policy
        write_run(replace(result, scenario=kept, policy=policy), folder)
        write_scenario(kept, tmp_path / f"{policy}-scenario")
        ahead = forecast_folder(
            tmp_path / f"{policy}-ahead", tmp_path / f"{policy}-scenario", ["shelter", "all"]
        )
        for what in (folder, ahead):
            found = published(what, today=LATER)
            out = write_published(found, tmp_path / f"{what.name}-out", formats=["csv", "parquet"])
            tables += [told(out / "reported.csv"), parquet.read_table(out / "reported.parquet").to_pandas()]
        tables.append(told(tmp_path / f"{policy}-out" / "quantities.csv").dropna(subset="reported_by"))
        page = report_html(folder, today=LATER).decode()
        run = json.loads(re.findall(r'id="inlined-report">(.*?)</script>', page, flags=re.S)[0])["run"]
        shown = [one for series in run["quantities"] for one in series["reported"]]
        fans = forecast_view(ahead, "ahead", None, today=LATER).fans
        shown += [one.model_dump() for fan in fans for one in fan.reported]
        tables.append(pd.DataFrame(shown).rename(columns={"value": "reported", "by": "reported_by"}))
    tables = [
        table if "reported" in table else table.rename(columns={"value": "reported"}) for table in tables
    ]
    assert all(len(table) for table in tables)
    known = known_from(table.astype({"reported": float, "low": float, "high": float}) for table in tables)
    under = np.array([not is_national(scenario, figure) for figure in whole.itertuples(index=False)])
    few = np.flatnonzero(under & (values > 0) & (values < FEW)).tolist()
    secrets = [sums_of(scenario)[k] for k in few] + implied(sums, whole[under])
    assert len(few) > 3
    assert recovered(sums, known, secrets) == []
    with_one = known | {few[0]: (values[few[0]], values[few[0]])}
    assert recovered(sums, with_one, secrets), "the attack finds what is told"
