"""How many people each place can hold on each day of a run, in each replicate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from travesia.movement.conditions import by_day
from travesia.policy import measures_of
from travesia.result import Result
from travesia.travel import active_on

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Capacities:
    """Room at places. `given` : cell of each place. `changes` : days and cell of each dated change, by place.

    growth : of a Flee folder, [date, place], in the order of `given`; None where there is none. zero_is_none : whether
    0 means no limit, as in Flee. parameters : values by name, [replicate].
    """

    days: int
    given: Mapping[str, Any]
    changes: Mapping[str, tuple[tuple[slice, Any], ...]]
    growth: Floats | None
    zero_is_none: bool
    parameters: Mapping[str, Floats]

    def at(self, place: str) -> Floats:
        """Room at a place, [replicate or 1, date]; inf where there is no limit."""
        first = self._value(self.given[place])
        room = np.tile(first[:, None], (1, self.days))
        if self.zero_is_none:
            room = np.where(room > 0, room, np.inf)
        if self.growth is not None:
            room = room + self.growth[:, list(self.given).index(place)]
        for days, cell in self.changes.get(place, ()):
            value = self._value(cell)
            if len(room) < len(value):
                room = np.repeat(room, len(value), axis=0)
            room[:, days] = value[:, None]
        return room

    def _value(self, cell: Any) -> Floats:
        """The number of a cell, [replicate or 1]; inf where it is empty."""
        if isinstance(cell, str):
            return self.parameters[cell]
        number = float(cell)
        return np.array([np.inf if np.isnan(number) else number])


def capacities(result: Result) -> Capacities:
    """The capacities of the places table with the dated changes of the run's policy.

    result : of a run. A Flee folder's are as given there, whatever the setting `capacities`.
    """
    scenario = result.scenario
    changes: dict[str, tuple[tuple[slice, Any], ...]] = {}
    measures = measures_of(scenario, result.policy)
    for row in measures[measures["kind"] == "capacity"].to_dict("records"):
        changes[row["place"]] = (*changes.get(row["place"], ()), (active_on(scenario, row), row["capacity"]))
    flee = scenario.settings.movement.rule == "flee"
    grows = flee and (scenario.drivers["driver"] == "capacity_per_day").any()
    growth = (
        np.cumsum(np.trunc(np.maximum(by_day(scenario, "capacity_per_day"), 0.0)), axis=0) if grows else None
    )
    drawn = result.data["parameters"].transpose("replicate", "parameter")
    values = {str(name): drawn.values[:, i] for i, name in enumerate(drawn["parameter"].values)}
    places = scenario.places
    given = dict(zip(map(str, places["place"].tolist()), places["capacity"].tolist(), strict=True))
    return Capacities(scenario.settings.days, given, changes, growth, flee, values)
