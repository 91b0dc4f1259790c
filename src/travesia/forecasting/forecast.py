"""The model's forecast of one scenario from one origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from travesia.errors import UsageError
from travesia.forecasting.flows import ERRORS_HALF_LIFE_DAYS, flows_on, months_ahead
from travesia.forecasting.methods import LONGEST, MODEL, forecasts
from travesia.forecasting.naive import MONTHLY, NAIVE
from travesia.forecasting.origin import refuse_no_days
from travesia.forecasting.past import Floats, Past, Point
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


@dataclass(frozen=True, eq=False)
class Basis:
    """What is forecast from an origin, and how: people at places, or flows by month.

    start : date of day 0. past : what is known on the origin. by_month : whether it is flows. naive : methods by name.
    half_life_days : with which past errors are forgotten. longest_days : the longest horizon whose errors are looked
    at; none: as far as is forecast.
    """

    start: date
    past: Past
    by_month: bool
    naive: Mapping[str, Point]
    half_life_days: float
    longest_days: int | None

    def forecasts(self, days: Days, *, names: Sequence[str], ahead_days: int) -> Mapping[str, Floats]:
        """Quantiles of some methods, as `methods.forecasts`. ahead_days : how far is forecast."""
        return forecasts(
            self.past,
            days,
            names=tuple(names),
            naive=self.naive,
            half_life_days=self.half_life_days,
            longest_days=self.longest_days or ahead_days,
        )


def basis_on(scenario: Scenario, origin: date, *, quantities: Sequence[str] = ()) -> Basis:
    """People at places; flows by month where some are named, or nobody was counted at a place.

    scenario : of which nothing after the origin is used. Raises UsageError where the origin is outside the scenario,
    or nothing was reported of a flow that is named.
    """
    start = scenario.settings.start
    if not quantities:
        past = past_on(scenario, (origin - start).days)
        if past.series:
            return Basis(start, past, False, NAIVE, HALF_LIFE_DAYS, LONGEST)
    start, past = flows_on(scenario, origin, quantities=quantities)
    return Basis(start, past, True, MONTHLY, ERRORS_HALF_LIFE_DAYS, None)


def forecast(scenario: Scenario, *, origin: date, days: int, quantities: Sequence[str] = ()) -> Forecast:
    """People at each place on each day after an origin, or flows of each month, as distributions (docs/forecast.md).

    scenario : of which nothing after the origin is used. origin : the last day whose counts are known. days : how many
    days after it. quantities : flows to forecast in place of people; where nobody was counted at a place all flows
    that were reported by month are. Raises UsageError where the origin is outside the scenario or nothing was
    reported by then.
    """
    refuse_no_days(days)
    basis = basis_on(scenario, origin, quantities=quantities)
    past = basis.past
    if not past.series:
        raise UsageError(
            f"nothing was reported of {scenario.name} by {origin}; a forecast needs observations of quantity present "
            "and kind stock with a place, or flows of whole months"
        )
    ahead = np.arange(past.origin + 1, past.origin + days + 1)
    if basis.by_month:
        ahead = months_ahead(basis.start, origin, days)
    if not ahead.size:
        raise UsageError(f"no month ends within {days} days after {origin}; forecast more of them")
    members = basis.forecasts(ahead, names=(MODEL,), ahead_days=days)[MODEL]
    return Forecast(scenario, basis.start, past, ahead, members)
