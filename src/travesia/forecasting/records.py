"""What was counted at each place on the days it was counted: what forecasts start from and are scored on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.observed import PART
from travesia.scenario import Scenario

Days = NDArray[np.int64]
People = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Series:
    """The counts at one place, in the order of their days.

    place : its label. days : days of the run, each once. people : as reported, never interpolated.
    """

    place: str
    days: Days
    people: People

    def until(self, day: int) -> Series:
        """The counts up to a day, that day included."""
        known = self.days <= day
        return Series(self.place, self.days[known], self.people[known])

    def after(self, day: int, until: int) -> Series:
        """The counts later than a day, up to another."""
        later = (self.days > day) & (self.days <= until)
        return Series(self.place, self.days[later], self.people[later])

    def at(self, days: Iterable[int]) -> People:
        """People on each of the days: linear between two counts, the last one after it, the first before it."""
        found: People = np.interp(np.fromiter(days, dtype=float), self.days, self.people)
        return found

    @property
    def seen(self) -> bool:
        """Whether anybody was ever counted."""
        return bool((self.people > 0).any())


def records(scenario: Scenario) -> list[Series]:
    """The counts of people present at each place that was counted, by place.

    scenario : its observations of quantity present and kind stock count, where they name a place of the scenario,
    as they stand: scaled at no registration, so that the counts known on a day never change later. Of several counts
    of one day the last row holds. Where a place is counted in several files (note `file …`), each day of any of
    them is a record of their sum, each file at its latest count. Reports without a figure are left out, and fewer
    than nobody is nobody.
    """
    table: Any = scenario.observations
    table = table[(table["quantity"] == "present") & (table["kind"] == "stock") & table["value"].notna()]
    table = table[table["place"].isin(set(scenario.places["place"]))]
    day = (pd.to_datetime(table["date_from"]) - pd.Timestamp(scenario.settings.start)).dt.days
    table = table.assign(day=day)[(day >= 0) & (day < scenario.settings.days)]
    return [_series(str(place), rows) for place, rows in table.groupby("place", sort=True)]


def _series(place: str, rows: pd.DataFrame) -> Series:
    part = rows["note"].where(rows["note"].str.startswith(PART), "")
    days = np.unique(rows["day"].to_numpy(np.int64))
    people = np.zeros(days.size)
    for _, counts in rows.groupby(part, sort=True):
        last = counts.drop_duplicates("day", keep="last").sort_values("day")
        at, value = last["day"].to_numpy(np.int64), last["value"].to_numpy(float)
        index = np.searchsorted(at, days, side="right") - 1
        people += np.where(index < 0, 0.0, value[np.maximum(index, 0)])
    return Series(place, days, np.maximum(people, 0.0))
