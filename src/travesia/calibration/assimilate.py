"""Assimilate: new figures change a posterior and its forecast in seconds.

The draws run up to the day of the new figures. Each is weighted by how much more likely all figures up to that day are
than those it was drawn by; where the weights of a few draws would decide, the draws are moved by chains on an emulator
of runs around them, and run again (resample-move: Gilks & Berzuini 2001). Where few draws would decide even then, the
weights are flattened until enough are left, and the posterior says so. Then its draws run on past the new figures.
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

from travesia.calibration.arrivals import follows_totals
from travesia.calibration.crowd import crowd
from travesia.calibration.discrepancy import Evidence, hyper_at, log_likelihood, on_scale
from travesia.calibration.emulator import directions_of, emulate
from travesia.calibration.inference import load
from travesia.calibration.outlook import Outlook, ahead_of, run_on
from travesia.calibration.posterior import LEAST_DRAWS, MOST_K, Draws, Posterior, posterior_of
from travesia.calibration.readings import PRESENT, Records, read_records
from travesia.calibration.runs import Job, begin_all, run_points
from travesia.calibration.sampling import (
    HYPERS,
    sample,
    smoothed,
    target_of,
)
from travesia.errors import Problem, ScenarioError, UsageError, nearest
from travesia.forecasting.origin import known_on
from travesia.resampling import effective, resample, tempered
from travesia.scenario import Scenario
from travesia.tablefile import read_table

Floats = NDArray[np.float64]
Run = Callable[[str, Floats], Floats]
DRAWS = 200  # of the new posterior
MOVES = (80, DRAWS)  # draws of each move: the first to learn where the emulator is needed
LOOK = 100  # draws whose weights tell whether all are worth a run
AROUND = 100  # runs farther out that join them in the first emulator
STEPS, WALKERS, JITTER = 600, 64, 0.05  # of chains
WIDER = 1.5  # times the standard deviations


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
    cut = known_on(scenario, until, days=0)
    known = read_records(cut, quantities=posterior.quantities)
    job = Job(cut, posterior.policy, posterior.unknowns, known, cut.settings.days - 1, posterior.seed)
    ahead = ahead_of(posterior, scenario, origin=until, days=days)
    rng = np.random.default_rng([seed, 3])
    with crowd(begin_all, (job, ahead.job), workers) as people:
        load()

        def run(stage: str, u: Floats) -> Floats:
            return run_points(people, job, u, tell=lambda done, total: tell(stage, done, total))

        found = _weighed(posterior, known, run, rng)
        kept = resample(tempered(found.weights, LEAST_DRAWS), DRAWS, offset=rng.random())
        quality = replace(
            posterior.quality,
            k_hat=found.k_hat,
            effective=effective(found.weights),
            runs=found.runs,
            r_hat=nan,
            ess=nan,
            accepted=nan,
            autocorrelation=nan,
            unexplained=found.unexplained,
        )
        draws = Draws(found.u[kept], found.hyper[kept], found.answers[kept])
        after = posterior_of(
            job, until, posterior.quantities, posterior.measuring, draws, quality, chains={}, convergence={}
        )
        return run_on(after, ahead, people, number=1, seed=seed, tell=tell)


@dataclass(frozen=True, eq=False)
class _Weighed:
    """Draws with runs and weights. answers : for the records [draw, record]. runs : made in all.

    unexplained : by the emulator, as in `Quality`; NaN where there was none.
    """

    u: Floats
    hyper: Floats
    answers: Floats
    weights: Floats
    k_hat: float
    runs: int
    unexplained: float = nan

    @property
    def good(self) -> bool:
        """Whether the weights can be trusted."""
        return self.k_hat <= MOST_K and effective(self.weights) >= LEAST_DRAWS


def _weighed(posterior: Posterior, known: Records, run: Run, rng: np.random.Generator) -> _Weighed:
    """Draws weighted by all figures: those of the posterior, or moved ones where its weights cannot be trusted.

    Moved ones are drawn by chains on an emulator of all runs so far, whose error counts as variance.
    """
    evidence, scale = posterior.measuring.evidence(known), posterior.measuring.scale(known)
    found = _reweighed(posterior, evidence, scale, run, rng)
    if found.good:
        return found
    rows = resample(tempered(found.weights, LEAST_DRAWS), DRAWS, offset=rng.random())
    more = _around(found.u[rows], AROUND, rng)
    every, heights = np.concatenate([found.u, more]), on_scale(found.answers, scale)
    heights = np.concatenate([heights, on_scale(run("around", more), scale)])
    near, runs = 0, len(every)
    for size in MOVES:
        directions = directions_of(every, heights, np.eye(len(scale)))
        emulator = emulate(directions.seen(every), heights, near=near)
        start = resample(tempered(found.weights, LEAST_DRAWS), WALKERS, offset=rng.random())
        x = np.hstack([directions.seen(found.u[start]), found.hyper[start]])
        x += JITTER * rng.standard_normal(x.shape)
        target = target_of(evidence, emulator)
        chains = sample(target, x, most_steps=STEPS, seed=int(rng.integers(2**32)))
        flat = chains.flat[rng.choice(len(chains.flat), size)]
        seen, hyper = flat[:, :-HYPERS], flat[:, -HYPERS:]
        u = directions.whole(seen, rng)
        answers = run("moved draws", u)
        own = on_scale(answers, scale)
        emulated = log_likelihood(evidence, emulator(seen), hyper_at(hyper), more=emulator.error)
        weights, k_hat = smoothed(log_likelihood(evidence, own, hyper_at(hyper)) - emulated)
        unexplained, runs = float(np.sqrt(emulator.error.mean())), runs + size
        found = _Weighed(u, hyper, answers, weights, k_hat, runs, unexplained)
        every, heights, near = np.concatenate([every, u]), np.concatenate([heights, own]), size
    return found


def _around(u: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Points of a normal distribution that is WIDER than draws, with their mean and correlations."""
    spread = np.linalg.cholesky(np.cov(u.T).reshape(u.shape[1], -1) + 1e-6 * np.eye(u.shape[1]))
    return np.asarray(u.mean(axis=0) + WIDER * rng.standard_normal((count, u.shape[1])) @ spread.T)


