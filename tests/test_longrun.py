"""Runs that survive anything: the same bytes however they are divided and interrupted, and errors that are told."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from factory import small_scenario
from long_runs import (
    REPLICATES,
    command,
    kill_runs,
    kill_workers,
    lasting,
    long_scenario,
    plan,
    run,
)
from test_health import sick

import travesia
from travesia import joining, longrun
from travesia.ensemble import simulate
from travesia.folder import read_scenario
from travesia.longrun import Progress, merge, run_to
from travesia.runplan import plan_of
from travesia.shards import pieces, read_shards
from travesia.store import read_run, read_summary, verify_run, write_run

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return long_scenario(tmp_path_factory.mktemp("long") / "small")


@pytest.fixture(scope="module")
def whole(scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The run that nothing interrupted, and its content hash."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    return folder, run(scenario, folder, "--keep-replicates")["content_hash"]


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A run whose first and last third are done; gives the run folder that is to be."""
    for i in (3, 1):
        assert run_to(tmp_path / "run", small_scenario(), plan(), share=(i, 3)) is None
    return tmp_path / "run"


# --- the same bytes


def test_a_run_is_what_simulate_gives(whole: tuple[Path, str], scenario: Path) -> None:
    folder, digest = whole
    found = read_run(folder)
    wanted = simulate(read_scenario(scenario), replicates=REPLICATES, seed=1)
    for name in wanted.data.variables:
        assert (found.data[name].values == wanted.data[name].values).all(), name
    assert verify_run(folder) == []
    assert json.loads((folder / "provenance.json").read_text())["content_hash"] == digest


def test_the_summary_of_shards_is_that_of_the_result(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, begun: Path
) -> None:
    monkeypatch.setattr(joining, "BLOCK_BYTES", 20_000)  # many sweeps, also within one view
    found = run_to(begun, small_scenario(), plan())
    write_run(simulate(small_scenario(), replicates=9, seed=1), tmp_path / "memory")
    assert found is not None
    assert found.data.equals(read_summary(tmp_path / "memory").data.assign_attrs(found.data.attrs))
    mine, others = lasting(begun), lasting(tmp_path / "memory")
    assert {name for name in mine if mine[name] != others[name]} == set()
    assert [path.name for path in tmp_path.iterdir()] == ["run", "memory"] or len(
        list(tmp_path.iterdir())
    ) == 2


@pytest.mark.parametrize("keep", [True, False])
def test_two_processes_give_the_same_bytes(
    keep: bool, scenario: Path, whole: tuple[Path, str], tmp_path: Path
) -> None:
    folder, digest = whole
    found = run(scenario, tmp_path / "run", "-j", "2", "--keep-replicates" if keep else "--summary-only")
    assert found["content_hash"] == digest
    wanted = {name: content for name, content in lasting(folder).items() if keep or name != "arrays.nc"}
    assert lasting(tmp_path / "run") == wanted
    assert verify_run(tmp_path / "run") == []


@pytest.mark.skipif(os.name == "nt", reason="there are no process groups to kill")
def test_five_kills_of_the_whole_run_change_nothing(
    scenario: Path, whole: tuple[Path, str], tmp_path: Path
) -> None:
    found = kill_runs(scenario, tmp_path, kills=5, dice=random.Random(1))
    assert sum(map(len, found.values())) == 5
    for folder, kills in found.items():
        assert kills == sorted(kills), "a finished shard was lost"
        assert lasting(folder) == lasting(whole[0])
        assert verify_run(folder) == []
    assert sorted(tmp_path.iterdir()) == sorted(found)


@pytest.mark.skipif(not Path("/proc").exists(), reason="only Linux lists the children of a process")
def test_five_kills_of_single_workers_change_nothing(
    scenario: Path, whole: tuple[Path, str], tmp_path: Path
) -> None:
    given = command(scenario, tmp_path / "run", "-j", "2", "--keep-replicates")
    kill_workers(given, tmp_path / "run", kills=5, dice=random.Random(2))
    assert lasting(tmp_path / "run") == lasting(whole[0])
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("seed", range(3))
def test_shares_in_any_order_merge_to_the_same_bytes(seed: int, tmp_path: Path) -> None:
    order = random.Random(seed).sample(range(1, 5), 4)
    for i in order:
        run_to(tmp_path / "run", small_scenario(), plan(), share=(i, 4))
    run_to(tmp_path / "run", small_scenario(), plan(), share=(1, 2))  # there already, in other shards
    merge(tmp_path / "run")
    run_to(tmp_path / "other", small_scenario(), plan())
    assert lasting(tmp_path / "run") == lasting(tmp_path / "other")


