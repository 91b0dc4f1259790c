"""Assimilate: new figures change a posterior and its forecast in seconds.

The draws run on to the day of the new figures and past it. Each is weighted by how much more likely all figures up to
that day are than those it was drawn by; where the weights of a few draws would decide, the draws are moved by chains on
an emulator of these very runs, and run again (resample-move: Gilks & Berzuini 2001).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from math import nan
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.calibration.arrivals import arrival_paths
from travesia.calibration.crowd import crowd
from travesia.calibration.discrepancy import hyper_at, log_likelihood, on_scale
from travesia.calibration.emulator import directions_of, emulate
from travesia.calibration.outlook import Outlook, joined, targets_of, with_members
from travesia.calibration.posterior import MOST_K, Draws, Posterior, Quality, posterior_of
from travesia.calibration.readings import read_records
from travesia.calibration.runs import Job, begin, run_points
from travesia.calibration.sampling import (
    HYPERS,
    effective,
    resample,
    sample,
    smoothed,
    target_of,
)
from travesia.errors import ScenarioError, UsageError, nearest
from travesia.forecasting.origin import known_on
from travesia.scenario import Scenario
from travesia.tablefile import read_table

Floats = NDArray[np.float64]
ENOUGH = 50.0  # draws that the weights must leave
DRAWS = 200  # that run
STEPS = 1200
WALKERS = 64


def new_rows(path: Path) -> pd.DataFrame:
    """New figures: a CSV file with columns of observations.csv; quantity is `present` and kind `stock` where left out.

    Raises UsageError where there is no such file, ScenarioError with all that is wrong with it.
    """
    if not path.is_file():
        raise UsageError(f"no file {str(path)!r}; name a CSV file with the columns of observations.csv")
    content = read_table(path, name="observations")
    if content.problems:
        raise ScenarioError(list(content.problems))
    if content.frame.empty:
        raise UsageError(f"{path}: no rows; write the new figures")
    return content.frame


def assimilate(
    posterior: Posterior,
    rows: pd.DataFrame,
    *,
    days: int,
    seed: int = 1,
    workers: int = 1,
    tell: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> Outlook:
    """The posterior and forecast with new figures.

    posterior : before. rows : new observations, of later days than it knows. days : to forecast after the last of them.
    seed : of what is drawn; workers : processes, which change no number. The posterior of the outlook is the new one;
    its quality says how much the weights left, and whether it should be calibrated anew. Raises UsageError for figures
    of places or quantities that the posterior does not have, or of days it knew.
    """
    scenario, until = extended(posterior, rows)
    cut = known_on(scenario, until, days=days)
    day = (until - cut.settings.start).days
    known = read_records(cut, quantities=posterior.quantities)
    targets = targets_of(cut, known, day, day + days)
    job = Job(cut, posterior.policy, posterior.unknowns, joined(known, targets), day, posterior.seed)
    rng = np.random.default_rng([seed, 3])
    before = posterior.draws
    chosen = rng.permutation(len(before.u))[:DRAWS]
    paths = arrival_paths(scenario, until, days=days, draws=len(chosen), rng=rng)
    count = len(known.value)
    evidence, scale = posterior.measuring.evidence(known), posterior.measuring.scale(known)
    with crowd(begin, job, workers) as people:

        def run(stage: str, u: Floats) -> Floats:
            return run_points(
                people, job, u, arrivals=paths, tell=lambda done, total: tell(stage, done, total)
            )

        u, hyper = before.u[chosen], before.hyper[chosen]
        answers = run("new figures", u)
        heights = on_scale(answers[:, :count], scale)
        then = posterior.measuring.evidence(posterior.records)
        known_before = on_scale(before.answers[chosen], posterior.measuring.scale(posterior.records))
        ratio = log_likelihood(evidence, heights, hyper_at(hyper)) - log_likelihood(
            then, known_before, hyper_at(hyper)
        )
        weights, k_hat = smoothed(ratio)
        runs = len(u)
        if k_hat > MOST_K or effective(weights) < ENOUGH:
            directions = directions_of(u, heights, np.eye(count))
            emulator = emulate(directions.seen(u), heights)
            start = resample(weights, WALKERS, rng)
            x = np.hstack([directions.seen(u[start]), hyper[start]])
            x += 0.05 * rng.standard_normal(x.shape)
            chains = sample(target_of(evidence, emulator), x, most_steps=STEPS, seed=int(rng.integers(2**32)))
            flat = chains.flat[rng.choice(len(chains.flat), len(u))]
            u, hyper = directions.whole(flat[:, :-HYPERS], rng), flat[:, -HYPERS:]
            answers = run("moved draws", u)
            heights = on_scale(answers[:, :count], scale)
            seen = log_likelihood(evidence, emulator(flat[:, :-HYPERS]), hyper_at(hyper), more=emulator.error)
            weights, k_hat = smoothed(log_likelihood(evidence, heights, hyper_at(hyper)) - seen)
            runs += len(u)
    kept = resample(weights, len(u), rng)
    quality = replace(
        _without_chains(posterior.quality), k_hat=k_hat, effective=effective(weights), runs=runs
    )
    known_scenario = known_on(scenario, until, days=0)
    head = Job(known_scenario, posterior.policy, posterior.unknowns, known, day, posterior.seed)
    draws = Draws(u[kept], hyper[kept], answers[kept, :count])
    after = posterior_of(
        head, until, posterior.quantities, posterior.measuring, draws, quality, chains={}, convergence={}
    )
    found = Outlook(after, cut, until, days, known, targets, answers[kept], np.zeros((0, 0)))
    return with_members(found, draws.hyper, seed=seed)


def extended(posterior: Posterior, rows: pd.DataFrame) -> tuple[Scenario, date]:
    """The scenario of a posterior with new observations, long enough for them, and the last day they cover."""
    scenario = posterior.scenario
    ends = pd.to_datetime(rows["date_to"]).fillna(pd.to_datetime(rows["date_from"]))
    if (ends <= pd.Timestamp(posterior.until)).any():
        old = ends[ends <= pd.Timestamp(posterior.until)].iloc[0].date()
        raise UsageError(
            f"a figure of {old} is not after {posterior.until}, up to which the forecast knew; leave it out, or "
            "calibrate again to correct what was known"
        )
    places = list(scenario.places["place"])
    quantities = ["present", *scenario.settings.outputs.quantities]
    for place, quantity in zip(rows["place"], rows["quantity"], strict=True):
        if quantity not in quantities:
            raise UsageError(
                f"no quantity {quantity!r} in this forecast; {nearest(str(quantity), quantities)}"
            )
        if quantity == "present" and place not in places:
            raise UsageError(
                f"no place {place!r} was known on {posterior.until}; {nearest(str(place), places)} A place that is "
                "new needs a calibration of its own"
            )
    until = ends.max().date()
    length = (until - scenario.settings.start).days + 1
    table = scenario.observations
    whole = pd.concat([table, rows.reindex(columns=table.columns)], ignore_index=True)
    longer = scenario.with_settings(scenario.settings.model_copy(update={"days": length}))
    return longer.with_table("observations", whole.astype(table.dtypes.to_dict())), until


def _without_chains(quality: Quality) -> Quality:
    """Chains are those of the calibration; the new draws have none."""
    return replace(quality, r_hat=nan, ess=nan, accepted=nan, steps=0, autocorrelation=nan)
