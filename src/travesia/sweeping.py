"""Sweep: the same replicates at every point of a design, gathered into one labelled result."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.crew import Map, crew
from travesia.engine import Engine
from travesia.ensemble import Job, check_numbers, mode_of, most_in_a_batch, result_of, run_replicates, split
from travesia.errors import TravesiaError
from travesia.headlines import QUANTILES, headlines, totals
from travesia.model import compile_model
from travesia.policy import measures_of
from travesia.scenario import Scenario
from travesia.sobol import sobol_indices
from travesia.sweepdesign import Design, at_point, design_of, point_words
from travesia.tables import records

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
MOST_POINTS_IN_A_BATCH = 16
MOST_ENGINES = 16  # that a process keeps, of points that differ in more than parameters


@dataclass(frozen=True, eq=False)
class Sweep:
    """What a design of runs gave.

    scenario, design, policy, seed, mode : what was run; policy holds where the design varies none. totals : [point,
    replicate, quantity], the headline quantities of a run at its end. titles : of the quantities, in their order.
    """

    scenario: Scenario
    design: Design
    policy: str
    seed: int
    mode: Literal["stochastic", "expected"]
    totals: Floats
    titles: dict[str, str]

    @property
    def replicates(self) -> int:
        """Of each point."""
        return int(self.totals.shape[1])

    @property
    def runs(self) -> str:
        """What was run at each point, in words."""
        if self.mode == "expected":
            return "central runs"
        return f"{self.replicates} replicates each, seed {self.seed}"

    @cached_property
    def points(self) -> pd.DataFrame:
        """One row per point and quantity: the values of the factors, mean, standard deviation, quantiles."""
        count, names = len(self.design.points), list(self.titles)
        columns: dict[str, Any] = {"point": np.repeat(np.arange(count), len(names))}
        for name, values in self.factor_values.items():
            columns[name] = np.repeat(values, len(names))
        columns["quantity"] = np.tile(np.array(names, dtype=object), count)
        columns["mean"] = np.round(self.totals.mean(axis=1), 6).ravel()
        if self.replicates > 1:
            columns["sd"] = np.round(self.totals.std(axis=1, ddof=1), 6).ravel()
            found = np.quantile(self.totals, list(QUANTILES.values()), axis=1)
            columns |= {name: np.round(found[i], 6).ravel() for i, name in enumerate(QUANTILES)}
        return pd.DataFrame(columns)

    @property
    def factor_values(self) -> dict[str, NDArray[Any]]:
        """The values of each factor, [point]."""
        values = zip(*self.design.points, strict=True)
        return {name: np.array(each) for name, each in zip(self.design.names, values, strict=True)}

    @property
    def data(self) -> xr.Dataset:
        """`total` [point, replicate, quantity], labelled; the factors are coordinates of the points."""
        import xarray as xr

        factors = {name: ("point", values) for name, values in self.factor_values.items()}
        return xr.Dataset(
            {"total": (["point", "replicate", "quantity"], self.totals)},
            coords={
                "point": np.arange(len(self.totals)),
                "replicate": np.arange(self.replicates),
                "quantity": np.array(list(self.titles), dtype=str),
                "title": ("quantity", np.array(list(self.titles.values()), dtype=str)),
                **factors,
            },
            attrs={
                "scenario": self.scenario.name,
                "seed": self.seed,
                "mode": self.mode,
                "design": self.design.kind,
            },
        )

    @cached_property
    def indices(self) -> pd.DataFrame | None:
        """Sobol' indices of the mean over the replicates, one row per quantity and factor; None in other designs."""
        if self.design.kind != "sobol":
            return None
        means = pd.DataFrame(self.totals.mean(axis=1), columns=list(self.titles))
        return sobol_indices(self.design.names, means, seed=self.seed)

    def json(self) -> dict[str, Any]:
        """All that was found, ready for JSON; None where there is no number."""
        told = {
            "scenario": self.scenario.name,
            "policy": self.policy,
            "mode": self.mode,
            "design": self.design.kind,
            "over": [str(factor) for factor in self.design.factors],
            "replicates": self.replicates,
            "seed": self.seed,
            "points": records(self.points),
        }
        return told if self.indices is None else told | {"sobol": records(self.indices)}


@dataclass(frozen=True)
class Task:
    """All that a worker needs to run any point of a sweep."""

    scenario: Scenario
    design: Design
    policy: str
    replicates: int
    seed: int
    expected: bool