def test_shards_that_overlap_count_once(begun: Path) -> None:
    folder = begun.with_name("run.shards")
    shards = read_shards(folder, plan().origin)
    found, missing = pieces(shards, range(9))
    assert [(p.shard.first, p.start, p.stop) for p in found] == [(0, 0, 3), (6, 0, 3)]
    assert missing == [range(3, 6)]
    wide = replace(shards[0], first=1, count=7)
    found, missing = pieces([*shards, wide], range(9))
    assert [(p.shard.first, p.start, p.stop) for p in found] == [(0, 0, 3), (1, 2, 7), (6, 2, 3)]
    assert missing == []
    assert pieces([wide], range(2, 4)) == ([longrun_piece(wide, 1, 3)], [])


def longrun_piece(shard: Any, start: int, stop: int) -> Any:
    from travesia.shards import Piece

    return Piece(shard, start, stop)


def test_more_replicates_use_the_shards_of_fewer(begun: Path) -> None:
    told: list[Progress] = []
    found = run_to(begun, small_scenario(), plan(replicates=12), tell=told.append)
    assert found is not None
    assert found.replicates == 12
    assert told[0] == Progress("simulating", 6, 12, None)


def test_a_user_of_the_library_needs_only_public_names(tmp_path: Path) -> None:
    scenario = small_scenario()
    plan = travesia.plan_of(scenario, replicates=4, seed=1)
    summary = travesia.run_to(tmp_path / "run", scenario, plan)
    assert isinstance(summary, travesia.Summary)
    assert summary.statistic("people", "q95").dims == ("date", "place")
    assert travesia.read_summary(tmp_path / "run").data.equals(summary.data)


def test_the_central_run_is_a_shard_too(tmp_path: Path) -> None:
    central = plan(replicates=1, expected=True)
    found = run_to(tmp_path / "run", small_scenario(), central)
    assert found is not None
    assert found.mode == "expected"
    result = simulate(small_scenario(), expected=True)
    assert (read_run(tmp_path / "run").data["people"].values == result.data["people"].values).all()
    assert verify_run(tmp_path / "run") == []


@pytest.mark.parametrize("by", [("travel",), ("caravan",)])
def test_the_arrays_of_health_are_joined_too(by: tuple[str, ...], tmp_path: Path) -> None:
    made = sick(small_scenario(), reproduction_number=3.0, infectious_days=5.0)
    outputs = made.settings.outputs.model_copy(update={"by": by})
    made = made.with_settings(made.settings.model_copy(update={"outputs": outputs}))
    given = {"replicates": 5, "seed": 1, "expected": False, "policy": "actual"}
    for i in (1, 2):
        run_to(tmp_path / "run", made, plan_of(made, **given), share=(i, 2))  # type: ignore[arg-type]
    merge(tmp_path / "run")
    result = simulate(made, replicates=5, seed=1)
    assert float(result.data["ill"].sum()) > 0
    write_run(result, tmp_path / "memory")
    assert lasting(tmp_path / "run") == lasting(tmp_path / "memory")
    assert verify_run(tmp_path / "run") == []


# --- progress


def test_the_time_left_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(np.arange(0, 1000, 2.0))  # a batch begins and ends two seconds apart
    monkeypatch.setattr(longrun, "perf_counter", lambda: float(next(clock)))
    monkeypatch.setattr(longrun, "most_in_a_batch", lambda _: 3)
    told: list[Progress] = []
    run_to(tmp_path / "run", small_scenario(), plan(replicates=12), tell=told.append)
    simulating = [(at.done, at.seconds_left) for at in told if at.stage == "simulating"]
    assert simulating == [
        (0, None),
        (3, pytest.approx(6)),
        (6, pytest.approx(4)),
        (9, pytest.approx(2)),
        (12, 0),
    ]
    assert [at.done for at in told if at.stage == "joining"][-1] == 12
