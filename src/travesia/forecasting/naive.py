"""Forecasts anyone could make without a model: what the model must beat."""

from __future__ import annotations

from functools import partial

import numpy as np

from travesia.forecasting.past import Floats, Past, Point
from travesia.forecasting.records import Days

YEAR_DAYS, WEEK_DAYS, MONTH_DAYS = 365, 7.0, 365.25 / 12


def last_value(past: Past, days: Days) -> Floats:
    """Nothing changes."""
    return np.repeat(past.last[:, None], len(days), axis=1)


def drift(past: Past, days: Days) -> Floats:
    """Each place goes on as it went on average since its first count."""
    first = np.array([series.days[0] for series in past.series], dtype=float)
    rise = past.last - np.array([series.people[0] for series in past.series], dtype=float)
    span = past.origin - first
    slope = np.divide(rise, span, out=np.zeros_like(rise), where=span > 0)
    ahead = np.asarray(days, dtype=float) - past.origin
    return np.asarray(np.maximum(past.last[:, None] + slope[:, None] * ahead, 0.0), dtype=float)


def last_shares(past: Past, days: Days) -> Floats:
    """The total drifts, and each place keeps its share of it."""
    total, last = drift(past, days).sum(axis=0), past.last
    whole = last.sum()
    return last[:, None] / whole * total if whole > 0 else np.zeros((last.size, len(days)))


def by_distance(past: Past, days: Days) -> Floats:
    """The total drifts; what it gains is split by nearness to where people leave, what is there stays."""
    return _gain_split(past, days, past.signals.nearness)


def by_gravity(past: Past, days: Days) -> Floats:
    """As by distance, with the pull falling with its square, every zone alike."""
    return _gain_split(past, days, past.signals.gravity)


def _gain_split(past: Past, days: Days, pull: Floats) -> Floats:
    total, last = drift(past, days).sum(axis=0), past.last
    now = pull[min(past.origin, len(pull) - 1)] if len(pull) else np.zeros(last.size)
    if now.sum() <= 0 or last.sum() <= 0:
        return last_shares(past, days)
    gained = total - last.sum()
    falling = last[:, None] * np.where(gained < 0, total / last.sum(), 1.0)
    split: Floats = falling + (now / now.sum())[:, None] * np.maximum(gained, 0.0)
    return split


def ets(past: Past, days: Days, *, step_days: float = WEEK_DAYS) -> Floats:
    """Exponential smoothing with a damped trend of each place on a grid of such steps, fitted by statsmodels."""
    from travesia.forecasting.smoothing import smoothed

    if not past.series:
        return last_value(past, days)
    return np.stack([smoothed(series, days, step_days=step_days) for series in past.series])


def last_year(past: Past, days: Days) -> Floats:
    """The same month of the year before; where it was not counted, nothing changes."""
    back = np.asarray(days, dtype=np.int64) - YEAR_DAYS
    found = last_value(past, days)
    for row, series in enumerate(past.series):
        away = np.abs(series.days[:, None] - back)
        nearest = away.argmin(axis=0)
        near = away[nearest, np.arange(back.size)] < MONTH_DAYS / 2
        found[row] = np.where(near, series.people[nearest], found[row])
    return found


NAIVE: dict[str, Point] = {
    "last_value": last_value,
    "last_shares": last_shares,
    "drift": drift,
    "distance": by_distance,
    "gravity": by_gravity,
    "ets": ets,
}
"""The naive methods by name."""
MONTHLY: dict[str, Point] = {
    "last_value": last_value,
    "last_year": last_year,
    "last_shares": last_shares,
    "drift": drift,
    "ets": partial(ets, step_days=MONTH_DAYS),
}
"""Those of flows by month, which have no place."""
