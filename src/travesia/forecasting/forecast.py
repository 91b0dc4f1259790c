"""The model's forecast of one scenario from one origin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from travesia.errors import UsageError
from travesia.forecasting.methods import MODEL, forecasts
from travesia.forecasting.past import Floats, Past
from travesia.forecasting.records import Days
from travesia.forecasting.signals import past_on
from travesia.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Forecast:
    """The model's forecast. members : [place, day, member], quantiles at 1/100 to 99/100. days : of the run."""

    scenario: Scenario
    past: Past
    days: Days
    members: Floats


def forecast(scenario: Scenario, *, origin: date, days: int) -> Forecast:
    """People at each place on each day after an origin, as distributions.

    scenario : of which nothing after the origin is used. origin : the last day whose counts are known. days : how many
    days after it. Raises UsageError where the origin is outside the scenario or nobody was counted by then.
    """
    if days < 1:
        raise UsageError(f"{days} days cannot be forecast; ask for 1 or more")
    day = (origin - scenario.settings.start).days
    past = past_on(scenario, day)
    if not past.series:
        raise UsageError(
            f"nobody was counted at a place of {scenario.name} by {origin}; a forecast needs observations of quantity "
            "present and kind stock with a place"
        )
    ahead = np.arange(day + 1, day + days + 1)
    return Forecast(scenario, past, ahead, forecasts(past, ahead, names=(MODEL,))[MODEL])
