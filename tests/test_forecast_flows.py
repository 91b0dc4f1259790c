"""Flows by month: history before the run, nothing after the origin, naive methods, scores."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from verification.sbc_scenarios import road

from travesia import Scenario, UsageError, read_scenario
from travesia.folder import write_scenario
from travesia.forecasting.against import checked_forecast
from travesia.forecasting.flows import flows_on, monthly, months_ahead
from travesia.forecasting.folder import read_forecast, write_forecast
from travesia.forecasting.forecast import forecast
from travesia.forecasting.naive import MONTHLY
from travesia.forecasting.origin import known_on
from travesia.forecasting.scoring import by_case, each, scores
from travesia.forecasting.triggers import triggers
from travesia.provenance import scenario_hash

ORIGIN = date(2021, 1, 31)
CORRIDOR_ORIGIN = date(2021, 6, 30)
NATIONS = ("encounters_gtm", "encounters_hnd", "encounters_slv")


def counted(last: float = 900.0) -> Scenario:
    """The small road with three years of arrivals by month up to its first one, and `last` in the second."""
    months = pd.date_range("2018-01-01", "2021-02-01", freq="MS")
    season = 500 + 200 * np.sin(np.arange(len(months)) * np.pi / 6)
    rows = pd.DataFrame({"date_from": months, "date_to": months + pd.offsets.MonthEnd(0), "value": season})
    rows.loc[len(rows) - 1, "value"] = last
    scenario = road()
    table = scenario.observations.iloc[[0] * len(rows)].reset_index(drop=True)
    flows = table.assign(
        quantity="came", place="", kind="flow", **{name: rows[name].to_numpy() for name in rows}
    )
    return scenario.with_table("observations", flows.astype(scenario.observations.dtypes.to_dict()))


def test_history_before_the_run_counts_and_nothing_after_the_origin() -> None:
    scenario = counted()
    start, past = flows_on(scenario, ORIGIN)
    assert start == date(2018, 1, 1)
    assert past.places == ["came"]
    assert past.origin == (ORIGIN - start).days == past.series[0].days[-1]
    assert len(past.series[0].days) == 37
    assert len(monthly(scenario).series[0].days) == 38
    assert months_ahead(start, ORIGIN, 59).tolist() == [past.origin + 28, past.origin + 59]


def test_nothing_after_the_origin_changes_a_byte(tmp_path: Path) -> None:
    made = []
    for last in (900.0, 12_345.0):
        folder = tmp_path / f"{last:.0f}"
        write_forecast(forecast(counted(last), origin=ORIGIN, days=59), folder, source="road")
        made.append(
            [(folder / name).read_bytes() for name in ("forecast.csv", "forecast.json", "forecast.png")]
        )
    assert made[0] == made[1]


def test_the_corridor_on_a_day_knows_nothing_later() -> None:
    """Calibration, its forecasts and those of flows all start from this cut."""
    scenario, rng = read_scenario("corridor-2021"), np.random.default_rng(4)
    after = pd.Timestamp(CORRIDOR_ORIGIN)
    seen, drivers = scenario.observations, scenario.drivers
    late = seen["date_to"].fillna(seen["date_from"]) > after
    later = drivers["data_until"].fillna(drivers["date"]) > after
    assert late.any()
    assert later.any()
    scrambled = scenario.with_table(
        "observations", seen.assign(value=seen["value"].where(~late, rng.uniform(0, 9e4, len(seen))))
    ).with_table(
        "drivers", drivers.assign(value=drivers["value"].where(~later, rng.normal(size=len(drivers))))
    )
    plain, other = (known_on(one, CORRIDOR_ORIGIN, days=184) for one in (scenario, scrambled))
    assert scenario_hash(scenario) != scenario_hash(scrambled)
    assert scenario_hash(plain) == scenario_hash(other)


def test_a_calendar_is_known_ahead_and_a_figure_of_the_year_is_not() -> None:
    scenario = read_scenario("corridor-2021")
    known = known_on(scenario, CORRIDOR_ORIGIN, days=184).drivers
    assert known["date"].max() == pd.Timestamp("2021-12-01")
    assert set(known["driver"]) == {"season", "hurricane_affected", "us_policy_expectation"}
    season = scenario.drivers[scenario.drivers["driver"] == "season"]
    assert known[known["driver"] == "season"]["value"].tolist() == season["value"].tolist()


def test_history_of_the_corridor_is_whole() -> None:
    found = monthly(read_scenario("corridor-2021"), quantities=NATIONS)
    assert found.start == date(2013, 10, 1)
    assert [one.place for one in found.series] == list(NATIONS)
    months = pd.date_range("2013-10-01", "2021-12-31", freq="ME")
    for one in found.series:
        assert (pd.Timestamp("2013-10-01") + pd.to_timedelta(one.days, unit="D")).tolist() == months.tolist()


def test_naive_methods_by_month() -> None:
    start, past = flows_on(counted(), ORIGIN)
    ahead = months_ahead(start, ORIGIN, 400)
    people = past.series[0].people
    said = {name: point(past, ahead)[0] for name, point in MONTHLY.items()}
    assert said["last_year"][:12].tolist() == people[-12:].tolist()
    assert said["last_year"][12:].tolist() == [people[-1]]  # its month of the year before is not there yet
    assert (said["last_value"] == people[-1]).all()
    slope = (people[-1] - people[0]) / (past.origin - past.series[0].days[0])
    assert said["drift"] == pytest.approx(people[-1] + slope * (ahead - past.origin))
    assert said["last_shares"] == pytest.approx(said["drift"])
    assert np.ptp(said["ets"]) > 0


def test_alarms_are_of_people_at_places_not_of_flows() -> None:
    with pytest.raises(UsageError, match="nobody was counted at 'came' by 2021-01-31; alarms are of people"):
        triggers(counted(), origin=ORIGIN, days=28, place="came", threshold=800)


def test_flows_are_forecast_and_scored_by_command(travesia, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    write_scenario(counted(), tmp_path / "road")
    where = (tmp_path / "road", "--origin", ORIGIN, "--days", 40, "-o", tmp_path / "fc")
    code, _, err = travesia("forecast", *where, "--quantity", "came")
    assert code == 0, err
    code, out, err = travesia("score", tmp_path / "fc", "--json")
    assert code == 0, err
    rows = {row["method"]: row for row in json.loads(out)}
    assert set(rows) == {"model", *MONTHLY}
    code, out, err = travesia("score", tmp_path / "fc", "--each", "--json")
    assert code == 0, err
    one = next(row for row in json.loads(out) if row["method"] == "last_year")
    assert (one["location"], one["date"], one["observed"]) == ("came", "2021-02-28", 900.0)
    assert one["crps"] / 900 == pytest.approx(rows["last_year"]["scaled_crps"])


def test_each_forecast_adds_up_to_the_score(tmp_path: Path) -> None:
    scenario = counted()
    write_forecast(forecast(scenario, origin=ORIGIN, days=59), tmp_path / "fc", source="road")
    checked = checked_forecast(read_forecast(tmp_path / "fc")[1], scenario)
    total = each(checked, origin=ORIGIN).groupby("method")[["crps", "observed"]].sum()
    whole = by_case(scores([checked])).set_index("method")["scaled_crps"]
    assert (total["crps"] / total["observed"])[whole.index].tolist() == pytest.approx(whole.tolist())


def test_what_cannot_be_forecast_is_refused(travesia, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    scenario = counted()
    with pytest.raises(UsageError, match="did you mean 'came'"):
        forecast(scenario, origin=ORIGIN, days=59, quantities=["cane"])
    with pytest.raises(UsageError, match="no month ends within 20 days"):
        forecast(scenario, origin=ORIGIN, days=20)
    write_scenario(scenario, tmp_path / "road")
    where = (tmp_path / "road", "--origin", ORIGIN, "--posterior", tmp_path / "post", "--quantity", "came")
    code, _, err = travesia("forecast", *where)
    assert code == 2
    assert "give --quantity to: travesia calibrate" in err
