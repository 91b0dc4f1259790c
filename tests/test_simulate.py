"""`simulate`: the same seed gives the same bytes however the work is divided, people are conserved, Ctrl-C ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.factory import write_small_scenario
from tests.flights import flight, leg, place
from verification.networks import on, random_flee, random_goal

from travesia.ensemble import Job, begin, most_in_a_batch, simulate, split
from travesia.errors import TravesiaError, UsageError
from travesia.folder import read_scenario
from travesia.model import compile_model
from travesia.result import Result
from travesia.scenario import Scenario
from travesia.workers import map_batches

ROOT = Path(__file__).resolve().parents[1]
SCENARIOS = {"flee": random_flee(4), "goal": random_goal(4)}


def contents(result: Result) -> dict[str, bytes]:
    """The bytes of every array."""
    return {str(name): array.values.tobytes() for name, array in result.data.data_vars.items()}


@pytest.mark.parametrize("rule", ["flee", "goal"])
def test_the_seed_decides_every_byte(rule: str) -> None:
    scenario = SCENARIOS[rule]
    result = simulate(scenario, replicates=4, seed=7)
    assert contents(simulate(scenario, replicates=4, seed=7, workers=2)) == contents(result)
    assert contents(simulate(scenario, replicates=4, seed=8)) != contents(result)
    few = simulate(scenario, replicates=2, seed=7)
    assert contents(few) == contents(Result(**{**vars(result), "data": result.data.isel(replicate=[0, 1])}))


@pytest.mark.parametrize("feature", ["mixed_people", "floods_poisson", "agents_file"])
def test_features_of_flee_are_the_same_for_any_number_of_processes(feature: str) -> None:
    scenario = read_scenario(ROOT / "verification" / "flee_features" / feature)
    result = simulate(scenario, replicates=5, seed=7)
    assert contents(simulate(scenario, replicates=5, seed=7, workers=2)) == contents(result)
    assert float(result.data["people"].sum()) > 0


@pytest.mark.parametrize("rule", ["flee", "goal"])
def test_a_replicate_does_not_depend_on_its_batch(rule: str) -> None:
    run_batch = begin(Job(SCENARIOS[rule], "actual", 3, False))
    whole, backwards = run_batch((0, 1, 2, 3, 4)), run_batch((4, 2))
    for name, array in whole.arrays.items():
        assert (backwards.arrays[name] == array[[4, 2]]).all(), name
    assert (backwards.parameters == whole.parameters[[4, 2]]).all()
    people = whole.arrays["people"]
    assert all((people[i] != people[j]).any() for i in range(5) for j in range(i))


def test_batches_cover_every_replicate_once() -> None:
    assert list(split(range(5), 2, 25)) == [range(0, 3), range(3, 5)]
    assert list(split(range(40, 100), 1, 25)) == [range(40, 60), range(60, 80), range(80, 100)]
    assert [len(batch) for batch in split(range(60), 2, 25)] == [15, 15, 15, 15]
    assert list(split(range(1), 8, 25)) == [range(0, 1)]


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    most = most_in_a_batch(compile_model(SCENARIOS["flee"], "actual"))
    count = 2 * most + 2
    simulate(SCENARIOS["flee"], replicates=count, progress=lambda done, of: told.append((done, of)))
    assert told == [(-(-count // 3), count), (2 * -(-count // 3), count), (count, count)]


@pytest.mark.parametrize(
    "numbers",
    [
        {"replicates": 0},
        {"workers": 0},
        {"expected": True, "replicates": 2},
        {"seed": -1},
        {"seed": 2**63},
    ],
)
def test_numbers_that_cannot_be(numbers: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        simulate(SCENARIOS["flee"], **numbers)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(6))
def test_people_are_conserved_exactly(seed: int) -> None:
    result = simulate(random_flee(seed), replicates=20, seed=seed)
    assert (result.accounts()["missing"] == 0).all()
    assert (result.data["people"] >= 0).all()
    assert result.accounts()["departed"].values[:, -1].min() > 100


# --- the central run


def misplaced(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    """Share of people who are elsewhere, mean over the days. one, other : people [day, place]."""
    return float(np.mean(np.abs(one - other).sum(axis=1) / 2 / np.maximum(other.sum(axis=1), 1)))


@pytest.mark.parametrize("seed", [0, 3, 6])
def test_the_central_run_is_the_mean_where_no_capacity_binds(seed: int) -> None:
    scenario = random_flee(seed)
    mean = simulate(scenario, replicates=300, seed=1)
    central = simulate(scenario, expected=True)
    accounts = central.accounts()
    assert float(np.abs(accounts["missing"]).max()) <= 1e-9 * float(accounts["departed"].max())
    noise = mean.total("people").values.std(axis=0).sum(axis=1).mean() / 2 / np.sqrt(300)
    people = mean.total("people").mean("replicate").values
    found = misplaced(central.total("people").values[0], people)
    assert found < 0.01 + noise / people.sum(axis=1).mean()
    assert contents(simulate(scenario, expected=True, seed=9)) == contents(central)


CENTRAL = [
    ("mali2012", "modern125", "given", 0.005),
    ("mali2012", "modern125", "blank", 0.004),
    ("burundi2015", "modern125", "given", 0.005),
]


@pytest.mark.parametrize(("case", "settings", "capacities", "bound"), CENTRAL)
def test_the_central_run_of_a_case_is_near(
    cases: Path, case: str, settings: str, capacities: str, bound: float
) -> None:
    values = {"capacities": capacities}
    scenario = read_scenario(cases / case, settings=cases / "settings" / f"{settings}.yml", values=values)
    central = simulate(scenario, expected=True)
    mean = simulate(scenario, replicates=10, seed=1).total("people").mean("replicate").values
    assert misplaced(central.total("people").values[0][5:], mean[5:]) < bound


@pytest.mark.parametrize("hasten", [1000, 1])
@pytest.mark.parametrize(
    "case", ["burundi2015", "car2013", "mali2012", "ssudan2013", "syria2013", "tigray2020"]
)
def test_people_of_every_case_are_conserved(cases: Path, case: str, hasten: int) -> None:
    scenario = read_scenario(
        cases / case, settings=cases / "settings" / "modern125.yml", values={"hasten": str(hasten)}
    )
    result = simulate(scenario, replicates=20 if hasten > 1 else 1, seed=5)
    assert (result.accounts()["missing"] == 0).all()
    assert result.data["departed"].values.sum() > 0
    assert (result.data["people"] >= 0).all()
    assert (result.data["people"] % hasten == 0).all()


# --- folders with little in them

LONELY = [place("war"), place("a"), place("camp", "camp", "Away")]


@pytest.mark.parametrize("expected", [False, True])
@pytest.mark.parametrize(
    ("scenario", "moved"),
    [
        pytest.param(
            flight([place("war"), place("a")], [leg("war", "a", 50)], totals={0: 30}), 30, id="no camps"
        ),
        pytest.param(
            flight(LONELY, [leg("war", "a", 50)], totals={0: 30}, wars=[("war", 60, 1.0)]),
            0,
            id="no conflict yet",
        ),
        pytest.param(
            flight(LONELY, [leg("a", "camp", 50)], totals={0: 30}), 30, id="a war without a way out"
        ),
        pytest.param(flight(LONELY, [leg("war", "a", 50)], totals={0: 30}, days=1), 30, id="a single day"),
        pytest.param(flight(LONELY, [], totals={0: 30}), 30, id="no legs"),
        pytest.param(flight(LONELY, [leg("war", "a", 50)], totals={0: 0}), 0, id="nobody"),
        pytest.param(
            flight(LONELY, [leg("war", "a", 50)], totals={0: 30}, awareness_level=0),
            30,
            id="nobody knows a place",
        ),
        pytest.param(
            flight(LONELY, [leg("war", "a", 50)], totals={0: 30}, closures=[{"kind": "close", "place": "a"}]),
            30,
            id="all closed",
        ),
        pytest.param(
            flight(
                LONELY,
                [leg("war", "a", 50)],
                totals={0: 30},
                closures=[{"kind": "camp_closed", "place": "camp", "date_from": on(0)}],
            ),
            30,
            id="camp closed",
        ),
    ],
)
def test_little_is_enough(scenario: Scenario, moved: int, expected: bool) -> None:
    result = simulate(scenario, expected=expected)
    assert float(result.accounts()["departed"].values[0, -1]) == pytest.approx(moved)
    assert float(np.abs(result.accounts()["missing"]).max()) < 1e-9


# --- processes

FOREVER = """
import sys, time
from travesia.cli import main
from travesia.errors import EXIT_INTERRUPTED
from travesia.folder import read_scenario
from travesia.ensemble import simulate

