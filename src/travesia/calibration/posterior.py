"""What the figures leave possible: draws of all that is not known, and how far they can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.calibration.discrepancy import (
    HYPER,
    LEAST_SCALE,
    Evidence,
    evidence_of,
    hyper_at,
    noise_at,
    off_scale,
    on_scale,
    one_ahead,
)
from travesia.calibration.priors import Unknown, values_at
from travesia.calibration.readings import Records
from travesia.calibration.runs import Job
from travesia.scenario import Scenario

Floats = NDArray[np.float64]
BANDS = {"low90": 0.05, "median": 0.5, "high90": 0.95}
MOST_K, LEAST_DRAWS, MOST_R_HAT, LEAST_ESS = 0.7, 50.0, 1.05, 400.0


@dataclass(frozen=True)
class Measuring:
    """How figures are compared. scales : by quantity, people. noise : by label of a series, its variance at 0."""

    scales: Mapping[str, float]
    noise: Mapping[str, float]

    def evidence(self, records: Records) -> Evidence:
        """The records as evidence."""
        usual = float(np.mean(list(self.noise.values()))) if self.noise else 0.0
        noise = np.array([self.noise.get(records.series[k].label, usual) for k in records.row])
        return evidence_of(records, self.scale(records), np.where(records.given, 0.0, noise))

    def scale(self, records: Records) -> Floats:
        """The scale of each record."""
        usual = float(np.median(list(self.scales.values()))) if self.scales else LEAST_SCALE
        return np.array([self.scales.get(records.series[k].quantity, usual) for k in records.row])


def measuring_of(records: Records, central: Floats, drawn: Floats) -> Measuring:
    """How figures are compared, from runs at the prior's medians, so that no figure decides how it is read.

    central : answers of the central run [record]. drawn : of runs that draw [run, record]. The scale of a quantity is
    what the central run has on average where it was reported, 1 at least.
    """
    quantity = np.array([records.series[k].quantity for k in records.row])
    scales = {
        str(name): max(float(np.abs(central[quantity == name]).mean()), LEAST_SCALE)
        for name in np.unique(quantity)
    }
    each = np.array([scales[str(name)] for name in quantity])
    variance = on_scale(drawn, each).var(axis=0, ddof=1) if len(drawn) > 1 else np.zeros(len(each))
    variance = variance / noise_at(1.0, on_scale(central, each))
    noise = {}
    for k, one in enumerate(records.series):
        own = records.row == k
        drawn_for = own & ~records.given if (own & ~records.given).any() else own
        noise[one.label] = float(variance[drawn_for].mean())
    return Measuring(scales, noise)


@dataclass(frozen=True)
class Quality:
    """How the draws came about.

    k_hat, effective : of the importance weights that correct the emulator (see `sampling.smoothed`), over the draws.
    runs : of the model. steps, autocorrelation, accepted : of the chains. directions : informed ones. r_hat, ess : the
    worst of any parameter (NaN where no chains ran). unexplained : root mean square of what the emulator leaves
    unexplained, on scale.
    """

    k_hat: float
    effective: float
    runs: int
    steps: int
    autocorrelation: float
    accepted: float
    directions: int
    r_hat: float
    ess: float
    unexplained: float

    def told(self) -> dict[str, float | None]:
        """Every number by its name, ready for JSON; None where there is none."""
        return {name: round(float(x), 4) if isfinite(x) else None for name, x in vars(self).items()}

    def doubts(self) -> list[str]:
        """Why the draws should not be trusted; empty where nothing speaks against them."""
        found = []
        if self.k_hat > MOST_K:
            found.append(
                f"k-hat of the weights is {self.k_hat:.2f}, above {MOST_K}: the emulator misses true runs"
            )
        if self.effective < LEAST_DRAWS:
            found.append(
                f"the weights leave {self.effective:.0f} draws, fewer than {LEAST_DRAWS:.0f}: too few to tell"
            )
        if self.r_hat > MOST_R_HAT:
            found.append(f"R-hat is {self.r_hat:.3f}, above {MOST_R_HAT}: the chains have not met")
        if self.ess < LEAST_ESS:
            found.append(
                f"the effective sample size is {self.ess:.0f}, below {LEAST_ESS:.0f}: chains too short"
            )
        return found


@dataclass(frozen=True, eq=False)
class Draws:
    """Equally weighted draws: standard normal coordinates u [draw, unknown] and hyper [draw, 3], of σ, τ and ℓ.

    answers : of the central runs there [draw, record].
    """

    u: Floats
    hyper: Floats
    answers: Floats


@dataclass(frozen=True, eq=False)
class Posterior:
    """What the figures of a scenario up to a day leave possible.

    scenario : cut at the day `until`. chains : what emcee drew, by name [chain, draw], in the units of the scenario.
    diagnostics : one row per unknown; see `diagnostics_table`. fit : one row per record; see `fit_table`.
    """

    scenario: Scenario
    policy: str
    until: date
    unknowns: tuple[Unknown, ...]
    quantities: tuple[str, ...]
    seed: int
    records: Records
    measuring: Measuring
    draws: Draws
    chains: Mapping[str, Floats]
    quality: Quality
    diagnostics: pd.DataFrame
    fit: pd.DataFrame

    @property
    def values(self) -> pd.DataFrame:
        """The draws in their units, one column per unknown."""
        return in_units(self.unknowns, self.draws)

    def json(self) -> dict[str, Any]:
        """What was found, ready for JSON."""
        from travesia.tables import records

        return {
            "scenario": self.scenario.name,
            "policy": self.policy,
            "until": self.until.isoformat(),
            "records": len(self.records.value),
            "quality": self.quality.told(),
            "doubts": self.quality.doubts(),
            "parameters": records(self.diagnostics),
        }


def diagnostics_table(
    unknowns: Sequence[Unknown], values: pd.DataFrame, convergence: Mapping[str, tuple[float, float, float]]
) -> pd.DataFrame:
    """One row per unknown: prior beside posterior.

    values : the draws, by name. convergence : R-hat, bulk and tail effective sample size by name. `learnt` is the share
    of the prior's interval of 90 % that is gone.
    """
    from scipy.stats import norm

    ends = norm.ppf(list(BANDS.values()))
    own = {one.name: one.at(ends) for one in unknowns}
    rows = []
    for name in values.columns:
        prior = own[name] if name in own else _hyper_band(str(name), ends)
        after = np.quantile(values[name], list(BANDS.values()))
        r_hat, bulk, tail = convergence.get(str(name), (np.nan, np.nan, np.nan))
        rows.append(
            {
                "parameter": name,
                **{f"prior_{band}": x for band, x in zip(BANDS, prior.tolist(), strict=True)},
                **{f"posterior_{band}": x for band, x in zip(BANDS, after.tolist(), strict=True)},
                "learnt": 1 - (after[2] - after[0]) / (prior[2] - prior[0]),
                "r_hat": r_hat,
                "ess_bulk": bulk,
                "ess_tail": tail,
            }
        )
    return pd.DataFrame(rows)


def fit_table(
    scenario: Scenario, records: Records, measuring: Measuring, draws: Draws, *, seed: int
) -> pd.DataFrame:
    """The posterior predictive check, one row per record.

    run_* are the bands of the runs alone, ahead_* those of what was to be expected for the figure, given the figures of
    the series before it; pit is where the figure lies in that, from 0 to 1, uniform where all is well (NaN: the run
    begins with the figure). Source of the check one step ahead: Dawid (1984).
    """
    from scipy.stats import norm

    evidence, scale = measuring.evidence(records), measuring.scale(records)
    mean, variance = one_ahead(evidence, on_scale(draws.answers, scale), hyper_at(draws.hyper))
    spread = np.sqrt(variance)
    drawn = mean + spread * np.random.default_rng(seed).standard_normal(mean.shape)
    run = np.quantile(draws.answers, list(BANDS.values()), axis=0)
    ahead = np.quantile(off_scale(drawn, scale), list(BANDS.values()), axis=0)
    return records.table(scenario).assign(
        **{f"run_{band}": row for band, row in zip(BANDS, run, strict=True)},
        **{f"ahead_{band}": row for band, row in zip(BANDS, ahead, strict=True)},
        pit=np.where(records.given, np.nan, norm.cdf((evidence.height - mean) / spread).mean(axis=0)),
    )


def _hyper_band(name: str, ends: Floats) -> Floats:
    from scipy.stats import norm

    from travesia.parameters import quantile

    return np.asarray(quantile(HYPER[name], norm.cdf(ends)))


def in_units(unknowns: Sequence[Unknown], draws: Draws) -> pd.DataFrame:
    """Draws in the units of the scenario, one column per unknown, σ, τ and ℓ last."""
    names = [*(one.name for one in unknowns), *HYPER]
    return pd.DataFrame(np.hstack([values_at(unknowns, draws.u), hyper_at(draws.hyper)]), columns=names)


def posterior_of(
    job: Job,
    until: date,
    quantities: tuple[str, ...],
    measuring: Measuring,
    draws: Draws,
    quality: Quality,
    *,
    chains: Mapping[str, Floats],
    convergence: Mapping[str, tuple[float, float, float]],
) -> Posterior:
    """A posterior with its tables. convergence : see `diagnostics_table`; the rest as in Posterior."""
    told = diagnostics_table(job.unknowns, in_units(job.unknowns, draws), convergence)
    fit = fit_table(job.scenario, job.records, measuring, draws, seed=job.seed)
    head = (job.scenario, job.policy, until, job.unknowns, quantities, job.seed, job.records)
    return Posterior(*head, measuring, draws, chains, quality, told, fit)
