"""How fast a year of the packaged corridor is, without and with its disease, beside the targets.

python benchmarks/corridor.py              # central run, replicate, 200 replicates on two cores: about ten minutes
python benchmarks/corridor.py --people     # what more people cost; writes the table of benchmarks/README.md
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from measuring import HEADER, Line, runner, shown, summary, times_people
from readme_tables import machine, put_table

from travesia.engine import Engine
from travesia.folder import read_scenario
from travesia.model import compile_model
from travesia.overrides import override
from travesia.parameters import medians
from travesia.scenario import Scenario

NAME, DISEASE = "corridor-2021", {"health": "on"}
CENTRAL_S, REPLICATE_S, ENSEMBLE_S = 1.5, 2.0, 240.0
WITH_DISEASE = 4  # times as much, at most
TIMES_PEOPLE = 2.0  # what 1,000 times the people may cost
REPLICATES, ENSEMBLE = 5, 200
FACTORS = (1, 10, 100, 1000, 10_000)


def lines() -> Iterator[Line]:
    """CPU seconds of the central run and of a replicate, then what a thousand times the people cost, run in turn."""
    plain = read_scenario(NAME)
    for what, scenario, times in ((NAME, plain, 1), (f"{NAME} with its disease", ill(plain), WITH_DISEASE)):
        for kind, expected, most in (
            ("the central run", True, CENTRAL_S),
            ("a replicate", False, REPLICATE_S),
        ):
            run = runner(scenario, expected=expected)
            values = [run(number) for number in range(REPLICATES + 1)][1:]
            yield summary(f"{what}: {kind}", values, unit="s", most=times * most)
    one, thousand = runner(plain), runner(times_people(plain, 1000))
    pairs = [(one(number), thousand(number)) for number in range(REPLICATES + 1)][1:]
    ratios = [after / before for before, after in pairs]
    yield summary(f"{NAME}: 1,000 times the people", ratios, unit="times", most=TIMES_PEOPLE)


def ensemble() -> Iterator[Line]:
    """The time on the clock, not of the processor, of 200 replicates by the command, on two cores, files included."""
    for what, options, most in (
        (NAME, [], ENSEMBLE_S),
        (f"{NAME} with its disease", ["--set", "health=on"], WITH_DISEASE * ENSEMBLE_S),
    ):
        with tempfile.TemporaryDirectory() as folder:
            output = ["--no-pictures", "-o", str(Path(folder) / "run")]
            command = ["run", NAME, "-n", str(ENSEMBLE), "--jobs", "2", *options, *output]
            began = perf_counter()
            subprocess.run([sys.executable, "-m", "travesia", *command], check=True, capture_output=True)
            seconds = [perf_counter() - began]
        note = f"clock; load average {os.getloadavg()[0]:.1f}"
        yield summary(f"{what}: {ENSEMBLE} replicates", seconds, unit="s", most=most, note=note)


def ill(scenario: Scenario) -> Scenario:
    """The same scenario with its disease."""
    return override(scenario, DISEASE)


def growth() -> None:
    """Print what more people cost, and write it into the table."""
    rows, first = [], dict[str, float]()
    plain = read_scenario(NAME)
    for factor in FACTORS:
        row = [f"{factor:,}"]
        for name, scenario in (("plain", plain), ("ill", ill(plain))):
            people, seconds = measure(times_people(scenario, factor))
            first.setdefault(name, seconds)
            row += [f"{people:,.0f}"] if name == "plain" else []
            row += [f"{seconds:.2f}", f"{seconds / first[name]:.1f}"]
        rows.append(row)
        print(" | ".join(row), flush=True)
    header = ["people, times", "departed", "a replicate, s", "times", "with its disease, s", "times"]
    put_table("people", header, rows, note=f"Medians of three replicates. {machine()}.")


def measure(scenario: Scenario) -> tuple[float, float]:
    """People who departed and CPU seconds: medians of three replicates, after one that finds the room."""
    engine = Engine(compile_model(scenario))
    engine.warm_up()
    values = medians(scenario.settings)
    runs = [engine.replicate(values, seed=1, replicate=n, expected=False) for n in range(4)][1:]
    return median(float(records["departed"].sum()) for records, _ in runs), median(spent for _, spent in runs)


if __name__ == "__main__":
    if sys.argv[1:] == ["--people"]:
        growth()
    else:
        print(HEADER)
        for line in (*lines(), *ensemble()):
            print(shown(line), flush=True)