def _reweighed(
    posterior: Posterior, evidence: Evidence, scale: Floats, run: Run, rng: np.random.Generator
) -> _Weighed:
    """Draws of the posterior, of those that are alike one, weighted by how much likelier all figures are than those
    they were drawn by."""
    before = posterior.draws
    both = np.hstack([before.u, before.hyper])
    _, first, times = np.unique(both, axis=0, return_index=True, return_counts=True)
    order = rng.permutation(len(first))[:DRAWS]
    were = on_scale(before.answers[first], posterior.measuring.scale(posterior.records))
    hyper = hyper_at(before.hyper[first])
    then = log_likelihood(posterior.measuring.evidence(posterior.records), were, hyper)
    answers = np.zeros((0, len(scale)))
    for count in sorted({min(LOOK, len(order)), len(order)}):
        some = order[:count]
        u = before.u[first[some]]
        answers = np.concatenate([answers, run("new figures", u[len(answers) :])])
        now = log_likelihood(evidence, on_scale(answers, scale), hyper[some])
        weights, k_hat = smoothed(now - then[some] + np.log(times[some]))
        if effective(weights) * len(order) < LEAST_DRAWS * count:
            break
    return _Weighed(u, before.hyper[first[some]], answers, weights, k_hat, len(u))


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
    quantities = [*(posterior.quantities or (PRESENT, *scenario.settings.outputs.quantities))]
    if follows_totals(scenario):
        quantities.append(PRESENT)
    for place, area, quantity in zip(rows["place"], rows["area"], rows["quantity"], strict=True):
        if quantity not in quantities:
            raise UsageError(
                f"no quantity {quantity!r} in this forecast; {nearest(str(quantity), quantities)}"
            )
        if quantity == PRESENT and place not in places and (place or not area):
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
