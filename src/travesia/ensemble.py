"""Simulate: replicates of a scenario under a policy, gathered into one labelled result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from time import process_time
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from travesia.engine import RECORD_DIMENSION, Engine, record_sizes
from travesia.errors import UsageError
from travesia.memory import check_memory
from travesia.model import Model, compile_model
from travesia.parameters import draw, medians
from travesia.result import Result
from travesia.scenario import FINAL_OUTCOMES, HEALTH_RECORDS, Scenario
from travesia.workers import map_batches

BATCH_BYTES = 20_000_000  # of arrays: a few seconds of work, so that progress shows and little is lost
COPIES = (
    3  # of its arrays: measured, a run needs twice their size to be simulated and three times to be written
)
MOST_SEED = 2**63 - 1  # it is kept as a signed number of 64 bits


@dataclass(frozen=True)
class Job:
    """One simulation: all that a worker needs to run any of its replicates."""

    scenario: Scenario
    policy: str
    seed: int
    expected: bool


@dataclass(frozen=True)
class Done:
    """What a worker gives back: arrays [replicate, day, …, class], parameter values, CPU seconds."""

    replicates: tuple[int, ...]
    arrays: dict[str, NDArray[Any]]
    parameters: NDArray[np.float64]
    compile_seconds: float
    simulate_seconds: float


def simulate(
    scenario: Scenario,
    *,
    replicates: int = 1,
    seed: int = 0,
    expected: bool = False,
    policy: str = "actual",
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Run a scenario: an ensemble of replicates, or the central run, of the model in docs/model.md.

    replicates : how many; replicate i depends on (seed, i) alone. expected : means instead of draws, at the medians
    of the parameters; one replicate, which the seed does not change. policy : a policy of the scenario, or several
    joined by `+`. workers : processes; with more than one, a script must guard its entry point
    (`if __name__ == "__main__":`). progress : called with replicates done and in all. Raises UsageError for numbers
    that cannot be or need more memory than there is, ScenarioError where the scenario allows no run, TravesiaError
    when a process dies.
    """
    check_numbers(replicates=replicates, seed=seed, expected=expected, workers=workers)
    job = Job(scenario, policy, seed, expected)
    model = compile_model(scenario, policy)
    check_memory(COPIES * result_bytes(model, replicates), replicates=replicates)
    batches = list(split(range(replicates), workers, most_in_a_batch(model)))
    finished: list[Done] = []
    with closing(map_batches(begin, job, batches, workers=min(workers, len(batches)))) as batches_done:
        for done in batches_done:
            finished.append(done)
            if progress:
                progress(sum(len(d.replicates) for d in finished), replicates)
    finished.sort(key=lambda d: d.replicates)
    seconds = {
        "compile": sum(d.compile_seconds for d in finished),
        "simulate": sum(d.simulate_seconds for d in finished),
    }
    return result_of(model, job, finished, seconds)


def result_of(
    model: Model, job: Job, finished: Sequence[Done], seconds: Mapping[str, float] | None = None
) -> Result:
    """The result of some replicates of a job. seconds : time spent, by stage."""
    data = gather(model, finished)
    return Result(data, job.scenario, job.seed, mode_of(job.expected), job.policy, seconds or {})


def result_bytes(model: Model, replicates: int) -> int:
    """The size of the arrays of a result."""
    a_day = len(model.classes) * sum(record_sizes(model).values())
    settings = model.scenario.settings
    return 8 * replicates * (settings.days * a_day + len(settings.parameters))


def check_numbers(*, replicates: int, seed: int, expected: bool, workers: int) -> None:
    """Raise UsageError for numbers that cannot be."""
    if replicates < 1 or workers < 1:
        raise UsageError(f"replicates ({replicates}) and workers ({workers}) must be 1 or more")
    if not 0 <= seed <= MOST_SEED:
        raise UsageError(f"seed {seed} is not from 0 to 2^63 - 1 ({MOST_SEED}); take another")
    if expected and replicates != 1:
        raise UsageError("the central run (expected) is a single replicate; leave replicates at 1")


def mode_of(expected: bool) -> Literal["stochastic", "expected"]:
    """The name of the mode."""
    return "expected" if expected else "stochastic"


