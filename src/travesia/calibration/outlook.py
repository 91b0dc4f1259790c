"""Forecasts from a posterior: its draws run on past the origin, and what differs goes on differing for a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.calibration.arrivals import arrival_paths
from travesia.calibration.crowd import Crowd, crowd
from travesia.calibration.discrepancy import differences, hyper_at, noise_at, off_scale, on_scale
from travesia.calibration.posterior import Posterior
from travesia.calibration.readings import Records, read_records
from travesia.calibration.runs import Job, Task, begin_all, run_points
from travesia.errors import UsageError
from travesia.forecasting.origin import known_on, refuse_no_days
from travesia.forecasting.quantilefile import quantile_rows
from travesia.provenance import scenario_hash
from travesia.scenario import Scenario

Floats = NDArray[np.float64]
NAME = "posterior"
"""What the forecasts are called in the table of quantiles."""


@dataclass(frozen=True, eq=False)
class Outlook:
    """A forecast of every series that was compared with figures.

    posterior : whose draws ran. scenario : cut at the origin, running on. known : the records up to the origin.
    targets : what is forecast, one row each, values NaN. answers : of the runs, for the known records and then the
    targets [draw, …]. members : what is to be reported [draw, target].
    """

    posterior: Posterior
    scenario: Scenario
    origin: date
    days: int
    known: Records
    targets: Records
    answers: Floats
    members: Floats

    def table(self) -> pd.DataFrame:
        """The forecast as quantiles, one row each, in the columns that `travesia score` reads."""
        start, target = self.scenario.settings.start, self.targets
        return quantile_rows(
            self.members.T,
            model=NAME,
            case=self.scenario.name,
            start=start,
            origin=(self.origin - start).days,
            locations=np.array([target.series[row].label for row in target.row], dtype=str),
            days=target.last,
        )


def outlook(
    posterior: Posterior,
    scenario: Scenario,
    *,
    origin: date,
    days: int,
    seed: int = 1,
    workers: int = 1,
    tell: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> Outlook:
    """The forecast of a scenario from an origin, by the draws of a posterior.

    scenario : that the posterior is of; nothing of it after the origin is used. origin : the last day that the
    posterior knows. days : after the origin. seed : of what differs and of how many set out. Raises UsageError
    where the posterior is of another scenario, or of another day.
    """
    check_origin(posterior, scenario, origin, days)
    ahead = ahead_of(posterior, scenario, origin=origin, days=days)
    with crowd(begin_all, (ahead.job,), workers) as people:
        return run_on(posterior, ahead, people, seed=seed, tell=tell)


@dataclass(frozen=True, eq=False)
class Ahead:
    """What is to be run on past an origin.

    scenario : uncut. job : the runs, whose records are those known at the origin and then the targets.
    """

    scenario: Scenario
    origin: date
    days: int
    job: Job
    known: Records
    targets: Records


def ahead_of(posterior: Posterior, scenario: Scenario, *, origin: date, days: int) -> Ahead:
    """The runs of a forecast from an origin, the records they know, and what is forecast."""
    cut = known_on(scenario, origin, days=days)
    day = (origin - cut.settings.start).days
    known = read_records(cut, quantities=posterior.quantities)
    targets = targets_of(cut, known, day, day + days)
    job = Job(cut, posterior.policy, posterior.unknowns, joined(known, targets), day, posterior.seed)
    return Ahead(scenario, origin, days, job, known, targets)


def run_on(
    posterior: Posterior,
    ahead: Ahead,
    people: Crowd[Task, Floats],
    *,
    seed: int,
    number: int = 0,
    tell: Callable[[str, int, int], None],
) -> Outlook:
    """The forecast by the draws of a posterior. people : processes that began with the job, as its `number`."""
    rng, count = np.random.default_rng([seed, 1]), len(posterior.draws.u)
    paths = arrival_paths(ahead.scenario, ahead.origin, days=ahead.days, draws=count, rng=rng)
    answers = run_points(
        people,
        ahead.job,
        posterior.draws.u,
        number=number,
        arrivals=paths,
        tell=lambda done, total: tell("forecast", done, total),
    )
    empty = Outlook(
        posterior,
        ahead.job.scenario,
        ahead.origin,
        ahead.days,
        ahead.known,
        ahead.targets,
        answers,
        np.zeros((0, 0)),
    )
    return with_members(empty, posterior.draws.hyper, seed=seed)


def with_members(found: Outlook, hyper: Floats, *, seed: int) -> Outlook:
    """The outlook with what is to be reported, from its answers. hyper : of each draw, standard normal [draw, 3]."""
    rng, measuring = np.random.default_rng([seed, 2]), found.posterior.measuring
    count, scatter = len(found.known.value), hyper_at(hyper)
    evidence = measuring.evidence(found.known)
    heights = on_scale(found.answers[:, :count], measuring.scale(found.known))
    mean, variance = differences(evidence, heights, scatter)
    last = evidence.day[found.known.starts[1:] - 1]
    scale = measuring.scale(found.targets)
    future = on_scale(found.answers[:, count:], scale)
    error, wide, forget = scatter.T
    members = np.zeros_like(future)
    differs = mean + np.sqrt(variance) * rng.standard_normal(mean.shape)
    at = last.copy()
    for k, (row, day) in enumerate(zip(found.targets.row, found.targets.last, strict=True)):
        kept = np.exp(-(day - at[row]) / forget)
        fresh = wide * np.sqrt(1 - kept**2) * rng.standard_normal(len(kept))
        differs[:, row], at[row] = kept * differs[:, row] + fresh, day
        members[:, k] = future[:, k] + differs[:, row]
    noise = np.array([measuring.noise.get(one.label, 0.0) for one in found.targets.series])[found.targets.row]
    members += np.sqrt(error[:, None] ** 2 + noise_at(noise, future)) * rng.standard_normal(members.shape)
    return replace(found, members=off_scale(members, scale))


def check_origin(posterior: Posterior, scenario: Scenario, origin: date, days: int) -> None:
    """Raise UsageError where a posterior cannot forecast a scenario from an origin."""
    refuse_no_days(days)
    if posterior.until != origin:
        raise UsageError(
            f"the posterior knows figures up to {posterior.until}, not up to the origin {origin}; calibrate with "
            f"--until {origin}, or add later figures to a forecast from {posterior.until} with: travesia assimilate"
        )
    same = known_on(scenario, posterior.until, days=0)
    if scenario_hash(same) != scenario_hash(posterior.scenario):
        raise UsageError(
            f"the posterior is not of this scenario ({posterior.scenario.name}, as known on {posterior.until}); "
            "calibrate it again with the same settings"
        )


def joined(one: Records, other: Records) -> Records:
    """The records of both, one after the other; they are of the same series."""
    both = {
        name: np.concatenate([getattr(one, name), getattr(other, name)])
        for name in ("row", "first", "last", "value", "low", "high", "given")
    }
    return Records(one.series, **both)


def targets_of(scenario: Scenario, known: Records, origin: int, last: int) -> Records:
    """What is forecast of each series after a day: a stock on every day, a flow over spans like those reported.

    Where every span of a flow was a calendar month, so are those forecast; else they are as long as most were, one
    after the other since the last one reported.
    """
    row, first, end = list[int](), list[int](), list[int]()
    for k, one in enumerate(known.series):
        own = slice(known.starts[k], known.starts[k + 1])
        spans = (
            [(day, day) for day in range(origin + 1, last + 1)]
            if one.stock
            else _spans(scenario, known.first[own], known.last[own], last)
        )
        kept = [(a, b) for a, b in spans if origin < b <= last]
        row += [k] * len(kept)
        first += [a for a, _ in kept]
        end += [b for _, b in kept]
    if not row:
        raise UsageError("no span of any flow ends within these days; forecast more of them")
    nan = np.full(len(row), np.nan)
    rows, begins, ends = (np.array(part, dtype=np.int64) for part in (row, first, end))
    return Records(known.series, rows, begins, ends, nan, nan, nan, np.zeros(len(row), dtype=bool))


def _spans(
    scenario: Scenario, first: NDArray[np.int64], last: NDArray[np.int64], until: int
) -> list[tuple[int, int]]:
    start = pd.Timestamp(scenario.settings.start)
    begins = start + pd.to_timedelta(first, unit="D")
    ends = start + pd.to_timedelta(last, unit="D")
    if begins.is_month_start.all() and ends.is_month_end.all():
        months = pd.date_range(ends[-1] + pd.Timedelta(days=1), start + pd.Timedelta(days=until), freq="MS")
        return [((m - start).days, (m + pd.offsets.MonthEnd(0) - start).days) for m in months]
    length = int(np.median(last - first)) + 1
    return [(day, day + length - 1) for day in range(int(last[-1]) + 1, until + 1, length)]
