"""Flows that were reported month by month: what forecasts of them start from, and what these are scored on.

Each quantity is a series like the counts at a place; its days are the last ones of months, and history before the run
counts. Day 0 is the first day of the first month reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from travesia.errors import UsageError, nearest
from travesia.figures import observations
from travesia.forecasting.origin import known_on
from travesia.forecasting.past import Past, Signals, past_of
from travesia.forecasting.records import Days, Series
from travesia.scenario import Scenario

ONE_DAY = pd.Timedelta(days=1)
ERRORS_HALF_LIFE_DAYS = 365.0
"""Past errors of flows by month are forgotten by half in a year; docs/corridor-forecast.md says what else would do."""


@dataclass(frozen=True, eq=False)
class Monthly:
    """Flows by month. start : date of day 0. series : of each quantity, by name; people or events of the month."""

    start: date
    series: tuple[Series, ...]


def monthly(scenario: Scenario, *, quantities: Sequence[str] = (), start: date | None = None) -> Monthly:
    """The flows of a scenario that were reported for whole calendar months, before its first day too.

    quantities : to keep; all if empty. start : date of day 0; that of the first month if not given. Of several figures
    of one month the last row holds. Raises UsageError where no month of a quantity asked for was reported.
    """
    table = observations(scenario)
    table = table[table["quantity"].isin(list(scenario.settings.outputs.quantities))]
    whole = (
        table["date_from"].dt.is_month_start
        & (table["end"] == table["date_from"] + pd.offsets.MonthEnd(0))
        & (table["kind"] == "flow")
    )
    table = table[whole & table["reported"].notna()].drop_duplicates(["quantity", "end"], keep="last")
    known = sorted({str(name) for name in table["quantity"]})
    for name in quantities:
        if name not in known:
            raise UsageError(f"--quantity {name}: no month of it was reported; {nearest(name, known)}")
    table = table[table["quantity"].isin(quantities or known)].sort_values("end")
    zero = pd.Timestamp(start or (table["date_from"].min() if len(table) else scenario.settings.start))
    return Monthly(
        zero.date(),
        tuple(
            Series(
                str(name),
                (rows["end"] - zero).dt.days.to_numpy(np.int64),
                rows["reported"].to_numpy(float),
            )
            for name, rows in table.groupby("quantity", sort=True)
        ),
    )


def flows_on(scenario: Scenario, origin: date, *, quantities: Sequence[str] = ()) -> tuple[date, Past]:
    """What is known of the flows of a scenario on an origin, and the date of its day 0.

    scenario : of which nothing after the origin is used. quantities, raised : as for `monthly`. No driver and no
    network speaks for a flow, and no other conflict teaches anything about it.
    """
    known = monthly(known_on(scenario, origin, days=0), quantities=quantities)
    return known.start, past_at(known, origin)


def past_at(known: Monthly, origin: date) -> Past:
    """What of some flows is known on a day; it may be before the run."""
    day = (origin - known.start).days
    nothing = np.zeros((day + 1, len(known.series)))
    signals = Signals(np.zeros(day + 1), nothing, nothing, nothing)
    return past_of(known.series, signals, day)


def months_ahead(start: date, origin: date, days: int) -> Days:
    """The last days of the months that end within some days after an origin, as days since a start."""
    ends = pd.date_range(pd.Timestamp(origin) + ONE_DAY, pd.Timestamp(origin) + days * ONE_DAY, freq="ME")
    return (ends - pd.Timestamp(start)).days.to_numpy(np.int64)
