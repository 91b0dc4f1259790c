"""Forecast folders: nothing after the origin, quantiles anyone can read and enter, triggers."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from counted_folders import DAYS, START, changes, counted, write_counted
from flee_factory import CLOSURES, CONFLICTS, CORRECTIONS, Changes

from travesia.errors import ScenarioError, UsageError
from travesia.folder import read_scenario, write_scenario
from travesia.forecasting.folder import read_forecast, write_forecast
from travesia.forecasting.forecast import forecast
from travesia.forecasting.quantilefile import (
    COLUMNS,
    LEVELS,
    csv_text,
    members_of,
    quantile_table,
    read_quantiles,
)
from travesia.forecasting.triggers import triggers
from travesia.store import verify_run

ORIGIN_DAY = 125
ORIGIN = START + timedelta(days=ORIGIN_DAY)


def scrambled() -> Changes:
    """The folder with everything after the origin changed: counts, conflicts, closures, registrations."""
    rng, told = np.random.default_rng(9), changes()
    found: Changes = {}
    for name in ("source_data/camp1.csv", "source_data/camp2.csv", "source_data/refugees.csv"):
        lines = str(told[name]).splitlines()
        kept = [line for line in lines if line.split(",")[0] <= ORIGIN.isoformat()]
        days = sorted(set(rng.integers(ORIGIN_DAY + 1, DAYS, 15).tolist()))
        found[name] = (
            "\n".join([*kept, *(f"{START + timedelta(days=d)},{rng.integers(0, 99999)}" for d in days)])
            + "\n"
        )
    header, *rows = str(told[CONFLICTS]).splitlines()
    after = [
        f"{day},{','.join(str(rng.integers(0, 2)) for _ in range(4))},0,0"
        for day in range(ORIGIN_DAY + 1, DAYS)
    ]
    found[CONFLICTS] = "\n".join([header, *rows[: ORIGIN_DAY + 1], *after]) + "\n"
    found[CLOSURES] = str(told[CLOSURES]) + f"country,Here,There,{ORIGIN_DAY + 1},{DAYS}\n"
    last = str(found["source_data/camp2.csv"]).splitlines()[-1].split(",")[0]
    found[CORRECTIONS] = str(told[CORRECTIONS]) + f"Camp2,{last},normalize\n"
    return found


def test_nothing_after_the_origin_changes_a_byte(tmp_path: Path) -> None:
    plain, other = write_counted(tmp_path / "plain"), write_counted(tmp_path / "other", scrambled())
    assert (plain / CONFLICTS).read_bytes() != (other / CONFLICTS).read_bytes()
    assert _forecast_bytes(tmp_path, plain, "flee") == _forecast_bytes(tmp_path, other, "flee-other")


def _forecast_bytes(tmp_path: Path, folder: Path, name: str) -> list[bytes]:
    """The forecast of a Flee folder, and of the scenario folder made of it, all under one name."""
    found = read_scenario(str(folder))
    found = found.with_settings(found.settings.model_copy(update={"name": "case", "title": {"en": "case"}}))
    own = tmp_path / f"{name}-own"
    write_scenario(found, own)
    result = []
    for k, scenario in enumerate((found, read_scenario(str(own)))):
        target = tmp_path / f"{name}-{k}"
        write_forecast(forecast(scenario, origin=ORIGIN, days=60), target, source="case")
        result += [(target / one).read_bytes() for one in ("forecast.csv", "forecast.json", "forecast.png")]
    return result


def test_quantiles_are_written_as_hubs_do(tmp_path: Path) -> None:
    found = forecast(counted(tmp_path / "case"), origin=ORIGIN, days=30)
    write_forecast(found, tmp_path / "fc", source="case")
    table = pd.read_csv(tmp_path / "fc" / "forecast.csv")
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 2 * 30 * len(LEVELS)
    assert set(table["origin_date"]) == {ORIGIN.isoformat()}
    days = (pd.to_datetime(table["target_date"]) - pd.to_datetime(table["origin_date"])).dt.days
    assert days.tolist() == table["horizon_days"].tolist()
    head, again = read_forecast(tmp_path / "fc")
    assert head["origin_date"] == ORIGIN.isoformat()
    back = members_of(again, start=START, past=found.past, days=found.days)
    assert np.median(back, axis=2) == pytest.approx(np.median(found.members, axis=2), abs=0.06)
    assert back[:, :, 24] == pytest.approx(found.members[:, :, 24], rel=0.02)


def test_a_table_with_mistakes_is_refused_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "entry.csv"
    path.write_text(
        ",".join(COLUMNS) + "\n"
        "m,c,2015-05-01,2015-05-31,30,Camp1,quantile,1.5,100\n"
        "m,c,2015-05-01,31.5.2015,30,Camp1,quantile,0.5,-3\n",
        encoding="utf-8",
    )
    with pytest.raises(ScenarioError) as caught:
        read_quantiles(path)
    told = [str(problem) for problem in caught.value.problems]
    assert [line.split("'")[0] for line in told] == [
        "entry.csv, row 2, column output_type_id: ",
        "entry.csv, row 3, column value: ",
        "entry.csv, row 3, column target_date: ",
    ]
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no column model"):
        read_quantiles(path)
    with pytest.raises(UsageError, match="no file"):
        read_quantiles(tmp_path / "nope.csv")


def test_a_table_of_quantiles_may_have_more_columns_but_no_endless_number(tmp_path: Path) -> None:
    found, path = forecast(counted(tmp_path), origin=ORIGIN, days=5), tmp_path / "entry.csv"
    table = quantile_table(
        found.members, model="m", case="c", start=found.start, past=found.past, days=found.days
    )
    path.write_text(csv_text(table.assign(row=1)), encoding="utf-8")
    assert len(read_quantiles(path)) == len(table)
    path.write_text(csv_text(table.assign(value=["inf", *table["value"][1:]])), encoding="utf-8")
    with pytest.raises(ScenarioError, match="it is not a number of people, 0 or more"):
        read_quantiles(path)


def test_days_that_cannot_be_forecast_are_refused(tmp_path: Path) -> None:
    scenario = counted(tmp_path)
    with pytest.raises(UsageError, match="1 or more"):
        forecast(scenario, origin=ORIGIN, days=0)
    with pytest.raises(UsageError, match="not among the 240 days"):
        forecast(scenario, origin=START - timedelta(days=1), days=10)


def test_alarms_are_counted_at_past_origins(tmp_path: Path) -> None:
    scenario = counted(tmp_path)
    found = triggers(scenario, origin=START + timedelta(days=200), days=30, place="Camp2", threshold=4500)
    table = found.table.set_index("probability")
    assert (table["events"] == sum(one.reached == one.reached for one in found.tried)).all()
    assert table["events"].iloc[0] > 0
    assert (np.diff(table["alarms"]) <= 0).all()  # fewer alarms at a higher probability
    for level, row in table.iterrows():
        alarm = [one for one in found.tried if one.probability >= level]
        assert row["alarms"] == len(alarm)
        assert row["hits"] == sum(one.reached == one.reached for one in alarm)
    assert all(
        one.origin < one.reached <= one.origin + 30 for one in found.tried if one.reached == one.reached
    )


def test_triggers_need_a_place_where_somebody_was_counted(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'Camp2'"):
        triggers(
            counted(tmp_path), origin=START + timedelta(days=90), days=30, place="Camp22", threshold=4500
        )


def test_a_forecast_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, target = forecast(counted(tmp_path / "a"), origin=ORIGIN, days=5), tmp_path / "fc"
    real, left = os.fsync, [0]

    def stopped(handle: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        real(handle)

    monkeypatch.setattr(os, "fsync", stopped)
    for steps in range(20):
        left[0] = steps
        with suppress(KeyboardInterrupt):
            write_forecast(found, target, source="a", command="travesia forecast a")
            break
        assert not target.exists()
        assert not list(tmp_path.glob(".fc*"))
    assert 5 < steps < 10
    assert verify_run(target) == []
    assert (
        json.loads((target / "provenance.json").read_text(encoding="utf-8"))["command"]
        == "travesia forecast a"
    )
    (target / "forecast.csv").write_text("changed", encoding="utf-8")
    assert len(verify_run(target)) == 1


def test_provenance_names_what_was_known(tmp_path: Path) -> None:
    write_forecast(forecast(counted(tmp_path / "a"), origin=ORIGIN, days=5), tmp_path / "fc", source="flee/a")
    head = json.loads((tmp_path / "fc" / "forecast.json").read_text(encoding="utf-8"))
    assert head["scenario"] == "flee/a"
    assert len(head["known_hash"]) == 64
    with pytest.raises(UsageError, match="no forecast folder"):
        read_forecast(tmp_path / "a")
    with pytest.raises(UsageError, match="choose another folder"):
        write_forecast(forecast(counted(tmp_path / "b"), origin=ORIGIN, days=5), tmp_path / "fc", source="b")
