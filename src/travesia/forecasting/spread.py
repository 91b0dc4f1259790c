"""From one number a method says to a distribution: by how far it was off before, at that horizon."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from travesia.forecasting.past import Floats, Pairs
from travesia.forecasting.records import Days
from travesia.resampling import effective

MEMBERS = 99
"""Members of a forecast: its quantiles at 1/100 to 99/100, so their mean score is that of the distribution."""
LEVELS = np.arange(1, MEMBERS + 1) / (MEMBERS + 1)
NORMAL = ndtri(LEVELS)
LEAST = 1e-12
ENOUGH = 20
"""With fewer past errors near a horizon, size and quantiles lean towards other conflicts and the normal."""
NEAR = 1.5
"""A past error at a horizon so many times longer or shorter speaks for it with weight exp(-1/2)."""
PERIODS = 10.0
"""The errors of all places count for a place like so many periods of its own."""
HALF_LIFE_DAYS = 60.0
"""Past errors are forgotten by half in so many days."""


def members(
    now: Floats,
    leads: Days,
    before: Floats,
    of: Pairs,
    *,
    usual: Floats | None = None,
    half_life_days: float = HALF_LIFE_DAYS,
) -> Floats:
    """The forecast of a method as quantiles of its distribution, [place, day, member].

    now : what it says [place, day]. leads : days from the origin [day]. before : what it would have said [pair]. of :
    the pairs. usual : errors in other conflicts over the root of what was said [day]; they fill up where past
    errors are fewer than ENOUGH. half_life_days : with which errors are forgotten. On the scale of square roots its
    errors, grown as the square root of the horizon, are divided by their size at each place, which is pooled towards
    that of all places; their quantiles, made symmetric, stand around what it says; with few errors they lean towards
    those of a normal distribution. Recent errors, and those at horizons near this one, weigh more; no error comes or
    goes from one day to the next, so neither does the width.
    """
    error = np.sqrt(of.came) - np.sqrt(before)
    end = of.origin + of.lead
    recent = 0.5 ** ((end.max(initial=0) - end) / half_life_days)
    found = np.zeros((*now.shape, MEMBERS))
    for column, lead in enumerate(leads):
        grown = error * np.sqrt(lead / of.lead)
        near = np.exp(-0.5 * (np.log(of.lead / lead) / np.log(NEAR)) ** 2)
        share = min(effective(near) / ENOUGH, 1.0) if near.size else 0.0
        elsewhere = now[:, column] * (0.0 if usual is None else usual[column] ** 2)
        size = _sizes(grown, recent * near, of, elsewhere, share, float(lead))
        standard = NORMAL
        if share > 0:
            past = _symmetric_quantiles(grown / size[of.place], recent * near)
            standard = share * past + (1.0 - share) * NORMAL
        found[:, column] = np.maximum(np.sqrt(now[:, column, None]) + size[:, None] * standard, 0.0) ** 2
    return found


def _symmetric_quantiles(values: Floats, weight: Floats) -> Floats:
    """Weighted quantiles, at LEVELS, of the values and of the values with the other sign: the median is 0.

    By arithmetic it would not be where several values around 0 weigh next to nothing: any of them would do.
    """
    both, doubled = np.concatenate([values, -values]), np.concatenate([weight, weight])
    order = np.argsort(both, kind="stable")
    below = (np.cumsum(doubled[order]) - doubled[order] / 2) / doubled.sum()
    found = np.interp(LEVELS, below, both[order])
    return np.asarray((found - found[::-1]) / 2, dtype=float)


def _sizes(error: Floats, weight: Floats, of: Pairs, elsewhere: Floats, share: float, lead: float) -> Floats:
    """The typical error at each place [place]. elsewhere : its square by other conflicts [place]."""
    if not error.size:
        return np.asarray(np.sqrt(np.maximum(elsewhere, LEAST)), dtype=float)
    whole = float(np.average(error**2, weights=weight))
    size = np.where(elsewhere > 0, share * whole + (1.0 - share) * elsewhere, whole)
    for row in np.unique(of.place):
        own = of.place == row
        centre = np.average(of.origin[own], weights=weight[own])
        variance = np.average((of.origin[own] - centre) ** 2, weights=weight[own])
        periods = (
            float(np.sqrt(12.0 * variance)) / lead + 1.0
        )  # as long as days spread evenly with that variance
        mean = float(np.average(error[own] ** 2, weights=weight[own]))
        size[row] = (periods * mean + PERIODS * size[row]) / (periods + PERIODS)
    return np.asarray(np.sqrt(np.maximum(size, LEAST)), dtype=float)
