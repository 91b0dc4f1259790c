"""Calibration: how figures are compared with runs, and the posterior they leave."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from tests.disks import filled, linux, on_a_disk, typed
from tests.factory import small_scenario
from tests.flee_factory import write_flee_folder
from verification.sbc_scenarios import camps, road

from travesia import Scenario, UsageError, read_scenario, simulate
from travesia.calibration import calibrate as module
from travesia.calibration.calibrate import Effort, calibrate
from travesia.calibration.discrepancy import (
    differences,
    evidence_of,
    log_likelihood,
    noise_at,
    off_scale,
    on_scale,
    one_ahead,
)
from travesia.calibration.emulator import directions_of, emulate
from travesia.calibration.posterior import Posterior
from travesia.calibration.posteriorfile import read_posterior, write_posterior
from travesia.calibration.priors import sobol_normal, unknowns, values_at
from travesia.calibration.readings import Records, Series, read_records, reader_of
from travesia.calibration.sampling import sample, smoothed
from travesia.engine import Engine
from travesia.errors import ChecksumError
from travesia.model import MOVING, compile_model, with_moves
from travesia.parameters import medians
from travesia.resampling import effective, resample, tempered
from travesia.scenario import FleeSettings

TINY = Effort(first=40, refine=16, rounds=1, replicates=6, walkers=24, short=120, long=360, draws=60)


def last_day(scenario: Scenario) -> date:
    return scenario.settings.start + timedelta(days=scenario.settings.days - 1)


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    """Of the small road, from figures of its central run."""
    return calibrate(figured(road()), last_day(road()), effort=TINY)


def figured(scenario: Scenario, factor: float = 1.0) -> Scenario:
    """The scenario with what its central run has as figures, times a factor."""
    model = compile_model(scenario)
    arrays, _ = Engine(model).replicate(medians(scenario.settings), seed=0, replicate=0, expected=True)
    records = read_records(scenario)
    reader = reader_of(model, records, list(arrays))
    answers = dict(
        zip(
            [(records.series[r].label, int(d)) for r, d in zip(records.row, records.last, strict=True)],
            reader.answers(reader.daily(arrays)) * factor,
            strict=True,
        )
    )
    table = scenario.observations
    label = table["place"].where(table["place"] != "", table["quantity"])
    days = (pd.to_datetime(table["date_to"]) - pd.Timestamp(scenario.settings.start)).dt.days
    values = [answers[name, int(day)] for name, day in zip(label, days, strict=True)]
    return scenario.with_table("observations", table.assign(value=values))


def with_movement(scenario: Scenario, movement: object) -> Scenario:
    return scenario.with_settings(scenario.settings.model_copy(update={"movement": movement}))


# --- figures and what a run has in their place


def test_answers_are_those_of_the_table_of_a_run() -> None:
    scenario = small_scenario()
    result = simulate(scenario, expected=True)
    records = read_records(scenario)
    model = compile_model(scenario)
    arrays, _ = Engine(model).replicate(medians(scenario.settings), seed=0, replicate=0, expected=True)
    reader = reader_of(model, records, list(arrays))
    told = result.observed_table().dropna(subset=["reported"]).sort_values(["quantity", "place", "date"])
    np.testing.assert_allclose(reader.answers(reader.daily(arrays)), told["q50"], atol=1e-5)
    assert records.value.tolist() == told["reported"].tolist()


def test_cumulative_figures_count_nobody_twice() -> None:
    scenario = small_scenario()
    rows = scenario.observations.iloc[[1, 1]].assign(
        date_from=pd.to_datetime(["2021-01-25", "2021-02-05"]), value=[100.0, 160.0]
    )
    found = read_records(scenario.with_table("observations", rows.reset_index(drop=True)))
    assert found.value.tolist() == [100.0, 60.0]
    assert found.first.tolist() == [0, 12]
    assert found.last.tolist() == [11, 22]


def test_unknown_quantity_is_refused() -> None:
    with pytest.raises(UsageError, match="did you mean 'arrived'"):
        read_records(small_scenario(), quantities=["arived"])


def records_of(days: dict[str, list[int]]) -> Records:
    row = np.concatenate([np.full(len(when), k) for k, when in enumerate(days.values())])
    day = np.concatenate([np.array(when) for when in days.values()])
    nan = np.full(day.size, np.nan)
    series = tuple(Series("present", place, True) for place in days)
    return Records(series, row, day, day, np.linspace(50.0, 900.0, day.size), nan, nan, day < 0)


def test_likelihood_is_that_of_the_joint_normal() -> None:
    records = records_of({"a": [3, 10, 11, 40], "b": [5, 90]})
    evidence = evidence_of(records, np.full(6, 300.0), np.full(6, 0.01))
    hyper, heights = np.array([[0.1, 0.4, 50.0]]), np.linspace(1.0, 2.0, 6)[None]
    whole = np.zeros((6, 6))
    for own in (slice(0, 4), slice(4, 6)):
        day = records.last[own]
        whole[own, own] = 0.4**2 * np.exp(-np.abs(day[:, None] - day) / 50.0)
    whole += np.diag(0.1**2 + 0.01 / np.cosh(heights[0] / 2) ** 2)
    expected = multivariate_normal(heights[0], whole).logpdf(evidence.height)
    assert log_likelihood(evidence, heights, hyper)[0] == pytest.approx(expected, abs=1e-10)
    # the difference of a series given its figures, and each figure given those before it
    mean, variance = differences(evidence, heights, hyper)
    near = whole[:4, :4]
    cross = 0.4**2 * np.exp(-np.abs(records.last[:4] - 40) / 50.0)
    off = evidence.height[:4] - heights[0, :4]
    assert mean[0, 0] == pytest.approx(cross @ np.linalg.solve(near, off), abs=1e-10)
    assert variance[0, 0] == pytest.approx(0.4**2 - cross @ np.linalg.solve(near, cross), abs=1e-10)
    ahead, spread = one_ahead(evidence, heights, hyper)
    before = whole[:3, :3]
    step = np.linalg.solve(before, whole[:3, 3])
    assert ahead[0, 3] == pytest.approx(heights[0, 3] + step @ off[:3], abs=1e-10)
    assert spread[0, 3] == pytest.approx(whole[3, 3] - step @ whole[:3, 3], abs=1e-10)


def test_what_a_run_begins_with_is_given() -> None:
    records = records_of({"a": [0, 10, 11, 40]})
    records = replace(records, given=records.last == 0)
    evidence = evidence_of(records, np.full(4, 300.0), np.full(4, 0.01))
    hyper, heights = np.array([[0.1, 0.4, 50.0]]), evidence.height[None] + np.array([0.0, 0.1, 0.2, -0.3])
    days = records.last
    whole = 0.4**2 * np.exp(-np.abs(days[:, None] - days) / 50.0)
    whole += np.diag(0.1**2 + 0.01 / np.cosh(heights[0] / 2) ** 2)
    every = multivariate_normal(heights[0], whole).logpdf(evidence.height)
    first = multivariate_normal(heights[0, :1], whole[:1, :1]).logpdf(evidence.height[:1])
    assert log_likelihood(evidence, heights, hyper)[0] == pytest.approx(every - first, abs=1e-10)


@pytest.mark.parametrize("day", [0, 12])
def test_the_first_figure_of_a_camp_is_given_where_runs_begin_with_it(day: int) -> None:
    scenario = camps()
    start = pd.Timestamp(scenario.settings.start)
    days = (scenario.observations["date_to"] - start).dt.days
    kept = scenario.observations[(days >= day) | (scenario.observations["place"] != "Near")]
    scenario = scenario.with_table("observations", kept.reset_index(drop=True))
    records = read_records(scenario)
    assert records.given.sum() == 3
    assert records.given[records.starts[:-1]].all()
    empty = scenario.settings.movement.model_copy(update={"insert_day0": False})
    assert not read_records(with_movement(scenario, empty)).given.any()
    assert not read_records(road()).given.any()


def test_figures_that_runs_begin_with_teach_nothing() -> None:
    scenario = camps()
    with pytest.raises(UsageError, match="begin with every one of its figures up to 2015-03-04"):
        calibrate(scenario, scenario.settings.start + timedelta(days=3), effort=TINY)


def test_noise_of_a_count_falls_as_it_should() -> None:
    rng = np.random.default_rng(1)
    for mean in (30, 300, 3000):  # variance 4 × mean
        drawn = on_scale(4.0 * rng.poisson(mean / 4, 40_000), 100.0)
        assert drawn.var() == pytest.approx(noise_at(4.0 / 100.0, on_scale(mean, 100.0)), rel=0.15)


def test_the_scale_makes_over_dispersed_counts_scatter_alike() -> None:
    rng = np.random.default_rng(1)
    spreads = [
        on_scale(rng.negative_binomial(25, 25 / (25 + mean), 40_000), 25.0).std()
        for mean in (20, 100, 1000, 10_000)
    ]
    assert spreads == pytest.approx([0.2] * 4, rel=0.05)  # 1 / √25
    people = np.array([0.0, 3.0, 1e6])
    np.testing.assert_allclose(off_scale(on_scale(people, 40.0), 40.0), people, atol=1e-6)


# --- what is not known


def test_unknowns_of_both_rules(tmp_path: Path) -> None:
    assert [one.name for one in unknowns(road(), "actual")] == ["leaving", "detour", "stay", "stopped"]
    found = unknowns(camps(), "actual")
    assert {one.name for one in found if one.what == "setting"} <= set(FleeSettings.model_fields)
    assert "departure_scale" not in [one.name for one in found]  # conflict drives them out, no observed total
    (factor,) = unknowns(read_scenario(write_flee_folder(tmp_path)), "actual", only=["departure_scale"])
    assert factor.what == "departures"
    extreme = values_at(found, np.array([[8.0] * len(found), [-8.0] * len(found)]))
    assert np.isfinite(extreme).all()
    assert extreme[0, [one.name for one in found].index("camp_movechance")] <= 1.0


def test_priors_of_your_own(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("name,kind,low,high,central\nmax_move_speed,triangular,50,90,60\n", encoding="utf-8")
    (one,) = unknowns(camps(), "actual", priors=own)
    assert 50 <= one.at(np.array([-5.0]))[0] < 55
    own.write_text("name,kind,low,high\nmax_speed,uniform,50,90\n", encoding="utf-8")
    with pytest.raises(UsageError, match="row 2: no setting 'max_speed'"):
        unknowns(camps(), "actual", priors=own)
    own.write_text("name,kind,low,high\nmax_move_speed,uniform,90,50\n", encoding="utf-8")
    with pytest.raises(UsageError, match="not below high"):
        unknowns(camps(), "actual", priors=own)


@pytest.mark.parametrize("name", [*MOVING, "displaced_per_conflict_day"])
def test_other_moves_give_the_run_of_a_model_compiled_anew(name: str) -> None:
    model = compile_model(camps())
    changed = {name: float(getattr(model.scenario.settings.movement, name)) * 0.7 + 0.05}
    settings = model.scenario.settings
    movement = settings.movement.model_copy(update=changed)
    anew = compile_model(camps().with_settings(settings.model_copy(update={"movement": movement})))
    for expected in (True, False):
        ours, _ = Engine(with_moves(model, changed)).replicate({}, seed=1, replicate=0, expected=expected)
        theirs, _ = Engine(anew).replicate({}, seed=1, replicate=0, expected=expected)
        assert all(np.array_equal(ours[key], theirs[key]) for key in theirs)


# --- the emulator and the weights


def test_emulator_learns_a_surface_and_knows_its_error() -> None:
    rng = np.random.default_rng(1)
    seen = sobol_normal(160, 3, seed=1)

    def surface(u: np.ndarray) -> np.ndarray:
        return np.column_stack([np.sin(u[:, 0]) + u[:, 1] ** 2, u[:, 0] * u[:, 2], np.exp(u[:, 1] / 2)])

    noisy = surface(seen) + 0.01 * rng.standard_normal((160, 3))
    found = emulate(seen, noisy)
    fresh = 0.8 * rng.standard_normal((200, 3))
    wrong = found(fresh) - surface(fresh)
    assert np.sqrt((wrong**2).mean()) < 0.05
    assert (found.error > 0).all()
    assert np.sqrt((wrong**2).mean()) < 3 * np.sqrt(found.error.mean())


def test_only_informed_directions_are_kept() -> None:
    u = sobol_normal(256, 20, seed=1)
    heights = np.column_stack([u[:, 3] + u[:, 4], u[:, 7]]) * 5
    found = directions_of(u, heights, np.eye(2))
    assert found.count == 2
    whole = found.whole(found.seen(u), np.random.default_rng(1))
    np.testing.assert_allclose(whole[:, 7], u[:, 7], atol=0.02)
    assert abs(np.corrcoef(whole[:, 0], u[:, 0])[0, 1]) < 0.2


def test_weights() -> None:
    even, k_hat = smoothed(np.random.default_rng(1).normal(0, 0.1, 400))
    assert even.sum() == pytest.approx(1)
    assert k_hat < 0.5
    assert smoothed(np.random.default_rng(1).standard_cauchy(400))[1] > 0.7
    weights = np.array([0.5, 0.25, 0.25, 0.0])
    rows = resample(weights, 400, offset=np.random.default_rng(1).random())
    assert np.bincount(rows, minlength=4).tolist() == [200, 100, 100, 0]


def test_weights_are_flattened_until_enough_draws_are_left() -> None:
    weights = np.exp(2 * np.random.default_rng(1).standard_normal(200))
    weights /= weights.sum()
    assert effective(weights) < 20
    found = tempered(weights, 50)
    assert effective(found) == pytest.approx(50, rel=1e-6)
    assert found.sum() == pytest.approx(1)
    assert np.array_equal(np.argsort(found), np.argsort(weights))
    assert np.array_equal(tempered(weights, 5), weights)


def test_chains_draw_from_their_target() -> None:
    start = np.random.default_rng(1).standard_normal((64, 7))
    chains = sample(lambda x: -0.5 * (x**2).sum(axis=1), start, most_steps=1600, seed=1)
    assert (chains.flat**2).mean() == pytest.approx(1, abs=0.04)  # four standard errors
    assert chains.flat.mean(axis=0) == pytest.approx(0, abs=0.1)


# --- the whole


def test_posterior_finds_what_made_the_figures(posterior: Posterior) -> None:
    table = posterior.diagnostics.set_index("parameter")
    for name, value in medians(road().settings).items():
        assert table.loc[name, "posterior_low90"] < value < table.loc[name, "posterior_high90"]
    assert table.loc["leaving", "learnt"] > 0.3
    assert posterior.quality.k_hat < 0.7
    assert posterior.quality.runs == 1 + 6 + 40 + 16 + 60
    assert len(posterior.values) == 60
    assert posterior.fit["pit"].between(0.02, 0.98).all()


def test_nothing_after_the_day_is_read() -> None:
    day = date(2021, 2, 9)
    before = figured(road())
    table = before.observations
    later = pd.to_datetime(table["date_to"]) > pd.Timestamp(day)
    assert later.any()
    scrambled = table.assign(value=table["value"].where(~later, 1e6))
    one, other = (
        calibrate(scenario, day, effort=replace(TINY, first=24, draws=50))
        for scenario in (before, before.with_table("observations", scrambled))
    )
    assert np.array_equal(one.draws.u, other.draws.u)
    assert np.array_equal(one.draws.hyper, other.draws.hyper)


def test_folder_is_read_back(posterior: Posterior, tmp_path: Path) -> None:
    write_posterior(posterior, tmp_path / "post", command="travesia calibrate")
    found = read_posterior(tmp_path / "post")
    assert np.array_equal(found.draws.u, posterior.draws.u)
    assert np.array_equal(found.draws.answers, posterior.draws.answers)
    assert found.unknowns == posterior.unknowns
    assert found.measuring == posterior.measuring
    assert found.records.value.tolist() == posterior.records.value.tolist()
    assert sorted(path.name for path in (tmp_path / "post").iterdir()) == [
        "SHA256SUMS", "diagnostics.csv", "draws.csv", "fit.csv", "fit.png", "posterior.nc", "posterior.png",
        "provenance.json", "scenario",
    ]  # fmt: skip
    with pytest.raises(UsageError, match="exists"):
        write_posterior(posterior, tmp_path / "post")
    write_posterior(posterior, tmp_path / "again")
    assert (tmp_path / "again" / "posterior.nc").read_bytes() == (
        tmp_path / "post" / "posterior.nc"
    ).read_bytes()
    (tmp_path / "post" / "draws.csv").write_text("", encoding="utf-8")
    with pytest.raises(ChecksumError, match=r"draws\.csv: changed"):
        read_posterior(tmp_path / "post")


@linux
def test_a_full_disk_ends_no_process(posterior: Posterior, tmp_path: Path) -> None:
    """HDF5, told of a full disk, would end it."""
    write_posterior(posterior, tmp_path / "post")
    again = (
        "import sys; from pathlib import Path; from travesia.calibration import posteriorfile as file;"
        "one, other = map(Path, sys.argv[1:]); found = file.read_posterior(one); other.mkdir();"
        "file.put_posterior(found, other)"
    )
    disk = tmp_path / "disk"
    given = typed([sys.executable, "-c", again, tmp_path / "post", disk / "post"])
    done = on_a_disk(disk, 3000, f"{filled(disk, 24)}; {given} 2>&1 | tail -n 1; echo ${{PIPESTATUS[0]}}")
    assert done.stdout == "OSError: [Errno 28] No space left on device\n1\n"


def test_command(travesia, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    from travesia.folder import write_scenario

    write_scenario(figured(road()), tmp_path / "road")
    monkeypatch.setattr(module, "Effort", lambda draws: replace(TINY, draws=draws))
    code, out, err = travesia(
        "calibrate",
        tmp_path / "road",
        "--until",
        "2021-03-01",
        "--draws",
        50,
        "-o",
        tmp_path / "post",
        "--json",
    )
    assert code == 0, err
    told = json.loads(out)
    assert {row["parameter"] for row in told["parameters"]} >= {"leaving", "discrepancy"}
    assert any("effective sample size" in doubt for doubt in told["doubts"])
    code, _, err = travesia("calibrate", tmp_path / "road", "--until", "March")
    assert code == 2
    assert "--until 2012-06-30" in err
    code, _, err = travesia("calibrate", tmp_path / "road", "--until", "2021-01-02", "-o", tmp_path / "no")
    assert code == 2
    assert "no figure up to that day" in err
