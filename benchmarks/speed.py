"""How fast Travesía is: measured on this machine, beside its targets; prints a table and writes results.csv.

Every figure is CPU time, so that other jobs on the machine disturb it little (they still do: caches and
clocks are shared). A replicate is measured warm, after one that is thrown away, in one process, with the full
population and default settings, its own tables and records included; reading and compiling are not part of
it. The median over the replicates is what counts.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import median

import corridor
from measuring import (
    HEADER,
    Line,
    replicate_seconds,
    runner,
    shown,
    summary,
    times_people,
    write_results,
)
from networks import random_geometric

from travesia.ensemble import simulate
from travesia.folder import read_scenario, write_scenario
from travesia.scenario import FleeSettings, Scenario

HERE = Path(__file__).resolve().parent
BESIDE = HERE.parents[1] / "shared" / "cases"
REPLICATES = 20
FIRST_RUNS = 3  # each half a minute
DISTURBED = "other jobs on the machine can make figures half as large again, compare the least ones"

# CPU seconds of one run of Flee at its commit 02cd2cbd (14 May 2026): its unmodified run.py, hasten 1, on one
# core of the same kind of machine; and how many times faster Travesía has to be.
FLEE = {
    ("mali2012", "plain"): (68.0, 5000.0),
    ("burundi2015", "plain"): (224.0, 3000.0),
    ("mali2012", "modern125"): (73.0, 500.0),
    ("burundi2015", "modern125"): (270.0, 500.0),
}


def beside_flee(cases: Path) -> Iterator[Line]:
    """One replicate of two Flee folders under two settings, against the recorded time of Flee."""
    for (case, settings), (flee_seconds, times) in FLEE.items():
        values = replicate_seconds(_case(cases, case, settings), replicates=REPLICATES)
        ratio = flee_seconds / median(values)
        yield summary(
            f"{case}, {settings}: a replicate",
            [1000 * value for value in values],
            unit="ms",
            most=1000 * flee_seconds / times,
            note=f"Flee {flee_seconds:g} s: {ratio:,.0f} times faster (target {times:,.0f})",
        )


def more_people(cases: Path) -> Iterator[Line]:
    """What a thousand times the people cost; the two are run in turn, so that both meet the same machine."""
    for case in ("mali2012", "burundi2015"):
        few = _case(cases, case, "plain")
        one, thousand = runner(few), runner(times_people(few, 1000))
        pairs = [(one(number), thousand(number)) for number in range(REPLICATES + 1)][1:]
        base = median(before for before, _ in pairs)
        yield summary(
            f"{case}, plain: 1,000 times the people",
            [after / base for _, after in pairs],
            unit="times",
            most=2.0,
            note=f"{1000 * base:.1f} ms before",
        )


def large_network() -> Line:
    """A network two orders larger than those of the cases."""
    scenario = random_geometric(places=3000, days=400, people=200_000, awareness=2)
    values = replicate_seconds(scenario, replicates=10)
    return summary("3,000 places, awareness 2, 400 days: a replicate", values, unit="s", most=4.0)


def caravan() -> Line:
    """One replicate of the packaged caravan, with the tables it draws for itself; batches of 10."""
    scenario = read_scenario("caravan-2021")
    values = [
        simulate(scenario, replicates=10, seed=seed).seconds["simulate"] / 10 for seed in range(REPLICATES)
    ]
    return summary(
        "caravan-2021: a replicate",
        [1000 * value for value in values],
        unit="ms",
        most=30.0,
        note="means of 10",
    )


def help_text() -> Line:
    """Starting up: what `travesia --help` costs."""
    values = [_child_seconds(["--help"]) for _ in range(REPLICATES)]
    return summary("travesia --help", values, unit="s", most=0.4)


def first_runs() -> Iterator[Line]:
    """What compiling costs once, for each rule: the first run with an empty cache minus the second."""
    with tempfile.TemporaryDirectory() as folder:
        flee = Path(folder) / "scenario"
        write_scenario(random_geometric(places=30, days=60, people=2_000, awareness=1), flee)
        for scenario, rule in (("caravan-2021", "goal"), (str(flee), "flee")):
            output = Path(folder) / f"run-{rule}"
            arguments = [
                "run",
                scenario,
                "-n",
                "2",
                "--no-pictures",
                "--json",
                "--overwrite",
                "-o",
                str(output),
            ]
            pairs = []
            for number in range(FIRST_RUNS):
                empty = {"NUMBA_CACHE_DIR": str(Path(folder) / f"numba-{rule}-{number}")}
                pairs.append([_child_seconds(arguments, empty) for _ in range(2)])
            first, second = (median(times) for times in zip(*pairs, strict=True))
            yield summary(
                f"rule {rule}: the first ever run minus the second",
                [one - next_one for one, next_one in pairs],
                unit="s",
                most=20.0,
                note=f"{first:.1f} s, then {second:.1f} s",
            )


def _child_seconds(arguments: list[str], environment: dict[str, str] | None = None) -> float:
    """CPU seconds of a command of travesia in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "travesia", *arguments],
        env=os.environ | (environment or {}),
        check=True,
        capture_output=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@cache
def _case(cases: Path, case: str, settings: str) -> Scenario:
    scenario = read_scenario(cases / case, settings=cases / "settings" / f"{settings}.yml")
    movement = scenario.settings.movement
    assert isinstance(movement, FleeSettings)
    full = movement.model_copy(update={"hasten": 1})
    return replace(scenario, settings=scenario.settings.model_copy(update={"movement": full}))


def _cases_folder() -> Path | None:
    named = os.environ.get("TRAVESIA_CASES")
    folder = Path(named).expanduser() if named else BESIDE
    return folder if (folder / "settings").is_dir() else None


def lines() -> Iterator[Line]:
    """Every measurement, as it is made."""
    cases = _cases_folder()
    if cases is None:
        skipped = [f"{case} with {settings}" for case, settings in FLEE]
        print(f"Skipped, for want of the cases (TRAVESIA_CASES or {BESIDE}): {', '.join(skipped)};")
        print("1,000 times the people of mali2012 and of burundi2015.")
    else:
        yield from beside_flee(cases)
        yield from more_people(cases)
    yield large_network()
    yield caravan()
    yield from corridor.lines()
    yield from corridor.ensemble()
    yield help_text()
    yield from first_runs()


def main() -> None:
    """Measure, print and write."""
    fine = FleeSettings()
    print("CPU time, one process, warm; rule flee at its defaults: ", end="")
    print(
        f"distance_bin_km {fine.distance_bin_km:g}, capacity_slices {fine.capacity_slices}, "
        f"travel_index_bins {fine.travel_index_bins}"
    )
    print(HEADER)
    measured = []
    for line in lines():
        print(shown(line), flush=True)
        measured.append(line)
    write_results(HERE / "results.csv", measured)
    missed = sum(not line.met for line in measured)
    print(f"{len(measured) - missed} of {len(measured)} targets met; written to {HERE.name}/results.csv")
    print(f"Load average at the end {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {DISTURBED}")


if __name__ == "__main__":
    main()
