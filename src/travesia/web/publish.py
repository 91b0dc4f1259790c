"""What may be handed out: two figures, `fewer than ten`, and no fine-grained journeys of the last 12 months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.disclosure import FEW
from travesia.scenario import Scenario

Floats = NDArray[np.float64]
STANDS_FOR_FEW = 5.0
MONTHS_TO_WAIT = 12
PEOPLE_UNITS = ("people", "families")
"""Units of needs that count people."""


def two_figures(values: Any) -> Floats:
    """Simulated counts as they are published: two figures, STANDS_FOR_FEW where fewer than FEW, 0 below a half.

    values : people, of any shape.
    """
    given = np.asarray(values, dtype=np.float64)
    size = np.abs(given)
    step = 10.0 ** (np.floor(np.log10(np.where(size >= 0.5, size, 1.0))) - 1)
    rounded = np.rint(size / step) * step
    told = np.where(size < 0.5, 0.0, np.where(size < FEW, STANDS_FOR_FEW, np.rint(rounded)))
    return np.asarray(np.sign(given) * told, dtype=np.float64)


def two_digits(values: Any) -> Floats:
    """Amounts of things in two figures, however small. values : of any shape."""
    given = np.asarray(values, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        digits = np.where(given == 0, 0.0, np.floor(np.log10(np.abs(given))) - 1)
    digits = np.maximum(digits, -300.0)  # smaller amounts are 0: the power of ten would be infinite
    step = 10.0 ** np.abs(digits)  # a power of ten that is exact, so that 0.1 stays 0.1
    return np.asarray(np.where(digits < 0, np.rint(given * step) / step, np.rint(given / step) * step))


def needed(values: Any, units: Any) -> Floats:
    """Needs as they are published: people as everywhere, amounts of things in two figures.

    values, units : of `planning.needs`, of the same shape.
    """
    return np.where(np.isin(units, PEOPLE_UNITS), two_figures(values), two_digits(values))


def is_coarse(scenario: Scenario, today: date) -> bool:
    """Whether a run may be shown by area and month only: a journey that ended less than 12 months ago, or will end.

    scenario : whose. today : the day on which it is shown.
    """
    settings = scenario.settings
    last = settings.start + timedelta(days=settings.days - 1)
    past = (pd.Timestamp(today) - pd.DateOffset(months=MONTHS_TO_WAIT)).date()
    return settings.movement.rule == "goal" and last > past


@dataclass(frozen=True, eq=False)
class Grain:
    """How finely places and days are told. place : area of each place. day : period of each day."""

    names: tuple[str, ...]
    place: NDArray[np.int64]
    day: NDArray[np.int64]
    dates: tuple[str, ...]
    coarse: bool

    def stock(self, values: Floats) -> Floats:
        """People by area, the mean over each period. values : [replicate, date, place]."""
        if not self.coarse:
            return values
        periods, areas = len(self.dates), len(self.names)
        by_area = np.zeros((*values.shape[:2], areas))
        for column, area in enumerate(self.place):
            by_area[:, :, area] += values[:, :, column]
        days = np.bincount(self.day, minlength=periods).astype(float)
        out = np.zeros((len(values), periods, areas))
        for row, period in enumerate(self.day):
            out[:, period] += by_area[:, row] / days[period]
        return out


def grain_of(scenario: Scenario, *, coarse: bool) -> Grain:
    """The places and days of a scenario, or its areas and months.

    scenario : whose. coarse : by area (country and admin-1) and month.
    """
    settings, places = scenario.settings, scenario.places
    days = pd.date_range(pd.Timestamp(settings.start), periods=settings.days)
    if not coarse:
        own = tuple(str(name) for name in places["place"])
        told = tuple(f"{day:%Y-%m-%d}" for day in days)
        return Grain(own, np.arange(len(own)), np.arange(len(days)), told, coarse=False)
    areas = [
        " · ".join(part for part in (str(country), str(area)) if part) or "–"
        for country, area in zip(places["country"], places["area"], strict=True)
    ]
    names, months = sorted(set(areas)), [f"{day:%Y-%m}" for day in days]
    periods = sorted(set(months))
    return Grain(
        tuple(names),
        np.array([names.index(area) for area in areas], dtype=np.int64),
        np.array([periods.index(month) for month in months], dtype=np.int64),
        tuple(periods),
        coarse=True,
    )
