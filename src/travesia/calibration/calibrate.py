"""Calibrate: from priors and figures up to a day to draws from the posterior.

Five steps, in the standard normal coordinates of the priors: central runs at points all over the prior; the directions
in which the figures can tell something; an emulator of the answers there, refined where the posterior is until true
runs agree with it; long chains on it; and true runs at some draws, whose importance weights correct the emulator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from travesia.calibration.crowd import Crowd, crowd
from travesia.calibration.discrepancy import HYPER, Evidence, hyper_at, log_likelihood, noise_at, on_scale
from travesia.calibration.emulator import Directions, Emulator, directions_of, emulate
from travesia.calibration.inference import convergence
from travesia.calibration.posterior import (
    MOST_K,
    Draws,
    Measuring,
    Posterior,
    Quality,
    measuring_of,
    posterior_of,
)
from travesia.calibration.priors import Unknown, sobol_normal, unknowns, values_at
from travesia.calibration.readings import read_records
from travesia.calibration.runs import Job, Task, begin_all, run_points
from travesia.calibration.sampling import (
    HYPERS,
    Chains,
    first_walkers,
    sample,
    smoothed,
    target_of,
)
from travesia.errors import UsageError
from travesia.forecasting.origin import known_on
from travesia.resampling import effective, resample, tempered
from travesia.scenario import Scenario

Floats = NDArray[np.float64]
Tell = Callable[[str, int, int], None]
AGREES = (
    0.6  # share of the true runs of a round that their weights leave, with which the emulator is good enough
)
ENOUGH = 0.2  # share of the draws that their weights leave, with which no other try is made
TRIES = 4
FLATTENED = 0.1  # share of the draws that weights must leave; those that leave fewer are flattened


@dataclass(frozen=True)
class Effort:
    """How much is done.

    first : runs all over the prior, more where there are many unknowns. refine, rounds : runs of a round, and rounds at
    most. replicates : that draw, for the noise around a central run. walkers : of the chains. short, long : their most
    steps while the emulator is refined and at the end. draws : from the posterior, each with a run.
    """

    first: int = 200
    refine: int = 80
    rounds: int = 4
    replicates: int = 30
    walkers: int = 64
    short: int = 800
    long: int = 6000
    draws: int = 500


def calibrate(
    scenario: Scenario,
    until: date,
    *,
    policy: str = "actual",
    priors: str | Path | None = None,
    only: Sequence[str] = (),
    quantities: Sequence[str] = (),
    seed: int = 1,
    workers: int = 1,
    effort: Effort = Effort(),
    tell: Tell = lambda stage, done, total: None,
) -> Posterior:
    """The posterior of all that is not known of a scenario, from its figures up to a day.

    until : the last day of which anything is used. priors, only : see `unknowns`. quantities : to compare with; all
    that were reported if empty. seed : of all draws; workers : processes, which change no number. tell : called with
    stage, runs done and in all. Raises UsageError where there is nothing to learn or to learn from.
    """
    cut = known_on(scenario, until, days=0)
    found = unknowns(cut, policy, priors=priors, only=only)
    records = read_records(cut, quantities=quantities)
    if records.given.all():
        raise UsageError(
            f"runs of {scenario.name!r} begin with every one of its figures up to {until}, so nothing can be learnt "
            "from them; choose a later day, or add rows to observations.csv"
        )
    job = Job(cut, policy, found, records, cut.settings.days - 1, seed)
    with crowd(begin_all, (job,), workers) as people:
        search = _Search(job, people, effort, np.random.default_rng(seed), tell)
        return search.posterior(until, tuple(quantities))


@dataclass(frozen=True, eq=False)
class Drawn:
    """Draws with a true run each: coordinates u [draw, unknown] and hyper [draw, 3], answers, importance weights."""

    u: Floats
    hyper: Floats
    answers: Floats
    weights: Floats
    k_hat: float


class _Search:
    """The steps of one calibration; it keeps the runs made so far."""

    def __init__(
        self, job: Job, people: Crowd[Task, Floats], effort: Effort, rng: np.random.Generator, tell: Tell
    ) -> None:
        self.job, self.people, self.effort, self.rng, self.tell = job, people, effort, rng, tell
        self.runs = 0

    def posterior(self, until: date, quantities: tuple[str, ...]) -> Posterior:
        """All steps."""
        job, effort = self.job, self.effort
        middle = np.zeros((1, len(job.unknowns)))
        central = self.run("centre", middle)[0]
        noisy = self.run(
            "noise", np.repeat(middle, effort.replicates, axis=0), replicates=range(effort.replicates)
        )
        measuring = measuring_of(job.records, central, noisy)
        evidence, scale = measuring.evidence(job.records), measuring.scale(job.records)
        count = max(effort.first, 4 * len(job.unknowns))
        u = sobol_normal(count, len(job.unknowns), seed=job.seed)
        heights = on_scale(self.run("first look", u), scale)
        directions = directions_of(u, heights, whitening(evidence))
        near, walkers = 0, None
        for number in range(effort.rounds):
            emulator = emulate(directions.seen(u), heights, near=near)
            chains = self.chains(evidence, emulator, directions, walkers, effort.short)
            walkers = chains.x[:, -1]
            drawn = self.draw(
                f"round {number + 1}", evidence, scale, emulator, directions, chains, effort.refine
            )
            u = np.concatenate([u, drawn.u])
            heights = np.concatenate([heights, on_scale(drawn.answers, scale)])
            near = effort.refine
            if effective(drawn.weights) >= AGREES * effort.refine:
                break
        tried: list[tuple[Emulator, Chains, Drawn]] = []
        for _ in range(TRIES):
            emulator = emulate(directions.seen(u), heights, near=near)
            chains = self.chains(evidence, emulator, directions, walkers, effort.long)
            drawn = self.draw("draws", evidence, scale, emulator, directions, chains, effort.draws)
            tried.append((emulator, chains, drawn))
            left = [effective(one.weights) for _, _, one in tried]
            if drawn.k_hat <= MOST_K and left[-1] >= ENOUGH * effort.draws:
                break
            if left[-1] < left[0]:
                break  # runs are rough there: more of them teach the emulator nothing
            u, near = np.concatenate([u, drawn.u]), effort.draws
            heights = np.concatenate([heights, on_scale(drawn.answers, scale)])
            walkers = chains.x[:, -1]
        best = tried[int(np.argmax(left))]
        return self.gathered(until, quantities, measuring, directions, *best)

    def run(self, stage: str, u: Floats, *, replicates: Sequence[int] = ()) -> Floats:
        """Runs at points, counted and told."""
        self.runs += len(u)
        return run_points(
            self.people,
            self.job,
            u,
            replicates=replicates,
            tell=lambda done, total: self.tell(stage, done, total),
        )

    def chains(
        self,
        evidence: Evidence,
        emulator: Emulator,
        directions: Directions,
        walkers: Floats | None,
        most: int,
    ) -> Chains:
        """Chains on the emulator, from where those before ended."""
        target, seed = target_of(evidence, emulator), int(self.rng.integers(2**32))
        if walkers is None:
            walkers = first_walkers(target, directions.count + HYPERS, self.effort.walkers, seed=seed)
        return sample(target, walkers, most_steps=most, seed=seed)

    def draw(
        self,
        stage: str,
        evidence: Evidence,
        scale: Floats,
        emulator: Emulator,
        directions: Directions,
        chains: Chains,
        count: int,
    ) -> Drawn:
        """True runs at some draws of the chains, weighted by how much more likely the figures are by them."""
        flat = chains.flat
        x = flat[self.rng.choice(len(flat), count, replace=len(flat) < count)]
        u = directions.whole(x[:, :-HYPERS], self.rng)
        answers = self.run(stage, u)
        hyper = hyper_at(x[:, -HYPERS:])
        true = log_likelihood(evidence, on_scale(answers, scale), hyper)
        seen = log_likelihood(evidence, emulator(x[:, :-HYPERS]), hyper, more=emulator.error)
        weights, k_hat = smoothed(true - seen)
        return Drawn(u, x[:, -HYPERS:], answers, weights, k_hat)

    def gathered(
        self,
        until: date,
        quantities: tuple[str, ...],
        measuring: Measuring,
        directions: Directions,
        emulator: Emulator,
        chains: Chains,
        drawn: Drawn,
    ) -> Posterior:
        """The posterior, its draws equally weighted, with its tables."""
        job = self.job
        rows = resample(
            tempered(drawn.weights, FLATTENED * len(drawn.weights)),
            len(drawn.weights),
            offset=self.rng.random(),
        )
        u, hyper, answers = drawn.u[rows], drawn.hyper[rows], drawn.answers[rows]
        named = chains_by_name(job.unknowns, directions, chains, self.rng)
        told = convergence(named)
        quality = Quality(
            k_hat=drawn.k_hat,
            effective=effective(drawn.weights),
            runs=self.runs,
            steps=chains.steps,
            autocorrelation=chains.autocorrelation,
            accepted=chains.accepted,
            directions=directions.count,
            r_hat=max(r for r, _, _ in told.values()),
            ess=min(min(bulk, tail) for _, bulk, tail in told.values()),
            unexplained=float(np.sqrt(emulator.error.mean())),
        )
        return posterior_of(
            job,
            until,
            quantities,
            measuring,
            Draws(u, hyper, answers),
            quality,
            chains=named,
            convergence=told,
        )


def chains_by_name(
    found: Sequence[Unknown], directions: Directions, chains: Chains, rng: np.random.Generator
) -> dict[str, Floats]:
    """The chains in the units of the scenario, by name [chain, draw]."""
    shape = chains.x.shape[:2]
    values = values_at(found, directions.whole(chains.flat[:, :-HYPERS], rng))
    hyper = hyper_at(chains.flat[:, -HYPERS:])
    named = {one.name: values[:, k].reshape(shape) for k, one in enumerate(found)}
    return named | {name: hyper[:, k].reshape(shape) for k, name in enumerate(HYPER)}


def whitening(evidence: Evidence) -> Floats:
    """A matrix that makes the scatter of the records independent with variance 1, at the medians of σ, τ and ℓ."""
    error, wide, forget = hyper_at(np.zeros((1, HYPERS)))[0]
    count = len(evidence.day)
    whole = np.zeros((count, count))
    for a, b in zip(evidence.starts[:-1], evidence.starts[1:], strict=True):
        day = evidence.day[a:b]
        own = wide**2 * np.exp(-np.abs(day[:, None] - day) / forget)
        own += np.diag(error**2 + evidence.spread[a:b] + noise_at(evidence.noise, evidence.height)[a:b])
        whole[a:b, a:b] = np.linalg.inv(np.linalg.cholesky(own))
    return whole
