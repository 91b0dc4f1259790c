"""The recorded benchmark is what the program says, and on a real folder nothing after the origin changes a byte."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from travesia.folder import read_scenario
from travesia.forecasting import prior
from travesia.forecasting.ahead import error_ratios, typical_errors
from travesia.forecasting.benchmark import benchmark
from travesia.forecasting.forecast import forecast
from travesia.forecasting.signals import past_on

RECORDED = Path(__file__).resolve().parents[1] / "docs" / "benchmark-cases.csv"
AGAIN = ("burundi2015", "car2013", "mali2012", "ssudan2013", "syria2013", "tigray2020")


@pytest.mark.parametrize("name", AGAIN)
def test_the_recorded_scores_come_out_again(cases: Path, name: str) -> None:
    found = benchmark([read_scenario(str(cases / name))]).cases.set_index(["method", "horizon"])
    table = pd.read_csv(RECORDED)
    recorded = table[table["case"] == name].set_index(["method", "horizon"])
    assert set(found.index) == set(recorded.index)
    for column in ("forecasts", "scaled_crps", "ard", "cover80"):
        assert found[column].reindex(recorded.index).to_numpy() == pytest.approx(
            recorded[column].to_numpy(), rel=0.02, abs=0.002
        ), column


@pytest.mark.parametrize("name", AGAIN)
def test_the_shipped_prior_is_what_the_case_teaches(cases: Path, name: str) -> None:
    scenario = read_scenario(str(cases / name))
    column = f"{name} {scenario.settings.start.isoformat()}"
    whole = past_on(scenario, scenario.settings.days - 1)
    assert error_ratios(whole).reshape(-1) == pytest.approx(pd.read_csv(prior.FILE)[column], abs=0.01)
    assert typical_errors(whole) == pytest.approx(pd.read_csv(prior.ERRORS)[column], rel=0.02, abs=0.001)


def test_later_rows_of_a_real_folder_change_nothing(cases: Path, tmp_path: Path) -> None:
    origin = date(2012, 6, 28)
    other = tmp_path / "mali2012"
    shutil.copytree(cases / "mali2012", other)
    rng = np.random.default_rng(3)
    for path in sorted((other / "source_data").glob("*.csv")):
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line[:4].isdigit() or line[:10] <= origin.isoformat()]
        if len(kept) < len(lines):
            days = sorted(set(rng.integers(1, 150, 8).tolist()))
            more = [f"{origin + timedelta(days=day)},{rng.integers(0, 99_999)}" for day in days]
            path.write_text("\n".join([*kept, *more]) + "\n", encoding="utf-8")
    conflicts = other / "input_csv" / "conflicts.csv"
    header, *rows = conflicts.read_text(encoding="utf-8").splitlines()
    last = (origin - date(2012, 2, 29)).days
    mixed = [
        row if k <= last else ",".join([row.split(",")[0], *(str(1 - int(v)) for v in row.split(",")[1:])])
        for k, row in enumerate(rows)
    ]
    conflicts.write_text("\n".join([header, *mixed]) + "\n", encoding="utf-8")
    found = [
        forecast(read_scenario(str(folder)), origin=origin, days=90) for folder in (cases / "mali2012", other)
    ]
    assert found[0].past.places == found[1].past.places
    assert found[0].members.tobytes() == found[1].members.tobytes()
