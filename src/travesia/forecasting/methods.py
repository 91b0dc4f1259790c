"""Every forecast of one origin: the model's and the naive ones, as quantiles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from travesia.forecasting.ahead import combined
from travesia.forecasting.naive import NAIVE
from travesia.forecasting.past import Floats, Past, Point, pairs, said
from travesia.forecasting.records import Days
from travesia.forecasting.spread import HALF_LIFE_DAYS, NEAR, members

MODEL = "model"
LONGEST = 90
"""The longest horizon in days whose past errors are looked at, of people at places."""


def forecasts(
    past: Past,
    days: Days,
    *,
    names: tuple[str, ...] = (MODEL, *NAIVE),
    naive: Mapping[str, Point] = NAIVE,
    half_life_days: float = HALF_LIFE_DAYS,
    longest_days: int = LONGEST,
) -> Mapping[str, Floats]:
    """Quantiles of each method, [place, day, member] by its name.

    past : what is known. days : of the run, after its origin. names : which methods. naive : those besides the
    model, by name. half_life_days : with which past errors are forgotten. longest_days : the
    longest horizon whose past errors are looked at.
    """
    ahead = np.asarray(days, dtype=np.int64)
    leads = ahead - past.origin
    of = pairs(past, longest=int(longest_days * NEAR))
    usual = _usual(past, leads)
    found = {}
    for name in names:
        if name == MODEL:
            now, before = combined(past, of, ahead)
        else:
            now, before = naive[name](past, ahead), said(naive[name], past, of)
        found[name] = members(now, leads, before, of, usual=usual, half_life_days=half_life_days)
    return found


def _usual(past: Past, leads: Days) -> Floats | None:
    """Typical errors in other conflicts at some horizons, between known ones by the log of the horizon [day]."""
    if not past.usual:
        return None
    horizon, size = np.array(past.usual).T
    found = np.interp(np.log(leads), np.log(horizon), size)
    return np.asarray(found * np.sqrt(np.maximum(leads / horizon[-1], 1.0)), dtype=float)
