"""A forecast, ours or entered, beside what was counted later and the naive methods."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from travesia.errors import UsageError
from travesia.forecasting.methods import forecasts
from travesia.forecasting.naive import NAIVE
from travesia.forecasting.past import Floats, Past
from travesia.forecasting.quantilefile import by_model, members_of
from travesia.forecasting.records import Days, records
from travesia.forecasting.rolling import Checked, Forecaster
from travesia.forecasting.scoring import by_case, scores
from travesia.forecasting.signals import past_on
from travesia.scenario import Scenario


def entered(table: pd.DataFrame, scenario: Scenario) -> Forecaster:
    """The methods of a table of quantiles, as forecasters of one case. table : of `read_quantiles`."""
    rows = table[table["case"].isin(["", scenario.name])]

    def forecast(past: Past, days: Days) -> Mapping[str, Floats]:
        start = scenario.settings.start
        return {
            name: members_of(some, start=start, past=past, days=days) for name, some in by_model(rows).items()
        }

    return forecast


def score_forecast(table: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Scores of a forecast and of the naive methods, one row per method.

    table : quantiles of one origin. scenario : with later counts. Every count from the day after the origin to the
    last target date is a target. Columns as of `by_case`; horizon is that of the last target. Raises UsageError where
    nothing was counted after the origin.
    """
    start = pd.Timestamp(scenario.settings.start)
    dates = table["origin_date"].unique()
    if len(dates) != 1:
        raise UsageError(f"forecasts from {len(dates)} origins; score them with: travesia benchmark --entry")
    origin = (pd.Timestamp(dates[0]) - start).days
    last = (table["target_date"].max() - start).days
    past = past_on(scenario, origin)
    wanted = [
        (row, one.place, later)
        for row, one in enumerate(past.series)
        for truth in records(scenario)
        if truth.place == one.place and (later := truth.after(origin, last)).days.size
    ]
    if not wanted:
        raise UsageError(
            f"nothing was counted in {scenario.name} after {pd.Timestamp(dates[0]).date()} up to "
            f"{table['target_date'].max().date()}; name a scenario with later counts with --scenario"
        )
    days = np.unique(np.concatenate([later.days for _, _, later in wanted]))
    said = {**forecasts(past, days, names=tuple(NAIVE)), **entered(table, scenario)(past, days)}
    row = np.concatenate([np.full(later.days.size, k) for k, _, later in wanted])
    day = np.concatenate([later.days for _, _, later in wanted])
    column = np.searchsorted(days, day)
    for name, members in said.items():
        if np.isnan(members[row, column]).any():
            raise UsageError(
                f"{name} says nothing of some place that was counted; forecast every place up to the last day"
            )
    checked = Checked(
        scenario.name,
        origin,
        last - origin,
        tuple(past.places[k] for k in row),
        day,
        np.concatenate([later.people for _, _, later in wanted]),
        {name: members[row, column] for name, members in said.items()},
        tuple(past.series[k].people for k in row),
    )
    return by_case(scores([checked]))