def most_in_a_batch(model: Model) -> int:
    """How many replicates of a model fill BATCH_BYTES."""
    return max(1, BATCH_BYTES // result_bytes(model, 1))


def split(numbers: range, workers: int, most: int) -> Iterator[range]:
    """Batches of replicates: as long as may be, and as many for each worker."""
    count = -(-len(numbers) // most)
    size = max(1, -(-len(numbers) // (-(-count // workers) * workers or 1)))
    for i in range(0, len(numbers), size):
        yield numbers[i : i + size]


@dataclass
class Runner:
    """What runs batches of replicates of a job in a process. compile_seconds : not told in a batch yet."""

    engine: Engine
    job: Job
    compile_seconds: float

    def __call__(self, replicates: Sequence[int]) -> Done:
        """Run a batch."""
        done = run_replicates(self.engine, self.job, replicates, self.compile_seconds)
        self.compile_seconds = 0.0
        return done


def begin(job: Job) -> Runner:
    """What runs batches of replicates in this process; the kernel is compiled, or loaded, here."""
    began = process_time()
    engine = Engine(compile_model(job.scenario, job.policy))
    engine.warm_up()
    return Runner(engine, job, process_time() - began)


def run_replicates(engine: Engine, job: Job, replicates: Sequence[int], compiled: float = 0.0) -> Done:
    """Run replicates of a job. engine : of its scenario, or of one with other values of the parameters."""
    settings = job.scenario.settings
    names = list(settings.parameters)
    if job.expected:
        values = np.array([list(medians(settings).values())]).reshape(1, len(names))
    else:
        values = draw(settings, job.seed, replicates)
    kind, spent = np.float64 if job.expected else np.int64, 0.0
    arrays: dict[str, NDArray[Any]] = {}
    for i, (row, replicate) in enumerate(zip(values, replicates, strict=True)):
        named = dict(zip(names, row.tolist(), strict=True))
        began = process_time()
        records, _ = engine.replicate(named, seed=job.seed, replicate=replicate, expected=job.expected)
        spent += process_time() - began
        arrays = arrays or {
            name: np.empty((len(replicates), *record.shape), kind) for name, record in records.items()
        }
        for name, record in records.items():
            arrays[name][i] = record
    return Done(tuple(replicates), arrays, values, compiled, spent)


def _together(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Arrays one after the other; a single one as it is, not copied."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def gather(model: Model, finished: Sequence[Done]) -> xr.Dataset:
    """The labelled arrays of a simulation."""
    scenario, by = model.scenario, list(model.classes.names)
    levels = [len(level) for level in model.classes.levels]
    labels = {
        "place": scenario.places["place"].to_numpy(dtype=str),
        "leg": model.legs["leg"].to_numpy(dtype=str),
        "measure": np.array(model.measures.names, dtype=str),
        "outcome": np.array(FINAL_OUTCOMES, dtype=str),
        "parameter": np.array(list(scenario.settings.parameters), dtype=str),
    }
    variables = {}
    for name, dimension in RECORD_DIMENSION.items():
        data = _together([done.arrays[name] for done in finished])
        data = data.reshape(*data.shape[:3], *levels)
        if not dimension:
            data = data[:, :, 0]
        variables[name] = (["replicate", "date", *([dimension] if dimension else []), *by], data)
    for name in HEALTH_RECORDS if finished[0].arrays.keys() >= set(HEALTH_RECORDS) else ():
        data = _together([done.arrays[name] for done in finished])
        own = ["travel"] if "travel" in by else []  # health is kept by place and travel
        variables[name] = (["replicate", "date", "place", *own], data if own else data.sum(axis=-1))
    variables["parameters"] = (
        ["replicate", "parameter"],
        np.concatenate([done.parameters for done in finished]),
    )
    return xr.Dataset(
        variables,
        coords={
            "replicate": np.concatenate([done.replicates for done in finished]).astype(np.int64),
            "date": pd.date_range(scenario.settings.start, periods=scenario.settings.days, unit="ns"),
            **labels,
            "from": ("leg", model.legs["from"].to_numpy(dtype=str)),
            "to": ("leg", model.legs["to"].to_numpy(dtype=str)),
            **{name: level.to_numpy(dtype=str) for name, level in zip(by, model.classes.levels, strict=True)},
        },
    )