def sweep(
    scenario: Scenario,
    over: Sequence[str],
    *,
    design: str = "grid",
    points: int | None = None,
    replicates: int = 1,
    seed: int = 0,
    expected: bool = False,
    policy: str = "actual",
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Run a scenario at the points of a design, whose kinds and indices have their sources in docs/sweep.md.

    over, design, points : see `design_of`. replicates : at each point; replicate i has the same parameters, shocks and
    draws at all of them, but for what the point fixes. seed, expected, policy, workers : as `simulate` takes them.
    progress : called with points done and in all. Raises UsageError, and what `simulate` raises.
    """
    found = design_of(scenario, over, kind=design, points=points, seed=seed)
    task = task_of(scenario, found, replicates=replicates, seed=seed, expected=expected, policy=policy)
    count = len(found.points)
    values = np.empty((count, replicates, len(titles_of(task))))
    done = 0
    with (
        crew("", workers, {}) as (most, mapped),
        closing(run_points(task, [range(count)], most, mapped)) as runs,
    ):
        for first, block in runs:
            values[first : first + len(block)] = block
            done += len(block)
            if progress:
                progress(done, count)
    return gathered(task, values)


def task_of(
    scenario: Scenario, design: Design, *, replicates: int, seed: int, expected: bool, policy: str
) -> Task:
    """What is run. Raises UsageError for numbers and policies that cannot be."""
    check_numbers(replicates=replicates, seed=seed, expected=expected, workers=1)
    measures_of(scenario, policy)
    return Task(scenario, design, policy, replicates, seed, expected)


def titles_of(task: Task) -> dict[str, str]:
    """The quantities of a sweep, and their titles."""
    return {h.name: h.title for h in headlines(task.scenario) if h.modelled}


def gathered(task: Task, values: Floats) -> Sweep:
    """The result. values : [point, replicate, quantity]."""
    mode = mode_of(task.expected)
    return Sweep(task.scenario, task.design, task.policy, task.seed, mode, values, titles_of(task))


def run_points(
    task: Task, missing: Sequence[range], workers: int, mapped: Map
) -> Generator[tuple[int, Floats], None, None]:
    """Run points: the first of each batch, and its totals [point, replicate, quantity]; batches come in any order."""
    left = sum(len(numbers) for numbers in missing)
    workers = max(1, min(workers, left))
    most = most_in_a_batch(compile_model(task.scenario, task.policy)) // task.replicates
    most = max(1, min(most, MOST_POINTS_IN_A_BATCH))
    batches = (batch for numbers in missing for batch in split(numbers, workers, most))
    yield from mapped(_begin, task, batches, workers=workers)


def _begin(task: Task) -> Callable[[range], tuple[int, Floats]]:
    """What runs points in a process. Points that differ in parameters alone share an engine."""
    chosen = [h for h in headlines(task.scenario) if h.modelled]
    fixed = {name for name in task.design.names if name in task.scenario.settings.parameters}
    engines: dict[tuple[Any, ...], Engine] = {}

    def engine_at(number: int, scenario: Scenario, policy: str) -> Engine:
        values = zip(task.design.names, task.design.points[number], strict=True)
        key = tuple(value for name, value in values if name not in fixed)
        if key not in engines:
            if len(engines) >= MOST_ENGINES:
                engines.clear()
            engines[key] = Engine(compile_model(scenario, policy))
            engines[key].warm_up()
        return engines[key]

    def run(number: int) -> Floats:
        scenario, policy = at_point(task.scenario, task.design, number, task.policy)
        engine = engine_at(number, scenario, policy)
        job = Job(scenario, policy, task.seed, task.expected)
        found = []
        for numbers in split(range(task.replicates), 1, most_in_a_batch(engine.model)):
            result = result_of(engine.model, job, [run_replicates(engine, job, numbers)])
            found.append(totals(result, chosen).to_numpy(dtype=np.float64))
        return np.concatenate(found)

    def run_all(numbers: range) -> tuple[int, Floats]:
        found = []
        for number in numbers:
            try:
                found.append(run(number))
            except TravesiaError as error:
                words = point_words(task.design, number)
                raise TravesiaError(f"at point {number} of the sweep ({words}): {error}") from error
        return numbers.start, np.stack(found)

    return run_all
