"""What the benchmarks share: CPU seconds of a replicate, more people in a scenario, lines beside their targets."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time

from travesia.engine import Engine
from travesia.model import compile_model
from travesia.parameters import medians
from travesia.scenario import Scenario

HEADER = f"{'':<50} {'median':>8} {'least':>8} {'at most':>8} {'':<5} {'n':>3}"


@dataclass(frozen=True)
class Line:
    """One measurement: its median and least value over the replicates, and the most the median may be."""

    what: str
    unit: str
    median: float
    least: float
    replicates: int
    most: float
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the median meets the target."""
        return self.median <= self.most


def replicate_seconds(scenario: Scenario, *, replicates: int) -> list[float]:
    """CPU seconds of each replicate, after a first one that is thrown away."""
    run = runner(scenario)
    return [run(number) for number in range(replicates + 1)][1:]


def runner(scenario: Scenario, *, expected: bool = False) -> Callable[[int], float]:
    """A function that runs the replicate of a number and returns its CPU seconds."""
    engine = Engine(compile_model(scenario))
    engine.warm_up()
    values = medians(scenario.settings)

    def run(number: int) -> float:
        began = process_time()
        engine.replicate(values, seed=1, replicate=number, expected=expected)
        return process_time() - began

    return run


def times_people(scenario: Scenario, factor: int) -> Scenario:
    """The same scenario with so many times the inhabitants, capacities, observations and quotas."""
    columns = {
        "places": ("population", "capacity"),
        "departures": ("people",),
        "observations": ("value", "low", "high"),
        "measures": ("capacity", "per_day"),
    }
    named = set[str]()
    for name, several in columns.items():
        table = scenario.tables[name].copy()
        for column in several:
            cells = list(table[column])
            named.update(cell for cell in cells if isinstance(cell, str))
            table[column] = [cell if isinstance(cell, str) else cell * factor for cell in cells]
        scenario = scenario.with_table(name, table)
    parameters = dict(scenario.settings.parameters)
    for name in named & parameters.keys():
        parameters[name] = parameters[name].model_copy(update={"value": parameters[name].value * factor})
    return scenario.with_settings(scenario.settings.model_copy(update={"parameters": parameters}))


def summary(what: str, values: list[float], *, unit: str, most: float, note: str = "") -> Line:
    """The line of some values."""
    return Line(what, unit, median(values), min(values), len(values), most, note)


def shown(line: Line) -> str:
    """A measurement as a line of the table."""
    digits = 1 if line.unit == "ms" else 2
    figures = f"{line.median:8.{digits}f} {line.least:8.{digits}f} {line.most:8.{digits}f} {line.unit:<5}"
    return (
        f"{line.what:<50} {figures} {line.replicates:3d}  {'met' if line.met else 'NOT MET':<7}  {line.note}"
    )


def write_results(path: Path, measured: list[Line]) -> None:
    """The table as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["what", "unit", "median", "least", "at_most", "replicates", "met", "note"])
        for line in measured:
            figures = [f"{number:.4g}" for number in (line.median, line.least, line.most)]
            rows.writerow(
                [line.what, line.unit, *figures, line.replicates, "yes" if line.met else "no", line.note]
            )
