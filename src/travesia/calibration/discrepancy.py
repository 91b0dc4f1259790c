"""How figures scatter around a run: reporting errors, and a difference that lasts from one figure to the next.

On the scale of `on_scale` a figure is the run's answer + a difference + an error. The error is independent, of standard
deviation σ (`reporting_error`); the difference of each series wanders about 0 as an Ornstein-Uhlenbeck process of
standard deviation τ (`discrepancy`) that forgets with time constant ℓ days (`discrepancy_days`). So successive counts
of one camp are not independent evidence, and irregular dates need no interpolation. The likelihood is exact: a Kalman
filter, series by series, given the figures that the run begins with: those say where the difference starts, but a run
that has them is no likelier for it. Sources: Kennedy & O'Hagan (2001), section 4 (discrepancy); Särkkä & Solin (2019),
section 12 (the process as a state-space model).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from travesia.calibration.readings import NINETY, Records
from travesia.jit import compiled
from travesia.parameters import quantile
from travesia.scenario import Prior

Floats = NDArray[np.float64]
HYPER: dict[str, Prior] = {
    "reporting_error": Prior(kind="lognormal", low=0.01, high=0.2),
    "discrepancy": Prior(kind="lognormal", low=0.05, high=1.0),
    "discrepancy_days": Prior(kind="lognormal", low=20.0, high=400.0),
}
"""What is believed of σ, τ and ℓ before any figure: on the scale of `on_scale` 0.1 is a tenth of a large count."""
LEAST_SCALE = 1.0


def on_scale(people: Floats, scale: Floats | float) -> Floats:
    """Figures where their scatter is alike for small and large ones: 2 asinh √(people / scale); odd below 0.

    Much above the scale differences are logs of ratios; much below, of square roots. A constant spread σ there means a
    variance of about σ² (people² + scale × people), that of an over-dispersed count. Source: Anscombe (1948),
    section 4.
    """
    return np.asarray(np.sign(people) * 2 * np.arcsinh(np.sqrt(np.abs(people) / scale)))


def off_scale(height: Floats, scale: Floats | float) -> Floats:
    """The figures on a scale (see `on_scale`), 0 below 0."""
    return np.asarray(np.sinh(np.maximum(height, 0.0) / 2) ** 2 * scale)


@dataclass(frozen=True, eq=False)
class Evidence:
    """Records ready for the likelihood; arrays [record].

    starts : first record of each series [series + 1]. day : the last one a record covers. height : on scale. scale : of
    each record. spread : variance of what was reported as a range. noise : of a run's answers around the central one,
    variance at 0; where the central run has people x it is that over cosh²(g(x) / 2), as of a count whose variance is
    in proportion to it. given : what a run begins with; the likelihood is that of the others given these.
    """

    starts: NDArray[np.int64]
    day: Floats
    height: Floats
    scale: Floats
    spread: Floats
    noise: Floats
    given: NDArray[np.bool_]


def evidence_of(records: Records, scale: Floats, noise: Floats) -> Evidence:
    """The records as evidence. scale, noise : [record]; a range reported is taken as a 90 % interval."""
    low, high = on_scale(records.low, scale), on_scale(records.high, scale)
    spread = np.nan_to_num((high - low) / NINETY) ** 2
    height = on_scale(records.value, scale)
    return Evidence(records.starts, records.last.astype(float), height, scale, spread, noise, records.given)


def hyper_at(u: Floats) -> Floats:
    """σ, τ and ℓ [row, 3] at standard normal coordinates."""
    columns = zip(HYPER.values(), special.ndtr(u).T, strict=True)
    return np.column_stack([quantile(prior, np.clip(share, 1e-12, 1 - 1e-12)) for prior, share in columns])


def log_likelihood(
    evidence: Evidence, heights: Floats, hyper: Floats, *, more: Floats | None = None
) -> Floats:
    """The log-likelihood of each row. heights : a run's answers on scale [row, record]. hyper : σ, τ, ℓ [row, 3].

    more : further variance [record], of an emulator.
    """
    return _filtered(evidence, heights, hyper, more)[0]


def differences(evidence: Evidence, heights: Floats, hyper: Floats) -> tuple[Floats, Floats]:
    """The difference of each series after its last record: mean and variance, both [row, series]."""
    _, mean, variance = _filtered(evidence, heights, hyper, None)
    return mean, variance


def one_ahead(evidence: Evidence, heights: Floats, hyper: Floats) -> tuple[Floats, Floats]:
    """Each record as foreseen from those before it: mean and variance on scale, both [row, record]."""
    rows, count = heights.shape
    out = np.zeros((rows, count, 2))
    state = np.zeros((rows, evidence.starts.size - 1, 2))
    _filter(*_args(evidence, evidence.spread, heights, hyper), np.zeros(rows), state, out)
    return out[:, :, 0], out[:, :, 1]


def _filtered(
    evidence: Evidence, heights: Floats, hyper: Floats, more: Floats | None
) -> tuple[Floats, Floats, Floats]:
    rows = len(heights)
    total, state = np.zeros(rows), np.zeros((rows, evidence.starts.size - 1, 2))
    fixed = evidence.spread + (0.0 if more is None else more)
    _filter(*_args(evidence, fixed, heights, hyper), total, state, np.zeros((0, 0, 2)))
    return total, state[:, :, 0], state[:, :, 1]


def _args(evidence: Evidence, fixed: Floats, heights: Floats, hyper: Floats) -> tuple[Any, ...]:
    known = (evidence.starts, evidence.day, evidence.height, fixed, evidence.noise, evidence.given)
    return *known, np.ascontiguousarray(heights), hyper


def noise_at(noise: Floats | float, heights: Floats) -> Floats:
    """The variance of a run's answers around a central one that has these heights. noise : at 0."""
    return np.asarray(noise / np.cosh(heights / 2) ** 2)


@compiled
def _filter(starts, day, height, fixed, noise, given, heights, hyper, total, state, ahead):  # type: ignore[no-untyped-def]
    """The Kalman filter of each row and series: log-likelihood, last state, and where wanted each forecast."""
    for row in range(heights.shape[0]):
        error, wide, forget = hyper[row, 0] ** 2, hyper[row, 1] ** 2, hyper[row, 2]
        for s in range(starts.size - 1):
            mean, variance = 0.0, wide
            for k in range(starts[s], starts[s + 1]):
                if k > starts[s]:
                    kept = math.exp(-(day[k] - day[k - 1]) / forget)
                    mean *= kept
                    variance = kept * kept * variance + wide * (1.0 - kept * kept)
                around = variance + error + fixed[k] + noise[k] / math.cosh(heights[row, k] / 2.0) ** 2
                off = height[k] - heights[row, k] - mean
                if ahead.size:
                    ahead[row, k, 0] = heights[row, k] + mean
                    ahead[row, k, 1] = around
                if not given[k]:
                    total[row] -= 0.5 * (math.log(2.0 * math.pi * around) + off * off / around)
                gain = variance / around
                mean += gain * off
                variance *= 1.0 - gain
            state[row, s, 0] = mean
            state[row, s, 1] = variance