if __name__ == "__main__":
    try:
        forever = {"replicates": 10_000, "workers": 2}
        simulate(read_scenario(sys.argv[1]), progress=lambda *_: print("on", flush=True), **forever)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
"""


@pytest.mark.skipif(os.name == "nt", reason="there are no process groups to interrupt")
@pytest.mark.parametrize("whole_group", [True, False])
def test_ctrl_c_ends_all_processes_quietly(tmp_path: Path, whole_group: bool) -> None:
    script, folder = tmp_path / "forever.py", write_small_scenario(tmp_path / "small")
    script.write_text(FOREVER, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(script), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "on\n"
        if whole_group:
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate()  # ends when the last process that holds the pipes has ended
    assert process.returncode == 130
    assert errors == ""


def start_dying(_: int) -> Callable[[int], int]:
    """Work that ends its process, as the system does when memory runs out."""
    return lambda _: os._exit(9)


def test_a_batch_that_ends_every_process_is_given_up() -> None:
    with pytest.raises(TravesiaError, match="worker process"):
        list(map_batches(start_dying, 0, [1, 2, 3], workers=2))


def die_at_the_start(_: int) -> Callable[[int], int]:
    """Work that cannot even begin."""
    os._exit(9)


def test_work_that_cannot_begin_is_given_up() -> None:
    with pytest.raises(TravesiaError, match="worker process"):
        list(map_batches(die_at_the_start, 0, [1, 2, 3], workers=2))


def start_dying_once(folder: Path) -> Callable[[int], int]:
    """Work that ends its process the first time each task is tried."""

    def work(task: int) -> int:
        if not (folder / str(task)).exists():
            (folder / str(task)).touch()
            os._exit(9)
        return task

    return work


def test_a_process_that_dies_is_replaced_and_its_task_done(tmp_path: Path) -> None:
    assert sorted(map_batches(start_dying_once, tmp_path, [1, 2, 3], workers=2)) == [1, 2, 3]


def start_failing(number: int) -> Callable[[int], int]:
    """Work that fails for one task."""

    def work(task: int) -> int:
        if task == number:
            raise UsageError("two")
        return task

    return work


def test_what_work_raises_comes_back() -> None:
    with pytest.raises(UsageError, match="two"):
        list(map_batches(start_failing, 2, [1, 2, 3], workers=2))
    assert sorted(map_batches(start_failing, 2, [1, 3], workers=2)) == [1, 3]


def start_losing(_: int) -> Callable[[int], int]:
    """Work in which an interruption is dropped, as Python drops one in a destructor."""

    def work(task: int) -> int:
        with suppress(KeyboardInterrupt):
            if task == 2:
                signal.raise_signal(signal.SIGINT)
        return task

    return work


def test_an_interruption_that_was_dropped_ends_the_work_all_the_same() -> None:
    results = map_batches(start_losing, 0, [1, 2, 3], workers=1)
    assert next(results) == 1
    with pytest.raises(KeyboardInterrupt):
        next(results)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    among = map_batches(start_failing, 9, [1, 2, 3], workers=2)
    with suppress(KeyboardInterrupt):
        next(among)
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        list(among)


def test_who_ignores_interruptions_is_not_interrupted() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert list(map_batches(start_losing, 0, [1, 2, 3], workers=1)) == [1, 2, 3]
    finally:
        signal.signal(signal.SIGINT, before)
