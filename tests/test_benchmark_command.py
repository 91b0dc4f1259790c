"""The benchmark: targets, scores, entries, tracks, and its commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from counted_folders import START, counted, write_counted
from flee_factory import PERIOD

from travesia.forecasting.allocation import ALLOCATORS, allocation_scores, without_counts
from travesia.forecasting.past import past_of
from travesia.forecasting.quantilefile import csv_text, quantile_table
from travesia.forecasting.records import Series, records
from travesia.forecasting.rolling import Checked, origins, targets
from travesia.forecasting.scoring import by_case, scores, skill_against
from travesia.forecasting.signals import past_on, pulls

Travesia = Callable[..., tuple[int, str, str]]


def test_targets_are_the_nearest_counts_within_the_window(tmp_path: Path) -> None:
    scenario = counted(tmp_path)
    past = past_on(scenario, 60)
    truth = [
        Series("Camp1", np.array([0, 60, 81, 97, 101]), np.array([1.0, 2, 3, 4, 5])),
        Series("Camp2", np.array([0, 60, 101]), np.array([1.0, 2, 3])),
    ]
    assert [(one.place, one.day) for one in targets(truth, past, 30)] == [("Camp1", 97)]
    assert [(one.place, one.day) for one in targets(truth, past, 7)] == []
    assert [(one.place, one.day) for one in targets(truth, past, 41)] == [("Camp1", 101), ("Camp2", 101)]


def test_origins_leave_a_horizon(tmp_path: Path) -> None:
    assert origins(counted(tmp_path)) == [60, 90, 120, 150, 180, 210]


def checked(case: str, members: dict[str, float], observed: float) -> Checked:
    return Checked(
        case,
        60,
        30,
        ("a", "b"),
        np.array([90, 91]),
        np.array([observed, observed]),
        {name: np.full((2, 99), value) for name, value in members.items()},
        (np.array([1.0, 3.0]), np.array([5.0])),
    )


def test_scores_are_over_what_was_counted() -> None:
    found = by_case(scores([checked("x", {"model": 90.0, "other": 70.0}, 100.0)])).set_index("method")
    assert found.loc["model", "scaled_crps"] == pytest.approx(0.1)
    assert found.loc["other", "scaled_crps"] == pytest.approx(0.3)
    assert found.loc["other", "ard"] == pytest.approx(0.3)
    assert found.loc["model", "mase"] == pytest.approx(5)
    assert found.loc["model", "cover80"] == 0


def test_skill_is_over_cases() -> None:
    cases = by_case(scores([checked(case, {"model": 90.0, "other": 70.0}, 100.0) for case in ("x", "y")]))
    row = skill_against(cases, model="model").iloc[0]
    assert (row["against"], row["better"], row["cases"]) == ("other", 2, 2)
    assert [row["skill"], row["low"], row["high"]] == pytest.approx([2 / 3] * 3)


def test_given_the_total_no_count_after_day_0_is_known(tmp_path: Path) -> None:
    scenario = counted(tmp_path)
    known = without_counts(scenario, blank=True)
    assert {day for one in records(known) for day in one.days.tolist()} == {0}
    assert known.places["capacity"].isna().all()
    assert len(known.measures) == len(scenario.measures)
    found = allocation_scores(scenario, ALLOCATORS, blank=True).set_index("method")
    assert sorted(found.index) == sorted(ALLOCATORS)
    assert ((found["ard"] >= 0) & (found["ard"] <= 2)).all()
    assert found.loc["capacity", "ard"] == pytest.approx(found.loc["equal", "ard"])


def test_a_perfect_split_scores_nothing(tmp_path: Path) -> None:
    from travesia.observed import camp_counts

    scenario = counted(tmp_path)
    truth = camp_counts(scenario)[1].T.astype(float)
    found = allocation_scores(scenario, {"truth": lambda known, total: truth}, blank=True)
    assert found[["ard", "scaled_crps"]].to_numpy().tolist() == [[0, 0]]


def test_pulls_are_shares_of_every_zone(tmp_path: Path) -> None:
    scenario = counted(tmp_path)
    found = pulls(scenario, np.array([4, 5]))
    assert found.gravity.sum(axis=1) == pytest.approx(found.conflict)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_counted(tmp_path_factory.mktemp("bench") / "oneland")


def test_the_benchmark_answers_for_a_machine(travesia: Travesia, case: Path, tmp_path: Path) -> None:
    code, out, _ = travesia("benchmark", case, "--json", "-o", tmp_path / "b")
    assert code == 0
    found = json.loads(out)
    assert found["track"] == "end-to-end"
    for name in ("model", "last_value", "last_shares", "drift", "distance", "gravity", "ets"):
        method = found["methods"][name]
        assert 0 < method["mean_scaled_crps"] < 1
        assert 0 < method["mean_ard"] < 1
        assert set(method["ard"]) == set(method["scaled_crps"]) == {"oneland"}
        assert set(method["horizons"]) == {"7", "30", "90"}
    assert found["mean_ard"] == found["methods"]["model"]["mean_ard"]
    names = {path.name for path in (tmp_path / "b").iterdir()}
    assert names == {f"{n}.csv" for n in ("forecasts", "scores", "cases", "skill")} | {
        "benchmark.json",
        "benchmark.png",
        "provenance.json",
        "SHA256SUMS",
    }
    code, out, _ = travesia("verify", tmp_path / "b")
    assert (code, "All 8 files are as they were written." in out) == (0, True)
    assert set(json.loads((tmp_path / "b" / "provenance.json").read_text())["cases"]) == {"oneland"}


def test_anyone_can_enter_a_method(travesia: Travesia, case: Path, tmp_path: Path) -> None:
    code, _, _ = travesia("benchmark", case, "--targets", tmp_path / "targets.csv")
    assert code == 0
    wanted = pd.read_csv(tmp_path / "targets.csv")
    truth = {one.place: one for one in records(counted(tmp_path / "again"))}
    rows = []
    for row in wanted.to_dict("records"):
        day = (pd.Timestamp(row["target_date"]) - pd.Timestamp(START)).days
        came = float(truth[row["location"]].at([day])[0])
        levels = {"output_type": "quantile", "model": "oracle"}
        rows += [row | levels | {"output_type_id": level, "value": came} for level in (0.1, 0.5, 0.9)]
    entry = tmp_path / "entry.csv"
    pd.DataFrame(rows).to_csv(entry, index=False)
    code, out, err = travesia("benchmark", case, "--entry", entry, "--json")
    assert code == 0, err
    assert json.loads(out)["methods"]["oracle"]["mean_scaled_crps"] == pytest.approx(0, abs=1e-9)
    pd.DataFrame(rows[3:]).to_csv(entry, index=False)
    code, _, err = travesia("benchmark", case, "--entry", entry)
    assert code == 2
    assert "oracle says nothing of" in err


def test_a_case_that_cannot_be_checked_is_left_out(travesia: Travesia, case: Path, tmp_path: Path) -> None:
    short = write_counted(tmp_path / "short", {PERIOD: f"StartDate,{START}\nLength,50\n"})
    code, out, err = travesia("benchmark", case, short, "--json")
    assert code == 0, err
    assert json.loads(out)["left_out"] == ["short"]
    assert "short is left out" in err
    code, _, err = travesia("benchmark", short)
    assert (code, "no forecast can be checked in short" in err) == (2, True)


def test_the_allocation_track_names_its_capacities(travesia: Travesia, case: Path, tmp_path: Path) -> None:
    given = ("--track", "allocation", "--capacities", "given", "--json", "-o", tmp_path / "a")
    code, out, _ = travesia("benchmark", case, *given)
    assert code == 0
    assert travesia("verify", tmp_path / "a")[0] == 0
    found = json.loads(out)
    assert (found["track"], found["capacities"]) == ("allocation", "given")
    assert 0 < found["methods"]["gravity"]["mean_ard"] < 2


def test_a_forecast_is_made_and_scored(travesia: Travesia, case: Path, tmp_path: Path) -> None:
    origin = (START + timedelta(days=120)).isoformat()
    code, out, err = travesia("forecast", case, "--origin", origin, "--days", 60, "-o", tmp_path / "fc")
    assert code == 0, err
    assert out.strip() == str(tmp_path / "fc")
    code, out, _ = travesia("score", tmp_path / "fc", "--json")
    assert code == 0
    found = {row["method"]: row for row in json.loads(out)}
    assert {"model", "ets", "drift"} <= set(found)
    assert found["model"]["forecasts"] == 10 + 7  # counts every 6 and every 9 days
    code, out, _ = travesia("triggers", tmp_path / "fc", "--place", "Camp2", "--threshold", 7500, "--json")
    assert code == 0
    assert 0 <= json.loads(out)["probability_now"] <= 1


def test_wrong_calls_are_told(travesia: Travesia, case: Path, tmp_path: Path) -> None:
    code, _, err = travesia("forecast", case, "--origin", "30.6.2015")
    assert (code, "write it like" in err) == (2, True)
    code, _, err = travesia("benchmark", case, case)
    assert (code, "same name" in err) == (2, True)
    code, _, err = travesia("score", tmp_path)
    assert (code, "no forecast folder" in err) == (2, True)


def test_a_last_forecast_has_nothing_to_be_scored_by(travesia: Travesia, case: Path, tmp_path: Path) -> None:
    last = (START + timedelta(days=239)).isoformat()
    travesia("forecast", case, "--origin", last, "--days", 10, "-o", tmp_path / "fc")
    code, _, err = travesia("score", tmp_path / "fc")
    assert (code, "nothing was counted" in err) == (2, True)


def test_entries_hold_what_was_said(tmp_path: Path) -> None:
    scenario = counted(tmp_path)
    past = past_of(records(scenario), past_on(scenario, 60).signals, 60)
    members = np.tile(np.arange(99.0), (2, 1, 1))
    text = csv_text(quantile_table(members, model="m", case="c", start=START, past=past, days=np.array([70])))
    assert text.splitlines()[1] == "m,c,2015-04-30,2015-05-10,10,Camp1,quantile,0.01,1.0"
