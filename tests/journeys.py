"""A short road for tests of the rule `goal`: a town, a checkpoint half a day on, a city half a day further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from verification.networks import START, scenario

from travesia.ensemble import simulate
from travesia.result import Result
from travesia.scenario import GoalSettings, GroupValue, Outputs, Parameter, Policy, Prior, Scenario, Settings

Row = Mapping[str, Any]
Array = NDArray[np.float64]
ALONE = {"travel": {"alone": GroupValue(adults=1)}}
FAMILIES = {
    "travel": {
        "alone": GroupValue(adults=1, share=0.0),
        "family": GroupValue(adults=2, children=1),
        "child": GroupValue(children=1, share=0.0),
    },
    "caravan": {"main": GroupValue(share=1.0), "none": GroupValue(share=0.0)},
}
PLACES = (
    {"place": "town", "kind": "town", "country": "HND", "lat": 15.0, "lon": -88.0, "population": 1000},
    {"place": "post", "kind": "checkpoint", "country": "GTM", "lat": 15.0, "lon": -88.2},
    {"place": "city", "kind": "destination", "country": "GTM", "lat": 15.0, "lon": -88.4},
    {"place": "cell", "kind": "detention", "country": "GTM", "lat": 15.0, "lon": -88.2},
)
LEGS = (
    {"leg": "first", "from": "town", "to": "post", "distance_km": 20.0, "mode": "walk", "both_ways": False},
    {"leg": "second", "from": "post", "to": "city", "distance_km": 20.0, "mode": "walk", "both_ways": False},
)
THERE = {"departure": "there", "kind": "present", "place": "post", "people": 100}
MARCH = {"departure": "march", "kind": "known", "place": "town", "people": 1000}
HELD = {"measure": "stop", "kind": "block", "place": "post", "share": "held"}
LEAVING = {"departure": "march", "kind": "known", "place": "town", "people": "leaving"}
PARAMETERS = {
    "held": Parameter(value=0.4, prior=Prior(kind="uniform", low=0.0, high=0.8)),
    "leaving": Parameter(value=1000, prior=Prior(kind="normal", low=900, high=1200)),
    "idle": Parameter(value=1.0, prior=Prior(kind="uniform", low=0.0, high=2.0)),
    "known": Parameter(value=3.0),
}
"""For what a parameter moves: on one day 1 − held of those who leave get past the post."""


def at(kind: str, **cells: object) -> dict[str, object]:
    """A measure `it` at the post."""
    return {"measure": "it", "kind": kind, "place": "post"} | cells


def on_leg(kind: str, leg: str, **cells: object) -> dict[str, object]:
    """A measure `it` on a leg."""
    return {"measure": "it", "kind": kind, "leg": leg} | cells


def road(
    *measures: Row,
    places: Sequence[Row] = PLACES,
    legs: Sequence[Row] = LEGS,
    departures: Sequence[Row] = (MARCH,),
    destinations: Sequence[Row] = ({"destination": "city", "share": 1.0},),
    drivers: Sequence[Row] = (),
    days: int = 4,
    groups: Mapping[str, Mapping[str, GroupValue]] = ALONE,
    policies: Mapping[str, Policy] | None = None,
    parameters: Mapping[str, Parameter] | None = None,
    by: tuple[str, ...] = ("travel",),
    **movement: Any,
) -> Scenario:
    """The road under these measures, with other tables or settings where they are given."""
    settings = Settings(
        name="road",
        title={"en": "A road", "es": "Un camino"},
        start=START,
        days=days,
        movement=GoalSettings(**({"leg_cost": 2.0, "time_bins_per_day": 1024} | movement)),
        groups={name: dict(values) for name, values in groups.items()},
        policies=dict(policies or {"actual": Policy()}),
        parameters=dict(parameters or {}),
        outputs=Outputs(by=by),
    )
    return scenario(
        settings,
        places=places,
        legs=legs,
        departures=departures,
        destinations=destinations,
        drivers=drivers,
        measures=measures,
    )


def central(made: Scenario, policy: str = "actual") -> Result:
    """The central run, with its accounts checked."""
    result = simulate(made, expected=True, policy=policy)
    assert float(abs(result.accounts()["missing"]).max()) < 1e-6
    return result


def series(result: Result, variable: str, name: str = "") -> Array:
    """A variable by day, of one place, leg, measure or outcome: [date], or [replicate, date] of several replicates."""
    array = result.total(variable)
    own = [dim for dim in array.dims if dim not in ("replicate", "date")]
    values = np.asarray(array.sel({own[0]: name}).values if own else array.values, dtype=float)
    return values[0] if result.replicates == 1 else values
