"""Fifty kills of a whole run, fifty of single workers, shards merged in random orders: always the same bytes."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from tests.long_runs import REPLICATES, command, kill_runs, kill_workers, lasting, long_scenario, run

from travesia.folder import read_scenario
from travesia.longrun import merge, run_to
from travesia.runplan import plan_of
from travesia.store import verify_run

KILLS = 50


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return long_scenario(tmp_path_factory.mktemp("long") / "small")


@pytest.fixture(scope="module")
def whole(scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    run(scenario, folder, "--keep-replicates")
    return lasting(folder)


@pytest.mark.skipif(os.name == "nt", reason="there are no process groups to kill")
def test_fifty_kills_of_the_whole_run(scenario: Path, whole: dict[str, bytes], tmp_path: Path) -> None:
    found = kill_runs(scenario, tmp_path, kills=KILLS, dice=random.Random(3))
    assert sum(map(len, found.values())) == KILLS
    for folder, kills in found.items():
        print(f"{folder.name}: shards there at each kill {kills}")
        assert kills == sorted(kills), "a finished shard was lost"
        assert lasting(folder) == whole
        assert verify_run(folder) == []
    assert sorted(tmp_path.iterdir()) == sorted(found)


@pytest.mark.skipif(not Path("/proc").exists(), reason="only Linux lists the children of a process")
def test_fifty_kills_of_single_workers(scenario: Path, whole: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    given = command(scenario, folder, "-j", "2", "--keep-replicates")
    runs = kill_workers(given, folder, kills=KILLS, dice=random.Random(4))
    print(f"{KILLS} workers killed in {runs} commands")
    assert lasting(folder) == whole
    assert verify_run(folder) == []


@pytest.mark.parametrize("seed", range(5))
def test_shares_are_merged_in_any_order(
    seed: int, scenario: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    dice = random.Random(seed)
    count = dice.randint(2, 20)
    found = read_scenario(scenario)
    asked = plan_of(found, replicates=REPLICATES, seed=1, expected=False, policy="actual")
    for i in dice.sample(range(1, count + 1), count):
        run_to(tmp_path / "run", found, asked, share=(i, count))
    merge(tmp_path / "run")
    assert lasting(tmp_path / "run") == whole
