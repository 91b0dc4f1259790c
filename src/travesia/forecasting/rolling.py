"""Rolling origins: what each method says from each of them, beside what was counted later."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from travesia.errors import UsageError
from travesia.forecasting.past import Floats, Past
from travesia.forecasting.records import Days, Series, records
from travesia.scenario import Scenario

FIRST_DAY, EVERY_DAYS = 60, 30
HORIZONS = (7, 30, 90)
WINDOW = 1 / 3
"""A count stands for a horizon if it is at most this share of it away."""


@dataclass(frozen=True, eq=False)
class Checked:
    """Forecasts from one origin beside later counts, arrays [target]; members [target, member] by method."""

    case: str
    origin: int
    horizon: int
    places: tuple[str, ...]
    day: Days
    observed: Floats
    members: Mapping[str, Floats]
    history: tuple[Floats, ...]


@dataclass(frozen=True, eq=False)
class Target:
    """A count that checks a forecast. row : of its place in the past."""

    row: int
    place: str
    day: int
    people: float


def origins(scenario: Scenario) -> list[int]:
    """Days of the run from which forecasts are made: every 30th from day 60, while days remain."""
    return list(range(FIRST_DAY, scenario.settings.days - 1, EVERY_DAYS))


def targets(truth: Sequence[Series], past: Past, horizon: int) -> list[Target]:
    """For each place of the past the count nearest to a horizon, at most a third of it away; of two the earlier.

    truth : every count. past : what was known on the origin. horizon : days.
    """
    by_place = {series.place: series for series in truth}
    wanted, found = past.origin + horizon, []
    for row, place in enumerate(past.places):
        later = by_place[place].after(past.origin, wanted + int(horizon * WINDOW))
        if not later.days.size:
            continue
        nearest = int(np.argmin(np.abs(later.days - wanted)))
        if abs(int(later.days[nearest]) - wanted) <= int(horizon * WINDOW):
            found.append(Target(row, place, int(later.days[nearest]), float(later.people[nearest])))
    return found


Forecaster = Callable[[Past, Days], Mapping[str, Floats]]
"""Quantiles of each method [place, day, member], from what is known, for days of the run."""


def roll(
    scenario: Scenario,
    know: Callable[[int], Past],
    forecast: Forecaster,
    *,
    horizons: Sequence[int] = HORIZONS,
    tell: Callable[[], None] | None = None,
) -> list[Checked]:
    """Forecasts of one case from every origin at every horizon, beside what was counted.

    scenario : with every count. know : what is known on an origin. forecast : the methods. tell : called after each
    origin.
    """
    truth, found = records(scenario), []
    for origin in origins(scenario):
        past = know(origin)
        wanted = {horizon: targets(truth, past, horizon) for horizon in horizons}
        days = np.array(sorted({t.day for some in wanted.values() for t in some}), dtype=np.int64)
        if days.size:
            said = forecast(past, days)
            for horizon, some in wanted.items():
                if some:
                    found.append(_checked(scenario, past, horizon, some, days, said))
        if tell:
            tell()
    return found


def _checked(
    case: Scenario, past: Past, horizon: int, some: list[Target], days: Days, said: Mapping[str, Floats]
) -> Checked:
    row = np.array([target.row for target in some])
    day = np.array([target.day for target in some], dtype=np.int64)
    column = np.searchsorted(days, day)
    return Checked(
        case.name,
        past.origin,
        horizon,
        tuple(target.place for target in some),
        day,
        np.array([target.people for target in some]),
        {name: _told(array[row, column], name, case, past, some) for name, array in said.items()},
        tuple(past.series[target.row].people for target in some),
    )


def _told(members: Floats, name: str, case: Scenario, past: Past, some: list[Target]) -> Floats:
    """The members, none of them missing. Raises UsageError where some are, as an entry may."""
    lacking = np.flatnonzero(np.isnan(members).any(axis=1))
    if lacking.size:
        target = some[int(lacking[0])]
        origin, day = (case.settings.start + timedelta(days=when) for when in (past.origin, target.day))
        raise UsageError(
            f"{name} says nothing of {target.place!r} in {case.name} on {day} from {origin}, and of "
            f"{lacking.size - 1} more from that day; travesia benchmark --targets FILE lists what is needed"
        )
    return members


def table(checked: Sequence[Checked]) -> pd.DataFrame:
    """One row per forecast of a place by a method: what was said at some levels, and what came."""
    rows = []
    for one in checked:
        for name, array in one.members.items():
            low, middle, high = np.quantile(array, [0.1, 0.5, 0.9], axis=1)
            for k, place in enumerate(one.places):
                rows.append(
                    (
                        one.case,
                        one.origin,
                        one.horizon,
                        place,
                        int(one.day[k]),
                        name,
                        low[k],
                        middle[k],
                        high[k],
                        one.observed[k],
                    )
                )
    columns = ["case", "origin", "horizon", "place", "day", "method", "q10", "q50", "q90", "observed"]
    return pd.DataFrame(rows, columns=columns)
