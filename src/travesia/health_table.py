"""Health as arrays: the settings of a disease with values, the beds it crowds, and the measures that treat it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.groups import Groups
from travesia.health import STATE_COLUMNS, Health
from travesia.measure_table import KINDS
from travesia.parameters import resolve
from travesia.scenario import HealthSettings, Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class HealthTable:
    """A disease before parameters have values. nodes : places and directed legs."""

    settings: HealthSettings
    departures: tuple[str, ...]
    nodes: int
    travel: Ints
    size: Floats
    treats: Ints

    def arrays(self, values: Mapping[str, float], capacity: Floats) -> Health:
        """The arrays of one replicate, everyone still to come. capacity : people, [day, place]."""
        s = self.settings
        days = max(resolve(s.infectious_days, values), 1.0)
        treated = _or(s.treated_infectious_days, days, values)
        fatality = resolve(s.case_fatality, values)
        incubation = resolve(s.incubation_days, values)
        rates = (
            max(resolve(s.reproduction_number, values), 0.0) / days,
            1.0 / max(incubation, 1.0) if incubation > 0.0 else 0.0,
            1.0 / days,
            1.0 / max(treated, 1.0),
            _share(fatality),
            _share(_or(s.treated_case_fatality, fatality, values)),
            max(resolve(s.crowding_power, values), 0.0),
            _share(resolve(s.immune_share, values)),
        )
        infectious = [
            _share(resolve(s.infectious_share_by_departure.get(name, s.infectious_share), values))
            for name in self.departures
        ]
        count, places = self.size.size, capacity.shape[1]
        return Health(
            rates=np.array(rates),
            capacity=np.ascontiguousarray(capacity),
            infectious=np.array(infectious, dtype=np.float64),
            travel=self.travel,
            size=self.size,
            treats=self.treats,
            state=np.zeros((self.nodes * count, STATE_COLUMNS)),
            treated=np.zeros((2, count)),
            ill=np.zeros((capacity.shape[0], 3, places, count)),
        )


def _or(number: float | str | None, other: float, values: Mapping[str, float]) -> float:
    return other if number is None else resolve(number, values)


def _share(number: float) -> float:
    """A share that a wide prior has not taken out of its range."""
    return min(max(number, 0.0), 1.0)


def compile_health(
    scenario: Scenario, measures: pd.DataFrame, legs: pd.DataFrame, groups: Groups
) -> HealthTable | None:
    """The disease of a scenario under a policy; None where it has none. measures : of the policy; legs : directed."""
    settings = scenario.settings.disease
    if settings is None:
        return None
    kinds = list(groups.definitions["travel"])
    own = groups.attributes.index("travel")
    travel = np.array([kinds.index(values[own]) for values in groups.values], dtype=np.int64)
    size = np.zeros(len(kinds))
    size[travel] = groups.sizes
    places = {name: i for i, name in enumerate(scenario.places["place"])}
    acting = measures[measures["kind"].isin(list(KINDS))].reset_index(drop=True)
    treats = []
    for m, row in enumerate(acting.to_dict("records")):
        if row["kind"] == "treat" and row["place"]:
            met = np.bincount(travel[groups.select(row["groups"])], minlength=len(kinds)) > 0
            treats.append([m, places[row["place"]], *met.astype(int)])
    return HealthTable(
        settings=settings,
        departures=tuple(scenario.departures["departure"]),
        nodes=len(places) + len(legs),
        travel=travel,
        size=size,
        treats=np.array(treats, dtype=np.int64).reshape(len(treats), 2 + len(kinds)),
    )
