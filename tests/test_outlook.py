"""Forecasts of a posterior, and new figures."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.flee_factory import write_flee_folder
from tests.test_calibration import TINY, figured
from verification.sbc_scenarios import road

from travesia import Scenario, ScenarioError, UsageError, read_scenario
from travesia.calibration.arrivals import arrival_paths
from travesia.calibration.assimilate import AROUND, DRAWS, LOOK, MOVES, assimilate, new_rows
from travesia.calibration.calibrate import calibrate
from travesia.calibration.outlook import Outlook, outlook, targets_of
from travesia.calibration.outlookfile import read_outlook, write_outlook
from travesia.calibration.posterior import LEAST_DRAWS, Draws, Posterior
from travesia.calibration.posteriorfile import write_posterior
from travesia.calibration.readings import read_records
from travesia.folder import write_scenario
from travesia.forecasting.folder import read_forecast

ORIGIN = date(2021, 2, 9)


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    """Of the small road, up to the origin."""
    return calibrate(figured(road()), ORIGIN, effort=TINY)


@pytest.fixture(scope="module")
def found(posterior: Posterior) -> Outlook:
    """Twenty days on."""
    return outlook(posterior, figured(road()), origin=ORIGIN, days=20)


def later(scenario: Scenario, factor: float, place: str = "shelter") -> pd.DataFrame:
    """The first later figure of a place, times a factor."""
    table = scenario.observations
    rows = table[(table["place"] == place) & (table["date_from"] > pd.Timestamp(ORIGIN))].head(1)
    return rows.assign(value=rows["value"] * factor)


def test_forecast_is_near_what_came_and_wider_farther_away(found: Outlook) -> None:
    stock = found.targets.row == [one.label for one in found.targets.series].index("shelter")
    truth = later(figured(road()), 1.0)
    day = (pd.Timestamp(truth["date_from"].iloc[0]) - pd.Timestamp(road().settings.start)).days
    at = stock & (found.targets.last == day)
    low, high = np.quantile(found.members[:, at], [0.05, 0.95])
    assert low < truth["value"].iloc[0] < high
    table = found.table()
    assert set(table["location"]) == {"shelter", "came", "stopped_there"}
    assert table["horizon_days"].between(1, 20).all()
    values = table["value"].to_numpy().reshape(-1, table["output_type_id"].nunique())
    assert (np.diff(values, axis=1) >= 0).all()


def test_nothing_after_the_origin_is_read(posterior: Posterior, found: Outlook) -> None:
    scenario = figured(road())
    table = scenario.observations
    after = pd.to_datetime(table["date_to"]) > pd.Timestamp(ORIGIN)
    scrambled = scenario.with_table("observations", table.assign(value=table["value"].where(~after, 12345.0)))
    again = outlook(posterior, scrambled, origin=ORIGIN, days=20)
    pd.testing.assert_frame_equal(found.table(), again.table())


def test_another_day_or_scenario_is_refused(posterior: Posterior) -> None:
    with pytest.raises(UsageError, match="--until 2021-02-10"):
        outlook(posterior, figured(road()), origin=ORIGIN + timedelta(days=1), days=20)
    with pytest.raises(UsageError, match="not of this scenario"):
        outlook(posterior, figured(road(), 1.5), origin=ORIGIN, days=20)


def test_flows_are_forecast_over_spans_like_those_reported(found: Outlook) -> None:
    flow = found.targets.row == [one.label for one in found.targets.series].index("came")
    assert (found.targets.last - found.targets.first)[flow].tolist() == [9, 9]
    assert found.targets.first[flow].tolist() == [40, 50]
    months = (
        figured(road())
        .observations.head(1)
        .assign(date_from=pd.Timestamp("2021-01-01"), date_to=pd.Timestamp("2021-01-31"))
    )
    known = read_records(road().with_table("observations", months))
    longer = targets_of(road(), known, 30, 120)
    spans = longer.table(road())
    assert spans["date_from"].dt.strftime("%m-%d").tolist() == ["02-01", "03-01", "04-01"]
    assert spans["date"].dt.strftime("%m-%d").tolist() == ["02-28", "03-31", "04-30"]


def test_folder_is_scored_and_read_back(found: Outlook, tmp_path: Path) -> None:
    write_outlook(found, tmp_path / "fc", source="road")
    head, table = read_forecast(tmp_path / "fc")
    assert head["origin_date"] == "2021-02-09"
    assert len(table) == len(found.table())
    posterior, head = read_outlook(tmp_path / "fc")
    assert head["days"] == 20
    assert np.array_equal(posterior.draws.u, found.posterior.draws.u)


def test_a_new_figure_moves_the_forecast(posterior: Posterior) -> None:
    scenario = figured(road())
    same, more = (assimilate(posterior, later(scenario, factor), days=10) for factor in (1.0, 1.3))
    assert same.origin == more.origin > ORIGIN
    assert len(same.known.value) == len(posterior.records.value) + 1
    here = same.targets.row == [one.label for one in same.targets.series].index("shelter")
    assert np.median(more.members[:, here]) > 1.05 * np.median(same.members[:, here])
    assert same.posterior.until == same.origin
    before, after = posterior.quality, more.posterior.quality
    assert after.runs > len(posterior.draws.u)  # its weights would leave few draws: they were moved
    assert after.effective > 2 * before.effective
    json.dumps(same.posterior.json(), allow_nan=False)


def test_all_draws_run_only_where_the_first_of_them_are_worth_it(
    posterior: Posterior, found: Outlook
) -> None:
    draws = posterior.draws
    rng = np.random.default_rng(1)
    near = 1e-6 * rng.standard_normal((4, *draws.hyper.shape))
    many = replace(  # 240 draws, no two alike, in place of 60
        posterior,
        draws=Draws(
            np.tile(draws.u, (4, 1)), (draws.hyper + near).reshape(-1, 3), np.tile(draws.answers, (4, 1))
        ),
    )
    rows = later(figured(road()), 1.0)
    day = (rows["date_from"].iloc[0] - pd.Timestamp(road().settings.start)).days
    shelter = found.targets.row == [one.label for one in found.targets.series].index("shelter")
    expected = float(np.median(found.members[:, shelter & (found.targets.last == day)]))
    mild, wild = (
        assimilate(many, rows.assign(value=value), days=2).posterior.quality
        for value in (expected, 40 * expected)
    )
    assert (mild.runs, mild.effective >= LEAST_DRAWS) == (DRAWS, True)
    assert wild.runs == LOOK + AROUND + sum(MOVES)


def test_figures_that_cannot_be_assimilated_are_refused(posterior: Posterior, tmp_path: Path) -> None:
    scenario = figured(road())
    with pytest.raises(UsageError, match="is not after 2021-02-09"):
        assimilate(posterior, scenario.observations.head(1), days=10)
    with pytest.raises(UsageError, match="no place 'camp'"):
        assimilate(posterior, later(scenario, 1.0).assign(place="camp"), days=10)
    with pytest.raises(UsageError, match="no quantity 'present' in this forecast"):
        assimilate(replace(posterior, quantities=("came",)), later(scenario, 1.0), days=10)
    path = tmp_path / "new.csv"
    path.write_text("quantity,place,date_from,value\npresent,shelter,2021-02-15,many\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="many"):
        new_rows(path)


def test_who_sets_out_follows_the_forecast_total(tmp_path: Path) -> None:
    scenario = read_scenario(write_flee_folder(tmp_path))
    paths = arrival_paths(scenario, date(2015, 3, 7), days=30, draws=40, rng=np.random.default_rng(1))
    assert paths is not None
    assert paths.shape == (40, 30)
    assert (paths >= 0).all()
    assert paths.sum(axis=1).std() > 0
    assert arrival_paths(road(), ORIGIN, days=5, draws=4, rng=np.random.default_rng(1)) is None


def test_command(travesia, found: Outlook, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    write_scenario(figured(road()), tmp_path / "road")
    write_outlook(found, tmp_path / "fc", source=str(tmp_path / "road"))
    rows = later(figured(road()), 1.0)
    new = tmp_path / "new.csv"
    new.write_text(
        f"quantity,place,date_from,value\npresent,shelter,{rows['date_from'].iloc[0]:%Y-%m-%d},{rows['value'].iloc[0]}\n",
        encoding="utf-8",
    )
    code, out, err = travesia("assimilate", tmp_path / "fc", new, "-o", tmp_path / "fc2", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["until"] == f"{rows['date_from'].iloc[0]:%Y-%m-%d}"
    assert (tmp_path / "fc2" / "posterior" / "posterior.nc").is_file()
    code, _, err = travesia("assimilate", tmp_path / "road", new)
    assert code == 2
    assert "no forecast of a posterior" in err


def test_forecast_command_runs_a_posterior_and_is_scored(travesia, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    write_scenario(figured(road()), tmp_path / "road")
    scenario = read_scenario(tmp_path / "road")
    write_posterior(calibrate(scenario, ORIGIN, effort=TINY), tmp_path / "post")
    where = (tmp_path / "road", "--origin", ORIGIN, "--days", 20, "-o", tmp_path / "fc")
    code, _, err = travesia("forecast", *where, "--posterior", tmp_path / "post")
    assert code == 0, err
    code, out, err = travesia("score", tmp_path / "fc", "--json")
    assert code == 0, err
    assert "posterior" in {row["method"] for row in json.loads(out)}
