"""Draws from the posterior: emcee on the emulator, and importance weights from true runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from travesia.calibration.discrepancy import Evidence, hyper_at, log_likelihood
from travesia.calibration.emulator import Emulator
from travesia.calibration.priors import sobol_normal

Floats = NDArray[np.float64]
HYPERS = 3
FIRST_LOOK = 2048  # points of the prior among which walkers start
BLOCK = 400  # steps between looks at the autocorrelation
TIMES_AUTOCORRELATION = 40  # that a chain is long
BURN = 300


@dataclass(frozen=True, eq=False)
class Chains:
    """What emcee drew: x [walker, step, direction + 3], the last three of them σ, τ and ℓ, all standard normal.

    steps : each walker took, after those left out at the beginning, before thinning.
    autocorrelation : in steps, of the slowest coordinate. accepted : share of moves.
    """

    x: Floats
    steps: int
    autocorrelation: float
    accepted: float

    @property
    def flat(self) -> Floats:
        """All draws, [draw, coordinate]."""
        return self.x.reshape(-1, self.x.shape[2])


def target_of(evidence: Evidence, emulator: Emulator) -> Callable[[Floats], Floats]:
    """The log-posterior of rows of coordinates, on the emulator whose error counts as variance."""

    def target(x: Floats) -> Floats:
        ours = log_likelihood(
            evidence, emulator(x[:, :-HYPERS]), hyper_at(x[:, -HYPERS:]), more=emulator.error
        )
        return np.asarray(ours - 0.5 * (x**2).sum(axis=1))

    return target


def first_walkers(target: Callable[[Floats], Floats], dimensions: int, walkers: int, *, seed: int) -> Floats:
    """Where walkers start: points of the prior, drawn by a posterior flattened until it holds enough of them."""
    rng = np.random.default_rng(seed)
    points = sobol_normal(FIRST_LOOK, dimensions, seed=seed)
    told = target(points) + 0.5 * (points**2).sum(axis=1)
    for power in 0.5 ** np.arange(12):
        weight = np.exp(power * (told - told.max()))
        weight /= weight.sum()
        if 1 / (weight**2).sum() >= 2 * walkers:
            break
    keys = np.log(weight + 1e-300) + rng.gumbel(size=len(weight))
    return np.asarray(points[np.argsort(keys)[-walkers:]])


def sample(
    target: Callable[[Floats], Floats], start: Floats, *, most_steps: int, seed: int, thin_to: int = 6400
) -> Chains:
    """Walkers of emcee until they are TIMES_AUTOCORRELATION autocorrelation times long, or most_steps.

    start : [walker, coordinate]. thin_to : draws that are kept, about. Moves of differential evolution, one in ten
    by the whole difference, from one mode to another. Sources: Foreman-Mackey et al. (2013), ter Braak (2006).
    """
    import emcee

    walkers, dimensions = start.shape
    # no snooker moves: up to emcee 3.1.6 they make every posterior too narrow (github.com/dfm/emcee/pull/531)
    moves = [(emcee.moves.DEMove(), 0.9), (emcee.moves.DEMove(gamma0=1.0), 0.1)]
    sampler = emcee.EnsembleSampler(walkers, dimensions, target, moves=moves, vectorize=True)
    random = np.random.RandomState(seed % 2**32).get_state()
    state: Any = emcee.State(start, random_state=random)
    burn = min(BURN, most_steps // 3)
    state = sampler.run_mcmc(state, burn)
    sampler.reset()
    steps, time = 0, np.inf
    while steps < most_steps and steps < TIMES_AUTOCORRELATION * time:
        block = min(BLOCK, most_steps - steps)
        state = sampler.run_mcmc(state, block)
        steps += block
        time = float(np.max(emcee.autocorr.integrated_time(sampler.get_chain(), quiet=True, tol=0)))
    thin = max(1, steps * walkers // thin_to)
    chain = sampler.get_chain()[::-1][::thin][::-1]
    accepted = float(sampler.acceptance_fraction.mean())
    return Chains(chain.transpose(1, 0, 2), steps, time, accepted)


def smoothed(log_weights: Floats) -> tuple[Floats, float]:
    """Importance weights that sum to 1, their tail smoothed, and k̂: above 0.7 they cannot be trusted.

    Source: Vehtari et al. (2024), Pareto smoothed importance sampling, by ArviZ.
    """
    from travesia.calibration.inference import psis

    found, k = psis(log_weights)
    weights = np.exp(found - found.max())
    return weights / weights.sum(), k
