"""A forecast, ours or entered, beside what was reported later and the naive methods: people at places, or flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from travesia.errors import UsageError
from travesia.forecasting.flows import monthly
from travesia.forecasting.forecast import Basis, basis_on
from travesia.forecasting.past import Floats, Past
from travesia.forecasting.quantilefile import by_model, members_of
from travesia.forecasting.records import Days, Series, records
from travesia.forecasting.rolling import Checked, Forecaster
from travesia.scenario import Scenario


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
    basis, reported = _beside(table, scenario, pd.Timestamp(dates[0]).date())
    past, origin = basis.past, basis.past.origin
    last = (table["target_date"].max() - pd.Timestamp(basis.start)).days
    wanted = [
        (row, one.place, later)
        for row, one in enumerate(past.series)
        for truth in reported
        if truth.place == one.place and (later := truth.after(origin, last)).days.size
    ]
    if not wanted:
        raise UsageError(
            f"nothing was counted in {scenario.name} after {pd.Timestamp(dates[0]).date()} up to "
            f"{table['target_date'].max().date()}; name a scenario with later counts with --scenario"
        )
    days = np.unique(np.concatenate([later.days for _, _, later in wanted]))
    theirs = entered(table, scenario, start=basis.start)(past, days)
    said = {**basis.forecasts(days, names=tuple(basis.naive), ahead_days=last - origin), **theirs}
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


def _beside(table: pd.DataFrame, scenario: Scenario, origin: date) -> tuple[Basis, Sequence[Series]]:
    """What is known of what a table forecasts, and all that was reported of it, later figures too.

    People at places, unless only flows are forecast.
    """
    said = set(table["location"])
    counted = records(scenario)
    if any(one.place in said for one in counted):
        return basis_on(scenario, origin), counted
    flows = sorted(said & {one.place for one in monthly(scenario).series})
    if not flows:
        raise UsageError(
            f"nothing that is forecast was reported in {scenario.name}; a location is a place, or a quantity of which "
            "months were reported"
        )
    basis = basis_on(scenario, origin, quantities=flows)
    return basis, monthly(scenario, quantities=flows, start=basis.start).series
