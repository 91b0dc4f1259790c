"""The model's forecast of one scenario from one origin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from travesia.errors import UsageError
from travesia.forecasting.flows import ERRORS_HALF_LIFE_DAYS, flows_on, months_ahead
from travesia.forecasting.methods import LONGEST, MODEL, forecasts
from travesia.forecasting.past import Floats, Past
from travesia.forecasting.records import Days
from travesia.forecasting.signals import past_on
from travesia.forecasting.spread import HALF_LIFE_DAYS
from travesia.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Forecast:
    """The model's forecast of people at places, or of flows by month.

    start : date of day 0. days : since then. members : [place or flow, day, member], quantiles at 1/100 to 99/100.
    """

    scenario: Scenario
    start: date
    past: Past
    days: Days
    members: Floats


def forecast(scenario: Scenario, *, origin: date, days: int, quantities: Sequence[str] = ()) -> Forecast:
    """People at each place on each day after an origin, or flows of each month, as distributions (docs/forecast.md).

    scenario : of which nothing after the origin is used. origin : the last day whose counts are known. days : how many
    days after it. quantities : flows to forecast in place of people; where nobody was counted at a place all flows
    that were reported by month are. Raises UsageError where the origin is outside the scenario or nothing was
    reported by then.
    """
    if days < 1:
        raise UsageError(f"{days} days cannot be forecast; ask for 1 or more")
    day = (origin - scenario.settings.start).days
    past = past_on(scenario, day)
    start, ahead = scenario.settings.start, np.arange(day + 1, day + days + 1)
    half_life, longest = HALF_LIFE_DAYS, LONGEST
    if quantities or not past.series:
        start, past = flows_on(scenario, origin, quantities=quantities)
        ahead = months_ahead(start, origin, days)
        half_life, longest = ERRORS_HALF_LIFE_DAYS, days
    if not past.series:
        raise UsageError(
            f"nothing was reported of {scenario.name} by {origin}; a forecast needs observations of quantity present "
            "and kind stock with a place, or flows of whole months"
        )
    if not ahead.size:
        raise UsageError(f"no month ends within {days} days after {origin}; forecast more of them")
    members = forecasts(past, ahead, names=(MODEL,), half_life_days=half_life, longest_days=longest)[MODEL]
    return Forecast(scenario, start, past, ahead, members)
