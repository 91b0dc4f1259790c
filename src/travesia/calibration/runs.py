"""Runs of a scenario at chosen values of what is not known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from travesia.calibration.crowd import Crowd
from travesia.calibration.priors import Unknown, values_at
from travesia.calibration.readings import Reader, Records, reader_of
from travesia.engine import Engine
from travesia.errors import TravesiaError
from travesia.flee_start import OBSERVED
from travesia.model import Model, compile_model, with_moves
from travesia.movement.flee import Flight
from travesia.parameters import medians
from travesia.scenario import Scenario

Floats = NDArray[np.float64]
MOST_IN_A_TASK = 16


@dataclass(frozen=True, eq=False)
class Job:
    """What is run: a scenario cut at the origin, what is not known of it, and the figures to answer.

    origin : its last known day; arrivals of a task are those after it.
    """

    scenario: Scenario
    policy: str
    unknowns: tuple[Unknown, ...]
    records: Records
    origin: int
    seed: int


@dataclass(frozen=True, eq=False)
class Task:
    """Runs at some points.

    values : [run, unknown]. arrivals : people who set out each day after the origin, [run, day]; none: as they come.
    replicates : the number of each run that draws; none: central runs. job : its number among those begun with.
    """

    values: Floats
    arrivals: Floats | None = None
    replicates: tuple[int, ...] = ()
    job: int = 0


def run_points(
    crowd: Crowd[Task, Floats],
    job: Job,
    u: Floats,
    *,
    number: int = 0,
    arrivals: Floats | None = None,
    replicates: Sequence[int] = (),
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Floats:
    """What answers each record in runs at points in standard normal coordinates: [run, record].

    crowd : the processes they are dealt over, which began with the job as its `number`. u : [run, unknown]. arrivals,
    replicates : see `Task`. tell : called with runs done and in all.
    """
    values, count = values_at(job.unknowns, u), len(u)
    size = max(1, min(MOST_IN_A_TASK, -(-count // (2 * crowd.size))))
    tasks = [
        Task(
            values[i : i + size],
            None if arrivals is None else arrivals[i : i + size],
            tuple(replicates[i : i + size]),
            number,
        )
        for i in range(0, count, size)
    ]
    found = crowd.do(tasks, lambda done: tell(min(done * size, count), count))
    return np.concatenate(found)


def begin_all(jobs: tuple[Job, ...]) -> Callable[[Task], Floats]:
    """What does tasks of several jobs in this process."""
    works = [begin(job) for job in jobs]
    return lambda task: works[task.job](task)


def begin(job: Job) -> Callable[[Task], Floats]:
    """What does tasks in this process. Points that differ in parameters alone share a compiled model."""
    shared = compile_model(job.scenario, job.policy)
    engine = Engine(shared)
    engine.warm_up()
    readers: list[Reader] = []
    moves = [one.name for one in job.unknowns if one.what == "setting"]

    def run_one(row: Floats, arrivals: Floats | None, replicate: int | None) -> Floats:
        named = {one.name: float(value) for one, value in zip(job.unknowns, row, strict=True)}
        model = with_moves(shared, {name: named[name] for name in moves}) if moves else shared
        model = engine.model = _departing(model, job, named, arrivals)  # the same room for every run
        values = medians(job.scenario.settings) | {
            one.name: named[one.name] for one in job.unknowns if one.what == "parameter"
        }
        expected = replicate is None
        arrays, _ = engine.replicate(values, seed=job.seed, replicate=replicate or 0, expected=expected)
        if not readers:
            readers.append(reader_of(model, job.records, list(arrays)))
        return readers[0].answers(readers[0].daily(arrays))

    def run(task: Task) -> Floats:
        found = []
        for i, row in enumerate(task.values):
            path = None if task.arrivals is None else task.arrivals[i]
            try:
                found.append(run_one(row, path, task.replicates[i] if task.replicates else None))
            except TravesiaError as error:
                words = ", ".join(f"{u.name} {x:.6g}" for u, x in zip(job.unknowns, row, strict=True))
                raise TravesiaError(f"with {words}: {error}") from error
        return np.stack(found)

    return run


def _departing(model: Model, job: Job, named: Mapping[str, float], arrivals: Floats | None) -> Model:
    """The model with other numbers of people who set out because a rise was observed."""
    factors = [named[one.name] for one in job.unknowns if one.what == "departures"]
    factor = factors[0] if factors else 1.0
    if factor == 1.0 and arrivals is None:
        return model
    rule: Any = model.rule
    if isinstance(rule, Flight):
        if rule.starts.mode != OBSERVED:
            return model
        due = _rise(rule.starts.due, job.origin, factor, None if arrivals is None else arrivals / model.unit)
        return replace(model, rule=replace(rule, starts=rule.starts._replace(due=due)))
    rise = _rise(rule.departures.rise.astype(float), job.origin, factor, arrivals)
    return replace(model, rule=replace(rule, departures=replace(rule.departures, rise=rise)))


def _rise(known: Floats, origin: int, factor: float, arrivals: Floats | None) -> Floats:
    due = known.copy()
    if arrivals is not None:
        due[origin + 1 :] = arrivals[: due.size - origin - 1]
    return due * factor
