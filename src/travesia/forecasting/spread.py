"""From one number a method says to a distribution: by how far it was off before, at that horizon."""

from __future__ import annotations

import numpy as np

from travesia.forecasting.past import Floats, Pairs
from travesia.forecasting.records import Days

MEMBERS = 99
"""Members of a forecast: its quantiles at 1/100 to 99/100, so their mean score is that of the distribution."""
LEVELS = np.arange(1, MEMBERS + 1) / (MEMBERS + 1)
ENOUGH = 20
"""With fewer past errors near a horizon, those of the longest horizons are asked too."""
NEAR = 1.5
"""A past error speaks for a horizon at most so many times longer or shorter."""
PERIODS = 10.0
"""The errors of all places count for a place like so many periods of its own."""
HALF_LIFE_DAYS = 60.0
"""Past errors are forgotten by half in so many days."""


def members(now: Floats, leads: Days, before: Floats, of: Pairs) -> Floats:
    """The forecast of a method as quantiles of its distribution, [place, day, member].

    now : what it says [place, day]. leads : days from the origin [day]. before : what it would have said [pair]. of :
    the pairs. On the scale of square roots its errors, grown as the square root of the horizon, are divided by their
    size at each place, which is pooled towards that of all places; their quantiles, made symmetric, stand around
    what it says. Recent errors weigh more.
    """
    error = np.sqrt(of.came) - np.sqrt(before)
    found = np.repeat(now[:, :, None], MEMBERS, axis=2)
    for column, lead in enumerate(leads):
        near = _near(of.lead, int(lead))
        if not near.size:
            continue
        end, place = (of.origin + of.lead)[near], of.place[near]
        weight = 0.5 ** ((end.max() - end) / HALF_LIFE_DAYS)
        grown = error[near] * np.sqrt(lead / of.lead[near])
        size = _sizes(grown, weight, place, of.origin[near], len(now), int(lead))
        standard = grown / size[place]
        moved = np.sqrt(now[:, column, None]) + size[:, None] * _symmetric_quantiles(standard, weight)
        found[:, column] = np.maximum(moved, 0.0) ** 2
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


def _sizes(error: Floats, weight: Floats, place: Days, origin: Days, places: int, lead: int) -> Floats:
    """The typical error at each place [place]."""
    whole = float(np.average(error**2, weights=weight))
    size = np.full(places, whole)
    for row in np.unique(place):
        own = place == row
        periods = float(np.ptp(origin[own])) / lead + 1.0
        mean = float(np.average(error[own] ** 2, weights=weight[own]))
        size[row] = (periods * mean + PERIODS * whole) / (periods + PERIODS)
    return np.asarray(np.sqrt(np.maximum(size, 1e-12)), dtype=float)
