"""Sweeps: designs, what is refused, the same bytes however they are run, indices of known functions, files."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from factory import small_scenario, write_small_scenario
from journeys import HELD, LEAVING, PARAMETERS, road
from long_runs import lasting

from travesia import simulate, sweep
from travesia.errors import TravesiaError, UsageError
from travesia.folder import read_scenario
from travesia.headlines import headlines, totals
from travesia.overrides import override
from travesia.plotsweep import sweep_figure
from travesia.scenario import Policy, Prior, Scenario
from travesia.sobol import sobol_indices, sobol_points
from travesia.sweepdesign import Factor, design_of

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def made() -> Scenario:
    """On one day 1 − held of those who leave get past the post."""
    policies = {"actual": Policy(), "open": Policy(include=("actual",), off=("stop",))}
    return road(HELD, departures=[LEAVING], parameters=PARAMETERS, policies=policies, days=1)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_small_scenario(tmp_path / "small")


# --- designs


def test_a_grid_has_every_combination(made: Scenario) -> None:
    design = design_of(made, ["held=0.1,0.5", "leaving=900:1100:3", "policy"])
    assert len(design.points) == 2 * 3 * 2
    assert design.points[0] == (0.1, 900.0, "actual")
    assert design.points[-1] == (0.5, 1100.0, "open")
    assert len(set(design.points)) == 12


def test_a_prior_is_followed(made: Scenario) -> None:
    grid = design_of(made, ["held"])
    # the 5 % to 95 % points of uniform 0 to 0.8
    assert [point[0] for point in grid.points] == pytest.approx([0.04, 0.22, 0.4, 0.58, 0.76])
    design = design_of(made, ["leaving", "policy"], kind="lhs", points=100, seed=3)
    leaving = np.array([point[0] for point in design.points])
    # one point in each hundredth of the prior, so its quantiles are met closely
    assert np.quantile(leaving, [0.05, 0.5, 0.95]) == pytest.approx([900, 1050, 1200], abs=6)
    assert [point[1] for point in design.points].count("open") == 50
    assert design == design_of(made, ["leaving", "policy"], kind="lhs", points=100, seed=3)
    assert design != design_of(made, ["leaving", "policy"], kind="lhs", points=100, seed=4)


def test_the_ends_of_an_infinite_prior_are_finite() -> None:
    factor = Factor("x", prior=Prior(kind="lognormal", low=1, high=2))
    assert 0 < float(factor.at(0.0)) < 1
    assert 2 < float(factor.at(1.0)) < np.inf


@pytest.mark.parametrize(
    ("over", "told"),
    [
        (["hled"], "did you mean 'held'"),
        (["leg_kost=1,2"], "did you mean 'leg_cost'"),
        (["known"], "no prior; give values"),
        (["leg_cost"], "no prior; give values"),
        (["held=0.5"], "LOW:HIGH"),
        (["held=0.5:0.1"], "from low to high"),
        (["held=0:nan"], "LOW:HIGH"),
        (["held=0:1:x"], "LOW:HIGH:LEVELS"),
        (["held=0.1,0.1"], "different"),
        (["held="], "NAME=A,B,C"),
        (["held=0:2"], "above 1"),
        (["held", "held=0.1,0.2"], "twice"),
        ([], "something to vary"),
        (["policy=actual,opne"], "did you mean 'open'"),
        (["policy=actual"], "two or more"),
    ],
)
def test_what_cannot_be_varied_is_told(over: list[str], told: str, made: Scenario) -> None:
    with pytest.raises(UsageError, match=told):
        design_of(made, over)


@pytest.mark.parametrize(
    "over", ["stop", "stop.place", "measures.stop.date_from", "stop.leg=a,b", "place=a,b", "date_from"]
)
def test_where_and_when_people_are_stopped_is_not_varied(over: str, made: Scenario) -> None:
    with pytest.raises(UsageError, match="never where or when: travesia does not plan interdiction"):
        design_of(made, [over])


@pytest.mark.parametrize("kind", ["block", "detain", "return"])
def test_policies_that_move_what_stops_people_are_not_varied(kind: str) -> None:
    """Two policies with the same kind of measure at other places or dates; a subset of another is its presence."""
    target = {"block": "", "detain": "post", "return": "town"}[kind]
    here = {"kind": kind, "share": 0.5, "target": target}
    measures = [
        {"measure": "first", "place": "post", **here},
        {"measure": "second", "policy": "there", "place": "town", **here},
        {"measure": "third", "policy": "later", "place": "post", "date_from": "2021-01-03", **here},
    ]
    policies = {
        "actual": Policy(),
        "there": Policy(),
        "later": Policy(),
        "both": Policy(include=("actual", "there")),
        "none": Policy(include=("actual",), off=("first",)),
    }
    found = road(*measures, policies=policies)
    for pair in ("actual,there", "actual,later", "there,later"):
        with pytest.raises(UsageError, match=r"different places or dates.*travesia compare"):
            design_of(found, [f"policy={pair}"])
    assert len(design_of(found, ["policy=none,actual,both"]).points) == 3


def test_points_are_refused_where_they_do_not_fit(made: Scenario) -> None:
    with pytest.raises(UsageError, match="LOW:HIGH:LEVELS"):
        design_of(made, ["held"], points=5)
    with pytest.raises(UsageError, match="power of two; take 64 or 128"):
        design_of(made, ["held", "idle"], kind="sobol", points=100)
    with pytest.raises(UsageError, match="two or more --over"):
        design_of(made, ["held"], kind="sobol", points=8)
    with pytest.raises(UsageError, match="10,000,000,000 points"):
        design_of(made, ["held=0:0.8:100000", "idle=0:1:100000"])
    with pytest.raises(UsageError, match="did you mean 'sobol'"):
        design_of(made, ["held", "idle"], kind="sobl")


# --- runs


def test_a_point_is_what_simulate_gives() -> None:
    """With parameters, a movement setting and policies varied, on shared engines: the same numbers."""
    scenario = small_scenario()
    over = ["stopped=0.1,0.4", "leg_cost=1.5,2", "policy=actual,half,open"]
    found = sweep(scenario, over, replicates=3, seed=5)
    assert found.totals.shape == (12, 3, len(found.titles))
    chosen = [h for h in headlines(scenario) if h.modelled]
    for number in (0, 4, 11):
        stopped, leg_cost, policy = found.design.points[number]
        fixed = override(scenario, {"stopped": str(stopped), "leg_cost": str(leg_cost)})
        wanted = totals(simulate(fixed, replicates=3, seed=5, policy=str(policy)), chosen)
        np.testing.assert_array_equal(found.totals[number], wanted.to_numpy())


def test_points_share_their_luck(made: Scenario) -> None:
    """What a point does not fix is drawn alike at every point: where held does not matter, nothing differs."""
    found = sweep(made, ["held=0.1,0.7"], replicates=6, seed=2)
    by_name = dict(zip(found.titles, np.moveaxis(found.totals, 2, 0), strict=True))
    np.testing.assert_array_equal(by_name["departed"][0], by_name["departed"][1])
    assert len(np.unique(by_name["departed"][0])) > 1
    assert (by_name["arrived"][0] > by_name["arrived"][1]).all()


def test_a_sweep_worked_out_by_hand(made: Scenario) -> None:
    found = sweep(made, ["held=0:0.8:3", "leaving=500,1000", "policy"], expected=True)
    rows = found.points[found.points["quantity"] == "arrived"]
    share = np.where(rows["policy"] == "open", 1.0, 1 - rows["held"])
    assert rows["mean"].to_numpy() == pytest.approx(rows["leaving"] * share)
    assert "low90" not in rows
    grid = found.data.set_index(point=found.design.names).unstack("point")["total"]
    assert grid.sel(quantity="arrived", held=0.4, leaving=1000, policy="actual").item() == pytest.approx(600)


def test_an_impossible_point_is_told() -> None:
    cheap = override(small_scenario(), {"leg_cost": "0.0001"})
    with pytest.raises(TravesiaError, match=r"at point 0 of the sweep \(detour 1e-05\)(.|\n)*leg_cost"):
        sweep(cheap, ["detour=0.00001,0.004"], expected=True)


# --- indices


def test_the_indices_of_ishigami() -> None:
    """Through the same design and analysis: a = 7, b = 0.1, whose indices are known (Sobol' & Levitan 1999)."""
    names = ["x1", "x2", "x3"]
    shares = sobol_points(names, 1024, seed=1)
    x = -np.pi + 2 * np.pi * shares
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    found = sobol_indices(names, pd.DataFrame({"y": y, "flat": 1.0}), seed=1)
    own = found[found["quantity"] == "y"].set_index("factor")
    a, b = 7.0, 0.1
    first = 0.5 * (1 + b * np.pi**4 / 5) ** 2
    both = b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    whole = first + a**2 / 8 + both
    wanted = {"x1": (first, first + both), "x2": (a**2 / 8, a**2 / 8), "x3": (0.0, both)}
    for name, (alone, total) in wanted.items():
        for kind, variance in (("first_order", alone), ("total", total)):
            row = own.loc[name]
            assert row[kind] == pytest.approx(variance / whole, abs=0.05)
            half = row[f"{kind}_high90"] - row[kind]
            assert (
                abs(row[kind] - variance / whole) < 2 * half
            )  # 90 %: a single one may be outside, not by far
    assert found[found["quantity"] == "flat"]["total"].isna().all()


def test_the_indices_of_a_scenario_with_a_known_answer(made: Scenario) -> None:
    """arrived = leaving × (1 − held): a product of independent factors, of which idle is none."""
    found = sweep(made, ["held=0:0.8", "leaving=500:1500", "idle"], design="sobol", points=128, expected=True)
    assert len(found.design.points) == 128 * 5
    assert found.indices is not None
    own = found.indices[found.indices["quantity"] == "arrived"].set_index("factor")
    mean = {"held": 0.6, "leaving": 1000.0}  # of 1 − held and leaving
    variance = {"held": 0.8**2 / 12, "leaving": 1000.0**2 / 12}
    alone = {
        "held": variance["held"] * mean["leaving"] ** 2,
        "leaving": variance["leaving"] * mean["held"] ** 2,
    }
    both = variance["held"] * variance["leaving"]
    whole = sum(alone.values()) + both
    for name in ("held", "leaving"):
        assert own.loc[name, "first_order"] == pytest.approx(alone[name] / whole, abs=0.08)
        assert own.loc[name, "total"] == pytest.approx((alone[name] + both) / whole, abs=0.08)
    for kind in ("first_order", "total"):
        assert own.loc["idle", f"{kind}_low90"] <= 0 <= own.loc["idle", f"{kind}_high90"]
        assert abs(own.loc["idle", kind]) < 1e-9


def test_a_parameter_without_effect_has_none_in_a_stochastic_sweep(made: Scenario) -> None:
    found = sweep(made, ["held", "idle"], design="sobol", points=16, replicates=5, seed=4)
    assert found.indices is not None
    own = found.indices[found.indices["quantity"] == "arrived"].set_index("factor")
    assert own.loc["idle", "total_low90"] <= 0 <= own.loc["idle", "total_high90"]
    assert own.loc["held", "total"] > 0.5


# --- folders and the command line

OVER = ("--over", "stopped=0.1:0.5:3", "--over", "policy=actual,open", "-n", "4")


def test_a_sweep_writes_its_folder(travesia: Call, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, printed, err = travesia("sweep", small, *OVER, "-o", out, "--json")
    assert code == 0, err
    assert "6 points, 4 replicates each" in err
    found: dict[str, Any] = json.loads(printed)
    assert {"design", "over", "points", "replicates", "seed", "folder"} <= set(found)
    table = pd.read_csv(out / "points.csv")
    assert len(table) == len(found["points"]) == 6 * table["quantity"].nunique()
    assert {"point", "stopped", "policy", "quantity", "mean", "median", "low90", "high90"} <= set(table)
    pd.testing.assert_frame_equal(
        table, pd.read_parquet(out / "points.parquet"), check_dtype=False, check_exact=False
    )
    with xr.open_dataset(out / "sweep.nc", engine="h5netcdf") as data:
        assert data["total"].dims == ("point", "replicate", "quantity")
        assert data["policy"].values.tolist() == ["actual", "open"] * 3
        mean = data["total"].sel(quantity="arrived").mean("replicate").values
    assert mean == pytest.approx(table.loc[table["quantity"] == "arrived", "mean"])
    assert (out / "sweep.png").read_bytes().startswith(b"\x89PNG")
    assert read_scenario(out / "scenario").name == "small"
    assert not (tmp_path / "out.points").exists()
    assert travesia("verify", out)[0] == 0
    assert travesia("sweep", small, *OVER, "-o", out, "--json")[1] == printed  # shown again
    code, _, err = travesia("sweep", small, *OVER, "--seed", 2, "-o", out)
    assert code == 2
    assert "--overwrite" in err
    assert travesia("sweep", small, *OVER, "--seed", 2, "-o", out, "--overwrite")[0] == 0
    path = out / "sweep.nc"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert travesia("verify", out)[0] == 4
    assert travesia("sweep", small, *OVER, "--seed", 2, "-o", out)[0] == 4


DYING = """
import os, signal, sys
from travesia import cli, sweepstore

put = sweepstore.put_arrived

def put_and_die(*given):
    put(*given)
    os.kill(os.getpid(), signal.SIGKILL)

sweepstore.put_arrived = put_and_die
cli.main(sys.argv[1:])
"""


def test_a_killed_sweep_goes_on_to_the_same_bytes(travesia: Call, small: Path, tmp_path: Path) -> None:
    more = ("--over", "stopped=0.1:0.5:24", "-n", "10")
    assert travesia("sweep", small, *more, "-o", tmp_path / "whole")[0] == 0
    out, beside = tmp_path / "out", tmp_path / "out.points"
    given = [sys.executable, "-c", DYING, "sweep", str(small), *more]
    done = subprocess.run([*given, "-o", str(out)], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not out.exists()
    kept = {path.name: path.stat().st_mtime_ns for path in beside.glob("[!.]*.h5")}
    assert kept
    code, _, err = travesia("sweep", small, "--over", "stopped=0.1:0.4:24", "-n", "10", "-o", out)
    assert code == 1
    assert "is of another run" in err
    assert travesia("verify", out)[0] == 1
    assert {path.name: path.stat().st_mtime_ns for path in beside.glob("[!.]*.h5")} == kept
    code, _, err = travesia("sweep", small, *more, "-j", 2, "-o", out)
    assert code == 0, err
    assert lasting(out) == lasting(tmp_path / "whole")


def test_sobol_from_the_command_line(travesia: Call, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    given = ("sweep", small, "--over", "stopped", "--over", "detour", "--design", "sobol", "--points", 4)
    code, printed, err = travesia(*given, "-n", 2, "-o", out)
    assert code == 0, err
    assert "Total" in printed
    table = pd.read_csv(out / "sobol.csv")
    assert list(table.columns[:3]) == ["quantity", "factor", "first_order"]
    assert set(table["factor"]) == {"stopped", "detour"}
    assert len(pd.read_csv(out / "points.csv")["point"].unique()) == 16
    assert "SALib" in json.loads((out / "provenance.json").read_text())["versions"]


def test_salib_that_is_not_installed_is_told(
    travesia: Call, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SALib", "SALib.analyze", "SALib.sample"):
        monkeypatch.setitem(sys.modules, name, None)
    given = ("sweep", small, "--over", "stopped", "--over", "detour", "--design", "sobol")
    code, _, err = travesia(*given, "-o", tmp_path / "out")
    assert code == 1
    assert 'pip install "travesia[sobol]"' in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "something to vary"),
        (("--over", "stoped"), "did you mean 'stopped'"),
        (("--over", "checkpoint.place=shelter,city"), "does not plan interdiction"),
        (("--over", "stopped", "--expected", "-n", "5"), "--expected"),
        (("--over", "stopped", "--policy", "opne"), "open"),
        (("--over", "stopped", "-j", "2", "--dask", "tcp://127.0.0.1:9"), "leave out one"),
        (("--over", "stopped", "--design", "all"), "--design"),
    ],
)
def test_wrong_usage(
    travesia: Call, small: Path, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    code, out, err = travesia("sweep", small, *arguments, "-o", tmp_path / "out")
    assert (code, out) == (2, "")
    assert told in err
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_left_alone(travesia: Call, small: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    for more in ((), ("--overwrite",)):
        assert travesia("sweep", small, *OVER, *more, "-o", tmp_path / "out")[0] == 2
    assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("over", [["held"], ["held=0.1,0.5", "policy"], ["held", "leaving", "policy"]])
def test_pictures_show_what_varies(over: list[str], made: Scenario) -> None:
    figure = sweep_figure(sweep(made, over, replicates=2, design="lhs", points=6))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert "Stopped (each time)" in titles
    labels = {axes.get_xlabel() for axes in figure.axes} - {""}
    assert labels == {name.partition("=")[0] for name in over} - ({"policy"} if len(over) > 1 else set())
