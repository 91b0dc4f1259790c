"""From one number a method says to a distribution: by how far it was off before, at that horizon."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from travesia.forecasting.past import Floats, Pairs
from travesia.forecasting.records import Days

MEMBERS = 99
"""Members of a forecast: its quantiles at 1/100 to 99/100, so their mean score is that of the distribution."""
LEVELS = np.arange(1, MEMBERS + 1) / (MEMBERS + 1)
NORMAL = ndtri(LEVELS)
LEAST = 1e-12
ENOUGH = 20
"""With fewer past errors near a horizon, those of the longest horizons are asked too."""
NEAR = 1.5
"""A past error speaks for a horizon at most so many times longer or shorter."""
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
    that of all places; their quantiles, made symmetric, stand around what it says; with few errors, those of a normal
    distribution. Recent errors weigh more.
    """
    error = np.sqrt(of.came) - np.sqrt(before)
    found = np.zeros((*now.shape, MEMBERS))
    for column, lead in enumerate(leads):
        near = _near(of.lead, int(lead))
        grown = error[near] * np.sqrt(lead / of.lead[near])
        end, place, origin = (of.origin + of.lead)[near], of.place[near], of.origin[near]
        weight = 0.5 ** ((end.max(initial=0) - end) / half_life_days)
        elsewhere = now[:, column] * (0.0 if usual is None else usual[column] ** 2)
        size = _sizes(grown, weight, place, origin, elsewhere, int(lead))
        standard = NORMAL if near.size < ENOUGH else _symmetric_quantiles(grown / size[place], weight)
        found[:, column] = np.maximum(np.sqrt(now[:, column, None]) + size[:, None] * standard, 0.0) ** 2
    return found


def _symmetric_quantiles(values: Floats, weight: Floats) -> Floats:
    """Weighted quantiles, at LEVELS, of the values and of the values with the other sign."""
    both, doubled = np.concatenate([values, -values]), np.concatenate([weight, weight])
    order = np.argsort(both, kind="stable")
    below = (np.cumsum(doubled[order]) - doubled[order] / 2) / doubled.sum()
    return np.asarray(np.interp(LEVELS, below, both[order]), dtype=float)


def _near(lead: Days, horizon: int) -> Days:
    """The pairs that speak for a horizon: those near it, or where they are few those of the longest horizons."""
    near = np.flatnonzero(np.abs(np.log(lead / horizon)) <= np.log(NEAR))
    if near.size >= ENOUGH:
        return near
    return np.argsort(-np.minimum(lead, horizon), kind="stable")[: 2 * ENOUGH]


def _sizes(error: Floats, weight: Floats, place: Days, origin: Days, elsewhere: Floats, lead: int) -> Floats:
    """The typical error at each place [place]. elsewhere : its square by other conflicts [place]."""
    if not error.size:
        return np.asarray(np.sqrt(np.maximum(elsewhere, LEAST)), dtype=float)
    whole = float(np.average(error**2, weights=weight))
    share = min(error.size / ENOUGH, 1.0)
    size = np.where(elsewhere > 0, share * whole + (1.0 - share) * elsewhere, whole)
    for row in np.unique(place):
        own = place == row
        periods = float(np.ptp(origin[own])) / lead + 1.0
        mean = float(np.average(error[own] ** 2, weights=weight[own]))
        size[row] = (periods * mean + PERIODS * size[row]) / (periods + PERIODS)
    return np.asarray(np.sqrt(np.maximum(size, LEAST)), dtype=float)
