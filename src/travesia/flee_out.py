"""A run of rule `flee` as Flee writes it: `out.csv`, for programs that read Flee's results."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from travesia.movement.conditions import idp_camps_by_day
from travesia.movement.starts import camps_of_flee
from travesia.observed import by_counts, counts_at, observed_flow
from travesia.policy import measures_of
from travesia.result import Result
from travesia.scenario import FleeSettings

NO_DATA = 1e-5  # below it Flee gives no error


def flee_out(result: Result) -> str | None:
    """The first replicate as the text of Flee's `out.csv`; None for another rule than `flee`.

    result : of a run; counts are in agents (people / hasten). The date is that of the next day where the setting
    dates_one_day_late is on, as in Flee. Columns are those of `camps_of_flee`; `total IDPs` is there where there are
    camps of displaced people; Flee writes it where its log level idp_totals is on. Source: runscripts/run.py of Flee,
    May 2026.
    """
    scenario, movement = result.scenario, result.scenario.settings.movement
    if not isinstance(movement, FleeSettings):
        return None
    unit = movement.hasten
    camps = camps_of_flee(scenario)
    observed = counts_at(scenario, camps, hasten=unit)
    first = result.data.isel(replicate=0)
    people = result.total("people").isel(replicate=0).sel(place=camps).values / unit
    departed = result.total("departed").isel(replicate=0).values.cumsum() / unit
    rise = observed_flow(scenario, hasten=unit)
    displaced = _displaced(result) / unit
    raw = rise.change.cumsum() if by_counts(movement) else np.zeros(len(departed))
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_header(camps) + ["total IDPs"] * bool(displaced.size))
    for day in range(first.sizes["date"]):
        shown = scenario.settings.start + timedelta(days=day + movement.dates_one_day_late)
        row: list[object] = [day, shown.isoformat()]
        gaps = np.abs(people[day] - observed[:, day])
        for camp in range(len(camps)):
            data = int(observed[camp, day])
            error = round(abs(people[day, camp] / data - 1.0), 4) if data > NO_DATA else 0.0
            row += [_number(people[day, camp]), data, error]
        inside = people[day].sum()
        if raw[day] > 0:
            total = [
                gaps.sum() / raw[day],
                int(observed[:, day].sum()),
                _number(departed[day]),
                int(raw[day]),
            ]
            row += [*total, _number(inside), int(rise.debt[day])]
        else:
            row += [0.0, 0, _number(departed[day]), 0, _number(inside), 0]
        if displaced.size:
            row.append(_number(displaced[day]))
        rows.writerow(row)
    return text.getvalue()


def _displaced(result: Result) -> NDArray[Any]:
    """People in camps of people displaced in their country, [day]; empty where there is never such a camp."""
    camps = idp_camps_by_day(result.scenario, measures_of(result.scenario, result.policy))
    if not camps.any():
        return np.zeros(0)
    people = result.total("people").isel(replicate=0).sel(place=result.scenario.places["place"].tolist())
    return np.asarray((people.values * camps).sum(axis=1))


def _header(camps: list[str]) -> list[str]:
    cells = [f"{camp} {what}" for camp in camps for what in ("sim", "data", "error")]
    return [
        "Day",
        "Date",
        *cells,
        "Total error",
        "refugees in camps (UNHCR)",
        "total refugees (simulation)",
        "raw UNHCR refugee count",
        "refugees in camps (simulation)",
        "refugee_debt",
    ]


def _number(value: float) -> int | float:
    """Whole agents as such; means of the central run with what is left of them."""
    return int(value) if value == int(value) else round(float(value), 4)
