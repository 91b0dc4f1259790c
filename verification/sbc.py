"""Simulation-based calibration: truth drawn from the priors, figures made from it, and where the truth lies in the
posterior.

If the inference is right, the rank of the truth among draws from the posterior is uniform. Figures are made as the
model of `travesia.calibration.discrepancy` says, around a run that draws, not the central run by which they are judged.
Source: Talts et al. (2018), algorithm 1. The test of uniformity is that of Säilynoja et al. (2022), section 2.

    python -m verification.sbc 100 docs    # writes calibration-ranks.csv and images/calibration-ranks.png there
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binom

from travesia import Scenario
from travesia.calibration.calibrate import Effort, calibrate
from travesia.calibration.discrepancy import HYPER, hyper_at, on_scale
from travesia.calibration.plotposterior import grid
from travesia.calibration.posterior import measuring_of
from travesia.calibration.priors import unknowns, values_at
from travesia.calibration.readings import read_records
from travesia.calibration.runs import Job, Task, begin
from travesia.captions import BLUE, GREY
from travesia.forecasting.origin import known_on

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DRAWS = 99  # of the posterior among which the truth is ranked
BINS = 10
EFFORT = Effort(first=48, refine=24, rounds=2, replicates=20, walkers=64, short=150, long=500, draws=100)
REPLICATE = 1000  # of the truth's run; the noise around a central run is estimated from others
NARROWED = 1.3  # how many times narrower the draws are that the test must tell from right ones
ERROR = (
    0.05 / 13
)  # p-value below which a parameter fails: right inference fails once in 20, over all of both scenarios
EVEN = 20_000  # sets of uniform ranks that a p-value comes from
KEPT = "calibration-ranks.csv"  # what docs/calibration.md shows


def ranks(make: Callable[[], Scenario], only: tuple[str, ...], number: int) -> dict[tuple[float, str], int]:
    """The rank of the truth of one simulation among DRAWS draws: [by how much they were narrowed, name].

    make : the scenario, with figures to replace. only : what is not known. Narrowed draws are the same ones, nearer to
    their mean in standard normal coordinates.
    """
    scenario = make()
    until = scenario.settings.start + timedelta(days=scenario.settings.days - 1)
    rng = np.random.default_rng([number, 7])
    found = unknowns(scenario, "actual", only=only)
    truth, scatter = rng.standard_normal(len(found)), rng.standard_normal(len(HYPER))
    figures = made(scenario, found, truth, hyper_at(scatter[None])[0], number, rng)
    posterior = calibrate(figures, until, only=only, seed=number + 1, effort=EFFORT)
    drawn = np.hstack([posterior.draws.u, posterior.draws.hyper])
    drawn = drawn[rng.permutation(len(drawn))[:DRAWS]]
    middle, names = drawn.mean(axis=0), [*(one.name for one in found), *HYPER]
    return {
        (by, name): int(below)
        for by in (1.0, NARROWED)
        for name, below in zip(
            names, (middle + (drawn - middle) / by < np.append(truth, scatter)).sum(axis=0), strict=True
        )
    }


def made(
    scenario: Scenario, found: Any, truth: Floats, scatter: Floats, number: int, rng: np.random.Generator
) -> Scenario:
    """The scenario with figures made from a truth. scatter : its σ, τ and ℓ.

    Those that a run begins with stay, and the others are drawn given them: Matheron's rule, as in Doucet (2010).
    """
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
    middle_height = on_scale(answers, scale)
    off = error * rng.standard_normal(len(answers))
    missed = on_scale(records.value, scale) - middle_height
    for a, b in zip(records.starts[:-1], records.starts[1:], strict=True):
        day = records.last[a:b]
        among = wide**2 * np.exp(-np.abs(day[:, None] - day) / forget)
        off[a:b] += np.linalg.cholesky(among + 1e-12 * np.eye(b - a)) @ rng.standard_normal(b - a)
        whole, given = among + error**2 * np.eye(b - a), records.given[a:b]
        left = (missed - off)[a:b][given]
        off[a:b] += whole[:, given] @ np.linalg.solve(whole[np.ix_(given, given)], left)
    height = middle_height + off
    value = np.sign(height) * np.sinh(np.abs(height) / 2) ** 2 * scale
    table = records.table(cut)
    kind = ["stock" if records.series[row].stock else "flow" for row in records.row]
    rows = cut.observations.iloc[[0] * len(table)].assign(
        quantity=table["quantity"].to_numpy(),
        place=table["place"].to_numpy(),
        date_from=table["date_from"].to_numpy(),
        date_to=table["date"].to_numpy(),
        kind=kind,
        value=np.where(records.given, records.value, value),
    )
    return scenario.with_table("observations", rows.reset_index(drop=True))


def all_ranks(
    make: Callable[[], Scenario], only: tuple[str, ...], count: int, *, workers: int = 1, first: int = 0
) -> pd.DataFrame:
    """Ranks of simulations `first` on, one row each; columns as in `ranks`."""
    one = partial(ranks, make, only)
    numbers = range(first, first + count)
    if workers == 1:
        return _frame([one(number) for number in numbers])
    with get_context("spawn").Pool(workers) as pool:
        return _frame(pool.map(one, numbers, chunksize=4))


def _frame(rows: list[dict[tuple[float, str], int]]) -> pd.DataFrame:
    return pd.DataFrame([list(row.values()) for row in rows], columns=pd.MultiIndex.from_tuples(rows[0]))


def p_values(found: pd.DataFrame) -> dict[str, float]:
    """The p-value of the ranks of each name if they are uniform.

    The statistic is how unlikely the most unlikely point of the empirical distribution function is, by the binomial
    distribution there; its distribution is simulated. Source: Säilynoja et al. (2022), equations 7 and 8.
    """
    count = len(found)
    even = _strangest(np.random.default_rng(1).integers(DRAWS + 1, size=(EVEN, count)))
    own = _strangest(found.to_numpy().T)
    return {str(name): float((even <= x).mean()) for name, x in zip(found.columns, own, strict=True)}


def _strangest(each: Ints) -> Floats:
    """The least two-sided tail probability over all points of the distribution function, [set]. each : ranks of sets,
    [set, rank]."""
    sets, count = each.shape
    at = np.arange(sets)[:, None] * (DRAWS + 1) + each
    below = np.bincount(at.ravel(), minlength=sets * (DRAWS + 1)).reshape(sets, -1).cumsum(axis=1)[:, :-1]
    share = np.arange(1, DRAWS + 1) / (DRAWS + 1)
    outcomes = np.arange(count + 1)[:, None]
    tail = 2 * np.minimum(binom.cdf(outcomes, count, share), binom.sf(outcomes - 1, count, share))
    return np.asarray(tail[below, np.arange(DRAWS)].min(axis=1))


def table(found: pd.DataFrame) -> pd.DataFrame:
    """What the ranks of each name are: how many in each of BINS bins, their mean (uniform: 0.5) and variance (as a
    multiple of that of uniform ones) with the standard errors that uniform ranks have, and the p-value."""
    share = (found + 0.5) / (DRAWS + 1)
    count, p = len(found), p_values(found)
    rows = [
        {
            "parameter": name,
            "ranks": " ".join(str(n) for n in np.bincount(found[name] * BINS // (DRAWS + 1), minlength=BINS)),
            "mean": f"{share[name].mean():.2f} ± {np.sqrt(1 / 12 / count):.2f}",
            "variance": f"{12 * ((share[name] - 0.5) ** 2).mean():.2f} ± {np.sqrt(0.8 / count):.2f}",
            "p": f"{p[str(name)]:.3f}",
        }
        for name in found.columns
    ]
    return pd.DataFrame(rows)


def picture(each: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Histograms of ranks by scenario and name, with the band that 99 % of bins of uniform ranks lie in."""
    figure, axes = grid(sum(found.shape[1] for found in each.values()))
    named = [(scenario, name, found[name]) for scenario, found in each.items() for name in found]
    for axis, (scenario, name, own) in zip(axes, named, strict=False):
        low, high = binom.ppf([0.005, 0.995], len(own), 1 / BINS)
        axis.axhspan(low, high, color=GREY, alpha=0.3, lw=0)
        axis.hist(own, np.linspace(0, DRAWS + 1, BINS + 1), color=BLUE, alpha=0.7)
        axis.set_title(f"{scenario}: {name}", fontsize=8)
    figure.suptitle(
        f"Ranks of the truth among {DRAWS} draws; grey: 99 % of bins of uniform ranks", fontsize=10
    )
    figure.savefig(path, format="png")


def main() -> None:
    """Rank the truths of both scenarios, and keep what the page shows where a folder is named."""
    from verification.sbc_scenarios import SCENARIOS

    ranked = {}
    for scenario, (make, only) in SCENARIOS.items():
        every = all_ranks(make, only, int(sys.argv[1]), workers=2)
        ranked[scenario] = every[1.0]
        print(f"\n{scenario}\n\n{table(every[1.0]).to_string(index=False)}")
        least = min(p_values(every[NARROWED]).values())
        print(f"\nleast p of draws {NARROWED} times narrower: {least:.5f}", flush=True)
    if len(sys.argv) > 2:
        folder = Path(sys.argv[2])
        rows = pd.concat([table(found).assign(scenario=scenario) for scenario, found in ranked.items()])
        rows[["scenario", *rows.columns[:-1]]].to_csv(folder / KEPT, index=False)
        picture(ranked, folder / "images" / Path(KEPT).with_suffix(".png"))


if __name__ == "__main__":
    main()
