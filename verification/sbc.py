"""Simulation-based calibration: truth drawn from the priors, figures made from it, and where the truth lies in the
posterior.

If the inference is right, the rank of the truth among draws from the posterior is uniform. Figures are made as the
model of `travesia.calibration.discrepancy` says, around a run that draws, not the central run by which they are judged.
Source: Talts et al. (2018), algorithm 1.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chisquare

from travesia import Scenario
from travesia.calibration.calibrate import Effort, calibrate
from travesia.calibration.discrepancy import HYPER, hyper_at, on_scale
from travesia.calibration.posterior import measuring_of
from travesia.calibration.priors import unknowns, values_at
from travesia.calibration.readings import read_records
from travesia.calibration.runs import Job, Task, begin
from travesia.forecasting.origin import known_on

Floats = NDArray[np.float64]
DRAWS = 99  # of the posterior among which the truth is ranked
BINS = 10
EFFORT = Effort(first=96, refine=40, rounds=3, replicates=20, walkers=32, short=300, long=1200, draws=150)
REPLICATE = 1000  # of the truth's run; the noise around a central run is estimated from others


def ranks(make: Callable[[], Scenario], only: tuple[str, ...], number: int) -> dict[str, int]:
    """The rank of the truth of one simulation among DRAWS draws, by name. make : the scenario, with figures to replace.

    only : what is not known.
    """
    scenario = make()
    until = scenario.settings.start + timedelta(days=scenario.settings.days - 1)
    rng = np.random.default_rng([number, 7])
    found = unknowns(scenario, "actual", only=only)
    truth, scatter = rng.standard_normal(len(found)), rng.standard_normal(len(HYPER))
    figures = made(scenario, found, truth, hyper_at(scatter[None])[0], number, rng)
    posterior = calibrate(figures, until, only=only, seed=number + 1, effort=EFFORT)
    values = posterior.values.sample(DRAWS, random_state=number)
    told = [*values_at(found, truth[None])[0], *hyper_at(scatter[None])[0]]
    return {str(name): int((values[name] < value).sum()) for name, value in zip(values, told, strict=True)}


def made(
    scenario: Scenario, found: Any, truth: Floats, scatter: Floats, number: int, rng: np.random.Generator
) -> Scenario:
    """The scenario with figures made from a truth. scatter : its σ, τ and ℓ."""
    cut = known_on(scenario, scenario.settings.start + timedelta(days=scenario.settings.days - 1), days=0)
    records = read_records(cut)
    job = Job(cut, "actual", found, records, cut.settings.days - 1, seed=number + 1)
    run = begin(job)
    middle = values_at(found, np.zeros((1, len(found))))
    noise = run(Task(np.repeat(middle, EFFORT.replicates, axis=0), None, tuple(range(EFFORT.replicates))))
    measuring = measuring_of(records, run(Task(middle))[0], noise)
    answers = run(Task(values_at(found, truth[None]), None, (REPLICATE,)))[0]
    scale = measuring.scale(records)
    error, wide, forget = scatter
    height = on_scale(answers, scale) + error * rng.standard_normal(len(answers))
    for a, b in zip(records.starts[:-1], records.starts[1:], strict=True):
        day = records.last[a:b]
        among = wide**2 * np.exp(-np.abs(day[:, None] - day) / forget)
        height[a:b] += np.linalg.cholesky(among + 1e-12 * np.eye(b - a)) @ rng.standard_normal(b - a)
    value = np.sign(height) * np.sinh(np.abs(height) / 2) ** 2 * scale
    table = records.table(cut)
    kind = ["stock" if records.series[row].stock else "flow" for row in records.row]
    rows = cut.observations.iloc[[0] * len(table)].assign(
        quantity=table["quantity"].to_numpy(),
        place=table["place"].to_numpy(),
        date_from=table["date_from"].to_numpy(),
        date_to=table["date"].to_numpy(),
        kind=kind,
        value=value,
    )
    return scenario.with_table("observations", rows.reset_index(drop=True))


def all_ranks(
    make: Callable[[], Scenario], only: tuple[str, ...], count: int, *, workers: int = 1, first: int = 0
) -> pd.DataFrame:
    """Ranks of simulations `first` on, one row each."""
    one = partial(ranks, make, only)
    numbers = range(first, first + count)
    if workers == 1:
        return pd.DataFrame([one(number) for number in numbers])
    with get_context("spawn").Pool(workers) as pool:
        return pd.DataFrame(pool.map(one, numbers, chunksize=4))


def p_values(found: pd.DataFrame) -> dict[str, float]:
    """The p-value of a χ² test of uniform ranks in BINS bins, by name."""
    return {
        str(name): float(chisquare(np.bincount(found[name] * BINS // (DRAWS + 1), minlength=BINS)).pvalue)
        for name in found
    }


if __name__ == "__main__":
    from verification.sbc_scenarios import SCENARIOS

    for name, (make, only) in SCENARIOS.items():
        found = all_ranks(make, only, int(sys.argv[1]), workers=2)
        print(name, {key: round(p, 3) for key, p in p_values(found).items()})
        print({key: np.bincount(found[key] * BINS // (DRAWS + 1), minlength=BINS).tolist() for key in found})
