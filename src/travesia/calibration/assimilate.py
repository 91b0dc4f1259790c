"""Assimilate: new figures change a posterior and its forecast in seconds.

The draws run on to the day of the new figures and past it. Each is weighted by how much more likely all figures up to
that day are than those it was drawn by; where the weights of a few draws would decide, the draws are moved by chains on
an emulator of these very runs, and run again (resample-move: Gilks & Berzuini 2001).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from math import nan
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.calibration.arrivals import arrival_paths
from travesia.calibration.crowd import crowd
from travesia.calibration.discrepancy import Evidence, hyper_at, log_likelihood, on_scale
from travesia.calibration.emulator import directions_of, emulate
from travesia.calibration.outlook import Outlook, prepared, with_members
from travesia.calibration.posterior import LEAST_DRAWS, MOST_K, Draws, Posterior, posterior_of
from travesia.calibration.readings import Records
from travesia.calibration.runs import Job, begin, run_points
from travesia.calibration.sampling import (
    HYPERS,
    sample,
    smoothed,
    target_of,
)
from travesia.errors import Problem, ScenarioError, UsageError, nearest
from travesia.forecasting.origin import known_on
from travesia.resampling import effective, resample
from travesia.scenario import Scenario
from travesia.tablefile import read_table

Floats = NDArray[np.float64]
DRAWS = 200  # that run
STEPS, WALKERS, JITTER = 1200, 64, 0.05  # of chains
MOVES = 1  # at most


def new_rows(path: Path) -> pd.DataFrame:
    """New figures: a CSV file with columns of observations.csv; quantity is `present` and kind `stock` where left out.

    Raises UsageError where there is no such file, ScenarioError with all that is wrong with it.
    """
    if not path.is_file():
        raise UsageError(f"no file {str(path)!r}; name a CSV file with the columns of observations.csv")
    content = read_table(path, name="observations")
    words = [
        Problem(path.name, row, name, value, "not a number", "write a number with a decimal point")
        for name in ("value", "low", "high")
        for row, value in enumerate(content.frame[name], start=2)
        if isinstance(value, str)
    ]
    if content.problems or words:
        raise ScenarioError([*content.problems, *words])
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
    job, known, targets = prepared(posterior, scenario, origin=until, days=days)
    rng = np.random.default_rng([seed, 3])
    paths = arrival_paths(scenario, until, days=days, draws=DRAWS, rng=rng)
    with crowd(begin, job, workers) as people:

        def run(stage: str, u: Floats) -> Floats:
            own = None if paths is None else paths[: len(u)]
            return run_points(people, job, u, arrivals=own, tell=lambda done, total: tell(stage, done, total))

        found = _weighed(posterior, known, run, rng)
    kept = resample(found.weights, DRAWS, offset=rng.random())
    draws = Draws(found.u[kept], found.hyper[kept], found.answers[kept, : len(known.value)])
    quality = replace(
        posterior.quality,
        k_hat=found.k_hat,
        effective=effective(found.weights),
        runs=found.runs,
        r_hat=nan,
        ess=nan,
        accepted=nan,
        autocorrelation=nan,
    )
    head = Job(known_on(scenario, until, days=0), job.policy, job.unknowns, known, job.origin, job.seed)
    after = posterior_of(
        head, until, posterior.quantities, posterior.measuring, draws, quality, chains={}, convergence={}
    )
    members = np.zeros((0, 0))
    whole = Outlook(after, job.scenario, until, days, known, targets, found.answers[kept], members)
    return with_members(whole, draws.hyper, seed=seed)


@dataclass(frozen=True, eq=False)
class _Weighed:
    """Draws with runs and weights. answers : for the known records and then the targets. runs : made in all."""

    u: Floats
    hyper: Floats
    answers: Floats
    weights: Floats
    k_hat: float
    runs: int

    @property
    def good(self) -> bool:
        """Whether the weights can be trusted."""
        return self.k_hat <= MOST_K and effective(self.weights) >= LEAST_DRAWS


def _weighed(
    posterior: Posterior, known: Records, run: Callable[[str, Floats], Floats], rng: np.random.Generator
) -> _Weighed:
    """Draws weighted by all figures: those of the posterior, or moved ones where its weights cannot be trusted."""
    evidence, scale = posterior.measuring.evidence(known), posterior.measuring.scale(known)
    count = len(known.value)
    found = _reweighed(posterior, evidence, scale, run, rng)
    every, heights, near = found.u, on_scale(found.answers[:, :count], scale), 0
    for _ in range(MOVES):
        if found.good:
            break
        directions = directions_of(every, heights, np.eye(count))
        emulator = emulate(directions.seen(every), heights, near=near)
        start = resample(found.weights, WALKERS, offset=rng.random())
        x = np.hstack([directions.seen(found.u[start]), found.hyper[start]])
        x += JITTER * rng.standard_normal(x.shape)
        target = target_of(evidence, emulator)
        chains = sample(target, x, most_steps=STEPS, seed=int(rng.integers(2**32)))
        flat = chains.flat[rng.choice(len(chains.flat), DRAWS)]
        seen, hyper = flat[:, :-HYPERS], hyper_at(flat[:, -HYPERS:])
        u = directions.whole(seen, rng)
        answers = run("moved draws", u)
        own = on_scale(answers[:, :count], scale)
        emulated = log_likelihood(evidence, emulator(seen), hyper, more=emulator.error)
        weights, k_hat = smoothed(log_likelihood(evidence, own, hyper) - emulated)
        found = _Weighed(u, flat[:, -HYPERS:], answers, weights, k_hat, found.runs + len(u))
        every, heights, near = np.concatenate([every, u]), np.concatenate([heights, own]), len(u)
    return found


def _reweighed(
    posterior: Posterior,
    evidence: Evidence,
    scale: Floats,
    run: Callable[[str, Floats], Floats],
    rng: np.random.Generator,
) -> _Weighed:
    """Draws of the posterior, of those that are alike one, weighted by how much likelier all figures are than those
    they were drawn by."""
    before = posterior.draws
    both = np.hstack([before.u, before.hyper])
    _, first, times = np.unique(both, axis=0, return_index=True, return_counts=True)
    some = rng.permutation(len(first))[:DRAWS]
    u, hyper = before.u[first[some]], before.hyper[first[some]]
    answers = run("new figures", u)
    now = log_likelihood(evidence, on_scale(answers[:, : len(evidence.day)], scale), hyper_at(hyper))
    then = posterior.measuring.evidence(posterior.records)
    were = on_scale(before.answers[first[some]], posterior.measuring.scale(posterior.records))
    weights, k_hat = smoothed(now - log_likelihood(then, were, hyper_at(hyper)) + np.log(times[some]))
    return _Weighed(u, hyper, answers, weights, k_hat, len(u))


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
    for place, area, quantity in zip(rows["place"], rows["area"], rows["quantity"], strict=True):
        if quantity not in quantities:
            raise UsageError(
                f"no quantity {quantity!r} in this forecast; {nearest(str(quantity), quantities)}"
            )
        if quantity == "present" and place not in places and (place or not area):
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
