"""Exponential smoothing of irregular counts, by statsmodels."""

from __future__ import annotations

import warnings
from functools import lru_cache

import numpy as np

from travesia.forecasting.records import Days, People, Series

STEPS = 26
"""Steps forecast at once."""
LEAST = 8
"""Steps of counts below which nothing is fitted and the last count holds."""


def smoothed(series: Series, days: Days, *, step_days: float) -> People:
    """People on each of the days by additive exponential smoothing with a damped trend.

    series : counts, brought to a grid of steps that ends with the last by linear interpolation between them. days :
    after the last count; between two steps the forecast is linear. step_days : of the grid.
    Too short a series, or a constant one, holds its last count. Source: Gardner & McKenzie (1985);
    statsmodels' ExponentialSmoothing.
    """
    end = int(series.days[-1])
    grid = np.arange(end, int(series.days[0]) - 1, -step_days)[::-1]
    counts = series.at(grid)
    scale = float(np.abs(counts).max())
    if grid.size < LEAST or np.ptp(counts) == 0:
        return np.full(len(days), float(series.people[-1]))
    needed = max(int(-(-(int(np.max(days)) - end) // step_days)), 1)
    steps = -(-needed // STEPS) * STEPS
    ahead = np.array(_forecast((counts / scale).tobytes(), steps)) * scale
    at = end + step_days * np.arange(steps + 1)
    told = np.interp(np.asarray(days, dtype=float), at, np.concatenate([counts[-1:], ahead]))
    return np.asarray(np.maximum(told, 0.0), dtype=float)


@lru_cache(maxsize=20_000)
def _forecast(counts: bytes, steps: int) -> tuple[float, ...]:
    """The forecast of some steps; kept, as rolling origins ask for the same past again and again."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    known = np.frombuffer(counts)
    with warnings.catch_warnings():  # of an optimiser that stops early: its last point is still a forecast
        warnings.simplefilter("ignore")
        model = ExponentialSmoothing(known, trend="add", damped_trend=True, initialization_method="estimated")
        # SLSQP finds what L-BFGS-B does, and does not slow down tenfold when other work holds the processor
        found = np.asarray(model.fit(method="SLSQP").forecast(steps), dtype=float)
    return tuple(found.tolist()) if np.isfinite(found).all() else (float(known[-1]),) * steps
