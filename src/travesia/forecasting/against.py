"""A forecast, ours or entered, beside what was reported later and the naive methods: people at places, or flows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from travesia.errors import UsageError
from travesia.forecasting.flows import ERRORS_HALF_LIFE_DAYS, flows_on, monthly
from travesia.forecasting.methods import LONGEST, forecasts
from travesia.forecasting.naive import MONTHLY, NAIVE
from travesia.forecasting.past import Floats, Past, Point
from travesia.forecasting.quantilefile import by_model, members_of
from travesia.forecasting.records import Days, Series, records
from travesia.forecasting.rolling import Checked, Forecaster
from travesia.forecasting.signals import past_on
from travesia.forecasting.spread import HALF_LIFE_DAYS
from travesia.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Later:
    """What a forecast is scored on. start : date of day 0. past : known on the origin. truth : all, later ones too.

    naive : methods by name. half_life_days : with which their past errors are forgotten. longest_days : the longest
    horizon whose errors are looked at; none: that of the last target.
    """

    start: date
    past: Past
    truth: tuple[Series, ...]
    naive: Mapping[str, Point]
    half_life_days: float
    longest_days: int | None = None


def entered(table: pd.DataFrame, scenario: Scenario, *, start: date) -> Forecaster:
    """The methods of a table of quantiles, as forecasters of one case.

    table : of `read_quantiles`. start : date of day 0 of what is forecast.
    """
    rows = table[table["case"].isin(["", scenario.name])]

    def forecast(past: Past, days: Days) -> Mapping[str, Floats]:
        return {
            name: members_of(some, start=start, past=past, days=days) for name, some in by_model(rows).items()
        }

    return forecast


def checked_forecast(table: pd.DataFrame, scenario: Scenario) -> Checked:
    """A forecast and the naive methods beside what was reported later.

    table : quantiles of one origin, of people at places or of flows by month. scenario : with later figures. Every
    figure from the day after the origin to the last target date is a target. Raises UsageError where nothing was
    reported after the origin.
    """
    dates = table["origin_date"].unique()
    if len(dates) != 1:
        raise UsageError(f"forecasts from {len(dates)} origins; score them with: travesia benchmark --entry")
    told = _later(table, scenario, pd.Timestamp(dates[0]).date())
    past, origin = told.past, told.past.origin
    last = (table["target_date"].max() - pd.Timestamp(told.start)).days
    wanted = [
        (row, one.place, later)
        for row, one in enumerate(past.series)
        for truth in told.truth
        if truth.place == one.place and (later := truth.after(origin, last)).days.size
    ]
    if not wanted:
        raise UsageError(
            f"nothing was counted in {scenario.name} after {pd.Timestamp(dates[0]).date()} up to "
            f"{table['target_date'].max().date()}; name a scenario with later counts with --scenario"
        )
    days = np.unique(np.concatenate([later.days for _, _, later in wanted]))
    theirs = entered(table, scenario, start=told.start)(past, days)
    ours = forecasts(
        past,
        days,
        names=tuple(told.naive),
        naive=told.naive,
        half_life_days=told.half_life_days,
        longest_days=told.longest_days or last - origin,
    )
    said = {**ours, **theirs}
    row = np.concatenate([np.full(later.days.size, k) for k, _, later in wanted])
    day = np.concatenate([later.days for _, _, later in wanted])
    column = np.searchsorted(days, day)
    for name, members in said.items():
        if np.isnan(members[row, column]).any():
            raise UsageError(
                f"{name} says nothing of some place that was counted; forecast every place up to the last day"
            )
    return Checked(
        scenario.name,
        origin,
        last - origin,
        tuple(past.places[k] for k in row),
        day,
        np.concatenate([later.people for _, _, later in wanted]),
        {name: members[row, column] for name, members in said.items()},
        tuple(past.series[k].people for k in row),
    )


def _later(table: pd.DataFrame, scenario: Scenario, origin: date) -> Later:
    """People at places, unless only flows are forecast."""
    said = set(table["location"])
    counted = records(scenario)
    if any(one.place in said for one in counted):
        start = scenario.settings.start
        return Later(
            start, past_on(scenario, (origin - start).days), tuple(counted), NAIVE, HALF_LIFE_DAYS, LONGEST
        )
    flows = sorted(said & {one.place for one in monthly(scenario).series})
    if not flows:
        raise UsageError(
            f"nothing that is forecast was reported in {scenario.name}; a location is a place, or a quantity of which "
            "months were reported"
        )
    start, past = flows_on(scenario, origin, quantities=flows)
    truth = monthly(scenario, quantities=flows, start=start).series
    return Later(start, past, truth, MONTHLY, ERRORS_HALF_LIFE_DAYS)
