"""Who comes to a place: those who finish a leg there, and those whom a measure brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from travesia.composition import Composition
from travesia.policy import measures_of
from travesia.result import Result

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Incoming:
    """Arrivals of a run. `legs` : positions of the legs that end at a place; `measures` : (name, cells of after_days
    and mean_days) of those that bring people there. parameters : values by name, [replicate]."""

    result: Result
    legs: Mapping[str, tuple[int, ...]]
    measures: Mapping[str, tuple[tuple[str, Any, Any], ...]]
    parameters: Mapping[str, Floats]

    def at(self, place: str, who: Composition) -> Floats:
        """Arrivals at a place, [replicate, date, who].

        place : its identifier. who : how people are counted. Those whom a measure sends arrive after its `after_days`;
        with `mean_days` the mean number of those taken so far whose geometric wait ends that day.
        """
        data = self.result.data
        sizes = (data.sizes["replicate"], data.sizes["date"], len(who.who))
        found = np.zeros(sizes)
        for leg in self.legs.get(place, ()):
            found += who.count(data["crossed"].isel(leg=leg))
        there = [str(name) for name in data["measure"].values]
        for name, after, mean in self.measures.get(place, ()):
            if name in there:
                taken = who.count(data["events"].isel(measure=there.index(name)))
                found += self._delayed(taken, after, mean)
        return found

    def _delayed(self, taken: Floats, after: Any, mean: Any) -> Floats:
        wait, mean_wait = self._value(after), self._value(mean)
        if not np.isnan(mean_wait).all():
            return geometric_wait(taken, mean_wait)
        return shifted(taken, np.nan_to_num(wait))

    def _value(self, cell: Any) -> Floats:
        return self.parameters[cell] if isinstance(cell, str) else np.array([float(cell)])


def shifted(taken: Floats, days: Floats) -> Floats:
    """Those taken, so many days later.

    taken : [replicate, date, who]. days : [replicate or 1], rounded to whole days.
    """
    whole = np.broadcast_to(np.rint(days).astype(int), (len(taken),))
    found = np.zeros_like(taken)
    for wait in np.unique(whole).tolist():
        mine = whole == wait
        found[mine, wait:] = taken[mine, : max(taken.shape[1] - wait, 0)]
    return found


def geometric_wait(taken: Floats, mean_days: Floats) -> Floats:
    """The mean number of those taken who get there each day, after a geometric wait of 1, 2, … days.

    taken : [replicate, date, who]. mean_days : [replicate or 1], at least 1.
    """
    leave = np.broadcast_to(1.0 / np.maximum(mean_days, 1.0), (len(taken),))[:, None]
    found = np.zeros_like(taken, dtype=np.float64)
    waiting = np.zeros((len(taken), taken.shape[2]))
    for day in range(taken.shape[1]):
        found[:, day] = waiting * leave
        waiting = waiting - found[:, day] + taken[:, day]
    return found


def incoming(result: Result) -> Incoming:
    """What brings people to each place in a run.

    result : of a run. Departures are no arrivals, nor is who is turned back to the start of a leg.
    """
    places = {str(place) for place in result.data["place"].values}
    legs: dict[str, tuple[int, ...]] = {}
    for position, end in enumerate(str(place) for place in result.data["to"].values):
        legs[end] = (*legs.get(end, ()), position)
    measures: dict[str, tuple[tuple[str, Any, Any], ...]] = {}
    for row in measures_of(result.scenario, result.policy).to_dict("records"):
        target = row["target"]
        if target in places and target != row["place"]:
            one = (str(row["measure"]), row["after_days"], row["mean_days"])
            measures[target] = (*measures.get(target, ()), one)
    drawn = result.data["parameters"].transpose("replicate", "parameter")
    values = {str(name): drawn.values[:, i] for i, name in enumerate(drawn["parameter"].values)}
    return Incoming(result, legs, measures, values)
