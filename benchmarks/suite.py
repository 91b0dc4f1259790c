"""The suite of speeds by size, for comparing one state of the code with another: engine, start, readers, exports.

    python -m pytest benchmarks/suite.py --benchmark-autosave            # keep what was measured
    python -m pytest benchmarks/suite.py --benchmark-compare             # beside the last that was kept

A replicate is measured warm, its tables and records included; compiling is not part of it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import flee_folders
import pytest
from networks import random_geometric
from pytest_benchmark.fixture import BenchmarkFixture

from travesia.engine import Engine
from travesia.ensemble import simulate
from travesia.folder import check, read_scenario, write_scenario
from travesia.model import compile_model
from travesia.parameters import medians
from travesia.result import Result
from travesia.scenario import Scenario
from travesia.store import write_run
from travesia.summary import summarise
from travesia.tables import csv_bytes, parquet_bytes, tables

SIZES = (30, 300, 3000)  # places
JOURNEYS = ("caravan-2021", "caravans-history", "corridor-2021")  # from the smallest to the largest
RESULTS = (30, 100, 300)  # places


@cache
def network(places: int) -> Scenario:
    """A made-up network of so many places, 60 days."""
    return random_geometric(places=places, days=60, people=100 * places, awareness=1)


@cache
def result(places: int) -> Result:
    """A run of such a network."""
    return simulate(network(places), replicates=5, seed=1)


def replicate(scenario: Scenario) -> Callable[[], object]:
    """What runs one warm replicate."""
    engine = Engine(compile_model(scenario))
    engine.warm_up()
    values = medians(scenario.settings)
    return lambda: engine.replicate(values, seed=1, replicate=0, expected=False)


@pytest.mark.benchmark(group="engine, rule flee")
@pytest.mark.parametrize("places", SIZES)
def test_flee(benchmark: BenchmarkFixture, places: int) -> None:
    benchmark(replicate(network(places)))


@pytest.mark.benchmark(group="engine, rule goal")
@pytest.mark.parametrize("name", JOURNEYS)
def test_goal(benchmark: BenchmarkFixture, name: str) -> None:
    benchmark(replicate(read_scenario(name)))


@pytest.mark.benchmark(group="compiling a scenario")
@pytest.mark.parametrize("places", SIZES)
def test_compile(benchmark: BenchmarkFixture, places: int) -> None:
    scenario = network(places)
    benchmark.pedantic(compile_model, (scenario,), rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group="start")
@pytest.mark.parametrize("code", ["import travesia", "import travesia.cli", "import travesia.ensemble"])
def test_import(benchmark: BenchmarkFixture, code: str) -> None:
    benchmark.pedantic(subprocess.run, ([sys.executable, "-c", code],), {"check": True}, rounds=5)


@pytest.mark.benchmark(group="reader, own folder")
@pytest.mark.parametrize("places", SIZES)
def test_read(benchmark: BenchmarkFixture, tmp_path: Path, places: int) -> None:
    write_scenario(network(places), tmp_path / "own")
    found = benchmark.pedantic(read_scenario, (tmp_path / "own",), rounds=3)
    assert len(found.places) == places


@pytest.mark.benchmark(group="reader, Flee folder")
@pytest.mark.parametrize("places", SIZES)
def test_read_flee(benchmark: BenchmarkFixture, tmp_path: Path, places: int) -> None:
    flee_folders.write(network(places), tmp_path / "flee")
    flee_folders.write_settings(tmp_path / "settings.yml")
    found = benchmark.pedantic(
        read_scenario, (tmp_path / "flee",), {"settings": tmp_path / "settings.yml"}, rounds=3
    )
    assert len(found.places) == places


@pytest.mark.benchmark(group="check")
@pytest.mark.parametrize("places", SIZES)
def test_check(benchmark: BenchmarkFixture, places: int) -> None:
    found = benchmark.pedantic(check, (network(places),), rounds=3)
    assert found == []


@pytest.mark.benchmark(group="export, CSV")
@pytest.mark.parametrize("places", RESULTS)
def test_csv(benchmark: BenchmarkFixture, places: int) -> None:
    made = tables(summarise(result(places)))
    assert benchmark.pedantic(lambda: sum(len(csv_bytes(table)) for table in made.values()), rounds=3) > 0


@pytest.mark.benchmark(group="export, Parquet")
@pytest.mark.parametrize("places", RESULTS)
def test_parquet(benchmark: BenchmarkFixture, places: int) -> None:
    made = tables(summarise(result(places)))
    assert benchmark.pedantic(lambda: sum(len(parquet_bytes(table)) for table in made.values()), rounds=3) > 0


@pytest.mark.benchmark(group="export, run folder without pictures")
@pytest.mark.parametrize("places", RESULTS)
def test_run_folder(benchmark: BenchmarkFixture, tmp_path: Path, places: int) -> None:
    found = result(places)
    benchmark.pedantic(
        write_run,
        (found, tmp_path / "run"),
        {"command": "", "pictures": False, "overwrite": True},
        rounds=3,
    )
